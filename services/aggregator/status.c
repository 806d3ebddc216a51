/* What /readyz and /metrics say. */
#include "aggregator/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

#define COUNTER(n, h)                                                                              \
    {                                                                                              \
        .name = "hoso_aggregator_" n, .labels = "", .help = (h)                                    \
    }
#define GAUGE(n, h)                                                                                \
    {                                                                                              \
        .name = "hoso_aggregator_" n, .labels = "", .help = (h), .gauge = true                     \
    }
static const struct metric fixed[METRIC_FIXED_COUNT] = {
    [METRIC_RECORDS] = COUNTER("records_total", "Records committed, of every sort."),
    [METRIC_EVENTS] = COUNTER("events_total", "Events that were new."),
    [METRIC_DUPLICATES] =
        COUNTER("duplicates_total", "Receipts known already, or of an erased dossier."),
    [METRIC_DOSSIERS] = COUNTER("dossiers_total", "Dossier rows written."),
    [METRIC_BATCHES] = COUNTER("batches_total", "Transactions committed."),
    [METRIC_BATCH_RECORDS] = GAUGE("batch_records", "Records in the last transaction."),
    [METRIC_COMMIT_LAST_US] =
        GAUGE("batch_last_microseconds", "From BEGIN to the answered COMMIT, the last one."),
    [METRIC_COMMIT_US] =
        COUNTER("batch_microseconds_total", "From BEGIN to the answered COMMIT, all together."),
    [METRIC_DEAD_LETTERS_SENT] =
        COUNTER("dead_letters_sent_total", "Dead letters that are on their topic."),
    [METRIC_REFOLDED] = COUNTER("refolded_total", "Dossiers moved to another unit by the map."),
    [METRIC_EVENT_AGE] = {.name = "hoso_event_age_seconds",
                          .labels = "",
                          .help = "Age of the newest event at its commit, since ingest.",
                          .gauge = true},
};

static const char *const trouble_names[TROUBLE_COUNT] = {"kafka", "postgres", "displaced"};

static bool ready(void *arg, char *reasons, size_t size)
{
    const struct aggregator *aggregator = arg;
    char quoted[256];
    size_t used = 0;
    for (int i = 0; i < TROUBLE_COUNT; i++) {
        if (!*aggregator->troubles[i])
            continue;
        log_quote(aggregator->troubles[i], quoted, sizeof quoted);
        int written = snprintf(reasons + used, size - used, "%s\"%s\":\"%s\"", used ? "," : "",
                               trouble_names[i], quoted);
        if (written > 0 && (size_t)written < size - used)
            used += (size_t)written;
    }
    if (used == 0 && !aggregator->joined)
        used = (size_t)snprintf(reasons, size, "\"kafka\":\"joining the consumer group\"");
    return used == 0;
}

static size_t refusal_count(void)
{
    size_t count = 0;
    while (refusal_codes[count])
        count++;
    return count;
}

int status_open(struct aggregator *aggregator, struct error *err)
{
    size_t refusals = refusal_count();
    size_t count = METRIC_FIXED_COUNT + refusals + (size_t)aggregator->partition_count;
    struct metric *metrics = calloc(count, sizeof *metrics);
    char(*labels)[48] = calloc(count, sizeof *labels);
    if (!metrics || !labels) {
        free(metrics);
        free(labels);
        return error_set(err, ERR_NOMEM, "metrics: out of memory");
    }
    memcpy(metrics, fixed, sizeof fixed);
    for (size_t i = METRIC_FIXED_COUNT; i < count; i++) {
        size_t refusal = i - METRIC_FIXED_COUNT;
        bool lag = refusal >= refusals;
        if (lag)
            snprintf(labels[i], sizeof *labels, "partition=\"%zu\"", refusal - refusals);
        else
            snprintf(labels[i], sizeof *labels, "reason=\"%s\"", refusal_codes[refusal]);
        metrics[i] = (struct metric){
            .name = lag ? "hoso_consumer_lag_records" : "hoso_aggregator_dead_letters_total",
            .labels = labels[i],
            .help = lag ? "Records behind the end, our partitions." : "Records that were unusable.",
            .gauge = lag};
    }
    status_close(aggregator);
    aggregator->metrics = metrics;
    aggregator->metric_labels = labels;
    aggregator->metric_count = count;
    aggregator->service->metrics = metrics;
    aggregator->service->metric_count = count;
    aggregator->service->ready = ready;
    aggregator->service->ready_arg = aggregator;
    return 0;
}

void status_close(struct aggregator *aggregator)
{
    aggregator->service->metrics = NULL;
    aggregator->service->metric_count = 0;
    aggregator->service->ready = NULL;
    free(aggregator->metrics);
    free(aggregator->metric_labels);
    aggregator->metrics = NULL;
    aggregator->metric_labels = NULL;
}

void status_trouble(struct aggregator *aggregator, enum trouble trouble, const char *text)
{
    char quoted[512];
    char *place = aggregator->troubles[trouble];
    if (!text) {
        if (*place)
            log_info("recovered", "from=%s", trouble_names[trouble]);
        *place = '\0';
        return;
    }
    if (!*place)
        log_warn("trouble", "what=%s error=\"%s\"", trouble_names[trouble],
                 log_quote(text, quoted, sizeof quoted));
    snprintf(place, sizeof aggregator->troubles[trouble], "%s", text);
}

void status_committed(struct aggregator *aggregator, size_t records, const struct applied *applied,
                      int64_t commit_us)
{
    struct metric *metrics = aggregator->metrics;
    metrics[METRIC_RECORDS].value += (int64_t)records;
    metrics[METRIC_EVENTS].value += applied->events;
    metrics[METRIC_DUPLICATES].value += applied->duplicates;
    metrics[METRIC_DOSSIERS].value += applied->dossiers;
    metrics[METRIC_BATCHES].value++;
    metrics[METRIC_BATCH_RECORDS].value = (int64_t)records;
    metrics[METRIC_COMMIT_LAST_US].value = commit_us;
    metrics[METRIC_COMMIT_US].value += commit_us;
    if (applied->last_ingested_at != NO_TIME)
        metrics[METRIC_EVENT_AGE].value = (clock_now() - applied->last_ingested_at) / MS_PER_SECOND;
    int64_t dead_letters = 0;
    for (size_t i = 0; refusal_codes[i]; i++) {
        metrics[METRIC_FIXED_COUNT + i].value += applied->dead_letters[i];
        dead_letters += applied->dead_letters[i];
    }
    if (dead_letters > 0) {
        relay_wake(aggregator->relay);
        log_warn("dead_letters", "records=%" PRId64, dead_letters);
    }
    log_debug("batch_committed",
              "records=%zu events=%" PRId64 " duplicates=%" PRId64 " dossiers=%" PRId64
              " microseconds=%" PRId64,
              records, applied->events, applied->duplicates, applied->dossiers, commit_us);
}

void status_lag(struct aggregator *aggregator, int32_t number)
{
    const struct partition *partition = &aggregator->partitions[number];
    int64_t lag = partition->high - partition->claim.next_offset;
    size_t first = aggregator->metric_count - (size_t)aggregator->partition_count;
    aggregator->metrics[first + (size_t)number].value = partition->ours && lag > 0 ? lag : 0;
}
