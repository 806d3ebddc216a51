#include "ingest/push.h"

#include <stdlib.h>

#include "base/embedded.h"
#include "base/log.h"
#include "base/text.h"
#include "ingest/envelope.h"
#include "ingest/push_internal.h"
#include "ingest/row.h"
#include "service/event_headers.h"
#include "service/service.h"

/* Not 0: the request must fail. `json` NULL: the row is the Avro in the body. */
static int take_row(struct push *push, const struct map_input *input,
                    const struct envelope *envelope, const struct json *json,
                    struct request *request, size_t number)
{
    struct refusal refusal;
    struct error err = {""};
    char quoted[256];
    size_t sent;
    struct receipt receipt = request_receipt(request);
    int result =
        envelope->map
            ? intake_row(push->intake, input, envelope->map, json, &receipt, &sent, &refusal, &err)
            : intake_avro(push->intake, input, envelope->rest, &receipt, &sent, &refusal, &err);
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
    const struct json *row = NULL;
    enum refusal_code code;
    int result = 0;
    if (!envelope->map)
        result = take_row(push, input, envelope, NULL, request, 1);
    for (size_t number;
         envelope->map && !result && (number = envelope_next(envelope, &row, &code));) {
        if (code == REFUSAL_NONE) {
            result = take_row(push, input, envelope, row, request, number);
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

/* The envelope is good and the key known: the agency, the room, then row by row. */
static void take_envelope(struct visit *visit, struct key *key, struct envelope *envelope)
{
    struct push *push = visit->push;
    const struct source *source = key->source;
    size_t rows = envelope->row_count;
    size_t *lane = &push->lanes[source->index];
    struct manner manner = {visit->route.generation, envelope->per_row};
    struct seen_ticket ticket = {0};
    struct request *request = NULL;
    if (str_given(envelope->agency) && !key_allows_agency(key, envelope->agency)) {
        visit_answer(visit, 403, "Khóa API không được gửi hồ sơ của đơn vị trong madonvi");
        return;
    }
    if (str_given(envelope->looked_for)) {
        lookup_ask(push->lookup, visit->exchange, key, visit->route.generation,
                   envelope->looked_for);
        return;
    }
    if (rows > push->in_flight_max || rows > source->in_flight_max)
        visit_answer(visit, 413, "Quá nhiều dòng trong một gói; hãy chia nhỏ");
    else if (publisher_in_flight(push->intake->publisher) + rows > push->in_flight_max ||
             *lane + rows > source->in_flight_max)
        visit_answer(visit, 503, "Máy chủ đang bận; hãy gửi lại sau");
    else if (visit_is_new(visit, key, manner, &ticket) &&
             !(request = request_new(&push->requests, visit->exchange, manner, mono_now(), lane))) {
        seen_end(&ticket, 503, 0);
        visit_answer(visit, 503, "Máy chủ thiếu bộ nhớ; hãy gửi lại sau");
    }
    if (!request)
        return;
    struct str trace = http_header(visit->exchange, "traceparent");
    request_signed(request, &ticket);
    request_traced(request, is_traceparent(trace) ? trace : STR_NONE);
    bucket_pay(&key->bucket, rows > 0 ? (int64_t)rows - 1 : 0);
    const struct map_input input =
        intake_input(push->intake, source, key, envelope->agency, clock_now());
    take_rows(push, &input, envelope, request);
}

/* The REST form says in the query what the other one says in the body; the query wins where both do. */
static bool read_query(const struct visit *visit, struct envelope *envelope)
{
    struct str agency = text_trim(http_query(visit->exchange, "MaDinhDanhDV"));
    if (str_given(agency) && !is_agency_code(agency)) {
        visit_answer(visit, 400, "MaDinhDanhDV phải là mã định danh đơn vị, ví dụ H24.11713");
        return false;
    }
    if (!is_updating_word(text_trim(http_query(visit->exchange, "isUpdating")))) {
        visit_answer(visit, 400, "isUpdating phải là True hoặc False");
        return false;
    }
    if (str_given(agency))
        envelope->agency = agency;
    return true;
}

static void take_message(struct visit *visit, enum envelope_form form)
{
    struct error err = {""};
    struct envelope envelope = {0};
    struct key *key = NULL;
    bool session_in_body = visit->route.generation == GENERATION_A;
    bool shown = identify_shown(&visit->credentials) || !session_in_body;
    if (shown && !(key = visit_identify(visit)))
        return;
    int result = envelope_open(form, visit->credentials.body, &envelope, &err);
    if (result) {
        visit_answer(visit, result == ERR_INPUT ? 400 : 503,
                     result == ERR_INPUT ? err.text : "Máy chủ thiếu bộ nhớ; hãy gửi lại sau");
        return;
    }
    if (!shown) {
        visit->credentials.session = envelope.session;
        key = visit_identify(visit);
    }
    if (key && read_query(visit, &envelope))
        take_envelope(visit, key, &envelope);
    envelope_close(&envelope);
}

/* Without a media type the sender means JSON. */
static bool read_form(enum call call, struct str content_type, enum envelope_form *ret)
{
    static const enum envelope_form forms[] = {
        [CALL_PORTAL] = ENVELOPE_PORTAL,     [CALL_RECORDS] = ENVELOPE_RECORDS,
        [CALL_STEPS] = ENVELOPE_STEPS,       [CALL_LOOKUP] = ENVELOPE_LOOKUP,
        [CALL_B_RECORD] = ENVELOPE_B_RECORD, [CALL_B_STEP] = ENVELOPE_B_STEP,
        [CALL_B_STATUS] = ENVELOPE_B_STATUS, [CALL_EVENTS] = ENVELOPE_EVENTS};
    const char *semicolon =
        content_type.len ? memchr(content_type.data, ';', content_type.len) : NULL;
    if (semicolon)
        content_type.len = (size_t)(semicolon - content_type.data);
    content_type = text_trim(content_type);
    *ret = forms[call];
    if (!str_given(content_type) || text_same_word(content_type, "application/json"))
        return true;
    if (call != CALL_EVENTS)
        return false;
    if (text_same_word(content_type, "application/x-ndjson"))
        *ret = ENVELOPE_EVENT_LINES;
    else if (text_same_word(content_type, "application/avro"))
        *ret = ENVELOPE_EVENT_AVRO;
    else
        return false;
    return true;
}

static void answer_contract(const struct visit *visit)
{
    struct str text = embedded("openapi/ingest.yaml");
    http_answer(visit->exchange, 200, "application/yaml", text, 0);
}

void push_handle(void *arg, struct http_exchange *exchange)
{
    struct visit visit = {.push = arg, .exchange = exchange};
    enum envelope_form form;
    visit.route = route_find(http_method(exchange), http_path(exchange));
    visit_read_credentials(&visit);
    if (visit.route.call == CALL_NONE)
        visit_answer(&visit, 404, "Không có địa chỉ này; xem /openapi.yaml");
    else if (!visit.route.method_fits)
        visit_answer(&visit, 405,
                     visit.route.call == CALL_CONTRACT ? "Hãy dùng GET" : "Hãy dùng POST");
    else if (visit.route.call == CALL_CONTRACT)
        answer_contract(&visit);
    else if (visit.push->stopping)
        visit_answer(&visit, 503, "Máy chủ đang dừng; hãy gửi lại sau");
    else if (visit.route.call == CALL_LOGIN || visit.route.call == CALL_TOKEN)
        visit_log_in(&visit);
    else if (!read_form(visit.route.call, http_header(exchange, "Content-Type"), &form))
        visit_answer(&visit, 415,
                     visit.route.call == CALL_EVENTS
                         ? "Content-Type phải là application/json, application/x-ndjson hoặc "
                           "application/avro"
                         : "Content-Type phải là application/json");
    else
        take_message(&visit, form);
}

int push_init(const struct config *config, const struct sources *sources, struct intake *intake,
              struct push *ret, struct error *err)
{
    *ret = (struct push){
        .sources = sources,
        .intake = intake,
        .requests = {.out = json_out_new(), .on_answer = push_count_answer, .on_answer_arg = ret},
        .trusted_proxies = str_of(config_text(config, "ingest", NULL, "trusted_proxies")),
        .session_ttl_ms = config_duration_ms(config, "ingest", NULL, "session_ttl"),
        .lanes = calloc(sources_count(sources), sizeof *ret->lanes),
        .in_flight_max = (size_t)config_integer(config, "ingest", NULL, "in_flight_max"),
        .answer_within_ms = config_duration_ms(config, "ingest", NULL, "answer_within"),
        .refused_at = {INT64_MIN / 2}, /* long ago */
    };
    size_t sessions_max = (size_t)config_integer(config, "ingest", NULL, "sessions_max");
    if (!ret->lanes || !ret->requests.out ||
        sessions_new(sessions_max, ret->session_ttl_ms, &ret->sessions) != 0)
        return error_set(err, ERR_NOMEM, "out of memory");
    int result = keys_load(config, sources, &ret->keys, err);
    return result
               ? result
               : lookup_new(config, ret->requests.out, push_count_answer, ret, &ret->lookup, err);
}

void push_deinit(struct push *push)
{
    lookup_free(push->lookup);
    keys_free(push->keys);
    sessions_free(push->sessions);
    json_out_free(push->requests.out);
    free(push->lanes);
    *push = (struct push){0};
}

void push_turn(struct push *push, struct mono now)
{
    requests_expire(&push->requests, (struct mono){now.us - push->answer_within_ms * 1000});
    lookup_run(push->lookup, now);
}
