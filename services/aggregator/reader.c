/* What comes from Kafka, and how far behind we are. */
#include "aggregator/internal.h"

enum {
    PROBE_EVERY_MS = 1000,
    PROBE_MS = 500,
    TAKE_MAX = 512, /* records between two looks at the connections */
};

/* true when the record in hand has found its place. */
static bool place_record(struct aggregator *aggregator)
{
    struct record *record = &aggregator->held;
    const struct partition *partition = &aggregator->partitions[record->partition];
    struct batch *batch = lane_of(aggregator, record->partition)->filling;
    /* Of a partition that was taken from us, read again after a doubt, or none of our business any more. */
    if (!partition->ours || record->offset < partition->claim.next_offset ||
        record->offset >= partition->claim.stop_at)
        record_release(record);
    else if (batch_full(batch))
        return false;
    else
        batch_add(batch, record, batch->count == 0 ? mono_now() : batch->since);
    return true;
}

int reader_take(struct aggregator *aggregator, struct error *err)
{
    for (int i = 0; i < TAKE_MAX; i++) {
        if (aggregator->held.handle && !place_record(aggregator))
            return 0;
        struct record record;
        int r = consumer_poll(aggregator->consumer, 0, &record, err);
        if (r == CONSUMER_NOTHING)
            return 0;
        if (r == ERR_UNAVAILABLE) { /* librdkafka goes on trying */
            status_trouble(aggregator, TROUBLE_KAFKA, err->text);
            continue; /* to the end: its descriptor tells of new things only */
        }
        if (r == ERR_INPUT)
            return error_prefix(err, r, "decide with `hoso replay` where to go on");
        if (r < 0)
            return r;
        struct partition *partition = &aggregator->partitions[record.partition];
        int64_t high = record.offset + (r == CONSUMER_RECORD);
        if (high > partition->high)
            partition->high = high;
        if (r != CONSUMER_RECORD)
            continue;
        aggregator->held = record;
        r = partition->ours ? offsets_recognise(&partition->claim, &record, err) : 0;
        if (r < 0)
            return r;
        if (partition->known_at == NO_TIME && record.timestamp_ms >= 0)
            partition->known_at = record.timestamp_ms;
    }
    return READER_MORE;
}

/* Committed offsets, for those who look at the group with Kafka's own tools; nobody reads them back. */
static void report_offsets(struct aggregator *aggregator)
{
    for (int32_t i = 0; i < aggregator->partition_count; i++) {
        const struct partition *partition = &aggregator->partitions[i];
        const struct partition_offset done = {i, partition->claim.next_offset};
        if (partition->ours)
            consumer_report_offsets(aggregator->consumer, &done, 1);
    }
}

void reader_probe(struct aggregator *aggregator)
{
    struct error err;
    size_t count = 0;
    struct partition_offset *ends = aggregator->ends;
    if (mono_diff_ms(aggregator->probed_at, mono_now()) < PROBE_EVERY_MS)
        return;
    for (int32_t i = 0; i < aggregator->partition_count; i++) {
        if (aggregator->partitions[i].ours)
            ends[count++].partition = i;
    }
    if (count == 0)
        ends[count++].partition = 0;
    int r = producer_end_offsets(relay_producer(aggregator->relay), aggregator->topic, ends, count,
                                 PROBE_MS, &err);
    status_trouble(aggregator, TROUBLE_KAFKA, r < 0 ? err.text : NULL);
    for (size_t i = 0; i < count && r == 0; i++) {
        aggregator->partitions[ends[i].partition].high = ends[i].offset;
        status_lag(aggregator, ends[i].partition);
    }
    report_offsets(aggregator);
    aggregator->probed_at = mono_now();
}
