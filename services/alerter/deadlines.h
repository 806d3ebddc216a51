/*
 * The deadlines of one partition: an indexed min-heap keyed by deadline with look-up by dossier code. In memory only; rebuilt
 * from hoso.alert_watch when the partition is assigned. One thread.
 *
 * About 30 bytes per deadline: 8 the deadline, 8 the code (code_pack.h), 4 its place in the heap, 4 the heap, 5 to 8 the hash
 * table. 2^26 - 2 deadlines at most (67 million in one partition).
 */
#ifndef HOSO_ALERTER_DEADLINES_H
#define HOSO_ALERTER_DEADLINES_H

#include "domain/event.h"

struct deadlines; /* opaque */

struct deadlines *deadlines_new(void);                         /* NULL when memory is short */
struct deadlines *deadlines_free(struct deadlines *deadlines); /* NULL is fine; returns NULL */

/* Sets the dossier's deadline; NO_TIME forgets it. code (at most CODE_MAX bytes) is copied. 0 or ERR_NOMEM. */
int deadlines_set(struct deadlines *deadlines, struct str code, int64_t deadline_at);

/* The earliest deadline, NO_TIME when there is none. */
int64_t deadlines_next(const struct deadlines *deadlines);

size_t deadlines_count(const struct deadlines *deadlines);
/* How many are due at now_at (deadline <= now_at). Linear in the answer. */
size_t deadlines_count_due(const struct deadlines *deadlines, int64_t now_at);

struct due {
    int64_t at;
    int32_t partition; /* the caller's to set */
    uint8_t len;
    char code[CODE_MAX + 1];
};
/*
 * The first `max` that are due at now_at, in the order of their deadlines, into out. Returns how many. 0 also when memory is short:
 * they stay due.
 */
size_t deadlines_due(const struct deadlines *deadlines, int64_t now_at, struct due *out,
                     size_t max);

#endif
