/* Who it is: credentials, log-in, the key's rate. */
#include "ingest/push_internal.h"

#include "base/log.h"
#include "base/text.h"
#include "ingest/login.h"

enum { BUSY_RETRY_S = 1 /* too much in flight passes quickly */ };

void push_count_answer(void *arg, int status, size_t accepted, size_t refused)
{
    struct push *push = arg;
    enum ingest_metric metric = status == 503 || status == 429 ? METRIC_REQUESTS_BUSY
                                : status < 300                 ? METRIC_REQUESTS_OK
                                                               : METRIC_REQUESTS_REFUSED;
    push->intake->metrics->list[metric].value++;
    log_line(status == 200 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, "request",
             "status=%d accepted=%zu refused=%zu", status, accepted, refused);
}

void visit_answer_later(const struct visit *visit, int status, const char *message,
                        int retry_after_s)
{
    answer_problem(visit->exchange, visit->push->requests.out, visit->route.generation, status,
                   message, retry_after_s);
    push_count_answer(visit->push, status, 0, 0);
}

void visit_answer(const struct visit *visit, int status, const char *message)
{
    visit_answer_later(visit, status, message, status == 503 ? BUSY_RETRY_S : 0);
}

/* Whether the connection comes from a proxy whose word about the client's certificate counts. */
static bool is_trusted(struct str proxies, struct str peer)
{
    while (str_given(peer) && proxies.len > 0) {
        const char *comma = memchr(proxies.data, ',', proxies.len);
        size_t len = comma ? (size_t)(comma - proxies.data) : proxies.len;
        size_t step = comma ? len + 1 : len;
        if (str_eq(text_trim((struct str){proxies.data, len}), peer))
            return true;
        proxies = (struct str){proxies.data + step, proxies.len - step};
    }
    return false;
}

void visit_read_credentials(struct visit *visit)
{
    const struct http_exchange *exchange = visit->exchange;
    struct str key_id = http_header(exchange, "X-Key-Id");
    visit->credentials = (struct credentials){
        .api_key = http_header(exchange, "X-API-Key"),
        .authorization = http_header(exchange, "Authorization"),
        .key_id = str_given(key_id) ? key_id : http_query(exchange, "key_id"),
        .signature = {.id = http_header(exchange, "webhook-id"),
                      .timestamp = http_header(exchange, "webhook-timestamp"),
                      .values = http_header(exchange, "webhook-signature")},
        .body = http_body(exchange),
    };
    bool verified = str_eq(http_header(exchange, "X-Client-Verify"), STR("SUCCESS"));
    if (verified &&
        is_trusted(visit->push->trusted_proxies, str_of(http_peer(exchange, visit->peer))))
        visit->credentials.client_dn = http_header(exchange, "X-Client-DN");
}

static void refuse_unknown(const struct visit *visit, enum identify_result result)
{
    visit->push->intake->metrics->list[METRIC_UNAUTHORIZED].value++;
    visit_answer(visit, 401, identify_advice(result));
}

struct key *visit_identify(struct visit *visit)
{
    struct push *push = visit->push;
    struct key *key = NULL;
    struct mono now = mono_now();
    enum identify_result result =
        identify(push->keys, push->sessions, &visit->credentials, clock_now(), now, &key);
    if (result != IDENTIFY_OK) {
        refuse_unknown(visit, result);
        return NULL;
    }
    if (!bucket_open(&key->bucket, now)) {
        visit_answer_later(visit, 429, "Gửi quá nhanh; hãy chờ theo Retry-After rồi gửi lại",
                           bucket_wait_s(&key->bucket, now));
        return NULL;
    }
    bucket_pay(&key->bucket, 1); /* the request; its further rows pay when they are known */
    return key;
}

bool visit_is_new(const struct visit *visit, struct key *key, struct manner manner,
                  struct seen_ticket *ret_ticket)
{
    static const struct refusals none;
    struct push *push = visit->push;
    size_t accepted = 0;
    *ret_ticket = (struct seen_ticket){0};
    if (!key->seen)
        return true;
    enum seen_result result =
        seen_begin(key->seen, &visit->credentials.signature, visit->credentials.body, clock_now(),
                   ret_ticket, &accepted);
    if (result == SEEN_NEW)
        return true;
    push->intake->metrics->list[METRIC_REPLAYED].value++;
    if (result == SEEN_TAKEN) {
        answer_rows(visit->exchange, push->requests.out, manner, accepted, &none);
        push_count_answer(push, 200, 0, 0);
    } else if (result == SEEN_PARTLY) {
        visit_answer(visit, 409,
                     "webhook-id này đã được nhận một phần; hãy gửi các dòng đã sửa "
                     "với webhook-id mới");
    } else if (result == SEEN_OTHER) {
        visit_answer(visit, 409,
                     "webhook-id này đã dùng cho một gói tin khác; mỗi gói tin cần một "
                     "webhook-id riêng");
    } else if (result == SEEN_UNDER_WAY) {
        visit_answer(visit, 503, "Gói tin này đang được lưu; hãy gửi lại sau");
    } else {
        refuse_unknown(visit, IDENTIFY_STALE);
    }
    return false;
}

void visit_log_in(struct visit *visit)
{
    struct push *push = visit->push;
    struct error err = {""};
    struct login login;
    struct key *key = NULL;
    struct str type = http_header(visit->exchange, "Content-Type");
    static const struct str form = {"application/x-www-form-urlencoded", 33};
    bool is_form =
        type.len >= form.len && text_same_word((struct str){type.data, form.len}, form.data);
    int result = login_read(visit->credentials.body, is_form, &login, &err);
    if (result) {
        visit_answer(visit, result == ERR_INPUT ? 400 : 503,
                     result == ERR_INPUT ? err.text : "Máy chủ thiếu bộ nhớ; hãy gửi lại sau");
        return;
    }
    enum identify_result known = identify_login(push->keys, &visit->credentials, login.user,
                                                login.secret, clock_now(), &key);
    if (known != IDENTIFY_OK) {
        refuse_unknown(visit, known == IDENTIFY_NOTHING ? IDENTIFY_UNKNOWN : known);
        return;
    }
    char token[SESSION_TOKEN_SIZE];
    session_open(push->sessions, key, mono_now(), token);
    answer_session(visit->exchange, push->requests.out, visit->route.generation, token,
                   push->session_ttl_ms / MS_PER_SECOND);
    push_count_answer(push, 200, 0, 0);
}
