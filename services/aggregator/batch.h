/*
 * The records in hand: collected by count or age, kept alive (with the librdkafka messages their text lies in) until they are
 * committed or given up. One thread.
 */
#ifndef HOSO_AGGREGATOR_BATCH_H
#define HOSO_AGGREGATOR_BATCH_H

#include "aggregator/intake.h"
#include "base/clock.h"

#define BATCH_NONE UINT32_MAX

struct batch_item {
    struct record record;
    struct refusal *refusal; /* not NULL: a dead letter; freed with the item */
    bool judged;             /* else refusal is not known yet */
    bool misplaced;          /* found during the writing: its dossier lives in another partition */
    uint32_t next;           /* the group's next item, BATCH_NONE = none */
};

/* Good events of one dossier, as they arrived: items `first`, then by `next`. */
struct batch_group {
    struct str code;
    uint32_t hash; /* text_hash(code) */
    uint32_t first;
    uint32_t last;
    uint32_t count;
};

struct batch {
    struct batch_item *items; /* as they arrived */
    size_t count;
    size_t max;
    struct mono since;          /* when the first one came */
    struct batch_group *groups; /* of the last batch_group, by first arrival */
    size_t group_count;
    uint32_t *slots; /* group's number + 1 by hash, 0 = free */
    size_t slot_count;
};

/* 0 < max < BATCH_NONE / 4. NULL when memory is short. */
struct batch *batch_new(size_t max);
struct batch *
batch_free(struct batch *batch); /* releases the records; NULL is fine; returns NULL */

bool batch_full(const struct batch *batch);
/* Takes the record over; the batch must not be full. */
void batch_add(struct batch *batch, struct record *record, struct mono now);
/* Milliseconds until the batch is to be written: 0 = now (full, or its first record is age_ms old), -1 = it is empty. */
int batch_wait_ms(const struct batch *batch, int64_t age_ms, struct mono now);

/* Releases the first n items: they are committed. */
void batch_done(struct batch *batch, size_t n);
/* Releases the items of a partition with offsets below `below`: committed before, or not ours any more (INT64_MAX). */
void batch_forget(struct batch *batch, int32_t partition, int64_t below);

/* Makes a dead letter of the item. ERR_NOMEM. */
int batch_refuse(struct batch_item *item, const struct refusal *refusal);

/*
 * Judges those of the first n items that have not been, and groups the good ones by dossier code; fills groups, group_count. No
 * item is misplaced after it. ERR_NOMEM.
 */
int batch_group(struct batch *batch, size_t n, const struct codec *codec);

#endif
