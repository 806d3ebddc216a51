/*
 * What a batch writes besides offsets and dead letters, collected as rows for COPY and written by a fixed list of statements. One
 * thread; reused from batch to batch. Everything added is copied.
 */
#ifndef HOSO_AGGREGATOR_STORE_H
#define HOSO_AGGREGATOR_STORE_H

#include "aggregator/rollup.h"
#include "domain/fold.h"
#include "pg/pg.h"

struct store;
struct store *store_new(void); /* NULL when memory is short */
struct store *store_free(struct store *store);
void store_clear(struct store *store);

/* Makes the temporary tables that the statements need; once per connection, before store_queue. As pg_script. */
int store_prepare(struct pg *pg, struct error *err);

/* Where a dossier's row is and what else it says. */
struct place {
    int64_t dossier_id;
    bool is_new; /* no row yet */
    int32_t partition;
    int32_t unit_id;        /* 0 = none */
    const char *quarantine; /* why it has no unit, or NULL */
};
/* The dossier's new row, at most once per dossier. An erased dossier keeps of its events those of kind erased only. ERR_NOMEM. */
int store_dossier(struct store *store, const struct dossier *dossier, const struct place *place);
/* A new event of a dossier that is (or was) stored; payload = the record's value. */
void store_event(struct store *store, int64_t dossier_id, const struct event *event,
                 struct str payload);

/*
 * Queues all of it, and the differences of `rollup` (finished); nothing of the store may change until the queue has run. Cells that become
 * zero are deleted, so that no cell and an empty cell are the same thing. The queue ends with ERR_CONFLICT also when a
 * dossier was meanwhile stored by another, or under another partition: roll back and load again. ERR_NOMEM, or as pg_queue_exec.
 */
int store_queue(struct store *store, struct pg *pg, const struct rollup *rollup, struct error *err);

#endif
