/* One batch, one transaction; and what to believe after one that went wrong. */
#include "aggregator/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

enum { CLAIM_TIMEOUT_MS = 5000 };

int writer_connect(struct aggregator *aggregator, struct error *err)
{
    if (aggregator->pg)
        return 0;
    struct pg *pg = NULL;
    const char *conninfo = config_text(aggregator->service->config, "postgres", NULL, "conninfo");
    int r = pg_connect(conninfo, aggregator->service->program, &pg, err);
    if (r == 0)
        r = offsets_guard(pg, err);
    if (r < 0) {
        pg_free(pg);
        return r;
    }
    aggregator->pg = pg;
    return 0;
}

void writer_disconnect(struct aggregator *aggregator)
{
    aggregator->pg = pg_free(aggregator->pg);
    aggregator->in_doubt = true;
}

static int list_ours(struct aggregator *aggregator, struct error *err)
{
    pg_array_clear(&aggregator->ours);
    for (int32_t i = 0; i < aggregator->partition_count; i++) {
        if (aggregator->partitions[i].ours && pg_array_int32(&aggregator->ours, i) < 0)
            return error_set(err, ERR_NOMEM, "out of memory");
    }
    return 0;
}

int writer_claim(struct aggregator *aggregator, int32_t number, struct error *err)
{
    struct partition *partition = &aggregator->partitions[number];
    partition->claim = (struct offset_claim){
        .consumer = "aggregator", .topic = aggregator->topic, .partition = number};
    memcpy(partition->claim.owner, aggregator->owner, OWNER_SIZE);
    int r = offsets_claim_in_log(aggregator->pg, aggregator->consumer, CLAIM_TIMEOUT_MS,
                                 &partition->claim, &partition->high, err);
    if (r < 0)
        return r;
    partition->ours = true;
    log_info("claimed", "partition=%" PRId32 " offset=%" PRId64 " epoch=%" PRId64, number,
             partition->claim.next_offset, partition->claim.epoch);
    status_lag(aggregator, number);
    return list_ours(aggregator, err);
}

void writer_give_up(struct aggregator *aggregator, int32_t number)
{
    aggregator->partitions[number].ours = false;
    batch_forget(aggregator->batch, number, INT64_MAX);
    list_ours(aggregator, NULL); /* shrinks only: cannot fail */
    status_lag(aggregator, number);
}

/*
 * After a COMMIT of unknown outcome, a lost connection or a conflict: the offset rows say what was committed and what is still
 * ours. A row of ours that stands behind what we have committed was moved by hand.
 */
static int reread_one(struct aggregator *aggregator, int32_t number, struct error *err)
{
    struct partition *partition = &aggregator->partitions[number];
    int64_t expected = partition->claim.next_offset;
    int r = offsets_reread(aggregator->pg, &partition->claim, err);
    if (r == ERR_CONFLICT) {
        status_trouble(aggregator, TROUBLE_DISPLACED, err->text);
        writer_give_up(aggregator, number);
        return 0;
    }
    if (r < 0)
        return r;
    if (partition->claim.next_offset < expected)
        return error_set(err, ERR_FAILED,
                         "partition %" PRId32 ": the stored offset was moved back from %" PRId64
                         " to %" PRId64 " while we were reading; start again",
                         number, expected, partition->claim.next_offset);
    batch_forget(aggregator->batch, number, partition->claim.next_offset);
    return 0;
}

static int settle_doubt(struct aggregator *aggregator, struct error *err)
{
    int r = writer_connect(aggregator, err);
    for (int32_t i = 0; i < aggregator->partition_count && r == 0; i++) {
        if (aggregator->partitions[i].ours)
            r = reread_one(aggregator, i, err);
    }
    aggregator->in_doubt = r < 0;
    return r;
}

/* Moves the offsets first, in the order of partitions: from here to the commit nobody else can write for them. */
static int advance(struct aggregator *aggregator, size_t n, struct error *err)
{
    int r = 0;
    for (int32_t i = 0; i < aggregator->partition_count; i++)
        aggregator->partitions[i].next_offset = -1;
    for (size_t i = 0; i < n; i++) {
        const struct record *record = &aggregator->batch->items[i].record;
        aggregator->partitions[record->partition].next_offset = record->offset + 1;
    }
    for (int32_t i = 0; i < aggregator->partition_count && r == 0; i++) {
        const struct partition *partition = &aggregator->partitions[i];
        if (partition->next_offset >= 0)
            r = offsets_advance(aggregator->pg, &partition->claim, partition->next_offset, err);
    }
    return r;
}

static void note_committed(struct aggregator *aggregator, size_t n)
{
    for (int32_t i = 0; i < aggregator->partition_count; i++) {
        struct partition *partition = &aggregator->partitions[i];
        if (partition->next_offset < 0)
            continue;
        partition->claim.next_offset = partition->next_offset;
        const struct partition_offset done = {i, partition->next_offset};
        consumer_report_offsets(aggregator->consumer, &done, 1);
        status_lag(aggregator, i);
    }
    batch_done(aggregator->batch, n);
}

static int write_range(struct aggregator *aggregator, size_t n, struct error *err)
{
    struct applied applied;
    struct mono begin = mono_now();
    int r = pg_begin(aggregator->pg, err);
    if (r == 0)
        r = advance(aggregator, n, err);
    if (r == 0)
        r = applier_run(aggregator->applier, aggregator->pg, str_of(aggregator->topic),
                        aggregator->batch, n, &applied, err);
    if (r < 0) {
        pg_rollback(aggregator->pg);
        return r;
    }
    crash_point("aggregator.before_commit");
    r = pg_commit(aggregator->pg, err);
    if (r < 0)
        return r;
    crash_point("aggregator.after_commit");
    note_committed(aggregator, n);
    crash_point("aggregator.after_offsets");
    status_committed(aggregator, n, &applied, mono_now().us - begin.us);
    return 0;
}

/*
 * PostgreSQL refuses something among the first n records (a value, a constraint). Half as many the next time; a single one that is
 * refused becomes a dead letter, unless that is what was refused.
 */
static int narrow(struct aggregator *aggregator, size_t n, const struct error *err)
{
    struct batch_item *item = &aggregator->batch->items[0];
    aggregator->range_max = n > 1 ? n / 2 : 1;
    if (n > 1)
        return 0;
    if (item->refusal.code)
        return ERR_FAILED;
    item->refusal = refusal_of("store", REFUSED_DATABASE, err->text);
    return 0;
}

int writer_flush(struct aggregator *aggregator, struct error *err)
{
    struct batch *batch = aggregator->batch;
    int r = aggregator->in_doubt ? settle_doubt(aggregator, err) : 0;
    while (r == 0 && batch->count > 0) {
        size_t n = batch->count < aggregator->range_max ? batch->count : aggregator->range_max;
        r = write_range(aggregator, n, err);
        if (r == ERR_INPUT) {
            r = narrow(aggregator, n, err);
            continue;
        }
        size_t wider = aggregator->range_max * 2;
        aggregator->range_max = wider < batch->max ? wider : batch->max;
    }
    if (r < 0)
        aggregator->in_doubt = true;
    if (aggregator->pg && !pg_alive(aggregator->pg))
        writer_disconnect(aggregator);
    return r;
}
