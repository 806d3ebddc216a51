/*
 * The sum of what a batch changes in the rollups: each dossier's old contribution taken away, its new one added, cell by cell. Pure.
 * One thread; reused from batch to batch.
 */
#ifndef HOSO_AGGREGATOR_ROLLUP_H
#define HOSO_AGGREGATOR_ROLLUP_H

#include "domain/contribution.h"

/* Differences to add to one row of hoso.rollup_daily; text views belong to whoever gave the contribution. */
struct daily_delta {
    int32_t partition;
    uint32_t hash; /* of its key */
    struct daily_cell cell;
};

/* The same for hoso.rollup_open; cell.count is the difference. */
struct open_delta {
    int32_t partition;
    uint32_t hash;
    struct open_cell cell;
};

/* Deltas by their keys: one each. */
struct delta_index {
    uint32_t *slots; /* position + 1, 0 = free */
    size_t slot_count;
};

struct rollup {
    struct daily_delta
        *daily; /* in order of arrival; may have come to nothing (daily_delta_empty) */
    size_t daily_count;
    size_t daily_capacity;
    struct delta_index daily_index;
    struct open_delta *open;
    size_t open_count;
    size_t open_capacity;
    struct delta_index open_index;
};
void rollup_init(struct rollup *rollup);
void rollup_deinit(struct rollup *rollup);
void rollup_clear(struct rollup *rollup); /* keeps the memory */

/*
 * Adds a contribution of a dossier of that partition, times sign (+1 or -1). The contribution's text must live until the
 * rollup is cleared; the contribution itself need not. 0 or ERR_NOMEM (then the rollup is of no use until cleared).
 */
int rollup_add(struct rollup *rollup, int32_t partition, const struct contribution *contribution,
               int sign);

/* Drops what has come to nothing. Then nothing is added until it is cleared. */
void rollup_finish(struct rollup *rollup);

/* Does it take anything away? Only then can a cell become empty. */
bool daily_delta_takes(const struct daily_delta *delta);

#endif
