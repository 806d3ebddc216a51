#include "ingest/publisher.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "codec/codec.h"

struct publisher {
    const struct kafka_settings *settings;
    const char *topic;
    struct ingest_metrics *metrics;
    struct codec_writer *writer;
    struct producer *producer; /* NULL after a rebuild that failed; tried again at each poll */
};

static void on_done(void *arg, void *opaque, bool persisted, const char *why_not)
{
    struct publisher *publisher = arg;
    char quoted[256];
    publisher->metrics->list[persisted ? METRIC_PERSISTED : METRIC_NOT_PERSISTED].value++;
    if (!persisted)
        log_debug("not_persisted", "why=\"%s\"",
                  log_quote(why_not ? why_not : "", quoted, sizeof quoted));
    request_done(opaque, persisted);
}

int publisher_new(const struct kafka_settings *settings, const char *topic,
                  struct ingest_metrics *metrics, struct publisher **ret, struct error *err)
{
    struct publisher *publisher = calloc(1, sizeof *publisher);
    if (!publisher)
        return error_set(err, ERR_NOMEM, "out of memory");
    *publisher = (struct publisher){.settings = settings, .topic = topic, .metrics = metrics};
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
    producer_free(publisher->producer, timeout_ms);
    codec_writer_free(publisher->writer);
    free(publisher);
    return NULL;
}

int publisher_send(struct publisher *publisher, const struct event *event, struct request *request,
                   struct error *err)
{
    if (!publisher->producer)
        return error_set(err, ERR_UNAVAILABLE, "no Kafka producer");
    struct str value;
    int result = codec_write(publisher->writer, event, &value, err);
    if (result)
        return result;
    char id[2 * EVENT_ID_SIZE + 1];
    char type[64];
    char time[TIME_TEXT_SIZE];
    snprintf(type, sizeof type, "vn.hoso.dossier.%s", event_kind_name(event->kind));
    const struct kafka_header headers[] = {
        {"ce_specversion", STR("1.0")},
        {"ce_id", str_of(hex_encode(event->event_id, EVENT_ID_SIZE, id))},
        {"ce_type", str_of(type)},
        {"ce_source", event->source},
        {"ce_time", str_of(time_format(event->occurred_at, time))},
        {"ce_subject", event->dossier_code},
    };
    result = producer_send(publisher->producer, publisher->topic, event->dossier_code, value,
                           headers, sizeof headers / sizeof *headers, 0, request, err);
    if (result)
        return result;
    request_sent(request);
    ingest_metrics_accepted(publisher->metrics, event->kind);
    return 0;
}

void publisher_poll(struct publisher *publisher, int timeout_ms)
{
    struct error err = {""};
    char quoted[256];
    if (publisher->producer && producer_poll(publisher->producer, timeout_ms, &err) == 0)
        return;
    if (publisher->producer)
        log_error("producer_broken", "error=\"%s\" next=\"a new one\"",
                  log_quote(err.text, quoted, sizeof quoted));
    publisher->producer = producer_free(publisher->producer, 0);
    if (producer_new(publisher->settings, on_done, publisher, &publisher->producer, &err) != 0) {
        log_error("producer_failed", "error=\"%s\" next=\"retrying\"",
                  log_quote(err.text, quoted, sizeof quoted));
        publisher->producer = NULL;
        return;
    }
    publisher->metrics->list[METRIC_PRODUCER_REBUILT].value++;
}

int publisher_fd(const struct publisher *publisher)
{
    return publisher->producer ? producer_fd(publisher->producer) : -1;
}

size_t publisher_in_flight(const struct publisher *publisher)
{
    return publisher->producer ? producer_in_flight(publisher->producer) : 0;
}
