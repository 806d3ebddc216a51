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
    METRIC_REPLAYED,         /* signed requests that had come before */
    METRIC_PRODUCER_REBUILT,
    METRIC_COUNT
};

/* Of each source that ingest reads itself. */
enum feed_metric {
    FEED_ROWS,     /* taken or refused */
    FEED_KNOWN,    /* passed over: the overlap brought them again (seen_rows.h) */
    FEED_TROUBLES, /* answers, files, cursors that were no good; all are tried again or put aside */
    FEED_IN_FLIGHT, /* rows that Kafka has not acknowledged */
    FEED_LAST_OK_S, /* when a question or a file last came to a good end; 0 = never */
    FEED_METRIC_COUNT
};
#define FEEDS_MAX 14 /* in one process; with push's own two they are what one wait takes */

struct ingest_metrics {
    /* Refused rows by reason, accepted events by kind, enum ingest_metric, then each feed_metric of all feeds. */
    struct metric list[METRIC_COUNT + FEEDS_MAX * FEED_METRIC_COUNT];
    char labels[METRIC_COUNT + FEEDS_MAX * FEED_METRIC_COUNT][SOURCE_MAX + 16];
    size_t feed_count;
};

void ingest_metrics_init(struct ingest_metrics *metrics);
/* names: count of sources, at most FEEDS_MAX. */
void ingest_metrics_add_feeds(struct ingest_metrics *metrics, const char *const *names,
                              size_t count);
/* The value of one feed, 0..feed_count-1. */
int64_t *ingest_metrics_feed(struct ingest_metrics *metrics, size_t feed, enum feed_metric metric);
/* How many of the list there are. */
size_t ingest_metrics_count(const struct ingest_metrics *metrics);
void ingest_metrics_refused(struct ingest_metrics *metrics, enum refusal_code code);
void ingest_metrics_accepted(struct ingest_metrics *metrics, enum event_kind kind);

#endif
