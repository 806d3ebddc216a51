#include "pg/migrate_internal.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/csv.h"

enum { COLUMNS_MAX = 8 };

enum column_kind {
    COLUMN_NONE /* the row ends */,
    COLUMN_TEXT,
    COLUMN_ID,
    COLUMN_FLAG,
    COLUMN_DAY
};

/* One reference table: how its file's columns become the arrays $1, $2, …, and what inserts them. */
struct table {
    const char *file;
    const char *header;
    enum column_kind columns[COLUMNS_MAX];
    const char *sql;
};

/* Rows that an existing one already covers for some day would make a code ambiguous: they stay out. */
static const struct table tables[] = {
    {"reference/units.csv",
     "unit_id,code,name,kind,valid_from,valid_to,successor_id,split",
     {COLUMN_ID, COLUMN_TEXT, COLUMN_TEXT, COLUMN_TEXT, COLUMN_DAY, COLUMN_DAY, COLUMN_ID,
      COLUMN_FLAG},
     "INSERT INTO hoso.unit (unit_id, code, name, kind, valid_from, valid_to, successor_id, split) "
     "SELECT n.unit_id, n.code, n.name, n.kind, coalesce(n.valid_from, '-infinity'), "
     "coalesce(n.valid_to, 'infinity'), n.successor_id, n.split "
     "FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::date[], $6::date[], "
     "$7::int[], "
     "$8::bool[]) AS n (unit_id, code, name, kind, valid_from, valid_to, successor_id, split) "
     "WHERE NOT EXISTS (SELECT FROM hoso.unit u WHERE u.code = n.code AND "
     "u.valid_from <= coalesce(n.valid_to, 'infinity') AND "
     "u.valid_to >= coalesce(n.valid_from, '-infinity')) ON CONFLICT DO NOTHING"},
    {"reference/agencies.csv",
     "agency_code,unit_code,valid_from,valid_to",
     {COLUMN_TEXT, COLUMN_TEXT, COLUMN_DAY, COLUMN_DAY},
     "INSERT INTO hoso.agency (agency_code, unit_code, valid_from, valid_to) "
     "SELECT n.agency_code, n.unit_code, coalesce(n.valid_from, '-infinity'), "
     "coalesce(n.valid_to, 'infinity') "
     "FROM unnest($1::text[], $2::text[], $3::date[], $4::date[]) "
     "AS n (agency_code, unit_code, valid_from, valid_to) "
     "WHERE NOT EXISTS (SELECT FROM hoso.agency a WHERE a.agency_code = n.agency_code AND "
     "a.valid_from <= coalesce(n.valid_to, 'infinity') AND "
     "a.valid_to >= coalesce(n.valid_from, '-infinity')) ON CONFLICT DO NOTHING"},
    {"reference/unit_splits.csv",
     "unit_id,candidate_id",
     {COLUMN_ID, COLUMN_ID},
     "INSERT INTO hoso.unit_split (unit_id, candidate_id) "
     "SELECT * FROM unnest($1::int[], $2::int[]) ON CONFLICT DO NOTHING"},
    {"reference/work_calendar.csv",
     "date,type,name,basis,evidence",
     {COLUMN_DAY, COLUMN_TEXT, COLUMN_TEXT, COLUMN_TEXT, COLUMN_TEXT},
     "INSERT INTO hoso.work_calendar (day, off, name, basis) "
     "SELECT day, type = 'off', name, basis || ' (' || evidence || ')' "
     "FROM unnest($1::date[], $2::text[], $3::text[], $4::text[], $5::text[]) "
     "AS n (day, type, name, basis, evidence) "
     "ON CONFLICT DO NOTHING"},
    {0},
};

static enum pg_array_type array_type(enum column_kind kind)
{
    switch (kind) {
    case COLUMN_ID: return PG_INT32;
    case COLUMN_FLAG: return PG_BOOL;
    case COLUMN_DAY: return PG_DAY;
    default: return PG_TEXT;
    }
}

/* 0, ERR_NOMEM, or ERR_INPUT = not a value of that kind. Empty ids and days are NULL. */
static int append_field(struct pg_array *array, enum column_kind kind, struct str field)
{
    int32_t day;
    char *end;
    if (kind == COLUMN_TEXT)
        return pg_array_text(array, field.data ? field : STR(""));
    if (kind == COLUMN_FLAG)
        return str_eq(field, STR("1"))   ? pg_array_bool(array, true)
               : str_eq(field, STR("0")) ? pg_array_bool(array, false)
                                         : ERR_INPUT;
    if (!str_given(field))
        return pg_array_null(array);
    if (kind == COLUMN_DAY)
        return date_parse(field, &day) ? pg_array_day(array, day) : ERR_INPUT;
    long id = strtol(field.data, &end, 10); /* the reader puts a NUL after each field */
    return *end == '\0' && id > 0 && id <= INT32_MAX ? pg_array_int32(array, (int32_t)id)
                                                     : ERR_INPUT;
}

static int append_record(const struct csv *csv, const struct table *table, struct pg_array *arrays,
                         struct error *err)
{
    for (size_t i = 0; i < csv->field_count; i++) {
        int r = append_field(&arrays[i], table->columns[i], csv->fields[i]);
        if (r < 0)
            return error_set(err, r, r == ERR_NOMEM ? "out of memory" : "line %d: bad column %zu",
                             csv->line, i + 1);
    }
    return 0;
}

static size_t column_count(const struct table *table)
{
    size_t count = 0;
    while (count < COLUMNS_MAX && table->columns[count] != COLUMN_NONE)
        count++;
    return count;
}

static int insert_missing(struct pg *pg, const struct table *table, struct str text,
                          struct pg_array *arrays, int64_t *ret_inserted, struct error *err)
{
    struct csv csv;
    struct pg_param params[COLUMNS_MAX];
    struct pg_result *result = NULL;
    size_t count = column_count(table);
    int r = csv_open(&csv, text, table->header, err);
    while (r == 0 && (r = csv_next(&csv, err)) == 1)
        r = append_record(&csv, table, arrays, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++)
        params[i] = pg_array_param(&arrays[i]);
    r = pg_exec(pg, table->sql, params, count, &result, err);
    if (r == 0)
        *ret_inserted = pg_affected(result);
    pg_result_free(result);
    return r;
}

int migrate_reference_file(struct pg *pg, const struct embedded_file *file, int64_t *ret_inserted,
                           struct error *err)
{
    const struct table *table = tables;
    struct pg_array arrays[COLUMNS_MAX];
    while (table->file && strcmp(table->file, file->name) != 0)
        table++;
    if (!table->file)
        return error_set(err, ERR_FAILED, "no table belongs to this file");
    size_t count = column_count(table);
    for (size_t i = 0; i < count; i++)
        pg_array_init(&arrays[i], array_type(table->columns[i]));
    int r = insert_missing(pg, table, (struct str){(const char *)file->data, file->size}, arrays,
                           ret_inserted, err);
    for (size_t i = 0; i < count; i++)
        pg_array_deinit(&arrays[i]);
    return r;
}
