#include "aggregator/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"

enum {
    ASK_TIMEOUT_MS = 5000,
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MAX_MS = 5000,
    PROBE_EVERY_MS = 1000,
    PROBE_MS = 500
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
        .batch = batch_new((size_t)config_integer(config, "aggregator", NULL, "batch_max")),
        .backoff = {.first_ms = BACKOFF_FIRST_MS, .max_ms = BACKOFF_MAX_MS},
    };
    random_bytes(aggregator->owner, OWNER_SIZE);
    pg_array_init(&aggregator->ours, PG_INT32);
    int r = aggregator->batch ? 0 : error_set(err, ERR_NOMEM, "batch: out of memory");
    if (r == 0)
        r = reference_rules(config, &aggregator->rules, err);
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
    aggregator->range_max = aggregator->batch->max;
    *ret = aggregator;
    return 0;
}

struct aggregator *aggregator_free(struct aggregator *aggregator)
{
    if (!aggregator)
        return NULL;
    batch_free(aggregator->batch); /* before the consumer that owns its messages */
    aggregator->batch = NULL;
    consumer_free(aggregator->consumer);
    relay_free(aggregator->relay);
    applier_free(aggregator->applier);
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

/* Plans the next try; nothing is asked of the servers until then. */
static void plan_retry(struct aggregator *aggregator)
{
    uint32_t random;
    random_bytes((uint8_t *)&random, sizeof random);
    int64_t wait_ms = backoff_next_ms(&aggregator->backoff, random);
    aggregator->retry_at = (struct mono){mono_now().us + wait_ms * 1000};
    aggregator->retrying = true;
}

static int retry_wait_ms(const struct aggregator *aggregator)
{
    int64_t left_ms = mono_diff_ms(mono_now(), aggregator->retry_at);
    return left_ms > 0 ? (int)left_ms + 1 : 0;
}

/* Serves health until the time planned has come, or the signal to stop. */
static void rest(struct aggregator *aggregator)
{
    for (int wait_ms; !service_stopping() && (wait_ms = retry_wait_ms(aggregator)) > 0;)
        service_wait(aggregator->service, NULL, 0, wait_ms);
    aggregator->retrying = false;
}

static void succeeded(struct aggregator *aggregator)
{
    backoff_reset(&aggregator->backoff);
    aggregator->retrying = false;
    status_trouble(aggregator, TROUBLE_POSTGRES, NULL);
}

/* ---- partitions come and go; called inside consumer_poll ---- */

static void give_up_all(struct aggregator *aggregator)
{
    for (int32_t i = 0; i < aggregator->partition_count; i++) {
        if (aggregator->partitions[i].ours)
            writer_give_up(aggregator, i);
    }
}

static int claim_all(struct aggregator *aggregator, struct partition_offset *offsets, size_t count,
                     struct error *err)
{
    int r = writer_connect(aggregator, err);
    for (size_t i = 0; i < count && r == 0; i++) {
        int32_t number = offsets[i].partition;
        if (number >= aggregator->partition_count)
            return error_set(err, ERR_INPUT,
                             "topic %s has grown beyond %d partitions, so dossiers have moved "
                             "between them; `hoso replay` moves to a new topic",
                             aggregator->topic, aggregator->partition_count);
        r = writer_claim(aggregator, number, err);
        offsets[i].offset = aggregator->partitions[number].claim.next_offset;
    }
    if (r < 0 && aggregator->pg && !pg_alive(aggregator->pg))
        writer_disconnect(aggregator);
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
        plan_retry(aggregator);
        rest(aggregator);
        if (service_stopping())
            return r;
    }
    if (r < 0)
        return r;
    succeeded(aggregator);
    refold_wake(aggregator->refold);
    aggregator->in_doubt = false;
    aggregator->joined = true;
    status_trouble(aggregator, TROUBLE_DISPLACED, NULL);
    log_info("assigned", "partitions=%zu", count);
    return 0;
}

static void on_revoked(void *arg, const int32_t *partitions, size_t count)
{
    struct aggregator *aggregator = arg;
    (void)partitions; /* the assignor is eager: all of them */
    if (!aggregator->batch)
        return; /* on the way out */
    log_info("revoked", "partitions=%zu records_dropped=%zu", count, aggregator->batch->count);
    aggregator->joined = false;
    give_up_all(aggregator);
}

/* ---- opening ---- */

static int open_reference(struct aggregator *aggregator, struct error *err)
{
    int r = writer_connect(aggregator, err);
    if (r == 0 && !aggregator->applier) {
        r = reference_load(aggregator->pg, aggregator->service->config, &aggregator->reference,
                           err);
        if (r < 0)
            return error_prefix(err, r, "reference tables (`hoso db migrate` makes them)");
        aggregator->applier =
            applier_new(&aggregator->reference, &aggregator->rules, aggregator->codec);
        aggregator->refold = refold_new(&aggregator->rules, aggregator->codec);
        if (!aggregator->applier || !aggregator->refold)
            return error_set(err, ERR_NOMEM, "out of memory");
    }
    return r;
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
                         "configuration, or `hoso replay` to a new topic",
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

static int take_records(struct aggregator *aggregator, struct error *err)
{
    struct record record = {0};
    struct mono now = mono_now();
    aggregator->unread = true;
    while (!batch_full(aggregator->batch)) {
        int r = consumer_poll(aggregator->consumer, 0, &record, err);
        if (r == CONSUMER_NOTHING) {
            aggregator->unread = false;
            return 0;
        }
        if (r == ERR_UNAVAILABLE) { /* librdkafka goes on trying */
            status_trouble(aggregator, TROUBLE_KAFKA, err->text);
            return 0;
        }
        if (r == ERR_INPUT)
            return error_prefix(err, r, "decide with `hoso replay` where to go on");
        if (r < 0)
            return r;
        struct partition *partition = &aggregator->partitions[record.partition];
        int64_t high = record.offset + (r == CONSUMER_RECORD);
        if (high > partition->high)
            partition->high = high;
        /* Of a partition that was taken from us, or read again after a doubt. */
        if (r == CONSUMER_END || !partition->ours || record.offset < partition->claim.next_offset)
            record_release(&record);
        else
            batch_add(aggregator->batch, &record, aggregator->codec, now);
    }
    return 0;
}

/*
 * Asks the broker where our partitions end (or one, when we have none). Its answer is the lag, and the only sign that Kafka is
 * there while nothing comes: librdkafka tells its log of a lost broker, not us. Over the relay's connections: on the consumer's the
 * question would wait behind its long poll, and Kafka would seem to be away.
 */
static void probe(struct aggregator *aggregator)
{
    struct error err;
    size_t count = 0;
    struct partition_offset *ends = aggregator->ends;
    if (mono_diff_ms(aggregator->probed_at, mono_now()) < PROBE_EVERY_MS)
        return;
    for (int32_t i = 0; i < aggregator->partition_count; i++) {
        if (aggregator->partitions[i].ours)
            ends[count++].partition = i;
    }
    if (count == 0)
        ends[count++].partition = 0;
    int r = producer_end_offsets(relay_producer(aggregator->relay), aggregator->topic, ends, count,
                                 PROBE_MS, &err);
    status_trouble(aggregator, TROUBLE_KAFKA, r < 0 ? err.text : NULL);
    for (size_t i = 0; i < count && r == 0; i++) {
        aggregator->partitions[ends[i].partition].high = ends[i].offset;
        status_lag(aggregator, ends[i].partition);
    }
    aggregator->probed_at = mono_now();
}

/* What PostgreSQL could not do now is tried again; 0 then. */
static int postpone(struct aggregator *aggregator, int failure, const struct error *err)
{
    if (failure != ERR_UNAVAILABLE && failure != ERR_CONFLICT)
        return failure;
    if (aggregator->pg && !pg_alive(aggregator->pg))
        writer_disconnect(aggregator);
    status_trouble(aggregator, TROUBLE_POSTGRES, err->text);
    plan_retry(aggregator);
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

static int batch_left_ms(const struct aggregator *aggregator)
{
    return batch_wait_ms(aggregator->batch, aggregator->batch_age_ms, mono_now());
}

static int work(struct aggregator *aggregator, struct error *err)
{
    int r = take_records(aggregator, err);
    if (r < 0)
        return r;
    probe(aggregator);
    r = follow_look(aggregator, err);
    if (r == 0 && (aggregator->in_doubt || batch_left_ms(aggregator) == 0))
        r = writer_flush(aggregator, err);
    if (r == 0)
        r = writer_connect(aggregator, err);
    if (r == 0)
        r = follow_run(aggregator, err);
    if (r == 0)
        r = relay(aggregator, err);
    if (r < 0)
        return postpone(aggregator, r, err);
    succeeded(aggregator);
    return 0;
}

static void wait_for_work(struct aggregator *aggregator)
{
    const int fds[] = {consumer_fd(aggregator->consumer), relay_fd(aggregator->relay)};
    int wait_ms = relay_wait_ms(aggregator->relay, mono_now());
    int left_ms = aggregator->unread ? 0 : batch_left_ms(aggregator);
    if (left_ms >= 0 && left_ms < wait_ms)
        wait_ms = left_ms;
    service_wait(aggregator->service, fds, 2, aggregator->refolding ? 0 : wait_ms);
}

/* While a retry is planned nothing is read either: the batch is in hand already, and more would only pile up. */
static int step(struct aggregator *aggregator, struct error *err)
{
    if (aggregator->retrying) {
        rest(aggregator);
        return 0;
    }
    int r = 0;
    if (!aggregator->consumer) {
        r = open_reference(aggregator, err);
        if (r < 0)
            return postpone(aggregator, r, err);
        r = open_kafka(aggregator, err);
        if (r == ERR_UNAVAILABLE) {
            status_trouble(aggregator, TROUBLE_KAFKA, err->text);
            plan_retry(aggregator);
            return 0;
        }
        if (r < 0)
            return r;
    }
    r = work(aggregator, err);
    if (r == 0 && !aggregator->retrying)
        wait_for_work(aggregator);
    return r;
}

int aggregator_run(struct aggregator *aggregator)
{
    struct error err = {{0}};
    int r = 0;
    while (r == 0 && !service_stopping())
        r = step(aggregator, &err);
    if (r == 0)
        return EXIT_OK;
    char quoted[512];
    log_error("stopped", "error=\"%s\"", log_quote(err.text, quoted, sizeof quoted));
    return r == ERR_INPUT ? EXIT_DATA : EXIT_SOFTWARE;
}
