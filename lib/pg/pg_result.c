#include "pg/pg_internal.h"

#include <stdlib.h>

#include "base/clock.h"

static const PGresult *rows_of(const struct pg_result *result)
{
    return (const PGresult *)result;
}

struct pg_result *pg_result_free(struct pg_result *result)
{
    PQclear((PGresult *)result);
    return NULL;
}

size_t pg_rows(const struct pg_result *result)
{
    return (size_t)PQntuples(rows_of(result));
}

int64_t pg_affected(const struct pg_result *result)
{
    return strtoll(PQcmdTuples((PGresult *)result), NULL, 10);
}

/*
 * NULL for SQL NULL. Asking for a cell that is not there, or for another type than the column's, is a bug in the program:
 * stop. types end with 0; NULL = any.
 */
static const char *cell(const struct pg_result *result, size_t row, int column,
                        const unsigned *types)
{
    const PGresult *rows = rows_of(result);
    if (row >= pg_rows(result) || column < 0 || column >= PQnfields(rows))
        abort();
    while (types && *types != PQftype(rows, column)) {
        if (*++types == 0)
            abort();
    }
    return PQgetisnull(rows, (int)row, column) ? NULL : PQgetvalue(rows, (int)row, column);
}

bool pg_is_null(const struct pg_result *result, size_t row, int column)
{
    return PQgetisnull(rows_of(result), (int)row, column) != 0;
}

static int cell_size(const struct pg_result *result, size_t row, int column)
{
    return PQgetlength(rows_of(result), (int)row, column);
}

int64_t pg_get_int64(const struct pg_result *result, size_t row, int column)
{
    static const unsigned types[] = {OID_INT8, OID_INT4, OID_INT2, 0};
    const char *at = cell(result, row, column, types);
    if (!at)
        return 0;
    int size = cell_size(result, row, column);
    uint64_t value = pg_read_int(at, size);
    return size == 8 ? (int64_t)value : size == 4 ? (int32_t)value : (int16_t)value;
}

int32_t pg_get_int32(const struct pg_result *result, size_t row, int column)
{
    int64_t value = pg_get_int64(result, row, column);
    if (value < INT32_MIN || value > INT32_MAX)
        abort();
    return (int32_t)value;
}

bool pg_get_bool(const struct pg_result *result, size_t row, int column)
{
    const char *at = cell(result, row, column, (const unsigned[]){OID_BOOL, 0});
    return at && *at;
}

struct str pg_get_text(const struct pg_result *result, size_t row, int column)
{
    const char *at = cell(result, row, column, NULL);
    return at ? (struct str){at, (size_t)cell_size(result, row, column)} : STR_NONE;
}

const uint8_t *pg_get_uuid(const struct pg_result *result, size_t row, int column)
{
    return (const uint8_t *)cell(result, row, column, (const unsigned[]){OID_UUID, 0});
}

int64_t pg_get_time(const struct pg_result *result, size_t row, int column)
{
    const char *at = cell(result, row, column, (const unsigned[]){OID_TIMESTAMPTZ, 0});
    if (!at)
        return NO_TIME;
    int64_t us = (int64_t)pg_read_int(at, 8);
    if (us == INT64_MIN || us == INT64_MAX)
        return NO_TIME;
    /* rounded down, also before 2000 */
    return (us - ((us % 1000 + 1000) % 1000)) / 1000 + PG_EPOCH_MS;
}

int32_t pg_get_day(const struct pg_result *result, size_t row, int column)
{
    const char *at = cell(result, row, column, (const unsigned[]){OID_DATE, 0});
    int32_t wire = at ? (int32_t)pg_read_int(at, 4) : INT32_MAX;
    return wire == INT32_MAX || wire == INT32_MIN ? NO_DAY : wire + PG_EPOCH_DAY;
}
