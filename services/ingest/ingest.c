#include "ingest/ingest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "ingest/envelope.h"
#include "ingest/publisher.h"

enum {
    TICK_MS = 100,      /* how late an unanswered request may be failed */
    BUSY_RETRY_S = 1,   /* too much in flight passes quickly */
    SLOW_MS = 5000,     /* not ready when Kafka lets a request wait longer */
    FAREWELL_MS = 5000, /* for what is in flight when we stop */
};

struct ingest {
    struct service *service;
    struct sources *sources;
    struct publisher *publisher;
    struct requests requests;
    struct mapped *mapped;
    struct str event_key;
    struct str officer_key;
    size_t in_flight_max;
    int64_t answer_within_ms;
    bool stopping;
    struct mono refused_at; /* when the producer last took nothing */
    struct ingest_metrics metrics;
};

static void count_answer(void *arg, int status, size_t accepted, size_t refused)
{
    struct ingest *ingest = arg;
    enum ingest_metric metric = status == 503  ? METRIC_REQUESTS_BUSY
                                : status < 300 ? METRIC_REQUESTS_OK
                                               : METRIC_REQUESTS_REFUSED;
    ingest->metrics.list[metric].value++;
    log_line(status == 200 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "request",
             "status=%d accepted=%zu refused=%zu", status, accepted, refused);
}

static void answer(struct ingest *ingest, struct http_exchange *exchange, int status,
                   const char *message)
{
    answer_problem(exchange, ingest->requests.out, status, message,
                   status == 503 ? BUSY_RETRY_S : 0);
    count_answer(ingest, status, 0, 0);
}

/* Maps one row and sends its events; a row is accepted when all of them are on their way. Not 0: the request must fail. */
static int take_row(struct ingest *ingest, const struct map_input *input, map_row *map,
                    const struct json *json, struct request *request, size_t number)
{
    struct refusal refusal;
    struct error err = {""};
    char quoted[256];
    int result = map(input, json, ingest->mapped, &refusal);
    if (result == MAP_REFUSED) {
        ingest_metrics_refused(&ingest->metrics, refusal.code);
        return request_refuse(request, number, &refusal);
    }
    for (size_t i = 0; !result && i < ingest->mapped->count; i++)
        result = publisher_send(ingest->publisher, &ingest->mapped->events[i], request, &err);
    if (result)
        ingest->refused_at = mono_now();
    if (result < 0)
        log_warn("send_failed", "error=\"%s\" next=\"the sender gets 503\"",
                 log_quote(err.text, quoted, sizeof quoted));
    if (!result)
        request_accept(request);
    return result;
}

static void take_rows(struct ingest *ingest, const struct map_input *input,
                      struct envelope *envelope, struct request *request)
{
    const struct json *row;
    enum refusal_code code;
    int result = 0;
    for (size_t number; !result && (number = envelope_next(envelope, &row, &code));) {
        if (code == REFUSAL_NONE) {
            result = take_row(ingest, input, envelope->map, row, request, number);
            continue;
        }
        const struct refusal refusal = {.code = code};
        ingest_metrics_refused(&ingest->metrics, code);
        result = request_refuse(request, number, &refusal);
    }
    crash_point("ingest.sent");
    if (result)
        request_fail(request);
    request_seal(request);
}

static void take_message(struct ingest *ingest, const struct source *source,
                         enum envelope_form form, struct http_exchange *exchange)
{
    struct error err = {""};
    struct envelope envelope;
    int result = envelope_open(form, http_body(exchange), &envelope, &err);
    if (result) {
        answer(ingest, exchange, result == ERR_INPUT ? 400 : 503,
               result == ERR_INPUT ? err.text : "Máy chủ thiếu bộ nhớ; hãy gửi lại sau");
        return;
    }
    size_t in_flight = publisher_in_flight(ingest->publisher);
    struct request *request = NULL;
    if (envelope.row_count > ingest->in_flight_max)
        answer(ingest, exchange, 413, "Quá nhiều dòng trong một gói; hãy chia nhỏ");
    else if (in_flight + envelope.row_count > ingest->in_flight_max)
        answer(ingest, exchange, 503, "Máy chủ đang bận; hãy gửi lại sau");
    else if (!(request = request_new(&ingest->requests, exchange, mono_now())))
        answer(ingest, exchange, 503, "Máy chủ thiếu bộ nhớ; hãy gửi lại sau");
    if (request) {
        const struct map_input input = {.source = source,
                                        .event_key = ingest->event_key,
                                        .officer_key = ingest->officer_key,
                                        .agency = envelope.agency,
                                        .ingested_at = clock_now()};
        take_rows(ingest, &input, &envelope, request);
    }
    envelope_close(&envelope);
}

/* Without a media type the sender means JSON. */
static bool read_form(bool portal, struct str content_type, enum envelope_form *ret)
{
    const char *semicolon =
        content_type.len ? memchr(content_type.data, ';', content_type.len) : NULL;
    if (semicolon)
        content_type.len = (size_t)(semicolon - content_type.data);
    content_type = text_trim(content_type);
    bool json = !str_given(content_type) || text_same_word(content_type, "application/json");
    bool lines = text_same_word(content_type, "application/x-ndjson");
    *ret = portal ? ENVELOPE_PORTAL : lines ? ENVELOPE_EVENT_LINES : ENVELOPE_EVENTS;
    return json || (lines && !portal);
}

static void handle(void *arg, struct http_exchange *exchange)
{
    struct ingest *ingest = arg;
    struct str path = http_path(exchange);
    bool portal = str_eq(path, STR("/api/v1/portal"));
    enum envelope_form form;
    if (!portal && !str_eq(path, STR("/api/v1/events"))) {
        answer(ingest, exchange, 404, "Chỉ có /api/v1/portal và /api/v1/events");
        return;
    }
    if (!str_eq(http_method(exchange), STR("POST"))) {
        answer(ingest, exchange, 405, "Hãy dùng POST");
        return;
    }
    const struct source *source =
        sources_authenticate(ingest->sources, http_header(exchange, "X-API-Key"),
                             http_header(exchange, "Authorization"));
    if (!source) {
        ingest->metrics.list[METRIC_UNAUTHORIZED].value++;
        answer(ingest, exchange, 401,
               "Khóa API sai hoặc thiếu; gửi khóa trong X-API-Key hoặc Authorization: Bearer");
        return;
    }
    if (!read_form(portal, http_header(exchange, "Content-Type"), &form)) {
        answer(ingest, exchange, 415,
               portal ? "Content-Type phải là application/json"
                      : "Content-Type phải là application/json hoặc application/x-ndjson");
        return;
    }
    if (ingest->stopping) {
        answer(ingest, exchange, 503, "Máy chủ đang dừng; hãy gửi lại sau");
        return;
    }
    take_message(ingest, source, form, exchange);
}

/*
 * Without traffic for a while there is nothing that could tell: ready. So traffic comes back after an outage, and its first request shows
 * whether Kafka is there again.
 */
static bool is_ready(void *arg, char *reasons, size_t size)
{
    struct ingest *ingest = arg;
    struct mono now = mono_now();
    int64_t waited_ms = requests_oldest_ms(&ingest->requests, now);
    if (ingest->stopping)
        snprintf(reasons, size, "\"ingest\":\"stopping\"");
    else if (mono_diff_ms(ingest->refused_at, now) < SLOW_MS)
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
    ingest->event_key = str_of(config_text(config, "ingest", NULL, "event_key"));
    ingest->officer_key = str_of(config_text(config, "ingest", NULL, "officer_key"));
    ingest->in_flight_max = (size_t)config_integer(config, "ingest", NULL, "in_flight_max");
    ingest->answer_within_ms = config_duration_ms(config, "ingest", NULL, "answer_within");
    if (!str_given(ingest->event_key) || !str_given(ingest->officer_key))
        return error_set(err, ERR_INPUT,
                         "[ingest] event_key and officer_key must be set, 32 bytes or more each");
    ingest_metrics_init(&ingest->metrics);
    ingest->mapped = malloc(sizeof *ingest->mapped);
    ingest->requests = (struct requests){
        .out = json_out_new(), .on_answer = count_answer, .on_answer_arg = ingest};
    if (!ingest->mapped || !ingest->requests.out)
        return error_set(err, ERR_NOMEM, "out of memory");
    mapped_init(ingest->mapped);
    int result = sources_load(config, &ingest->sources, err);
    if (result)
        return result;
    return publisher_new(&service->kafka, config_text(config, "kafka", NULL, "events_topic"),
                         &ingest->metrics, &ingest->publisher, err);
}

int ingest_new(struct service *service, struct ingest **ret, struct error *err)
{
    struct ingest *ingest = calloc(1, sizeof *ingest);
    if (!ingest)
        return error_set(err, ERR_NOMEM, "out of memory");
    ingest->service = service;
    ingest->refused_at.us = INT64_MIN / 2; /* long ago */
    int result = set_up(ingest, err);
    if (result) {
        ingest_free(ingest);
        return result;
    }
    service->handler = handle;
    service->handler_arg = ingest;
    service->ready = is_ready;
    service->ready_arg = ingest;
    service->metrics = ingest->metrics.list;
    service->metric_count = METRIC_COUNT;
    *ret = ingest;
    return 0;
}

static void turn(struct ingest *ingest)
{
    int fd = publisher_fd(ingest->publisher);
    struct metric *list = ingest->metrics.list;
    service_wait(ingest->service, &fd, 1, TICK_MS);
    /* service_wait does not wait any more once we are to stop. */
    publisher_poll(ingest->publisher, ingest->stopping ? TICK_MS : 0);
    struct mono now = mono_now();
    requests_expire(&ingest->requests, (struct mono){now.us - ingest->answer_within_ms * 1000});
    list[METRIC_IN_FLIGHT].value = (int64_t)publisher_in_flight(ingest->publisher);
    list[METRIC_OLDEST_WAIT_MS].value = requests_oldest_ms(&ingest->requests, now);
}

void ingest_run(struct ingest *ingest)
{
    while (!service_stopping())
        turn(ingest);
    ingest->stopping = true;
    struct mono begun = mono_now();
    while (ingest->requests.oldest && mono_diff_ms(begun, mono_now()) < FAREWELL_MS)
        turn(ingest);
}

struct ingest *ingest_free(struct ingest *ingest)
{
    if (!ingest)
        return NULL;
    ingest->service->handler = NULL;
    ingest->service->ready = NULL;
    ingest->service->metric_count = 0;
    requests_fail_all(&ingest->requests);
    publisher_free(ingest->publisher, 0);
    sources_free(ingest->sources);
    if (ingest->mapped)
        mapped_deinit(ingest->mapped);
    free(ingest->mapped);
    json_out_free(ingest->requests.out);
    free(ingest);
    return NULL;
}
