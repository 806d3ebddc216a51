/* Folds every dossier anew from hoso.dossier_event, compares it with its row, and sums what all contribute. */
#ifndef HOSO_CLI_DOCTOR_FOLD_H
#define HOSO_CLI_DOCTOR_FOLD_H

#include "base/config.h"
#include "pg/pg.h"

struct refolding_work;
struct refolding {
    int64_t dossiers;           /* compared so far */
    int64_t differ;             /* of them, rows that are not what their history says */
    int64_t elsewhere;          /* of them, stored under another unit than the map gives now */
    char first_difference[160]; /* "CODE: column"; "" = none */
    struct refolding_work *work;
};

/* Inside a transaction with one snapshot, on a connection and configuration that outlive it. As pg_exec, or ERR_NOMEM. */
int refolding_new(struct pg *pg, const struct config *config, struct refolding **ret,
                  struct error *err);
struct refolding *refolding_free(struct refolding *refolding); /* NULL is fine; returns NULL */

enum { REFOLDING_DONE = 1, REFOLDING_MORE = 2 };
/* The next dossiers, in the order of their ids. ERR_FAILED: a stored event cannot be read; otherwise as pg_exec, ERR_NOMEM. */
int refolding_step(struct refolding *refolding, struct error *err);

/*
 * After REFOLDING_DONE: every measure of hoso.rollup_daily, summed by commune and day, against the contributions of all
 * dossiers. As pg_exec.
 */
int refolding_compare_sums(struct refolding *refolding, int64_t *ret_cells, int64_t *ret_differ,
                           struct error *err);

#endif
