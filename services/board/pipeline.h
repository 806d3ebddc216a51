/* The state of the pipeline as the board shows it, and how it is put together. Pure; one thread. */
#ifndef HOSO_BOARD_PIPELINE_H
#define HOSO_BOARD_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"
#include "json/json.h"

enum { SOURCES_MAX = 32, SOURCE_NAME_SIZE = 65, SERVICES = 3 };

/* The other services, in this order. */
extern const char *const pipeline_services[SERVICES];

struct source_state {
    char name[SOURCE_NAME_SIZE];
    int64_t last_at; /* ingested_at of the newest event seen */
};

struct pipeline {
    int64_t events;       /* committed by the aggregator, ever */
    int64_t rate_milli;   /* thousandths of an event per second, over the last seconds */
    int64_t lag_records;  /* not yet read by the aggregator; -1 = unknown */
    int64_t lag_s;        /* age of what it reads; 0 = it has read all; -1 = unknown */
    int64_t held;         /* deadlines that wait for unread records; -1 = unknown */
    int64_t dead_letters; /* ever */
    int64_t quarantined;  /* dossiers without a commune */
    bool up[SERVICES];    /* answered /readyz with yes, last time */
    struct source_state sources[SOURCES_MAX];
    size_t source_count;
};

bool pipeline_equal(const struct pipeline *a, const struct pipeline *b);
void pipeline_write(struct json_out *out, const char *key, const struct pipeline *pipeline);
/* A source has been heard at `at`; more than SOURCES_MAX different ones are not kept. */
void pipeline_heard(struct pipeline *pipeline, struct str source, int64_t at);

/* The rate over a window of samples of a counter that only grows; a fall (tables made anew) begins anew. */
enum { RATE_SAMPLES = 40, RATE_WINDOW_MS = 10000 };
struct rate {
    struct {
        struct mono at;
        int64_t value;
    } samples[RATE_SAMPLES];
    size_t count;
};
void rate_add(struct rate *rate, struct mono at, int64_t value);
/* Thousandths per second. */
int64_t rate_milli(const struct rate *rate, struct mono now);

/* The sum of all samples of a metric (any labels) in Prometheus' text; -1 = it is not there. */
int64_t metrics_sum(struct str text, const char *name);

#endif
