/* The page behind the link of a message: works on a phone, without script. */
#include "alerter/people.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "service/service.h"

#define VALID_DAYS "30"
enum { SHOWN_MAX = 100 };

static void put_html(FILE *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char *escaped = text.data[i] == '&'   ? "&amp;"
                              : text.data[i] == '<' ? "&lt;"
                              : text.data[i] == '>' ? "&gt;"
                              : text.data[i] == '"' ? "&quot;"
                                                    : NULL;
        if (escaped)
            fputs(escaped, out);
        else
            fputc(text.data[i], out);
    }
}

static void put_head(FILE *out, const char *title)
{
    fprintf(
        out,
        "<!DOCTYPE html><html lang=\"vi\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" "
        "content=\"noindex\"><meta name=\"referrer\" content=\"no-referrer\"><title>%s</title>"
        "<style>body{margin:0 auto;max-width:600px;padding:14px;font:16px/1.45 Arial,sans-serif;"
        "color:#1a1a1a}button{display:block;width:100%%;padding:14px;margin:10px 0;border:0;"
        "border-radius:8px;font:bold 17px Arial,sans-serif;background:#0b57d0;color:#fff}"
        "button.later{background:#e8e8e8;color:#1a1a1a}h1{font-size:22px;margin:6px 0 14px}"
        "ul{list-style:none;padding:0}li{margin:0 0 10px;padding:10px 12px;overflow-wrap:anywhere;"
        "border:1px solid #ddd;border-radius:6px}small{color:#555}</style></head><body>"
        "<h1>%s</h1>",
        title, title);
}

static void answer_text(struct http_exchange *exchange, int status, const char *title,
                        const char *text)
{
    char *page = NULL;
    size_t size;
    FILE *out = open_memstream(&page, &size);
    if (out) {
        put_head(out, title);
        fprintf(out, "<p>%s</p></body></html>\n", text);
    }
    bool whole = out && fclose(out) == 0;
    http_answer(exchange, whole ? status : 503, "text/html; charset=utf-8",
                whole ? (struct str){page, size} : STR(""), 0);
    free(page);
}

/* ret rows: alert_id, rule, state, code, due, acked_by, recipient, both clocks, the portal's word; none = the link has had its time. */
static int load(struct pg *pg, const uint8_t id[EVENT_ID_SIZE], struct pg_result **ret,
                struct error *err)
{
    const struct pg_param params[] = {pg_uuid(id)};
    return pg_exec(pg,
                   "SELECT a.alert_id, a.rule, a.state, a.dossier_code, a.due_at, "
                   "coalesce(a.acked_by, ''), coalesce(r.name, d.address), a.last_event_at, "
                   "a.last_ingested_at, a.portal_status FROM hoso.delivery d "
                   "LEFT JOIN hoso.recipient r USING (recipient_id) "
                   "JOIN hoso.alert a ON a.alert_id = ANY (d.alert_ids) "
                   "WHERE d.delivery_id = $1 AND d.created_at > now() - interval '" VALID_DAYS
                   " days' ORDER BY a.due_at, a.dossier_code",
                   params, 1, ret, err);
}

/* Both clocks, and which one speaks. */
static void put_clocks(FILE *out, const struct pg_result *rows, size_t row, int64_t now_at)
{
    char when[WORDING_TIME_SIZE], heard[WORDING_TIME_SIZE];
    const struct told_alert alert = {.last_event_at = pg_get_time(rows, row, 7),
                                     .last_ingested_at = pg_get_time(rows, row, 8),
                                     .portal_status = pg_get_int32(rows, row, 9)};
    fprintf(out, "Việc gần nhất: %s<br>Hệ thống nhận tin: %s<br>%s<br>",
            wording_time(alert.last_event_at, when), wording_time(alert.last_ingested_at, heard),
            wording_of_verdict(wording_verdict(&alert, now_at)));
}

static void put_list(FILE *out, const struct pg_result *rows, int64_t now_at)
{
    size_t count = pg_rows(rows);
    fputs("<ul>", out);
    for (size_t i = 0; i < count && i < SHOWN_MAX; i++) {
        char due[WORDING_TIME_SIZE];
        struct str acked_by = pg_get_text(rows, i, 5);
        fprintf(out, "<li><b>%s</b><br>", wording_rule(alert_rule_of(pg_get_text(rows, i, 1))));
        put_html(out, pg_get_text(rows, i, 3));
        fprintf(out, "<br>Hạn: %s<br><small>", wording_time(pg_get_time(rows, i, 4), due));
        if (!str_eq(pg_get_text(rows, i, 2), STR("firing"))) {
            fputs("Đã kết thúc", out);
        } else {
            put_clocks(out, rows, i, now_at);
            fputs(str_given(acked_by) ? "Đã nhận: " : "Chưa có ai nhận", out);
            put_html(out, acked_by);
        }
        fputs("</small></li>", out);
    }
    fputs("</ul>", out);
    if (count > SHOWN_MAX)
        fprintf(out, "<p>và %zu cảnh báo nữa</p>", count - SHOWN_MAX);
}

static void show(struct http_exchange *exchange, const struct pg_result *rows, int64_t now_at)
{
    char *page = NULL;
    size_t size;
    FILE *out = open_memstream(&page, &size);
    if (out) {
        put_head(out, "Xác nhận đã nhận cảnh báo");
        put_list(out, rows, now_at);
        fputs(
            "<form method=\"post\"><button name=\"act\" value=\"ack\">Đã nhận, đang xử lý</button>"
            "<button class=\"later\" name=\"act\" value=\"snooze\">Nhắc lại sau 1 ngày</button>"
            "</form></body></html>\n",
            out);
    }
    bool whole = out && fclose(out) == 0;
    http_answer(exchange, whole ? 200 : 503, "text/html; charset=utf-8",
                whole ? (struct str){page, size} : STR(""), 0);
    free(page);
}

static int act(struct pg *pg, const uint8_t id[EVENT_ID_SIZE], struct str what, struct str actor,
               int64_t now_at, int64_t *ret_count, struct error *err)
{
    struct pg_result *rows = NULL;
    bool snooze = str_eq(what, STR("snooze"));
    const struct pg_param params[] = {pg_uuid(id), pg_text(what), pg_text(actor),
                                      pg_time(snooze ? now_at + MS_PER_DAY : NO_TIME)};
    int r = pg_begin(pg, err);
    if (r == 0)
        r = pg_exec(pg,
                    "SELECT count(*) FILTER (WHERE hoso.alert_act(alert_id, $2, $3, 'link', $4)) "
                    "FROM (SELECT a.alert_id FROM hoso.delivery d JOIN hoso.alert a "
                    "ON a.alert_id = ANY (d.alert_ids) WHERE d.delivery_id = $1 "
                    "AND a.state = 'firing' AND ($2 <> 'ack' OR a.acked_at IS NULL) "
                    "ORDER BY a.alert_id) x",
                    params, 4, &rows, err);
    if (r == 0)
        *ret_count = pg_get_int64(rows, 0, 0);
    pg_result_free(rows);
    if (r == 0) {
        crash_point("alerter.ack_before_commit");
        r = pg_commit(pg, err);
        if (r == 0)
            crash_point("alerter.ack_after_commit");
        return r;
    }
    pg_rollback(pg);
    return r;
}

static void serve_post(struct http_exchange *exchange, struct pg *pg,
                       const uint8_t id[EVENT_ID_SIZE], struct str actor, int64_t now_at)
{
    struct error err;
    struct str body = http_body(exchange);
    bool snooze = str_eq(body, STR("act=snooze"));
    int64_t count = 0;
    if (!snooze && !str_eq(body, STR("act=ack"))) {
        answer_text(exchange, 400, "Không hiểu yêu cầu", "Hãy mở lại liên kết trong thư.");
        return;
    }
    if (act(pg, id, snooze ? STR("snooze") : STR("ack"), actor, now_at, &count, &err) < 0) {
        log_warn("acknowledge_failed", "error=\"%s\"", err.text);
        answer_text(exchange, 503, "Chưa ghi được", "Hãy thử lại sau ít phút.");
        return;
    }
    char text[200];
    snprintf(text, sizeof text,
             snooze ? "Sẽ nhắc lại %lld cảnh báo sau 1 ngày. Có thể đóng trang này."
                    : "Đã ghi nhận cho %lld cảnh báo. Có thể đóng trang này.",
             (long long)count);
    answer_text(exchange, 200, "Cảm ơn", text);
}

bool page_serve(struct http_exchange *exchange, struct pg *pg, struct str key, int64_t now_at)
{
    uint8_t id[EVENT_ID_SIZE];
    struct pg_result *rows = NULL;
    struct error err;
    struct str method = http_method(exchange);
    bool post = str_eq(method, STR("POST"));
    if (!str_given(key) || !link_read(key, http_path(exchange), id))
        return false;
    if (!post && !str_eq(method, STR("GET")) && !str_eq(method, STR("HEAD"))) {
        answer_text(exchange, 405, "Không hỗ trợ", "Chỉ GET và POST.");
    } else if (!pg || load(pg, id, &rows, &err) < 0) {
        answer_text(exchange, 503, "Tạm thời chưa phục vụ được", "Hãy thử lại sau ít phút.");
    } else if (pg_rows(rows) == 0) {
        answer_text(exchange, 410, "Liên kết đã hết hạn", "Liên kết có giá trị trong 30 ngày.");
    } else if (post) {
        serve_post(exchange, pg, id, pg_get_text(rows, 0, 6), now_at);
    } else {
        show(exchange, rows, now_at);
    }
    pg_result_free(rows);
    return true;
}
