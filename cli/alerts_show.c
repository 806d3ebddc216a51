/* What `hoso alerts` prints. */
#include "alerts.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"
#include "commands.h"
#include "notice/wording.h"
#include "json/json.h"

static int query(struct pg *pg, const char *sql, const struct pg_param *params, size_t count,
                 struct pg_result **ret, char *const *argv)
{
    struct error err;
    int r = pg_exec(pg, sql, params, count, ret, &err);
    return r < 0 ? cli_fail(argv, r, &err) : EXIT_OK;
}

static const char *id_text(const struct pg_result *rows, size_t row, int column, char *out)
{
    return hex_encode(pg_get_uuid(rows, row, column), 16, out);
}

/*
 * The rows as JSON objects; names: of the columns behind the first, which is an id. Times and texts only. more: writes what else belongs
 * to a row; NULL = nothing.
 */
static void print_json(const struct pg_result *rows, const char *const *names, const bool *times,
                       void (*more)(struct json_out *out, const struct pg_result *rows, size_t row))
{
    struct json_out *out = json_out_new();
    char id[33], time[TIME_TEXT_SIZE];
    json_begin_array(out, NULL);
    for (size_t i = 0; i < pg_rows(rows); i++) {
        json_begin_object(out, NULL);
        json_put_text(out, "id", str_of(id_text(rows, i, 0, id)));
        for (int c = 0; names[c]; c++) {
            if (pg_is_null(rows, i, c + 1))
                json_put_null(out, names[c]);
            else if (times[c])
                json_put_text(out, names[c],
                              str_of(time_format(pg_get_time(rows, i, c + 1), time)));
            else
                json_put_text(out, names[c], pg_get_text(rows, i, c + 1));
        }
        if (more)
            more(out, rows, i);
        json_end_object(out);
    }
    json_end_array(out);
    printf("%.*s\n", STR_ARG(json_out_text(out)));
    json_out_free(out);
}

#define ALERTS                                                                                     \
    "SELECT a.alert_id, a.rule, a.state, a.dossier_code, coalesce(u.name, ''), a.due_at, "         \
    "a.began_at, a.acked_by, a.snoozed_until, a.level::text, a.reason, a.last_event_at, "          \
    "a.last_ingested_at, a.ended_at, a.portal_status FROM hoso.alert a "                           \
    "LEFT JOIN hoso.unit u USING (unit_id) "

static const char *const alert_names[] = {
    "rule",     "state",    "dossier",       "unit",
    "due_at",   "began_at", "acked_by",      "snoozed_until",
    "level",    "reason",   "last_event_at", "last_ingested_at",
    "ended_at", NULL};
static const bool alert_times[] = {false, false, false, false, true, true, false,
                                   true,  false, false, true,  true, true};

/* Which clock speaks: now, or when it was over. */
static enum clock_verdict verdict_of(const struct pg_result *rows, size_t row)
{
    const struct told_alert told = {.last_event_at = pg_get_time(rows, row, 11),
                                    .last_ingested_at = pg_get_time(rows, row, 12),
                                    .portal_status = pg_get_int32(rows, row, 14)};
    int64_t ended_at = pg_get_time(rows, row, 13);
    return wording_verdict(&told, ended_at == NO_TIME ? clock_now() : ended_at);
}

static const char *verdict_word(enum clock_verdict verdict)
{
    switch (verdict) {
    case CLOCK_PORTAL: return cli_text("Cổng báo xong", "over by portal");
    case CLOCK_SILENT: return cli_text("không có tin", "no news");
    case CLOCK_DATA: return cli_text("tin về muộn", "late data");
    default: return cli_text("chậm xử lý", "late work");
    }
}

static const char *verdict_text(enum clock_verdict verdict)
{
    static const char *const english[] = {
        [CLOCK_WORK] = "The data is in time: the work is late.",
        [CLOCK_DATA] = "Perhaps the data: the last news came more than a day after the fact.",
        [CLOCK_SILENT] =
            "Perhaps the data: no news for more than 3 days. Check the exchange first.",
        [CLOCK_PORTAL] = "Perhaps the data: over by the portal, not by the one-stop system."};
    return cli_text(wording_of_verdict(verdict), english[verdict]);
}

static void put_clock(struct json_out *out, const struct pg_result *rows, size_t row)
{
    json_put_text(out, "clock", str_of(wording_clock(verdict_of(rows, row))));
}

static char *time_or_dash(const struct pg_result *rows, size_t row, int column, char *out)
{
    if (pg_is_null(rows, row, column))
        snprintf(out, CLI_TIME_SIZE, "-");
    else
        cli_time(pg_get_time(rows, row, column), out);
    return out;
}

int alerts_list(const struct alerts_request *request, struct pg *pg, char *const *argv)
{
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {
        request->unit ? pg_text(str_of(request->unit)) : pg_text(STR_NONE), pg_bool(request->all)};
    int code =
        query(pg,
              ALERTS "WHERE NOT a.silent AND ($1::text IS NULL OR u.code = $1) AND "
                     "($2 OR a.state = 'firing') ORDER BY a.began_at, a.dossier_code LIMIT 1000",
              params, 2, &rows, argv);
    if (code == EXIT_OK && request->json) {
        print_json(rows, alert_names, alert_times, put_clock);
    } else if (code == EXIT_OK) {
        for (size_t i = 0; i < pg_rows(rows); i++) {
            char id[33], due[CLI_TIME_SIZE], began[CLI_TIME_SIZE];
            struct str acked = pg_get_text(rows, i, 7);
            printf("%.8s  %-17.*s %-9.*s %-24.*s %.*s  %s %s  %s  %s  %s%.*s\n",
                   id_text(rows, i, 0, id), STR_ARG(pg_get_text(rows, i, 1)),
                   STR_ARG(pg_get_text(rows, i, 2)), STR_ARG(pg_get_text(rows, i, 3)),
                   STR_ARG(pg_get_text(rows, i, 4)), cli_text("hạn", "due"),
                   time_or_dash(rows, i, 5, due), time_or_dash(rows, i, 6, began),
                   verdict_word(verdict_of(rows, i)), str_given(acked) ? "✓ " : "", STR_ARG(acked));
        }
        fprintf(stderr, cli_text("%zu cảnh báo\n", "%zu alerts\n"), pg_rows(rows));
    }
    pg_result_free(rows);
    return code;
}

int alerts_dead(const struct alerts_request *request, struct pg *pg, char *const *argv)
{
    static const char *const names[] = {"channel", "address",    "subject",
                                        "error",   "created_at", NULL};
    static const bool times[] = {false, false, false, false, true};
    struct pg_result *rows = NULL;
    int code = query(pg,
                     "SELECT delivery_id, channel, address, subject, coalesce(last_error, ''), "
                     "created_at FROM hoso.delivery WHERE state = 'dead' ORDER BY created_at",
                     NULL, 0, &rows, argv);
    if (code == EXIT_OK && request->json) {
        print_json(rows, names, times, NULL);
    } else if (code == EXIT_OK) {
        for (size_t i = 0; i < pg_rows(rows); i++) {
            char id[33], at[CLI_TIME_SIZE];
            printf("%.8s  %s  %.*s %.*s  %.*s  %.*s\n", id_text(rows, i, 0, id),
                   time_or_dash(rows, i, 5, at), STR_ARG(pg_get_text(rows, i, 1)),
                   STR_ARG(pg_get_text(rows, i, 2)), STR_ARG(pg_get_text(rows, i, 3)),
                   STR_ARG(pg_get_text(rows, i, 4)));
        }
        printf(cli_text("%zu thư không gửi được\n", "%zu dead\n"), pg_rows(rows));
    }
    pg_result_free(rows);
    return code;
}

static int show_audit(const uint8_t id[16], struct pg *pg, char *const *argv)
{
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_uuid(id)};
    int code = query(pg,
                     "SELECT at, actor, via, act, coalesce(note, '') FROM hoso.alert_audit "
                     "WHERE alert_id = $1 ORDER BY audit_id",
                     params, 1, &rows, argv);
    for (size_t i = 0; code == EXIT_OK && i < pg_rows(rows); i++) {
        char at[CLI_TIME_SIZE];
        printf("    %s  %.*s (%.*s): %.*s %.*s\n", time_or_dash(rows, i, 0, at),
               STR_ARG(pg_get_text(rows, i, 1)), STR_ARG(pg_get_text(rows, i, 2)),
               STR_ARG(pg_get_text(rows, i, 3)), STR_ARG(pg_get_text(rows, i, 4)));
    }
    pg_result_free(rows);
    return code;
}

static int show_one(const struct pg_result *rows, size_t i, struct pg *pg, char *const *argv)
{
    char id[33], text[CLI_TIME_SIZE];
    printf("%s\n", id_text(rows, i, 0, id));
    for (int c = 0; alert_names[c]; c++) {
        if (pg_is_null(rows, i, c + 1))
            continue;
        if (alert_times[c])
            printf("    %-17s %s\n", alert_names[c], time_or_dash(rows, i, c + 1, text));
        else
            printf("    %-17s %.*s\n", alert_names[c], STR_ARG(pg_get_text(rows, i, c + 1)));
    }
    enum clock_verdict verdict = verdict_of(rows, i);
    printf("    %-17s %s: %s\n", "clock", wording_clock(verdict), verdict_text(verdict));
    return show_audit(pg_get_uuid(rows, i, 0), pg, argv);
}

int alerts_show(const struct alerts_request *request, struct pg *pg, char *const *argv)
{
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_text(str_of(request->id))};
    int code = query(pg,
                     ALERTS "WHERE a.dossier_code = $1 OR replace(a.alert_id::text, '-', '') LIKE "
                            "lower($1) || '%' ORDER BY a.began_at LIMIT 100",
                     params, 1, &rows, argv);
    if (code == EXIT_OK && request->json)
        print_json(rows, alert_names, alert_times, put_clock);
    for (size_t i = 0; code == EXIT_OK && !request->json && i < pg_rows(rows); i++)
        code = show_one(rows, i, pg, argv);
    if (code == EXIT_OK && pg_rows(rows) == 0) {
        fprintf(stderr, cli_text("không có cảnh báo nào như vậy\n", "no such alert\n"));
        code = EXIT_NO;
    }
    pg_result_free(rows);
    return code;
}
