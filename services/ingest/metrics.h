/* The numbers of ingest on /metrics. */
#ifndef HOSO_INGEST_METRICS_H
#define HOSO_INGEST_METRICS_H

#include "domain/event.h"
#include "ingest/map.h"
#include "service/service.h"

enum ingest_metric {
    METRIC_PERSISTED =
        REFUSAL_COUNT - 1 + EVENT_KIND_COUNT, /* events that Kafka has acknowledged */
    METRIC_NOT_PERSISTED,    /* events that it has not; their requests were answered 503 */
    METRIC_IN_FLIGHT,        /* events on their way */
    METRIC_OLDEST_WAIT_MS,   /* age of the oldest unanswered request */
    METRIC_REQUESTS_OK,      /* answered 200, 207 */
    METRIC_REQUESTS_REFUSED, /* answered 4xx */
    METRIC_REQUESTS_BUSY,    /* answered 503 */
    METRIC_UNAUTHORIZED,     /* of the refused: nobody's key */
    METRIC_PRODUCER_REBUILT,
    METRIC_COUNT
};

struct ingest_metrics {
    struct metric
        list[METRIC_COUNT]; /* refused rows by reason, accepted events by kind, then the above */
    char labels[METRIC_COUNT][40];
};

void ingest_metrics_init(struct ingest_metrics *metrics);
void ingest_metrics_refused(struct ingest_metrics *metrics, enum refusal_code code);
void ingest_metrics_accepted(struct ingest_metrics *metrics, enum event_kind kind);

#endif
