/* The part of store.h that adds a batch's differences to hoso.rollup_daily and hoso.rollup_open. */
#ifndef HOSO_AGGREGATOR_STORE_CELLS_H
#define HOSO_AGGREGATOR_STORE_CELLS_H

#include "aggregator/rollup.h"
#include "pg/pg.h"

struct store_cells;
struct store_cells *store_cells_new(void); /* NULL when memory is short */
struct store_cells *store_cells_free(struct store_cells *cells);

/* As store_prepare. */
int store_cells_prepare(struct pg *pg, struct error *err);
/* As store_queue, with a rollup that is finished; replaces what was queued before. */
int store_cells_queue(struct store_cells *cells, struct pg *pg, const struct rollup *rollup,
                      struct error *err);

#endif
