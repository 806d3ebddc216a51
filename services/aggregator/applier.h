/*
 * What a batch means: each dossier folded without and with its new events, its old contribution exchanged for the new one,
 * bad records turned into dead letters. Runs inside the caller's transaction, in steps between which PostgreSQL answers. One thread.
 */
#ifndef HOSO_AGGREGATOR_APPLIER_H
#define HOSO_AGGREGATOR_APPLIER_H

#include "aggregator/batch.h"
#include "aggregator/cache.h"
#include "pg/pg.h"
#include "service/reference.h"

#define REFUSAL_CODES_MAX 16

/* Of one run; true once its transaction is committed. */
struct applied {
    int64_t events;     /* new in the history */
    int64_t duplicates; /* receipts that were known already, or of an erased dossier */
    int64_t dossiers;   /* written */
    int64_t loaded;     /* dossiers that had to be read from PostgreSQL, or looked for in vain */
    int64_t dead_letters[REFUSAL_CODES_MAX]; /* by the index of refusal_codes */
    const int64_t *ingested_at;              /* of each new event; valid until the next run */
};

struct applier;
/* What is given here must outlive the applier. cache_limit: bytes. NULL when memory is short. */
struct applier *applier_new(const struct reference *reference, const struct fold_rules *rules,
                            const struct codec *codec, size_t cache_limit);
struct applier *applier_free(struct applier *applier);

/*
 * The steps of one run over the first n items of the batch, whose partitions' offsets the caller's transaction moves first:
 * nobody else writes these dossiers before it ends. Each queues what PostgreSQL must do before the next step; the queue may
 * stay empty.
 *   applier_begin   judges and groups the records, asks for the dossiers that are not in memory
 *   applier_load    asks for their histories
 *   applier_write   folds, and queues everything that is to be written; topic: of the records
 * Then the caller commits and calls applier_committed; after anything else it calls applier_doubt. ERR_NOMEM, ERR_FAILED, or
 * as pg_queue_exec.
 */
int applier_begin(struct applier *applier, struct pg *pg, struct batch *batch, size_t n,
                  struct error *err);
int applier_load(struct applier *applier, struct pg *pg, struct error *err);
int applier_write(struct applier *applier, struct pg *pg, struct str topic, struct error *err);
/* What it came to. */
const struct applied *applier_committed(struct applier *applier);

/* What is in memory of the dossiers cannot be trusted any more: it is forgotten. */
void applier_doubt(struct applier *applier);

const struct cache *applier_cache(const struct applier *applier);

#endif
