/* The part of store.h that adds a batch's differences to hoso.rollup_daily and hoso.rollup_open. */
#ifndef HOSO_AGGREGATOR_STORE_CELLS_H
#define HOSO_AGGREGATOR_STORE_CELLS_H

#include "aggregator/rollup.h"
#include "pg/pg.h"

struct store_cells;
struct store_cells *store_cells_new(void); /* NULL when memory is short */
struct store_cells *store_cells_free(struct store_cells *cells);

/* Inside the caller's transaction; the rollup is finished. ERR_NOMEM, or as pg_exec. */
int store_cells_write(struct store_cells *cells, struct pg *pg, const struct rollup *rollup,
                      struct error *err);

#endif
