#include "report_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "office_hours.h"
#include "report_list.h"
#include "report_past.h"
#include "report_print.h"
#include "report_write.h"

enum { TRIES = 3 };

/* What one run holds; released by run_deinit. */
struct run {
    const struct report_request *request;
    struct pg *pg;
    struct report_scope scope;
    char unit_kind[64];
    char plain_name[256]; /* without the kind */
    char unit_name[320];
    struct pg_result *rows;
    struct report_table table;
    char *text; /* what is to be written, unless it is a workbook */
    size_t text_size;
    char *changes; /* what --explain has to say; NULL = not asked for */
    size_t changes_size;
    int64_t row_count;
    bool adds_up;
};

static void run_deinit(struct run *run)
{
    free(run->text);
    free(run->changes);
    report_table_deinit(&run->table);
    run->rows = pg_result_free(run->rows);
}

static int name_unit(struct run *run, struct error *err)
{
    const struct report_request *request = run->request;
    char day[CLI_TIME_SIZE];
    if (!request->unit)
        return 0;
    const struct pg_param params[] = {pg_text(str_of(request->unit)), pg_day(run->scope.read_on)};
    struct pg_result *rows = NULL;
    int r = pg_exec(
        run->pg,
        "SELECT unit_kind, unit_name FROM analytics.unit WHERE unit_code = $1 AND $2 BETWEEN "
        "coalesce(valid_from, '-infinity') AND coalesce(valid_to, 'infinity')",
        params, 2, &rows, err);
    if (r == 0 && pg_rows(rows) == 0)
        r = error_set(err, ERR_INPUT,
                      cli_text("không có xã, phường, đặc khu nào mang mã %s vào ngày %s",
                               "no commune has the code %s on %s"),
                      request->unit, cli_date(run->scope.read_on, day));
    if (r == 0) {
        snprintf(run->unit_kind, sizeof run->unit_kind, "%.*s", STR_ARG(pg_get_text(rows, 0, 0)));
        snprintf(run->plain_name, sizeof run->plain_name, "%.*s", STR_ARG(pg_get_text(rows, 0, 1)));
        snprintf(run->unit_name, sizeof run->unit_name, "%s %s", run->unit_kind, run->plain_name);
    }
    pg_result_free(rows);
    return r;
}

/* Dossiers as they stood: by what was known then, and by what is known now where the two are compared. */
static int fill_past(struct run *run, struct error *err)
{
    int64_t folded;
    const struct config *config = run->request->site.config;
    const struct report_scope *scope = &run->scope;
    int r = report_past_fill(run->pg, config, scope->from, scope->read_on, scope->known_at, &folded,
                             err);
    if (r == 0 && run->request->explain)
        r = report_past_fill(run->pg, config, scope->from, scope->read_on, NO_TIME, &folded, err);
    return r;
}

static int query(struct run *run, struct error *err)
{
    const struct report_scope *scope = &run->scope;
    const struct pg_param params[] = {pg_text(str_of(scope->unit_code)), pg_day(scope->from),
                                      pg_day(scope->to), pg_day(scope->read_on),
                                      pg_time(scope->known_at)};
    int r = pg_exec(run->pg, run->request->form->sql, params, sizeof params / sizeof *params,
                    &run->rows, err);
    if (r < 0)
        return r;
    if (report_table_init(&run->table, run->request->form, run->rows) < 0)
        return error_set(err, ERR_NOMEM, "report: out of memory");
    run->table.scope = *scope;
    return 0;
}

/* Nothing leaves unrecorded; in a transaction of its own, since the other may have been rolled back. */
static int record(struct run *run, struct error *err)
{
    static const char *const formats[] = {"table", "csv", "json", "html", "xlsx"};
    const struct report_request *request = run->request;
    if (request->format == FORMAT_TABLE && !request->path && !request->with_codes)
        return 0;
    const struct pg_param params[] = {
        pg_text(str_of(request->list ? "danh-sach" : request->form->name)),
        pg_text(str_of(request->unit)),
        pg_day(run->scope.from),
        pg_day(run->scope.to),
        pg_day(run->scope.read_on),
        pg_time(run->scope.known_at),
        pg_text(str_of(formats[request->format])),
        pg_bool(request->is_public),
        pg_bool(request->with_codes),
        pg_int32((int32_t)run->row_count),
    };
    return pg_exec(run->pg,
                   "INSERT INTO hoso.report_export (form, unit_code, from_day, to_day, read_on, "
                   "known_at, format, public, codes, rows) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                   params, sizeof params / sizeof *params, NULL, err);
}

/* ---- writing ---- */

static void summary_of(const struct run *run, struct report *ret)
{
    *ret = (struct report){.unit_code = run->scope.unit_code,
                           .unit_kind = run->unit_kind,
                           .unit_name = run->plain_name,
                           .from = run->scope.from,
                           .to = run->scope.to,
                           .read_on = run->scope.read_on};
    for (size_t i = 0; i < REPORT_FIGURE_COUNT; i++)
        ret->figures[i] = run->table.rows[0].cells[i].value;
}

/* The summary of one commune has a page and JSON of its own, unless something in it is hidden. */
static bool is_summary(const struct run *run)
{
    return strcmp(run->request->form->name, "tong-hop") == 0 && run->request->unit &&
           !run->request->is_public && run->request->format <= FORMAT_JSON &&
           run->request->format != FORMAT_CSV;
}

static void write_form(const struct run *run, FILE *out)
{
    if (is_summary(run)) {
        struct report summary;
        summary_of(run, &summary);
        report_print(&summary, run->request->format == FORMAT_JSON, out);
        return;
    }
    switch (run->request->format) {
    case FORMAT_CSV: report_write_csv(&run->table, out); break;
    case FORMAT_JSON: report_write_json(&run->table, out); break;
    case FORMAT_HTML: report_write_html(&run->table, out); break;
    default: report_write_table(&run->table, out);
    }
}

static int write_file(const struct run *run, const char *path, struct error *err)
{
    FILE *out = path ? fopen(path, "we") : stdout;
    bool failed = !out || fwrite(run->text, 1, run->text_size, out) != run->text_size;
    if (out && path)
        failed |= fclose(out) != 0;
    return failed ? error_set(err, ERR_INPUT, "%s: %s", path ? path : "stdout", strerror(errno))
                  : 0;
}

/* The explanation is for people: beside a table or a file on standard output, never inside what a program reads there. */
static int write_out(const struct run *run, struct error *err)
{
    const struct report_request *request = run->request;
    bool is_book = request->format == FORMAT_XLSX && !request->list;
    int r = is_book ? report_write_xlsx(&run->table, request->path, err)
                    : write_file(run, request->path, err);
    FILE *beside = request->path || request->format == FORMAT_TABLE ? stdout : stderr;
    if (r == 0 && run->changes &&
        fwrite(run->changes, 1, run->changes_size, beside) != run->changes_size)
        r = error_set(err, ERR_INPUT, "stdout: %s", strerror(errno));
    return r;
}

/* ---- what does not add up ---- */

static bool adds_up(const struct run *run)
{
    const struct form_sum *sum;
    struct report summary;
    if (!is_summary(run))
        return !report_table_broken(&run->table, &sum);
    summary_of(run, &summary);
    return report_adds_up(&summary);
}

/* Names the sum, the row, and the dossiers that do it. */
static int name_conflicts(struct run *run, char **argv, struct error *err)
{
    const struct form_sum *sum;
    int64_t count;
    const struct report_row *row = report_table_broken(&run->table, &sum);
    fprintf(stderr, cli_text("%s: các cột không khớp nhau\n", "%s: the columns do not add up\n"),
            argv[0]);
    if (row)
        fprintf(stderr, cli_text("  %.*s: cột %u\n", "  %.*s: column %u\n"), STR_ARG(row->name),
                FORM_FIRST_NUMBER + sum->whole);
    return report_list(run->pg, &run->scope, "inconsistent", true, false, stderr, &count, err);
}

/* ---- the whole ---- */

static int make_list(struct run *run, FILE *out, struct error *err)
{
    const struct report_request *request = run->request;
    const char *class = strcmp(request->list, "all") == 0 ? NULL : request->list;
    run->adds_up = true;
    return report_list(run->pg, &run->scope, class, request->with_codes,
                       request->format == FORMAT_CSV, out, &run->row_count, err);
}

static int make_form(struct run *run, char **argv, FILE *out, struct error *err)
{
    int r = query(run, err);
    if (r < 0)
        return r;
    run->row_count = (int64_t)run->table.row_count;
    run->adds_up = adds_up(run);
    if (!run->adds_up)
        r = name_conflicts(run, argv, err);
    if (r == 0 && run->scope.is_public && report_table_hide_small(&run->table) < 0)
        r = error_set(err, ERR_NOMEM, "report: out of memory");
    if (r == 0 && run->request->format != FORMAT_XLSX)
        write_form(run, out);
    return r;
}

static int make_changes(struct run *run, struct error *err)
{
    FILE *out = open_memstream(&run->changes, &run->changes_size);
    if (!out)
        return error_set(err, ERR_NOMEM, "report: out of memory");
    int r = report_changes(run->pg, &run->scope, out, err);
    if (fclose(out) != 0 && r == 0)
        r = error_set(err, ERR_NOMEM, "report: out of memory");
    return r;
}

static int make(struct run *run, char **argv, struct error *err)
{
    FILE *out = open_memstream(&run->text, &run->text_size);
    if (!out)
        return error_set(err, ERR_NOMEM, "report: out of memory");
    int r = run->request->list ? make_list(run, out, err) : make_form(run, argv, out, err);
    if (fclose(out) != 0 && r == 0)
        r = error_set(err, ERR_NOMEM, "report: out of memory");
    return r == 0 && run->request->explain ? make_changes(run, err) : r;
}

/* One snapshot for everything. What was known once is folded for this run only and not kept. */
static int run_once(struct run *run, char **argv, struct error *err)
{
    int r = pg_script(run->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ", err);
    if (r == 0)
        r = name_unit(run, err);
    if (r == 0)
        r = fill_past(run, err);
    if (r == 0)
        r = make(run, argv, err);
    if (r == 0 && run->scope.known_at == NO_TIME)
        r = pg_commit(run->pg, err);
    pg_rollback(run->pg);
    if (r == 0)
        r = record(run, err);
    return r == 0 ? write_out(run, err) : r;
}

int report_run(const struct report_request *request, struct pg *pg, char **argv)
{
    int32_t today = day_of(clock_now());
    struct error err;
    int code = EXIT_OK;
    int r = office_hours_store(pg, request->site.config, &err);
    if (r == 0)
        r = ERR_CONFLICT;
    for (int i = 0; i < TRIES && r == ERR_CONFLICT; i++) {
        struct run run = {.request = request, .pg = pg};
        run.scope = (struct report_scope){.unit_code = request->unit,
                                          .unit_name = run.unit_name,
                                          .from = request->from,
                                          .to = request->to,
                                          .read_on = request->to < today ? request->to : today,
                                          .known_at = request->known_at,
                                          .is_public = request->is_public};
        r = run_once(&run, argv, &err);
        code = run.adds_up ? EXIT_OK : EXIT_NO;
        run_deinit(&run);
    }
    return r < 0 ? cli_fail(argv, r, &err) : code;
}
