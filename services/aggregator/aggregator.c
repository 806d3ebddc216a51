#include "aggregator/internal.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"

enum {
    ASK_TIMEOUT_MS = 5000,
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MAX_MS = 5000,
    LANES_MAX = 8 /* as the option has it */
};

int aggregator_new(struct service *service, struct aggregator **ret, struct error *err)
{
    const struct config *config = service->config;
    struct work_hours hours;
    struct aggregator *aggregator = calloc(1, sizeof *aggregator);
    if (!aggregator)
        return error_set(err, ERR_NOMEM, "out of memory");
    *aggregator = (struct aggregator){
        .service = service,
        .topic = config_text(config, "kafka", NULL, "events_topic"),
        .batch_age_ms = config_duration_ms(config, "aggregator", NULL, "batch_age"),
        .lane_count = (int)config_integer(config, "aggregator", NULL, "connections"),
        .retry.backoff = {.first_ms = BACKOFF_FIRST_MS, .max_ms = BACKOFF_MAX_MS},
    };
    random_bytes(aggregator->owner, OWNER_SIZE);
    pg_array_init(&aggregator->ours, PG_INT32);
    int r = reference_rules(config, &aggregator->rules, err);
    if (r == 0)
        r = reference_hours(config, &hours, err); /* a mistake in them is told now */
    if (r == 0)
        r = codec_new(&codec_event_layout, &aggregator->codec, err);
    if (r == 0)
        r = status_open(aggregator, err);
    if (r < 0) {
        aggregator_free(aggregator);
        return r;
    }
    *ret = aggregator;
    return 0;
}

struct aggregator *aggregator_free(struct aggregator *aggregator)
{
    if (!aggregator)
        return NULL;
    for (int i = 0; aggregator->lanes && i < aggregator->lane_count; i++)
        lane_close(&aggregator->lanes[i]); /* before the consumer that owns their messages */
    free(aggregator->lanes);
    aggregator->lanes = NULL;
    record_release(&aggregator->held);
    consumer_free(aggregator->consumer);
    relay_free(aggregator->relay);
    refold_free(aggregator->refold);
    pg_free(aggregator->pg);
    reference_deinit(&aggregator->reference);
    codec_free(aggregator->codec);
    pg_array_deinit(&aggregator->ours);
    status_close(aggregator);
    free(aggregator->partitions);
    free(aggregator->ends);
    free(aggregator);
    return NULL;
}

/* ---- waiting ---- */

/* Serves health until the time planned has come, or the signal to stop. */
static void rest(struct aggregator *aggregator)
{
    for (int wait_ms; !service_stopping() && (wait_ms = retry_wait_ms(&aggregator->retry)) > 0;)
        service_wait(aggregator->service, NULL, 0, wait_ms);
    aggregator->retry.planned = false;
}

/* PostgreSQL is well once nothing has to be tried again. */
static void tell_postgres(struct aggregator *aggregator)
{
    int attempts = aggregator->retry.backoff.attempts;
    for (int i = 0; i < aggregator->lane_count; i++)
        attempts += aggregator->lanes[i].retry.backoff.attempts;
    if (attempts == 0)
        status_trouble(aggregator, TROUBLE_POSTGRES, NULL);
}

/* ---- partitions come and go; called inside consumer_poll ---- */

static void give_up_all(struct aggregator *aggregator)
{
    for (int i = 0; i < aggregator->lane_count; i++)
        lane_finish(&aggregator->lanes[i]);
    for (int32_t i = 0; i < aggregator->partition_count; i++) {
        if (aggregator->partitions[i].ours)
            lanes_give_up(aggregator, i);
    }
}

static int claim_all(struct aggregator *aggregator, struct partition_offset *offsets, size_t count,
                     struct error *err)
{
    int r = lanes_connect(aggregator, err);
    for (size_t i = 0; i < count && r == 0; i++) {
        int32_t number = offsets[i].partition;
        if (number >= aggregator->partition_count)
            return error_set(err, ERR_INPUT,
                             "topic %s has grown beyond %d partitions, so dossiers have moved "
                             "between them: give it that many again (a new topic), and send it "
                             "what came since; `hoso replay` then decides where to go on",
                             aggregator->topic, aggregator->partition_count);
        r = lanes_claim(aggregator, number, &offsets[i].offset, err);
    }
    if (r < 0 && aggregator->pg && !pg_alive(aggregator->pg))
        aggregator->pg = pg_free(aggregator->pg);
    return r;
}

/*
 * Waits for PostgreSQL: without the offsets there is nothing to read. If that takes so long that the group gives the partitions to
 * others, our late claim displaces them for a moment, and the rebalance that follows claims anew for everybody.
 */
static int on_assigned(void *arg, struct partition_offset *offsets, size_t count, struct error *err)
{
    struct aggregator *aggregator = arg;
    int r;
    give_up_all(aggregator);
    while ((r = claim_all(aggregator, offsets, count, err)) == ERR_UNAVAILABLE ||
           r == ERR_CONFLICT) {
        status_trouble(aggregator, TROUBLE_POSTGRES, err->text);
        retry_plan(&aggregator->retry);
        rest(aggregator);
        if (service_stopping())
            return r;
    }
    if (r < 0)
        return r;
    retry_reset(&aggregator->retry);
    refold_wake(aggregator->refold);
    for (int i = 0; i < aggregator->lane_count; i++)
        aggregator->lanes[i].in_doubt = false; /* there is nothing in hand */
    aggregator->joined = true;
    status_trouble(aggregator, TROUBLE_DISPLACED, NULL);
    log_info("assigned", "partitions=%zu", count);
    return 0;
}

static void on_revoked(void *arg, const int32_t *partitions, size_t count)
{
    struct aggregator *aggregator = arg;
    (void)partitions; /* the assignor is eager: all of them */
    if (!aggregator->lanes)
        return; /* on the way out */
    aggregator->joined = false;
    give_up_all(aggregator);
    log_info("revoked", "partitions=%zu", count);
}

/* ---- opening ---- */

static int open_lanes(struct aggregator *aggregator, struct error *err)
{
    int r = 0;
    aggregator->lanes = calloc((size_t)aggregator->lane_count, sizeof *aggregator->lanes);
    aggregator->refold = refold_new(&aggregator->rules, aggregator->codec);
    if (!aggregator->lanes || !aggregator->refold)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (int i = 0; i < aggregator->lane_count && r == 0; i++)
        r = lane_open(&aggregator->lanes[i], aggregator, i, err);
    return r;
}

static int open_reference(struct aggregator *aggregator, struct error *err)
{
    int r = lanes_connect(aggregator, err);
    if (r < 0 || aggregator->lanes)
        return r;
    r = reference_load(aggregator->pg, aggregator->service->config, &aggregator->reference, err);
    if (r < 0)
        return error_prefix(err, r, "reference tables (`hoso db migrate` makes them)");
    return open_lanes(aggregator, err);
}

static int open_partitions(struct aggregator *aggregator, struct error *err)
{
    int count = 0;
    int64_t wanted = config_integer(aggregator->service->config, "kafka", NULL, "partitions");
    int r = topic_partitions(&aggregator->service->kafka, aggregator->topic, ASK_TIMEOUT_MS, &count,
                             err);
    if (r < 0)
        return r;
    if (count != wanted)
        return error_set(err, ERR_INPUT,
                         "topic %s has %d partitions, [kafka] partitions is %" PRId64
                         "; a changed number moves dossiers between partitions: mend the "
                         "configuration, or make the topic anew with that many, and decide with "
                         "`hoso replay offset` where to go on",
                         aggregator->topic, count, wanted);
    aggregator->partitions = calloc((size_t)count, sizeof *aggregator->partitions);
    aggregator->ends = calloc((size_t)count, sizeof *aggregator->ends);
    if (!aggregator->partitions || !aggregator->ends)
        return error_set(err, ERR_NOMEM, "out of memory");
    aggregator->partition_count = count;
    return status_open(aggregator, err);
}

static int open_kafka(struct aggregator *aggregator, struct error *err)
{
    const struct config *config = aggregator->service->config;
    const struct kafka_settings *settings = &aggregator->service->kafka;
    const struct consumer_events events = {on_assigned, on_revoked, aggregator};
    int r = aggregator->partitions ? 0 : open_partitions(aggregator, err);
    if (r == 0 && !aggregator->relay)
        r = relay_new(settings, aggregator->topic, config_text(config, "kafka", NULL, "dlq_topic"),
                      &aggregator->relay, err);
    if (r == 0)
        r = consumer_new(settings, config_text(config, "aggregator", NULL, "group"),
                         aggregator->topic, &events, &aggregator->consumer, err);
    return r;
}

/* ---- the loop ---- */

/* What PostgreSQL could not do now is tried again; 0 then. */
static int postpone(struct aggregator *aggregator, int failure, const struct error *err)
{
    if (failure != ERR_UNAVAILABLE && failure != ERR_CONFLICT)
        return failure;
    if (aggregator->pg && !pg_alive(aggregator->pg))
        aggregator->pg = pg_free(aggregator->pg);
    status_trouble(aggregator, TROUBLE_POSTGRES, err->text);
    retry_plan(&aggregator->retry);
    return 0;
}

static int relay(struct aggregator *aggregator, struct error *err)
{
    char quoted[512];
    int64_t *sent = &aggregator->metrics[METRIC_DEAD_LETTERS_SENT].value;
    int r = relay_step(aggregator->relay, aggregator->pg, &aggregator->ours, sent, err);
    if (r != RELAY_PASSED_OVER)
        return r;
    log_error("dead_letter_unsent", "error=\"%s\"", log_quote(err->text, quoted, sizeof quoted));
    return 0;
}

/* What the connection of its own is for, between the looks at the lanes. */
static int serve_others(struct aggregator *aggregator, struct error *err)
{
    if (retry_wait_ms(&aggregator->retry) > 0)
        return 0;
    int r = lanes_connect(aggregator, err);
    if (r == 0)
        r = follow_look(aggregator, err);
    if (r == 0)
        r = relay(aggregator, err);
    if (r < 0)
        return postpone(aggregator, r, err);
    retry_reset(&aggregator->retry);
    return 0;
}

/* Descriptors that say when there is something to do, in the order of the enum; then the lanes' sockets. */
enum { WAIT_CONSUMER, WAIT_RELAY, WAIT_LANES };

static void wait_for_work(struct aggregator *aggregator)
{
    struct pollfd fds[WAIT_LANES + LANES_MAX];
    size_t count = WAIT_LANES;
    /* With a record in hand that has no room, more would only be told of again and again. */
    fds[WAIT_CONSUMER] = (struct pollfd){
        .fd = aggregator->held.handle ? -1 : consumer_fd(aggregator->consumer), .events = POLLIN};
    fds[WAIT_RELAY] = (struct pollfd){.fd = relay_fd(aggregator->relay), .events = POLLIN};
    int wait_ms = relay_wait_ms(aggregator->relay, mono_now());
    int retry_ms = retry_wait_ms(&aggregator->retry);
    if (retry_ms > 0)
        wait_ms = retry_ms;
    for (int i = 0; i < aggregator->lane_count; i++) {
        const struct lane *lane = &aggregator->lanes[i];
        int lane_ms = lane_wait_ms(lane);
        if (lane_ms >= 0 && lane_ms < wait_ms)
            wait_ms = lane_ms;
        if (lane->state == LANE_IDLE)
            continue;
        short events = pg_queue_writes(lane->pg) ? POLLIN | POLLOUT : POLLIN;
        fds[count++] = (struct pollfd){.fd = pg_fd(lane->pg), .events = events};
    }
    service_wait_on(aggregator->service, fds, count, aggregator->refolding ? 0 : wait_ms);
}

static int open_all(struct aggregator *aggregator, struct error *err)
{
    int r = open_reference(aggregator, err);
    if (r < 0)
        return postpone(aggregator, r, err);
    r = open_kafka(aggregator, err);
    if (r == ERR_UNAVAILABLE) {
        status_trouble(aggregator, TROUBLE_KAFKA, err->text);
        retry_plan(&aggregator->retry);
        return 0;
    }
    return r;
}

static int step(struct aggregator *aggregator, struct error *err)
{
    if (!aggregator->consumer) {
        rest(aggregator);
        return service_stopping() ? 0 : open_all(aggregator, err);
    }
    int taken = reader_take(aggregator, err);
    int r = taken < 0 ? taken : serve_others(aggregator, err);
    if (r == 0)
        r = follow_run(aggregator, err);
    for (int i = 0; i < aggregator->lane_count && r == 0; i++)
        r = lane_step(&aggregator->lanes[i], err);
    if (r < 0)
        return r;
    tell_postgres(aggregator);
    if (taken == READER_MORE) {
        service_wait(aggregator->service, NULL, 0, 0);
        return 0;
    }
    reader_probe(aggregator);
    wait_for_work(aggregator);
    return 0;
}

/* Every partition stands where it was to stop. */
static bool finished(const struct aggregator *aggregator)
{
    for (int32_t i = 0; i < aggregator->partition_count; i++) {
        const struct partition *partition = &aggregator->partitions[i];
        if (!partition->ours || partition->claim.next_offset < partition->claim.stop_at ||
            partition->claim.map_version != aggregator->reference.map_version)
            return false;
    }
    return aggregator->partition_count > 0;
}

int aggregator_run(struct aggregator *aggregator)
{
    struct error err = {{0}};
    int r = 0;
    while (r == 0 && !service_stopping() && !finished(aggregator))
        r = step(aggregator, &err);
    if (r == 0)
        return EXIT_OK;
    char quoted[512];
    log_error("stopped", "error=\"%s\"", log_quote(err.text, quoted, sizeof quoted));
    return r == ERR_INPUT ? EXIT_DATA : EXIT_SOFTWARE;
}
