/*
 * What PostgreSQL knows about the dossiers of a batch: their rows and all their events, decoded. One thread; reused.
 */
#ifndef HOSO_AGGREGATOR_HISTORY_H
#define HOSO_AGGREGATOR_HISTORY_H

#include "aggregator/batch.h"
#include "pg/pg.h"

/* Of one group of the batch. */
struct past {
    bool known; /* has a row; else the rest is zero */
    int32_t partition;
    int32_t unit_id; /* under which its contribution was added; 0 = none */
    bool erased;
    const struct event *events; /* in no particular order */
    size_t event_count;
};

struct history;
struct history *history_new(void); /* NULL when memory is short */
struct history *history_free(struct history *history);

/*
 * Loads the dossiers of batch->groups; *ret_pasts[i] belongs to groups[i]. Everything is valid until the next history_load.
 * ERR_FAILED: a stored event cannot be decoded (names the dossier_id); ERR_NOMEM; otherwise as pg_exec.
 */
int history_load(struct history *history, struct pg *pg, const struct codec *codec,
                 const struct batch *batch, const struct past **ret_pasts, struct error *err);

/* Is this receipt (event_id, ingested_at) among the events? */
bool past_has(const struct past *past, const struct event *event);

#endif
