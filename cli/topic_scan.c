#include "topic_scan.h"

#include <stdlib.h>

#include "base/clock.h"

enum { WAIT_MS = 250 };

struct scan {
    struct consumer *consumer;
    struct partition_offset *from; /* by partition */
    int64_t *ends;                 /* one past the last record, when the scan began; 0 = passed */
    int count;
    int left; /* partitions not yet read to their end */
};

static int open_scan(struct scan *scan, const struct kafka_settings *settings, const char *topic,
                     struct error *err)
{
    int r = topic_partitions(settings, topic, TOPIC_SCAN_PATIENCE_MS, &scan->count, err);
    if (r < 0)
        return r;
    scan->from = calloc((size_t)scan->count, sizeof *scan->from);
    scan->ends = calloc((size_t)scan->count, sizeof *scan->ends);
    if (!scan->from || !scan->ends)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (int i = 0; i < scan->count; i++)
        scan->from[i] = (struct partition_offset){i, READ_FROM_BEGINNING};
    r = consumer_new_reader(settings, topic, scan->from, (size_t)scan->count, &scan->consumer, err);
    for (int i = 0; i < scan->count && r == 0; i++) {
        int64_t low;
        r = consumer_watermarks(scan->consumer, i, TOPIC_SCAN_PATIENCE_MS, &low, &scan->ends[i],
                                err);
        if (r == 0 && low == scan->ends[i])
            scan->ends[i] = 0;
        scan->left += r == 0 && scan->ends[i] > 0;
    }
    return r;
}

/* The end of the log may lie behind the last record where Kafka keeps marks of its own: CONSUMER_END tells then. */
static void pass(struct scan *scan, int32_t partition, int64_t next_offset)
{
    if (scan->ends[partition] == 0 || next_offset < scan->ends[partition])
        return;
    scan->ends[partition] = 0;
    scan->left--;
}

static int run_scan(struct scan *scan, topic_visit *visit, void *arg, struct error *err)
{
    struct mono heard = mono_now();
    while (scan->left > 0) {
        struct record record = {0};
        int r = consumer_poll(scan->consumer, WAIT_MS, &record, err);
        if (r == CONSUMER_RECORD) {
            bool wanted = record.offset < scan->ends[record.partition];
            int32_t partition = record.partition;
            int64_t next_offset = record.offset + 1;
            r = wanted ? visit(arg, &record, err) : 0;
            record_release(&record);
            pass(scan, partition, next_offset);
        } else if (r == CONSUMER_END) {
            pass(scan, record.partition, record.offset);
            r = 0;
        } else if (mono_diff_ms(heard, mono_now()) < TOPIC_SCAN_PATIENCE_MS &&
                   (r == CONSUMER_NOTHING || r == ERR_UNAVAILABLE)) {
            continue;
        } else if (r == CONSUMER_NOTHING) {
            r = error_set(err, ERR_UNAVAILABLE, "Kafka: no answer within %d s",
                          TOPIC_SCAN_PATIENCE_MS / 1000);
        }
        if (r != 0)
            return r;
        heard = mono_now();
    }
    return 0;
}

int topic_scan(const struct kafka_settings *settings, const char *topic, topic_visit *visit,
               void *arg, struct error *err)
{
    struct scan scan = {0};
    int r = open_scan(&scan, settings, topic, err);
    if (r == 0)
        r = run_scan(&scan, visit, arg, err);
    consumer_free(scan.consumer);
    free(scan.from);
    free(scan.ends);
    return r;
}
