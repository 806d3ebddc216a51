#include "report_list.h"

#include <inttypes.h>

#include "commands.h"
#include "report_write.h"

struct list_column {
    struct form_text title;
    const char *key;
    int width;
};

/* What a dossier counts as (analytics.report_dossier), in the reader's language. */
static const struct {
    const char *code;
    struct form_text name;
} class_names[] = {
    {"new", {"mới", "new"}},
    {"carried", {"từ kỳ trước", "carried over"}},
    {"early", {"trước hạn", "early"}},
    {"on_time", {"đúng hạn", "on time"}},
    {"late", {"quá hạn", "late"}},
    {"withdrawn", {"rút, trả lại", "withdrawn"}},
    {"running", {"đang giải quyết", "running"}},
    {"paused", {"tạm dừng", "paused"}},
    {"overdue", {"đang quá hạn", "overdue"}},
    {"waiting", {"chờ tiếp nhận", "waiting"}},
    {"refused", {"không tiếp nhận", "refused"}},
    {"unclear", {"không rõ", "unclear"}},
};

static struct str class_name(struct str code)
{
    for (size_t i = 0; i < sizeof class_names / sizeof *class_names; i++) {
        if (str_eq(code, str_of(class_names[i].code)))
            return str_of(form_text(class_names[i].name));
    }
    return code;
}

/* As the columns of the query below. */
static const struct list_column list_columns[] = {
    {{"Mã hồ sơ", "Dossier"}, "dossier_code", 26},
    {{"Số thứ tự", "Number"}, "dossier_id", 11},
    {{"Đơn vị", "Unit"}, "unit_name", 20},
    {{"Thủ tục", "Procedure"}, "procedure_name", 42},
    {{"Kênh", "Channel"}, "channel_name", 12},
    {{"Tiếp nhận", "Accepted"}, "accepted_on", 12},
    {{"Hẹn trả", "Due"}, "due_on", 12},
    {{"Kết thúc", "Ended"}, "ended_on", 12},
    {{"Trạng thái", "Status"}, "status_name", 24},
    {{"Tính là", "Counts as"}, "class", 15},
    {{"Nguyên nhân", "Cause"}, "late_reason_name", 0},
};
enum { LIST_COLUMN_COUNT = sizeof list_columns / sizeof *list_columns, LIST_CLASS = 9 };

#define LIST_FIELDS                                                                                \
    "l.dossier_id::text, l.unit_name, l.procedure_name, l.channel_name, l.accepted_on::text, "     \
    "l.due_on::text, l.ended_on::text, l.status_name, l.class, l.late_reason_name "                \
    "FROM analytics.report_list($1, $2, $3, $4, $5, coalesce($6, 'infinity'::timestamptz)) l "
static const char sql_without[] = "SELECT NULL::text, " LIST_FIELDS "ORDER BY l.dossier_id";
static const char sql_with[] = "SELECT c.dossier_code, " LIST_FIELDS
                               "LEFT JOIN analytics.dossier_code c ON c.dossier_id = l.dossier_id "
                               "ORDER BY l.dossier_id";

static void write_line(const struct pg_result *rows, size_t i, bool with_codes, bool csv, FILE *out)
{
    for (int c = with_codes ? 0 : 1; c < LIST_COLUMN_COUNT; c++) {
        struct str text = pg_get_text(rows, i, c);
        if (!csv)
            report_pad(out, c == LIST_CLASS ? class_name(text) : text, list_columns[c].width,
                       false);
        else if (c > (with_codes ? 0 : 1))
            fputc(',', out);
        if (csv)
            report_csv_cell(out, text);
        else
            fputs("  ", out);
    }
    fputs(csv ? "\r\n" : "\n", out);
}

static void write_titles(bool with_codes, bool csv, FILE *out)
{
    for (int c = with_codes ? 0 : 1; c < LIST_COLUMN_COUNT; c++) {
        if (csv)
            fprintf(out, "%s%s", c > (with_codes ? 0 : 1) ? "," : "", list_columns[c].key);
        else
            report_pad(out, str_of(form_text(list_columns[c].title)), list_columns[c].width + 2,
                       false);
    }
    fputs(csv ? "\r\n" : "\n", out);
}

int report_list(struct pg *pg, const struct report_scope *scope, const char *class, bool with_codes,
                bool csv, FILE *out, int64_t *ret_rows, struct error *err)
{
    const struct pg_param params[] = {pg_text(str_of(class)), pg_text(str_of(scope->unit_code)),
                                      pg_day(scope->from),    pg_day(scope->to),
                                      pg_day(scope->read_on), pg_time(scope->known_at)};
    struct pg_result *rows = NULL;
    int r = pg_exec(pg, with_codes ? sql_with : sql_without, params, sizeof params / sizeof *params,
                    &rows, err);
    if (r < 0)
        return r;
    write_titles(with_codes, csv, out);
    for (size_t i = 0; i < pg_rows(rows); i++)
        write_line(rows, i, with_codes, csv, out);
    *ret_rows = (int64_t)pg_rows(rows);
    pg_result_free(rows);
    return 0;
}

/* "mới: đang giải quyết", or a dash for what did not count. */
static struct str standing(struct str place, struct str class, char *out, size_t size)
{
    if (!str_given(class))
        return STR("–");
    class = class_name(class);
    place = class_name(place);
    if (str_given(place))
        snprintf(out, size, "%.*s: %.*s", STR_ARG(place), STR_ARG(class));
    else
        snprintf(out, size, "%.*s", STR_ARG(class));
    return str_of(out);
}

int report_changes(struct pg *pg, const struct report_scope *scope, FILE *out, struct error *err)
{
    const struct pg_param params[] = {pg_text(str_of(scope->unit_code)), pg_day(scope->from),
                                      pg_day(scope->to), pg_time(scope->known_at),
                                      pg_day(scope->read_on)};
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "SELECT dossier_id::text, place_then, class_then, place_now, class_now, "
                    "procedure_name, was_late_work "
                    "FROM analytics.report_changes($1, $2, $3, $4, $5)",
                    params, sizeof params / sizeof *params, &rows, err);
    if (r < 0)
        return r;
    char text[64];
    fprintf(out,
            cli_text("\nThay đổi so với lúc đó: %zu hồ sơ\n", "\nChanged since: %zu dossiers\n"),
            pg_rows(rows));
    for (size_t i = 0; i < pg_rows(rows); i++) {
        report_pad(out, pg_get_text(rows, i, 0), 12, false);
        report_pad(out,
                   standing(pg_get_text(rows, i, 1), pg_get_text(rows, i, 2), text, sizeof text),
                   32, false);
        fputs(" → ", out);
        report_pad(out,
                   standing(pg_get_text(rows, i, 3), pg_get_text(rows, i, 4), text, sizeof text),
                   32, false);
        fprintf(out, "  %s  %.*s\n",
                pg_get_bool(rows, i, 6) ? cli_text("làm muộn, báo muộn", "late work, told late")
                                        : cli_text("dữ liệu đến muộn", "late data"),
                STR_ARG(pg_get_text(rows, i, 5)));
    }
    pg_result_free(rows);
    return 0;
}
