/* Which request goes where, and what all answers have in common. */
#include "board/internal.h"

#include <stdio.h>

#include "base/log.h"

void api_guard_headers(struct http_exchange *exchange)
{
    http_set_header(exchange, "Content-Security-Policy",
                    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
                    "img-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
                    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
    http_set_header(exchange, "X-Content-Type-Options", "nosniff");
    http_set_header(exchange, "Referrer-Policy", "same-origin");
    http_set_header(exchange, "Cross-Origin-Opener-Policy", "same-origin");
    http_set_header(exchange, "Cross-Origin-Resource-Policy", "same-origin");
}

static void answer(struct http_exchange *exchange, int status, const char *type, struct str body,
                   int retry_after_s)
{
    api_guard_headers(exchange);
    http_set_header(exchange, "Cache-Control", "no-store");
    http_answer(exchange, status, type, body, retry_after_s);
}

void api_error(struct http_exchange *exchange, int status, const char *text, int retry_after_s)
{
    struct json_out *out = json_out_new();
    struct str body = STR("{\"error\":\"out of memory\"}");
    if (out) {
        json_begin_object(out, NULL);
        json_put_text(out, "error", str_of(text));
        if (retry_after_s)
            json_put_integer(out, "retry_after_s", retry_after_s);
        json_end_object(out);
        body = json_out_text(out);
    }
    answer(exchange, status, "application/json", body, retry_after_s);
    json_out_free(out);
}

void api_json(struct http_exchange *exchange, int status, const struct json_out *out)
{
    struct str body = json_out_text(out);
    if (body.len)
        answer(exchange, status, "application/json", body, 0);
    else
        api_error(exchange, 503, "out of memory", 1);
}

void api_failed(struct board *board, struct http_exchange *exchange, int result,
                const struct error *err)
{
    char quoted[512];
    if (result == ERR_UNAVAILABLE || !board->pg || !pg_alive(board->pg)) {
        api_error(exchange, 503, "Không kết nối được cơ sở dữ liệu; trang sẽ tự thử lại", 2);
        return;
    }
    log_warn("request_failed", "error=\"%s\"", log_quote(err->text, quoted, sizeof quoted));
    api_error(exchange, 500, "Lỗi khi đọc dữ liệu; xem nhật ký của hoso-board", 0);
}

void api_answer_me(struct board *board, struct http_exchange *exchange,
                   const struct identity *identity)
{
    struct json_out *out = json_out_new();
    if (!out) {
        api_error(exchange, 503, "out of memory", 1);
        return;
    }
    json_begin_object(out, NULL);
    json_put_bool(out, "signed_in", identity != NULL);
    json_put_text(out, "city", str_of(board->city));
    json_put_text(out, "version", STR(HOSO_VERSION));
    json_put_integer(out, "clock_offset_ms", clock_offset());
    if (identity) {
        json_put_text(out, "name", str_of(identity->name));
        json_put_text(out, "role", str_of(role_names[identity->role]));
        json_put_text(out, "unit", str_of(identity->unit_code));
        json_put_text(out, "csrf", str_of(identity->csrf));
        json_put_bool(out, "sso", identity->sso);
        json_put_bool(out, "map", board->map.len > 0);
        json_put_bool(out, "acts", access_may_act(identity));
        json_put_bool(out, "dossiers", identity->role == ROLE_COMMUNE);
    }
    json_end_object(out);
    api_json(exchange, 200, out);
    json_out_free(out);
}

static void open_stream(struct board *board, struct http_exchange *exchange,
                        const struct identity *identity)
{
    struct error err;
    struct scope *scope = streams_scope(board->streams, identity->unit_id);
    struct str last_id = http_header(exchange, "Last-Event-ID");
    if (!scope) {
        api_error(exchange, 503, "out of memory", 1);
        return;
    }
    if (!last_id.len)
        last_id = http_query(exchange, "since");
    if (board->pg && !scope->clients)
        (void)poll_scope(board, scope,
                         &err); /* a failure is found again by the next poll, and told */
    streams_open(board->streams, scope, exchange, last_id, identity->key);
    if (!board->pg)
        streams_beat(board->streams, "postgres", true);
}

/* Requests that need somebody signed in. */
static void handle_known(struct board *board, struct http_exchange *exchange,
                         const struct identity *identity)
{
    struct str path = http_path(exchange);
    bool get = str_eq(http_method(exchange), STR("GET"));
    if (!get && !access_same_origin(exchange, identity->csrf))
        api_error(exchange, 403, "Yêu cầu không đến từ trang này (X-CSRF-Token)", 0);
    else if (get && str_eq(path, STR("/api/v1/stream")))
        open_stream(board, exchange, identity);
    else if (!get && str_eq(path, STR("/api/v1/logout")))
        api_logout(board, exchange, identity);
    else if (get && str_eq(path, STR("/api/v1/map")) && board->map.len)
        answer(exchange, 200, "application/geo+json", board->map, 0);
    else if (!board->pg)
        api_failed(board, exchange, ERR_UNAVAILABLE, NULL);
    else if (get ? !api_view(board, exchange, identity) : !api_act(board, exchange, identity))
        api_error(exchange, get ? 404 : 405, get ? "Không có mục này" : "Chỉ có GET ở đây", 0);
}

static void handle_api(struct board *board, struct http_exchange *exchange)
{
    struct str path = http_path(exchange);
    struct identity identity;
    struct error err;
    if (str_eq(path, STR("/api/v1/login")) && str_eq(http_method(exchange), STR("POST"))) {
        api_login(board, exchange);
        return;
    }
    int r = access_identify(board->access, board->pg, exchange, &identity, &err);
    if (r < 0)
        api_failed(board, exchange, r, &err);
    else if (str_eq(path, STR("/api/v1/me")))
        api_answer_me(board, exchange, r == 0 ? &identity : NULL);
    else if (r == ACCESS_NONE)
        api_error(exchange, 401, "Hãy đăng nhập", 0);
    else
        handle_known(board, exchange, &identity);
}

void api_handle(void *arg, struct http_exchange *exchange)
{
    struct board *board = arg;
    struct str path = http_path(exchange);
    bool read =
        str_eq(http_method(exchange), STR("GET")) || str_eq(http_method(exchange), STR("HEAD"));
    board->metrics[METRIC_REQUESTS].value++;
    if (path.len > 5 && memcmp(path.data, "/api/", 5) == 0)
        handle_api(board, exchange);
    else if (!read)
        api_error(exchange, 405, "Chỉ có GET ở đây", 0);
    else if (!assets_serve(exchange, path))
        api_error(exchange, 404, "Không có trang này", 0);
}
