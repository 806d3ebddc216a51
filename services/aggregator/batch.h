/*
 * The records in hand: collected by count or age, kept alive (with the librdkafka messages their text lies in) until they are
 * committed or given up. One thread.
 */
#ifndef HOSO_AGGREGATOR_BATCH_H
#define HOSO_AGGREGATOR_BATCH_H

#include "aggregator/intake.h"
#include "base/clock.h"

struct batch_item {
    struct record record;
    struct event event;     /* where refusal.code is NULL */
    struct refusal refusal; /* else it is a dead letter */
    bool misplaced;         /* found during the writing: its dossier lives in another partition */
};

/* Good events of one dossier: order[first..first + count) are their items' indexes, as they arrived. */
struct batch_group {
    struct str code;
    size_t first;
    size_t count;
};

struct batch {
    struct batch_item *items; /* as they arrived */
    size_t count;
    size_t max;
    struct mono since; /* when the first one came */
    size_t *order;
    struct batch_group *groups; /* of the last batch_group, by code */
    size_t group_count;
};

/* max > 0. NULL when memory is short. */
struct batch *batch_new(size_t max);
struct batch *
batch_free(struct batch *batch); /* releases the records; NULL is fine; returns NULL */

bool batch_full(const struct batch *batch);
/* Takes the record over and judges it; the batch must not be full. */
void batch_add(struct batch *batch, struct record *record, const struct codec *codec,
               struct mono now);
/* Milliseconds until the batch is to be written: 0 = now (full, or its first record is age_ms old), -1 = it is empty. */
int batch_wait_ms(const struct batch *batch, int64_t age_ms, struct mono now);

/* Releases the first n items: they are committed. */
void batch_done(struct batch *batch, size_t n);
/* Releases the items of a partition with offsets below `below`: committed before, or not ours any more (INT64_MAX). */
void batch_forget(struct batch *batch, int32_t partition, int64_t below);

/* Groups the good events among the first n items by dossier code; fills order, groups, group_count. */
void batch_group(struct batch *batch, size_t n);

#endif
