/*
 * What a batch writes besides offsets and dead letters, collected as columns and written by one statement per table. One thread;
 * reused from batch to batch. Everything added is copied, but for the rollup.
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

/*
 * The dossier's new row; each code at most once, in the order of codes. unit_id 0 = none; quarantine: why, or NULL. An erased
 * dossier keeps of its events those of kind erased only. 0 or ERR_NOMEM.
 */
int store_dossier(struct store *store, const struct dossier *dossier, int32_t partition,
                  int32_t unit_id, const char *quarantine);
/* A new event of a dossier that is (or was) stored; payload = the record's value. 0 or ERR_NOMEM. */
int store_event(struct store *store, const struct event *event, struct str payload);

/*
 * Writes it all inside the caller's transaction, and the differences of `rollup` (finished). Cells that become zero are deleted, so
 * that no cell and an empty cell are the same thing. ERR_CONFLICT also when a dossier was meanwhile stored under another
 * partition: roll back and load again. Otherwise as pg_exec, or ERR_NOMEM.
 */
int store_write(struct store *store, struct pg *pg, const struct rollup *rollup, struct error *err);

#endif
