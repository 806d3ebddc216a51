#include "ingest/ingest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/codec.h"
#include "ingest/check.h"
#include "ingest/file_feed.h"
#include "ingest/poll_feed.h"
#include "ingest/push.h"

enum {
    TICK_MS = 100,      /* how late an unanswered request may be failed */
    SLOW_MS = 5000,     /* not ready when Kafka lets a request wait longer */
    FAREWELL_MS = 5000, /* for what is in flight when we stop */
    FDS_MAX = FEEDS_MAX + 2,
};

/* What ingest can read by itself. */
static const struct feed_kind *const feed_kinds[] = {&file_feed_kind, &poll_feed_kind, NULL};

struct ingest {
    struct service *service;
    struct sources *sources;
    struct mapped mapped;
    struct intake intake;
    struct push push;
    struct feeds *feeds;
    struct ingest_metrics metrics;
};

/*
 * Without traffic for a while there is nothing that could tell: ready. So traffic comes back after an outage, and its first request shows
 * whether Kafka is there again. A portal that answers no poll is no reason either: what others push is still taken, and the metrics of
 * its source tell of it.
 */
static bool is_ready(void *arg, char *reasons, size_t size)
{
    struct ingest *ingest = arg;
    struct mono now = mono_now();
    int64_t waited_ms = requests_oldest_ms(&ingest->push.requests, now);
    int64_t feeds_ms = feeds_oldest_ms(ingest->feeds, now);
    waited_ms = feeds_ms > waited_ms ? feeds_ms : waited_ms;
    if (ingest->push.stopping)
        snprintf(reasons, size, "\"ingest\":\"stopping\"");
    else if (mono_diff_ms(ingest->push.refused_at, now) < SLOW_MS)
        snprintf(reasons, size, "\"kafka\":\"takes no records\"");
    else if (waited_ms < SLOW_MS)
        return true;
    else
        snprintf(reasons, size, "\"kafka\":\"no acknowledgement for %" PRId64 " s\"",
                 waited_ms / MS_PER_SECOND);
    return false;
}

static int set_up(struct ingest *ingest, struct error *err)
{
    struct service *service = ingest->service;
    const struct config *config = service->config;
    struct intake *intake = &ingest->intake;
    *intake = (struct intake){
        .metrics = &ingest->metrics,
        .mapped = &ingest->mapped,
        .event_key = str_of(config_text(config, "ingest", NULL, "event_key")),
        .officer_key = str_of(config_text(config, "ingest", NULL, "officer_key")),
    };
    ingest_metrics_init(&ingest->metrics);
    mapped_init(&ingest->mapped);
    int result = ingest_check(config, err);
    if (!result)
        result = sources_load(config, &ingest->sources, err);
    if (!result)
        result = push_init(config, ingest->sources, intake, &ingest->push, err);
    if (!result)
        result = codec_new(&codec_event_layout, &intake->codec, err);
    if (!result)
        result = publisher_new(&service->kafka, config_text(config, "kafka", NULL, "events_topic"),
                               &ingest->metrics, &intake->publisher, err);
    if (!result)
        result = feeds_open(feed_kinds, config, ingest->sources, intake, &ingest->feeds, err);
    return result;
}

int ingest_new(struct service *service, struct ingest **ret, struct error *err)
{
    struct ingest *ingest = calloc(1, sizeof *ingest);
    if (!ingest)
        return error_set(err, ERR_NOMEM, "out of memory");
    ingest->service = service;
    int result = set_up(ingest, err);
    if (result) {
        ingest_free(ingest);
        return result;
    }
    service->handler = push_handle;
    service->handler_arg = &ingest->push;
    service->ready = is_ready;
    service->ready_arg = ingest;
    service->metrics = ingest->metrics.list;
    service->metric_count = ingest_metrics_count(&ingest->metrics);
    *ret = ingest;
    return 0;
}

/* The shorter of two times to wait; a negative one is none. */
static int sooner(int a_ms, int b_ms)
{
    return b_ms >= 0 && b_ms < a_ms ? b_ms : a_ms;
}

static void turn(struct ingest *ingest)
{
    int fds[FDS_MAX] = {publisher_fd(ingest->intake.publisher), lookup_fd(ingest->push.lookup)};
    size_t fd_count = 2 + feeds_fds(ingest->feeds, fds + 2, FDS_MAX - 2);
    int timeout_ms = sooner(sooner(TICK_MS, lookup_timeout_ms(ingest->push.lookup)),
                            feeds_timeout_ms(ingest->feeds, mono_now()));
    bool stopping = ingest->push.stopping;
    service_wait(ingest->service, fds, fd_count, timeout_ms);
    /* service_wait does not wait any more once we are to stop. */
    publisher_poll(ingest->intake.publisher, stopping ? TICK_MS : 0);
    struct mono now = mono_now();
    if (!stopping)
        feeds_turn(ingest->feeds, now);
    push_turn(&ingest->push, now);
    struct metric *list = ingest->metrics.list;
    list[METRIC_IN_FLIGHT].value = (int64_t)publisher_in_flight(ingest->intake.publisher);
    list[METRIC_OLDEST_WAIT_MS].value = requests_oldest_ms(&ingest->push.requests, now);
}

void ingest_run(struct ingest *ingest)
{
    while (!service_stopping())
        turn(ingest);
    ingest->push.stopping = true;
    struct mono begun = mono_now();
    while ((!feeds_settle(ingest->feeds) || ingest->push.requests.oldest) &&
           mono_diff_ms(begun, mono_now()) < FAREWELL_MS)
        turn(ingest);
}

struct ingest *ingest_free(struct ingest *ingest)
{
    if (!ingest)
        return NULL;
    ingest->service->handler = NULL;
    ingest->service->ready = NULL;
    ingest->service->metric_count = 0;
    requests_fail_all(&ingest->push.requests);
    publisher_free(ingest->intake.publisher, 0);
    feeds_free(ingest->feeds);
    push_deinit(&ingest->push);
    codec_free(ingest->intake.codec);
    sources_free(ingest->sources);
    mapped_deinit(&ingest->mapped);
    free(ingest);
    return NULL;
}
