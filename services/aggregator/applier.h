/*
 * What a batch means: each dossier folded without and with its new events, its old contribution exchanged for the new one,
 * bad records turned into dead letters. Runs inside the caller's transaction. One thread.
 */
#ifndef HOSO_AGGREGATOR_APPLIER_H
#define HOSO_AGGREGATOR_APPLIER_H

#include "aggregator/batch.h"
#include "pg/pg.h"
#include "service/reference.h"

#define REFUSAL_CODES_MAX 16

/* Of one run; true once its transaction is committed. */
struct applied {
    int64_t events;     /* new in the history */
    int64_t duplicates; /* receipts that were known already, or of an erased dossier */
    int64_t dossiers;   /* written */
    int64_t dead_letters[REFUSAL_CODES_MAX]; /* by the index of refusal_codes */
    int64_t last_ingested_at;                /* of the newest event, NO_TIME = none */
};

struct applier;
/* What is given here must outlive the applier. NULL when memory is short. */
struct applier *applier_new(const struct reference *reference, const struct fold_rules *rules,
                            const struct codec *codec);
struct applier *applier_free(struct applier *applier);

/*
 * Reads and writes PostgreSQL for the first n items of the batch, whose partitions' offsets the caller's transaction has moved
 * already: nobody else writes these dossiers before it ends. topic: of the records. As pg_exec (ERR_INPUT: some record
 * holds what a table refuses), ERR_NOMEM, or ERR_FAILED.
 */
int applier_run(struct applier *applier, struct pg *pg, struct str topic, struct batch *batch,
                size_t n, struct applied *ret, struct error *err);

#endif
