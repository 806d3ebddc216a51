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

void ingest_metrics_refused(struct ingest_metrics *metrics, enum refusal_code code)
{
    metrics->list[code - 1].value++;
}

void ingest_metrics_accepted(struct ingest_metrics *metrics, enum event_kind kind)
{
    metrics->list[REFUSAL_COUNT - 1 + (int)kind].value++;
}
