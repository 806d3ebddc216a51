#include "ingest/publisher.h"

#include <stdlib.h>

#include "base/backoff.h"
#include "base/hash.h"
#include "base/log.h"
#include "codec/codec.h"
#include "ingest/parcel.h"

enum { AGAIN_FIRST_MS = 100, AGAIN_MAX_MS = 5000 };

struct publisher {
    const struct kafka_settings *settings;
    const char *topic;
    struct ingest_metrics *metrics;
    struct codec_writer *writer;
    struct producer *producer; /* NULL after a rebuild that failed; tried again at again_at */
    struct parcel *oldest;     /* all that is not told of, in the order of the first sending */
    struct parcel *newest;
    size_t count;
    size_t waiting; /* of them, to be sent again */
    struct backoff
        backoff; /* between attempts: a broker that refuses for good must not make us spin */
    struct mono again_at;
    bool rebuilding; /* what the old producer gives up on is kept, not judged */
    bool closing;
};

static void part_with(struct publisher *publisher, struct parcel *parcel)
{
    if (parcel->next)
        parcel->next->previous = parcel->previous;
    else
        publisher->newest = parcel->previous;
    if (parcel->previous)
        parcel->previous->next = parcel->next;
    else
        publisher->oldest = parcel->next;
    publisher->count--;
    publisher->waiting -= parcel->waiting;
    free(parcel);
}

static void keep(struct publisher *publisher, struct parcel *parcel)
{
    parcel->previous = publisher->newest;
    if (publisher->newest)
        publisher->newest->next = parcel;
    else
        publisher->oldest = parcel;
    publisher->newest = parcel;
    publisher->count++;
}

static void drop(struct publisher *publisher, struct parcel *parcel)
{
    struct receipt receipt = parcel->receipt;
    publisher->metrics->list[METRIC_NOT_PERSISTED].value++;
    part_with(publisher, parcel);
    receipt.events->dropped(receipt.owner, receipt.item);
}

static bool wanted(const struct receipt *receipt)
{
    return !receipt->events->wanted || receipt->events->wanted(receipt->owner, receipt->item);
}

static void wait_a_while(struct publisher *publisher)
{
    uint32_t random;
    random_bytes((uint8_t *)&random, sizeof random);
    publisher->again_at = mono_now();
    publisher->again_at.us += backoff_next_ms(&publisher->backoff, random) * 1000;
}

static void on_done(void *arg, void *opaque, bool persisted, const char *why_not)
{
    struct publisher *publisher = arg;
    struct parcel *parcel = opaque;
    struct receipt receipt = parcel->receipt;
    char quoted[256];
    if (persisted) {
        publisher->metrics->list[METRIC_PERSISTED].value++;
        backoff_reset(&publisher->backoff);
        part_with(publisher, parcel);
        receipt.events->persisted(receipt.owner, receipt.item);
        return;
    }
    log_debug("not_persisted", "why=\"%s\"",
              log_quote(why_not ? why_not : "", quoted, sizeof quoted));
    if (publisher->closing || (!publisher->rebuilding && !wanted(&receipt))) {
        drop(publisher, parcel);
        return;
    }
    if (publisher->waiting == 0 && !publisher->rebuilding)
        wait_a_while(publisher);
    parcel->waiting = true;
    publisher->waiting++;
}

int publisher_new(const struct kafka_settings *settings, const char *topic,
                  struct ingest_metrics *metrics, struct publisher **ret, struct error *err)
{
    struct publisher *publisher = calloc(1, sizeof *publisher);
    if (!publisher)
        return error_set(err, ERR_NOMEM, "out of memory");
    *publisher =
        (struct publisher){.settings = settings,
                           .topic = topic,
                           .metrics = metrics,
                           .backoff = {.first_ms = AGAIN_FIRST_MS, .max_ms = AGAIN_MAX_MS}};
    int result = codec_writer_new(&codec_event_layout, &publisher->writer, err);
    if (!result)
        result = producer_new(settings, on_done, publisher, &publisher->producer, err);
    if (result) {
        publisher_free(publisher, 0);
        return result;
    }
    *ret = publisher;
    return 0;
}

struct publisher *publisher_free(struct publisher *publisher, int timeout_ms)
{
    if (!publisher)
        return NULL;
    publisher->closing = true;
    producer_free(publisher->producer, timeout_ms);
    while (publisher->oldest)
        drop(publisher, publisher->oldest);
    codec_writer_free(publisher->writer);
    free(publisher);
    return NULL;
}

int publisher_send(struct publisher *publisher, const struct event *event,
                   const struct receipt *receipt, struct error *err)
{
    if (!publisher->producer)
        return error_set(err, ERR_UNAVAILABLE, "no Kafka producer");
    struct str value;
    int result = codec_write(publisher->writer, event, &value, err);
    if (result)
        return result;
    struct parcel *parcel = parcel_new(event, value, receipt);
    if (!parcel)
        return error_set(err, ERR_NOMEM, "out of memory");
    result = parcel_send(parcel, publisher->producer, publisher->topic, err);
    if (result) {
        free(parcel);
        return result;
    }
    keep(publisher, parcel);
    ingest_metrics_accepted(publisher->metrics, event->kind);
    return 0;
}

/* From the oldest on, as far as the producer's queue takes them. */
static void send_again(struct publisher *publisher)
{
    struct error err = {""};
    char quoted[256];
    struct parcel *next;
    for (struct parcel *parcel = publisher->oldest; parcel && publisher->waiting > 0;
         parcel = next) {
        next = parcel->next;
        if (!parcel->waiting)
            continue;
        if (!wanted(&parcel->receipt)) {
            drop(publisher, parcel);
            continue;
        }
        int result = parcel_send(parcel, publisher->producer, publisher->topic, &err);
        if (result) {
            if (result < 0)
                log_warn("resend_failed", "error=\"%s\" next=\"retrying\"",
                         log_quote(err.text, quoted, sizeof quoted));
            wait_a_while(publisher);
            return;
        }
        parcel->waiting = false;
        publisher->waiting--;
    }
}

/* What it had is kept, to be given to the next one. */
static void give_up_producer(struct publisher *publisher, const struct error *err)
{
    char quoted[256];
    log_error("producer_broken", "error=\"%s\" next=\"a new one\"",
              log_quote(err->text, quoted, sizeof quoted));
    publisher->rebuilding = true;
    publisher->producer = producer_free(publisher->producer, 0);
    publisher->rebuilding = false;
    wait_a_while(publisher);
}

static void rebuild(struct publisher *publisher)
{
    struct error err = {""};
    char quoted[256];
    if (producer_new(publisher->settings, on_done, publisher, &publisher->producer, &err) != 0) {
        log_error("producer_failed", "error=\"%s\" next=\"retrying\"",
                  log_quote(err.text, quoted, sizeof quoted));
        publisher->producer = NULL;
        wait_a_while(publisher);
        return;
    }
    publisher->metrics->list[METRIC_PRODUCER_REBUILT].value++;
    log_info("producer_rebuilt", "replayed=%zu", publisher->waiting);
}

void publisher_poll(struct publisher *publisher, int timeout_ms)
{
    struct error err = {""};
    if (publisher->producer && producer_poll(publisher->producer, timeout_ms, &err) != 0)
        give_up_producer(publisher, &err);
    if (publisher->producer && publisher->waiting == 0)
        return;
    if (mono_diff_ms(publisher->again_at, mono_now()) < 0)
        return;
    if (!publisher->producer)
        rebuild(publisher);
    if (publisher->producer)
        send_again(publisher);
}

int publisher_fd(const struct publisher *publisher)
{
    return publisher->producer ? producer_fd(publisher->producer) : -1;
}

size_t publisher_in_flight(const struct publisher *publisher)
{
    return publisher->count;
}
