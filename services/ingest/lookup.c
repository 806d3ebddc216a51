#include "ingest/lookup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "ingest/row.h"
#include "pg/pg_async.h"

enum { TIMEOUT_MS = 2000, QUEUE_MAX = 256, RETRY_AFTER_S = 5 };

struct lookup {
    struct pg_async *async;
    struct json_out *out;
    void (*on_answer)(void *arg, int status, size_t accepted, size_t refused);
    void *on_answer_arg;
};

/* One that waits for its answer. */
struct asked {
    struct lookup *lookup;
    struct http_exchange *exchange;
    const struct key *key;
    enum generation generation;
};

static const char question[] =
    "SELECT code, procedure_code, status::int4, accepted_at, due_at, ended_at, returned_at,"
    " deciding_agency FROM hoso.dossier WHERE NOT erased AND code ="
    " (SELECT coalesce(alias_of, code) FROM hoso.dossier WHERE code = $1)";
enum {
    COLUMN_CODE,
    COLUMN_PROCEDURE,
    COLUMN_STATUS,
    COLUMN_ACCEPTED_AT,
    COLUMN_DUE_AT,
    COLUMN_ENDED_AT,
    COLUMN_RETURNED_AT,
    COLUMN_AGENCY,
};

int lookup_new(const struct config *config, struct json_out *out,
               void (*on_answer)(void *arg, int status, size_t accepted, size_t refused),
               void *on_answer_arg, struct lookup **ret, struct error *err)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup)
        return error_set(err, ERR_NOMEM, "out of memory");
    *lookup = (struct lookup){.out = out, .on_answer = on_answer, .on_answer_arg = on_answer_arg};
    int result = pg_async_new(config_text(config, "postgres", NULL, "conninfo"), "hoso-ingest",
                              TIMEOUT_MS, QUEUE_MAX, &lookup->async, err);
    if (result)
        return lookup_free(lookup), result;
    *ret = lookup;
    return 0;
}

struct lookup *lookup_free(struct lookup *lookup)
{
    if (lookup)
        pg_async_free(lookup->async);
    free(lookup);
    return NULL;
}

static void put_time(struct json_out *out, const char *name, int64_t at)
{
    char text[32] = "";
    if (at != NO_TIME) {
        struct vn_time t = vn_time_of(at);
        snprintf(text, sizeof text, "%04d%02d%02d%02d%02d%02d", t.year, t.month, t.day, t.hour,
                 t.minute, t.second);
    }
    json_put_text(out, name, str_of(text));
}

static void put_row(struct json_out *out, const struct pg_result *rows, size_t row)
{
    char status[12];
    snprintf(status, sizeof status, "%" PRId32, pg_get_int32(rows, row, COLUMN_STATUS));
    json_begin_object(out, NULL);
    json_put_text(out, "MaHoSo", pg_get_text(rows, row, COLUMN_CODE));
    json_put_text(out, "MaTTHC", pg_get_text(rows, row, COLUMN_PROCEDURE));
    json_put_text(out, "TrangThaiHoSo", str_of(status));
    put_time(out, "NgayTiepNhan", pg_get_time(rows, row, COLUMN_ACCEPTED_AT));
    put_time(out, "NgayHenTra", pg_get_time(rows, row, COLUMN_DUE_AT));
    put_time(out, "NgayKetThucXuLy", pg_get_time(rows, row, COLUMN_ENDED_AT));
    put_time(out, "NgayTra", pg_get_time(rows, row, COLUMN_RETURNED_AT));
    json_end_object(out);
}

/* The agency of the dossier's code, and the one that decides; what names neither is only for keys without units. */
static bool may_see(const struct key *key, const struct pg_result *rows, size_t row)
{
    struct str in_code = agency_in_code(pg_get_text(rows, row, COLUMN_CODE));
    return key_allows_agency(key, in_code) ||
           key_allows_agency(key, pg_get_text(rows, row, COLUMN_AGENCY));
}

static void answer_unavailable(struct lookup *lookup, struct http_exchange *exchange,
                               enum generation generation)
{
    answer_problem(exchange, lookup->out, generation, 503,
                   "Chưa tra cứu được vì cơ sở dữ liệu không trả lời; hãy thử lại sau",
                   RETRY_AFTER_S);
    lookup->on_answer(lookup->on_answer_arg, 503, 0, 0);
}

static void on_done(void *arg, const struct pg_result *rows, const struct error *why)
{
    struct asked *asked = arg;
    struct lookup *lookup = asked->lookup;
    char quoted[256];
    if (!rows) {
        log_warn("lookup_failed", "error=\"%s\" next=\"the sender gets 503\"",
                 log_quote(why->text, quoted, sizeof quoted));
        answer_unavailable(lookup, asked->exchange, asked->generation);
        free(asked);
        return;
    }
    answer_begin(lookup->out, asked->generation, 200, "Đã tra cứu");
    json_begin_array(lookup->out, "result");
    for (size_t row = 0; row < pg_rows(rows); row++) {
        if (may_see(asked->key, rows, row))
            put_row(lookup->out, rows, row);
    }
    json_end_array(lookup->out);
    answer_send(asked->exchange, lookup->out, asked->generation, 200, 0);
    lookup->on_answer(lookup->on_answer_arg, 200, 0, 0);
    free(asked);
}

void lookup_ask(struct lookup *lookup, struct http_exchange *exchange, const struct key *key,
                enum generation generation, struct str dossier_code)
{
    struct asked *asked = malloc(sizeof *asked);
    if (asked) {
        *asked = (struct asked){lookup, exchange, key, generation};
        if (pg_async_ask(lookup->async, question, dossier_code, on_done, asked) == 0) {
            pg_async_run(lookup->async, mono_now());
            return;
        }
    }
    free(asked);
    answer_unavailable(lookup, exchange, generation);
}

int lookup_fd(const struct lookup *lookup)
{
    return pg_async_fd(lookup->async);
}

int lookup_timeout_ms(const struct lookup *lookup)
{
    return pg_async_timeout_ms(lookup->async);
}

void lookup_run(struct lookup *lookup, struct mono now)
{
    pg_async_run(lookup->async, now);
}
