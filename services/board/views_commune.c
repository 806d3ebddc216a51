/* One commune's page: /communes/CODE, and each of its tables as CSV: /communes/CODE/TABLE. */
#include <stdio.h>
#include <stdlib.h>

#include "board/sql.h"
#include "board/views.h"

/* A column of a statement: its type decides how it is read. */
enum cell { CELL_TEXT, CELL_INTEGER, CELL_BOOL, CELL_TIME, CELL_DAY };

static void put_cell(struct sheet *sheet, const struct pg_result *rows, size_t row, int column,
                     enum cell type)
{
    switch (type) {
    case CELL_TEXT: sheet_text(sheet, pg_get_text(rows, row, column)); break;
    case CELL_INTEGER: sheet_integer(sheet, pg_get_int64(rows, row, column)); break;
    case CELL_BOOL: sheet_bool(sheet, pg_get_bool(rows, row, column)); break;
    case CELL_TIME: sheet_time(sheet, pg_get_time(rows, row, column)); break;
    case CELL_DAY: sheet_day(sheet, pg_get_day(rows, row, column)); break;
    }
}

struct table {
    const char *key; /* its name in the path and in JSON */
    const char *sql;
    const char *const *names;
    const enum cell *types;
    bool dossiers; /* shows codes: for the unit's own staff only */
};

static void put_rows(struct sheet *sheet, const struct table *table, const struct pg_result *rows)
{
    for (size_t row = 0; row < pg_rows(rows); row++) {
        sheet_row(sheet);
        for (int column = 0; table->names[column]; column++)
            put_cell(sheet, rows, row, column, table->types[column]);
        sheet_row_end(sheet);
    }
}

static const struct table tables[] = {
    {"trend", SQL_TREND,
     (const char *const[]){"day", "received", "in_time", "late", "late_data", NULL},
     (const enum cell[]){CELL_DAY, CELL_INTEGER, CELL_INTEGER, CELL_INTEGER, CELL_INTEGER}, false},
    {"open", SQL_OPEN_BY_DUE, (const char *const[]){"due", "running", "paused", NULL},
     (const enum cell[]){CELL_DAY, CELL_INTEGER, CELL_INTEGER}, false},
    {"procedures", SQL_BY_PROCEDURE,
     (const char *const[]){"procedure", "running", "overdue", "received", "in_time", "late",
                           "late_data", NULL},
     (const enum cell[]){CELL_TEXT, CELL_INTEGER, CELL_INTEGER, CELL_INTEGER, CELL_INTEGER,
                         CELL_INTEGER, CELL_INTEGER},
     false},
    {"channels", SQL_BY_CHANNEL,
     (const char *const[]){"channel", "received", "in_time", "late", NULL},
     (const enum cell[]){CELL_TEXT, CELL_INTEGER, CELL_INTEGER, CELL_INTEGER}, false},
    {"dossiers", SQL_DOSSIERS,
     (const char *const[]){"code", "procedure", "status", "phase", "accepted_at", "due_at",
                           "overdue", "portal_disagrees", NULL},
     (const enum cell[]){CELL_TEXT, CELL_TEXT, CELL_INTEGER, CELL_TEXT, CELL_TIME, CELL_TIME,
                         CELL_BOOL, CELL_BOOL},
     true},
};
enum { TABLE_COUNT = sizeof tables / sizeof *tables };

/* The parameters of the commune's tables, in the order of `tables`. Returns how many. */
static size_t table_params(size_t table, const struct place *place, int32_t today,
                           struct pg_param params[4])
{
    struct pg_param unit = pg_int32(place->unit_id);
    struct pg_param now = pg_day(today);
    struct pg_param from = pg_day(today - MONTH_DAYS + 1);
    struct pg_param sets[TABLE_COUNT][4] = {
        {unit, from, now}, {unit}, {unit, now, from, now}, {unit, from, now}, {unit, now}};
    static const size_t counts[TABLE_COUNT] = {3, 1, 4, 3, 2};
    memcpy(params, sets[table], sizeof sets[table]);
    return counts[table];
}

static int read_table(const struct viewing *viewing, size_t index, const struct place *place,
                      struct pg_result **ret, struct error *err)
{
    struct pg_param params[4];
    size_t count = table_params(index, place, viewing->scope->model.today, params);
    return pg_exec(viewing->board->pg, tables[index].sql, params, count, ret, err);
}

/* One of a commune's tables as CSV. */
static int view_table(const struct viewing *viewing, size_t index, const struct place *place,
                      struct error *err)
{
    struct pg_result *rows = NULL;
    struct sheet sheet;
    int r = read_table(viewing, index, place, &rows, err);
    if (r == 0)
        r = pg_commit(viewing->board->pg, err);
    if (r == 0 && !sheet_open(&sheet, true, NULL, NULL, tables[index].names))
        r = error_set(err, ERR_NOMEM, "out of memory");
    if (r == 0) {
        char name[64];
        put_rows(&sheet, &tables[index], rows);
        snprintf(name, sizeof name, "%s-%s", place->code, tables[index].key);
        view_answer_csv(viewing, &sheet, name);
    }
    pg_result_free(rows);
    return r;
}

static int view_commune_json(const struct viewing *viewing, const struct place *place,
                             struct error *err)
{
    struct json_out *out = viewing->out;
    int r = 0;
    json_begin_object(out, NULL);
    json_put_integer(out, "at", clock_now());
    json_put_text(out, "code", str_of(place->code));
    json_put_text(out, "name", str_of(place->name));
    json_put_text(out, "kind", str_of(place->kind));
    model_write_figures(out, "figures", place->figures);
    for (size_t i = 0; r == 0 && i < TABLE_COUNT; i++) {
        struct pg_result *rows = NULL;
        struct sheet sheet;
        if (tables[i].dossiers && viewing->identity->role != ROLE_COMMUNE)
            continue;
        r = read_table(viewing, i, place, &rows, err);
        if (r == 0) {
            sheet_open(&sheet, false, out, tables[i].key, tables[i].names);
            put_rows(&sheet, &tables[i], rows);
            sheet_end(&sheet);
        }
        pg_result_free(rows);
    }
    json_end_object(out);
    if (r == 0)
        r = pg_commit(viewing->board->pg, err);
    if (r == 0)
        api_json(viewing->exchange, 200, out);
    return r;
}

/* /communes/CODE, /communes/CODE/TABLE as CSV. */
int view_commune(const struct viewing *viewing, struct error *err)
{
    struct model *model = &viewing->scope->model;
    const char *slash = memchr(viewing->rest.data, '/', viewing->rest.len);
    size_t len = slash ? (size_t)(slash - viewing->rest.data) : viewing->rest.len;
    struct str code = {viewing->rest.data, len};
    struct str name = slash ? (struct str){slash + 1, viewing->rest.len - len - 1} : STR_NONE;
    const struct place *place = NULL;
    size_t table = 0;
    for (size_t i = 0; i < model->place_count; i++) {
        if (str_eq(str_of(model->places[i].code), code))
            place = &model->places[i];
    }
    while (slash && table < TABLE_COUNT && !str_eq(str_of(tables[table].key), name))
        table++;
    if (!place || table == TABLE_COUNT) {
        api_error(viewing->exchange, 404, "Không có đơn vị hoặc bảng này trong phạm vi của bạn", 0);
        return 0;
    }
    if (slash && tables[table].dossiers && viewing->identity->role != ROLE_COMMUNE) {
        api_error(viewing->exchange, 403, "Chỉ cán bộ của đơn vị được xem mã hồ sơ", 0);
        return 0;
    }
    int r = access_begin(viewing->board->pg, viewing->identity->unit_id, err);
    if (r == 0)
        r = slash ? view_table(viewing, table, place, err) : view_commune_json(viewing, place, err);
    pg_rollback(viewing->board->pg);
    return r;
}
