#include "ingest/metrics.h"

#include <stdio.h>

static void add(struct ingest_metrics *metrics, int index, const char *name, const char *label,
                const char *value, const char *help, bool gauge)
{
    char *labels = metrics->labels[index];
    labels[0] = '\0';
    if (label)
        snprintf(labels, sizeof metrics->labels[index], "%s=\"%s\"", label, value);
    metrics->list[index] =
        (struct metric){.name = name, .labels = labels, .help = help, .gauge = gauge};
}

void ingest_metrics_init(struct ingest_metrics *metrics)
{
    static const struct {
        enum ingest_metric metric;
        const char *name;
        const char *label;
        const char *value;
        const char *help;
        bool gauge;
    } others[] = {
        {METRIC_PERSISTED, "hoso_ingest_persisted_total", NULL, NULL,
         "Events that Kafka has acknowledged.", false},
        {METRIC_NOT_PERSISTED, "hoso_ingest_not_persisted_total", NULL, NULL,
         "Events that Kafka has not taken; their requests were answered 503.", false},
        {METRIC_IN_FLIGHT, "hoso_ingest_in_flight", NULL, NULL, "Events on their way to Kafka.",
         true},
        {METRIC_OLDEST_WAIT_MS, "hoso_ingest_oldest_wait_milliseconds", NULL, NULL,
         "Age of the oldest unanswered request.", true},
        {METRIC_REQUESTS_OK, "hoso_ingest_requests_total", "outcome", "ok", "Requests by outcome.",
         false},
        {METRIC_REQUESTS_REFUSED, "hoso_ingest_requests_total", "outcome", "refused",
         "Requests by outcome.", false},
        {METRIC_REQUESTS_BUSY, "hoso_ingest_requests_total", "outcome", "busy",
         "Requests by outcome.", false},
        {METRIC_UNAUTHORIZED, "hoso_ingest_unauthorized_total", NULL, NULL,
         "Requests with nobody's key.", false},
        {METRIC_REPLAYED, "hoso_ingest_replayed_total", NULL, NULL,
         "Signed requests whose webhook-id had been shown before; they had no effect.", false},
        {METRIC_PRODUCER_REBUILT, "hoso_ingest_producer_rebuilt_total", NULL, NULL,
         "Times the Kafka producer broke and was made anew.", false},
    };
    for (int code = 1; code < REFUSAL_COUNT; code++)
        add(metrics, code - 1, "hoso_ingest_refused_total", "reason",
            refusal_name((enum refusal_code)code), "Rows refused, by reason.", false);
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
        add(metrics, REFUSAL_COUNT - 1 + kind, "hoso_ingest_events_total", "kind",
            event_kind_name((enum event_kind)kind), "Events given to Kafka, by kind.", false);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        add(metrics, (int)others[i].metric, others[i].name, others[i].label, others[i].value,
            others[i].help, others[i].gauge);
}

static int place_of(const struct ingest_metrics *metrics, size_t feed, int metric)
{
    return METRIC_COUNT + metric * (int)metrics->feed_count + (int)feed;
}

void ingest_metrics_add_feeds(struct ingest_metrics *metrics, const char *const *names,
                              size_t count)
{
    static const struct {
        const char *name;
        const char *help;
        bool gauge;
    } kinds[FEED_METRIC_COUNT] = {
        [FEED_ROWS] = {"hoso_ingest_feed_rows_total", "Rows read from a source.", false},
        [FEED_KNOWN] = {"hoso_ingest_feed_known_rows_total",
                        "Rows that the overlap brought again; they were passed over.", false},
        [FEED_TROUBLES] = {"hoso_ingest_feed_troubles_total",
                           "Answers, files and cursors of a source that were no good.", false},
        [FEED_IN_FLIGHT] = {"hoso_ingest_feed_in_flight_rows",
                            "Rows of a source that Kafka has not acknowledged yet.", true},
        [FEED_LAST_OK_S] = {"hoso_ingest_feed_last_success_timestamp_seconds",
                            "When a sweep or a file of a source last came to a good end.", true},
    };
    metrics->feed_count = count;
    for (int kind = 0; kind < FEED_METRIC_COUNT; kind++)
        for (size_t feed = 0; feed < count; feed++)
            add(metrics, place_of(metrics, feed, kind), kinds[kind].name, "source", names[feed],
                kinds[kind].help, kinds[kind].gauge);
}

int64_t *ingest_metrics_feed(struct ingest_metrics *metrics, size_t feed, enum feed_metric metric)
{
    return &metrics->list[place_of(metrics, feed, (int)metric)].value;
}

size_t ingest_metrics_count(const struct ingest_metrics *metrics)
{
    return METRIC_COUNT + metrics->feed_count * FEED_METRIC_COUNT;
}

void ingest_metrics_refused(struct ingest_metrics *metrics, enum refusal_code code)
{
    metrics->list[code - 1].value++;
}

void ingest_metrics_accepted(struct ingest_metrics *metrics, enum event_kind kind)
{
    metrics->list[REFUSAL_COUNT - 1 + (int)kind].value++;
}
