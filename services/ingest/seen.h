/*
 * The webhook-ids that one signing key has shown (signature.h): a signed request that comes a second time, from a sender that missed the
 * answer or from somebody who recorded it, gets its answer and has no further effect. Bounded: the SEEN_MAX ids shown last; what is
 * forgotten for want of room raises the oldest timestamp that is still taken, so that nothing forgotten is taken again. A restart
 * forgets them all; what passes then is a copy of what is stored already, under the same event ids. Pure; one thread.
 */
#ifndef HOSO_INGEST_SEEN_H
#define HOSO_INGEST_SEEN_H

#include <stdint.h>

#include "ingest/signature.h"

#define SEEN_MAX 16384

struct seen;
struct seen *seen_new(void);               /* NULL when memory is short */
struct seen *seen_free(struct seen *seen); /* NULL is fine; returns NULL */

enum seen_result {
    SEEN_NEW,       /* not seen, or nothing of it was taken: go on, and tell seen_end */
    SEEN_TAKEN,     /* all of it was taken: the same answer again */
    SEEN_PARTLY,    /* some of its rows were taken: what was mended needs an id of its own */
    SEEN_UNDER_WAY, /* not answered yet */
    SEEN_OTHER,     /* the id belongs to another body */
    SEEN_OLD,       /* signed before what is remembered */
};

/* One request on its way; a value. */
struct seen_ticket {
    struct seen *seen; /* NULL = not signed: seen_end does nothing */
    uint8_t digest[16];
};

/*
 * A request whose signature has been found right (signature_check). now_at: wall clock, Unix ms. *ret_ticket is set with SEEN_NEW,
 * *ret_accepted (rows) with SEEN_TAKEN.
 */
enum seen_result seen_begin(struct seen *seen, const struct signature *signature, struct str body,
                            int64_t now_at, struct seen_ticket *ret_ticket, size_t *ret_accepted);
/* It has been answered with this status (ours: 200, 207, else nothing was taken). */
void seen_end(const struct seen_ticket *ticket, int status, size_t accepted);

#endif
