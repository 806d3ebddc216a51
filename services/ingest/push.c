#include "ingest/push.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "ingest/envelope.h"

enum { BUSY_RETRY_S = 1 /* too much in flight passes quickly */ };

static void count_answer(void *arg, int status, size_t accepted, size_t refused)
{
    struct push *push = arg;
    enum ingest_metric metric = status == 503  ? METRIC_REQUESTS_BUSY
                                : status < 300 ? METRIC_REQUESTS_OK
                                               : METRIC_REQUESTS_REFUSED;
    push->intake->metrics->list[metric].value++;
    log_line(status == 200 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "request",
             "status=%d accepted=%zu refused=%zu", status, accepted, refused);
}

static void answer(struct push *push, struct http_exchange *exchange, int status,
                   const char *message)
{
    answer_problem(exchange, push->requests.out, status, message, status == 503 ? BUSY_RETRY_S : 0);
    count_answer(push, status, 0, 0);
}

/* Not 0: the request must fail. */
static int take_row(struct push *push, const struct map_input *input, map_row *map,
                    const struct json *json, struct request *request, size_t number)
{
    struct refusal refusal;
    struct error err = {""};
    char quoted[256];
    size_t sent;
    struct receipt receipt = request_receipt(request);
    int result = intake_row(push->intake, input, map, json, &receipt, &sent, &refusal, &err);
    request_sent(request, sent);
    if (result == MAP_REFUSED)
        return request_refuse(request, number, &refusal);
    if (result)
        push->refused_at = mono_now();
    if (result < 0)
        log_warn("send_failed", "error=\"%s\" next=\"the sender gets 503\"",
                 log_quote(err.text, quoted, sizeof quoted));
    if (!result)
        request_accept(request);
    return result;
}

static void take_rows(struct push *push, const struct map_input *input, struct envelope *envelope,
                      struct request *request)
{
    const struct json *row;
    enum refusal_code code;
    int result = 0;
    for (size_t number; !result && (number = envelope_next(envelope, &row, &code));) {
        if (code == REFUSAL_NONE) {
            result = take_row(push, input, envelope->map, row, request, number);
            continue;
        }
        const struct refusal refusal = {.code = code};
        ingest_metrics_refused(push->intake->metrics, code);
        result = request_refuse(request, number, &refusal);
    }
    crash_point("ingest.sent");
    if (result)
        request_fail(request);
    request_seal(request);
}

static void take_message(struct push *push, const struct source *source, enum envelope_form form,
                         struct http_exchange *exchange)
{
    struct error err = {""};
    struct envelope envelope;
    int result = envelope_open(form, http_body(exchange), &envelope, &err);
    if (result) {
        answer(push, exchange, result == ERR_INPUT ? 400 : 503,
               result == ERR_INPUT ? err.text : "Máy chủ thiếu bộ nhớ; hãy gửi lại sau");
        return;
    }
    size_t in_flight = publisher_in_flight(push->intake->publisher);
    size_t *lane = &push->lanes[source->index];
    struct request *request = NULL;
    if (envelope.row_count > push->in_flight_max || envelope.row_count > source->in_flight_max)
        answer(push, exchange, 413, "Quá nhiều dòng trong một gói; hãy chia nhỏ");
    else if (in_flight + envelope.row_count > push->in_flight_max ||
             *lane + envelope.row_count > source->in_flight_max)
        answer(push, exchange, 503, "Máy chủ đang bận; hãy gửi lại sau");
    else if (!(request = request_new(&push->requests, exchange, mono_now(), lane)))
        answer(push, exchange, 503, "Máy chủ thiếu bộ nhớ; hãy gửi lại sau");
    if (request) {
        const struct map_input input =
            intake_input(push->intake, source, envelope.agency, clock_now());
        take_rows(push, &input, &envelope, request);
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

void push_handle(void *arg, struct http_exchange *exchange)
{
    struct push *push = arg;
    struct str path = http_path(exchange);
    bool portal = str_eq(path, STR("/api/v1/portal"));
    enum envelope_form form;
    if (!portal && !str_eq(path, STR("/api/v1/events"))) {
        answer(push, exchange, 404, "Chỉ có /api/v1/portal và /api/v1/events");
        return;
    }
    if (!str_eq(http_method(exchange), STR("POST"))) {
        answer(push, exchange, 405, "Hãy dùng POST");
        return;
    }
    const struct source *source = sources_authenticate(
        push->sources, http_header(exchange, "X-API-Key"), http_header(exchange, "Authorization"));
    if (!source) {
        push->intake->metrics->list[METRIC_UNAUTHORIZED].value++;
        answer(push, exchange, 401,
               "Khóa API sai hoặc thiếu; gửi khóa trong X-API-Key hoặc Authorization: Bearer");
        return;
    }
    if (!read_form(portal, http_header(exchange, "Content-Type"), &form)) {
        answer(push, exchange, 415,
               portal ? "Content-Type phải là application/json"
                      : "Content-Type phải là application/json hoặc application/x-ndjson");
        return;
    }
    if (push->stopping) {
        answer(push, exchange, 503, "Máy chủ đang dừng; hãy gửi lại sau");
        return;
    }
    take_message(push, source, form, exchange);
}

int push_init(const struct config *config, const struct sources *sources, struct intake *intake,
              struct push *ret, struct error *err)
{
    *ret = (struct push){
        .sources = sources,
        .intake = intake,
        .requests = {.out = json_out_new(), .on_answer = count_answer, .on_answer_arg = ret},
        .lanes = calloc(sources_count(sources), sizeof *ret->lanes),
        .in_flight_max = (size_t)config_integer(config, "ingest", NULL, "in_flight_max"),
        .answer_within_ms = config_duration_ms(config, "ingest", NULL, "answer_within"),
        .refused_at = {INT64_MIN / 2}, /* long ago */
    };
    return ret->lanes && ret->requests.out ? 0 : error_set(err, ERR_NOMEM, "out of memory");
}

void push_deinit(struct push *push)
{
    json_out_free(push->requests.out);
    free(push->lanes);
    *push = (struct push){0};
}

void push_expire(struct push *push, struct mono now)
{
    requests_expire(&push->requests, (struct mono){now.us - push->answer_within_ms * 1000});
}
