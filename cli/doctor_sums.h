/* Measures summed by commune and day, in memory. */
#ifndef HOSO_CLI_DOCTOR_SUMS_H
#define HOSO_CLI_DOCTOR_SUMS_H

#include "domain/contribution.h"
#include "pg/pg.h"

struct sums;
struct sums *sums_new(void); /* NULL when memory is short */
struct sums *sums_free(struct sums *sums);
/* ERR_NOMEM. */
int sums_add(struct sums *sums, const struct contribution *contribution);
/*
 * Against hoso.rollup_daily: *ret_cells = measures that are not zero on either side, *ret_differ = those that are not the same.
 * Works once. As pg_exec, or ERR_NOMEM.
 */
int sums_compare(struct sums *sums, struct pg *pg, int64_t *ret_cells, int64_t *ret_differ,
                 struct error *err);

#endif
