/* What people do about alerts: POST /api/v1/alerts/ID/acknowledge, and …/snooze with {"until": "2026-07-01"}. */
#include "board/internal.h"

#include "base/hash.h"
#include "board/sql.h"

enum { ACT_ACKNOWLEDGE, ACT_SNOOZE, ACTS };
/* How an act is called in the path and by hoso.alert_act. */
static const struct {
    const char *path;
    const char *name;
} acts[ACTS] = {[ACT_ACKNOWLEDGE] = {"/acknowledge", "ack"}, [ACT_SNOOZE] = {"/snooze", "snooze"}};

static const char prefix[] = "/api/v1/alerts/";

struct act {
    size_t kind;
    uint8_t alert_id[ID_SIZE];
    struct str hex;
    int64_t until_at;
};

static bool read_path(struct str path, struct act *act)
{
    size_t before = sizeof prefix - 1 + 2 * ID_SIZE;
    if (path.len <= before || memcmp(path.data, prefix, sizeof prefix - 1) != 0)
        return false;
    act->hex = (struct str){path.data + sizeof prefix - 1, 2 * ID_SIZE};
    struct str rest = {path.data + before, path.len - before};
    for (act->kind = 0; act->kind < ACTS; act->kind++) {
        if (str_eq(rest, str_of(acts[act->kind].path)))
            return hex_decode(act->hex, act->alert_id, ID_SIZE);
    }
    return false;
}

/* The first moment of the day that the body names, which is later than today. */
static bool read_until(struct str body, int64_t *ret_at)
{
    struct json_doc *doc = NULL;
    int32_t day;
    if (json_parse(body, &doc, NULL) < 0)
        return false;
    bool good =
        date_parse(json_text(json_get(json_root(doc), "until")), &day) && day > day_of(clock_now());
    if (good)
        *ret_at = day_start(day);
    json_doc_free(doc);
    return good;
}

/* Row-level security answers: whose alerts somebody may not see, they may not act on. */
static int find(struct board *board, const struct identity *identity, const struct act *act,
                bool *ret_seen, struct error *err)
{
    struct pg_param id = pg_uuid(act->alert_id);
    struct pg_result *rows = NULL;
    int r = access_begin(board->pg, identity->unit_id, err);
    if (r < 0)
        return r;
    r = pg_exec(board->pg, SQL_ALERT_SEEN, &id, 1, &rows, err);
    *ret_seen = r == 0 && pg_rows(rows) == 1;
    pg_result_free(rows);
    return r < 0 ? r : pg_commit(board->pg, err);
}

/* *ret_done false: it does not fire any more. The act and the word of it stand in one transaction. */
static int perform(struct board *board, const struct identity *identity, const char *address,
                   const struct act *act, bool *ret_done, struct error *err)
{
    char object[2 * ID_SIZE + 1];
    const struct pg_param params[] = {pg_uuid(act->alert_id), pg_text(str_of(acts[act->kind].name)),
                                      pg_text(str_of(identity->name)), pg_time(act->until_at)};
    struct pg_result *rows = NULL;
    int r = pg_begin(board->pg, err);
    if (r == 0)
        r = pg_exec(board->pg, SQL_ALERT_ACT, params, 4, &rows, err);
    *ret_done = r == 0 && pg_get_bool(rows, 0, 0);
    pg_result_free(rows);
    if (*ret_done)
        r = access_audit(board->pg, identity->name, address, acts[act->kind].path + 1,
                         hex_encode(act->alert_id, ID_SIZE, object), err);
    return r < 0 ? r : pg_commit(board->pg, err);
}

static void answer_done(struct http_exchange *exchange, const struct identity *identity,
                        const struct act *act)
{
    struct json_out *out = json_out_new();
    if (!out) {
        api_error(exchange, 503, "out of memory", 1);
        return;
    }
    json_begin_object(out, NULL);
    json_put_text(out, "id", act->hex);
    json_put_text(out, "by", str_of(identity->name));
    if (act->kind == ACT_SNOOZE)
        json_put_integer(out, "snoozed_until", act->until_at);
    json_end_object(out);
    api_json(exchange, 200, out);
    json_out_free(out);
}

bool api_act(struct board *board, struct http_exchange *exchange, const struct identity *identity)
{
    struct act act = {.until_at = NO_TIME};
    struct error err = {""};
    char address[HTTP_PEER_SIZE];
    bool seen = false;
    bool done = false;
    if (!read_path(http_path(exchange), &act))
        return false;
    if (!access_may_act(identity)) {
        api_error(exchange, 403, "Tài khoản này chỉ xem, không xử lý cảnh báo", 0);
        return true;
    }
    if (act.kind == ACT_SNOOZE && !read_until(http_body(exchange), &act.until_at)) {
        api_error(exchange, 400, "Cần {\"until\": \"năm-tháng-ngày\"}, sau hôm nay", 0);
        return true;
    }
    int r = find(board, identity, &act, &seen, &err);
    if (r == 0 && seen)
        r = perform(board, identity, access_address(board->access, exchange, address), &act, &done,
                    &err);
    if (r < 0) {
        pg_rollback(board->pg);
        api_failed(board, exchange, r, &err);
    } else if (!seen) {
        api_error(exchange, 404, "Không có cảnh báo này", 0);
    } else if (!done) {
        api_error(exchange, 409, "Cảnh báo này đã kết thúc", 0);
    } else {
        answer_done(exchange, identity, &act);
    }
    return true;
}
