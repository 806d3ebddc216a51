/*
 * The deadlines of one partition: an indexed min-heap keyed by deadline with look-up by dossier code. In memory only; rebuilt
 * from hoso.alert_watch when the partition is assigned. One thread.
 */
#ifndef HOSO_ALERTER_DEADLINES_H
#define HOSO_ALERTER_DEADLINES_H

#include "base/clock.h"
#include "base/str.h"

struct deadlines; /* opaque */

struct deadlines *deadlines_new(void);                         /* NULL when memory is short */
struct deadlines *deadlines_free(struct deadlines *deadlines); /* NULL is fine; returns NULL */

/* Sets the dossier's deadline; NO_TIME forgets it. code is copied. 0 or ERR_NOMEM. */
int deadlines_set(struct deadlines *deadlines, struct str code, int64_t deadline_at);

/* The earliest deadline, NO_TIME when there is none. */
int64_t deadlines_next(const struct deadlines *deadlines);

size_t deadlines_count(const struct deadlines *deadlines);

/*
 * How many are due at now_at (deadline <= now_at); the codes of at most `max` of them, in no particular order, go to codes (may
 * be NULL when max is 0) and are valid until those dossiers' next change.
 */
size_t deadlines_due(const struct deadlines *deadlines, int64_t now_at, struct str *codes,
                     size_t max);

#endif
