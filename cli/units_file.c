#include <stdlib.h>

#include "base/clock.h"
#include "base/csv.h"
#include "units.h"

enum { COLUMNS_MAX = 8 };

static enum pg_array_type array_type(char column)
{
    switch (column) {
    case 'i': return PG_INT32;
    case 'd': return PG_DAY;
    case 'b': return PG_BOOL;
    default: return PG_TEXT;
    }
}

/* 0, ERR_NOMEM, or ERR_INPUT = not such a value. */
static int append(struct pg_array *array, char column, struct str field)
{
    if (column == 't')
        return pg_array_text(array, field.data ? field : STR(""));
    if (column == 'b')
        return str_eq(field, STR("1"))   ? pg_array_bool(array, true)
               : str_eq(field, STR("0")) ? pg_array_bool(array, false)
                                         : ERR_INPUT;
    if (!str_given(field))
        return pg_array_null(array);
    int32_t day;
    if (column == 'd')
        return date_parse(field, &day) ? pg_array_day(array, day) : ERR_INPUT;
    char *end; /* the reader puts a NUL after each field */
    long number = strtol(field.data, &end, 10);
    return *end == '\0' && number > 0 && number <= INT32_MAX
               ? pg_array_int32(array, (int32_t)number)
               : ERR_INPUT;
}

static int add_record(const struct units_kind *kind, const struct csv *csv, struct pg_array *arrays,
                      struct error *err)
{
    if (pg_array_int32(&arrays[0], csv->line) < 0)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < csv->field_count; i++) {
        int r = append(&arrays[i + 1], kind->columns[i], csv->fields[i]);
        if (r == ERR_INPUT)
            return error_set(err, r, "line %d, column %zu: must be %s", csv->line, i + 1,
                             kind->columns[i] == 'd'   ? "yyyy-MM-dd or empty"
                             : kind->columns[i] == 'b' ? "0 or 1"
                                                       : "a whole number from 1, or empty");
        if (r < 0)
            return error_set(err, r, "out of memory");
    }
    return 0;
}

/* The kind whose header the file has; csv stands behind it. */
static int open_file(struct csv *csv, struct str text, const struct units_kind **ret,
                     struct error *err)
{
    for (const struct units_kind *kind = units_kinds; kind->header; kind++) {
        if (csv_open(csv, text, kind->header, err) == 0) {
            *ret = kind;
            return 0;
        }
    }
    return error_set(err, ERR_INPUT, "line 1: the header must be one of: %s | %s | %s",
                     units_kinds[0].header, units_kinds[1].header, units_kinds[2].header);
}

static int fill(struct pg *pg, const struct units_kind *kind, const struct pg_array *arrays,
                struct error *err)
{
    struct pg_param params[COLUMNS_MAX + 1];
    size_t count = strlen(kind->columns) + 1;
    for (size_t i = 0; i < count; i++)
        params[i] = pg_array_param(&arrays[i]);
    int r = pg_script(pg, kind->create, err);
    return r < 0 ? r : pg_exec(pg, kind->fill, params, count, NULL, err);
}

int units_file_load(struct pg *pg, struct str text, const struct units_kind **ret_kind,
                    size_t *ret_rows, struct error *err)
{
    struct csv csv;
    struct pg_array arrays[COLUMNS_MAX + 1];
    const struct units_kind *kind = NULL;
    int r = open_file(&csv, text, &kind, err);
    if (r < 0)
        return r;
    size_t count = strlen(kind->columns);
    pg_array_init(&arrays[0], PG_INT32);
    for (size_t i = 0; i < count; i++)
        pg_array_init(&arrays[i + 1], array_type(kind->columns[i]));
    while ((r = csv_next(&csv, err)) > 0) {
        r = add_record(kind, &csv, arrays, err);
        if (r < 0)
            break;
    }
    *ret_rows = (size_t)arrays[0].count;
    *ret_kind = kind;
    if (r == 0)
        r = fill(pg, kind, arrays, err);
    for (size_t i = 0; i <= count; i++)
        pg_array_deinit(&arrays[i]);
    return r;
}
