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
#define STAGE(n)                                                                                   \
    {                                                                                              \
        .name = "hoso_aggregator_stage_microseconds_total", .labels = "stage=\"" n "\"",           \
        .help = "Where the time of the batches went, all connections together."                    \
    }
#define AGE(suffix, l)                                                                             \
    {                                                                                              \
        .name = "hoso_event_age_seconds" suffix, .labels = (l),                                    \
        .help = "Age of new events at their commit, since ingest.",                                \
        .histogram = "hoso_event_age_seconds"                                                      \
    }
#define AGE_BUCKET(le) AGE("_bucket", "le=\"" le "\"")

/* Upper bounds of the buckets, as the labels below name them. */
static const int64_t age_bounds_ms[STATUS_AGE_BUCKETS] = {
    10, 50, 100, 250, 1000, 5000, 60000, 3600000, 86400000, INT64_MAX};

static const struct metric fixed[METRIC_FIXED_COUNT] = {
    [METRIC_RECORDS] = COUNTER("records_total", "Records committed, of every sort."),
    [METRIC_EVENTS] = COUNTER("events_total", "Events that were new."),
    [METRIC_DUPLICATES] =
        COUNTER("duplicates_total", "Receipts known already, or of an erased dossier."),
    [METRIC_DOSSIERS] = COUNTER("dossiers_total", "Dossier rows written."),
    [METRIC_LOADED] = COUNTER("dossiers_loaded_total", "Dossiers looked for in PostgreSQL."),
    [METRIC_BATCHES] = COUNTER("batches_total", "Transactions committed."),
    [METRIC_BATCH_RECORDS] = GAUGE("batch_records", "Records in the last transaction."),
    [METRIC_COMMIT_LAST_US] =
        GAUGE("batch_last_microseconds", "From BEGIN to the answered COMMIT, the last one."),
    [METRIC_COMMIT_US] =
        COUNTER("batch_microseconds_total", "From BEGIN to the answered COMMIT, all together."),
    [METRIC_DEAD_LETTERS_SENT] =
        COUNTER("dead_letters_sent_total", "Dead letters that are on their topic."),
    [METRIC_REFOLDED] = COUNTER("refolded_total", "Dossiers moved to another unit by the map."),
    [METRIC_CACHED_DOSSIERS] = GAUGE("cached_dossiers", "Dossiers in memory."),
    [METRIC_CACHED_BYTES] = GAUGE("cached_bytes", "Memory that they take."),
    [METRIC_BATCH_AGE] =
        GAUGE("batch_age_milliseconds", "From the first record in hand to the commit, last one."),
    [METRIC_AGES] = AGE_BUCKET("0.01"),
    [METRIC_AGES + 1] = AGE_BUCKET("0.05"),
    [METRIC_AGES + 2] = AGE_BUCKET("0.1"),
    [METRIC_AGES + 3] = AGE_BUCKET("0.25"),
    [METRIC_AGES + 4] = AGE_BUCKET("1"),
    [METRIC_AGES + 5] = AGE_BUCKET("5"),
    [METRIC_AGES + 6] = AGE_BUCKET("60"),
    [METRIC_AGES + 7] = AGE_BUCKET("3600"),
    [METRIC_AGES + 8] = AGE_BUCKET("86400"),
    [METRIC_AGES + 9] = AGE_BUCKET("+Inf"),
    [METRIC_AGES + STATUS_AGE_BUCKETS] = AGE("_sum", ""),
    [METRIC_AGES + STATUS_AGE_BUCKETS + 1] = AGE("_count", ""),
    [METRIC_STAGES + STAGE_COLLECT] = STAGE("collect"),
    [METRIC_STAGES + STAGE_LOAD] = STAGE("load"),
    [METRIC_STAGES + STAGE_FOLD] = STAGE("fold"),
    [METRIC_STAGES + STAGE_WRITE] = STAGE("write"),
    [METRIC_STAGES + STAGE_COMMIT] = STAGE("commit"),
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

static void name_metric(struct metric *metrics, char (*labels)[48], size_t i, const char *label,
                        const char *value, const char *name, const char *help)
{
    snprintf(labels[i], sizeof *labels, "%s=\"%s\"", label, value);
    metrics[i] = (struct metric){.name = name, .labels = labels[i], .help = help};
}

int status_open(struct aggregator *aggregator, struct error *err)
{
    size_t refusals = refusal_count();
    size_t partitions = (size_t)aggregator->partition_count;
    size_t count = METRIC_FIXED_COUNT + refusals + 2 * partitions;
    struct metric *metrics = calloc(count, sizeof *metrics);
    char(*labels)[48] = calloc(count, sizeof *labels);
    if (!metrics || !labels) {
        free(metrics);
        free(labels);
        return error_set(err, ERR_NOMEM, "metrics: out of memory");
    }
    memcpy(metrics, fixed, sizeof fixed);
    for (size_t i = 0; i < refusals; i++)
        name_metric(metrics, labels, METRIC_FIXED_COUNT + i, "reason", refusal_codes[i],
                    "hoso_aggregator_dead_letters_total", "Records that were unusable.");
    for (size_t i = 0; i < partitions; i++) {
        char number[16];
        snprintf(number, sizeof number, "%zu", i);
        size_t records = METRIC_FIXED_COUNT + refusals + i;
        name_metric(metrics, labels, records, "partition", number, "hoso_consumer_lag_records",
                    "Records behind the end, our partitions.");
        name_metric(metrics, labels, records + partitions, "partition", number,
                    "hoso_consumer_lag_seconds",
                    "How old the newest record is that we have, where there are newer ones.");
        metrics[records].gauge = metrics[records + partitions].gauge = true;
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

/* Gauges over all lanes. */
static void sum_lanes(struct aggregator *aggregator)
{
    struct metric *metrics = aggregator->metrics;
    metrics[METRIC_CACHED_DOSSIERS].value = 0;
    metrics[METRIC_CACHED_BYTES].value = 0;
    for (int i = 0; i < aggregator->lane_count; i++) {
        const struct cache *cache = applier_cache(aggregator->lanes[i].applier);
        metrics[METRIC_CACHED_DOSSIERS].value += (int64_t)cache_count(cache);
        metrics[METRIC_CACHED_BYTES].value += (int64_t)cache_bytes(cache);
    }
}

/* Prometheus' buckets are cumulative; the sum is in whole seconds, as everything here. */
static void count_ages(struct lane *lane, const struct applied *applied)
{
    struct metric *ages = &lane->aggregator->metrics[METRIC_AGES];
    int64_t now_at = clock_now();
    int64_t sum_ms = 0;
    for (int64_t i = 0; i < applied->events; i++) {
        int64_t age_ms = now_at - applied->ingested_at[i];
        for (int k = STATUS_AGE_BUCKETS - 1; k >= 0 && age_ms <= age_bounds_ms[k]; k--)
            ages[k].value++;
        sum_ms += age_ms > 0 ? age_ms : 0;
    }
    lane->aggregator->age_sum_ms += sum_ms;
    ages[STATUS_AGE_BUCKETS].value = lane->aggregator->age_sum_ms / MS_PER_SECOND;
    ages[STATUS_AGE_BUCKETS + 1].value += applied->events;
}

void status_committed(struct lane *lane, const struct applied *applied, int64_t commit_us)
{
    struct aggregator *aggregator = lane->aggregator;
    struct metric *metrics = aggregator->metrics;
    size_t records = lane->n;
    metrics[METRIC_RECORDS].value += (int64_t)records;
    metrics[METRIC_EVENTS].value += applied->events;
    metrics[METRIC_DUPLICATES].value += applied->duplicates;
    metrics[METRIC_DOSSIERS].value += applied->dossiers;
    metrics[METRIC_LOADED].value += applied->loaded;
    metrics[METRIC_BATCHES].value++;
    metrics[METRIC_BATCH_RECORDS].value = (int64_t)records;
    metrics[METRIC_COMMIT_LAST_US].value = commit_us;
    metrics[METRIC_COMMIT_US].value += commit_us;
    metrics[METRIC_BATCH_AGE].value = mono_diff_ms(lane->writing->since, mono_now());
    for (int i = 0; i < STAGE_COUNT; i++) {
        metrics[METRIC_STAGES + i].value += lane->stages_us[i];
        lane->stages_us[i] = 0;
    }
    sum_lanes(aggregator);
    count_ages(lane, applied);
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
    int64_t lag = partition->ours ? partition->high - partition->claim.next_offset : 0;
    int64_t age_ms = partition->known_at == NO_TIME ? 0 : clock_now() - partition->known_at;
    struct metric *seconds =
        &aggregator->metrics[aggregator->metric_count] - aggregator->partition_count + number;
    seconds->value = lag > 0 && age_ms > 0 ? age_ms / MS_PER_SECOND : 0;
    seconds[-aggregator->partition_count].value = lag > 0 ? lag : 0;
}
