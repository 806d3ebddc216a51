#include <stdlib.h>

#include "base/clock.h"
#include "pg/pg_internal.h"

struct pg_result *pg_result_free(struct pg_result *result)
{
    if (result)
        PQclear(result->result);
    free(result);
    return NULL;
}

size_t pg_rows(const struct pg_result *result)
{
    return (size_t)PQntuples(result->result);
}

int64_t pg_affected(const struct pg_result *result)
{
    return strtoll(PQcmdTuples(result->result), NULL, 10);
}

bool pg_is_null(const struct pg_result *result, size_t row, int column)
{
    return PQgetisnull(result->result, (int)row, column) != 0;
}

/* The bytes of a cell that must be `size` bytes long (-1 = any); NULL for SQL NULL. Another length is a bug of the query. */
static const char *cell(const struct pg_result *result, size_t row, int column, int size)
{
    if (pg_is_null(result, row, column))
        return NULL;
    if (size >= 0 && PQgetlength(result->result, (int)row, column) != size)
        abort();
    return PQgetvalue(result->result, (int)row, column);
}

int64_t pg_get_int64(const struct pg_result *result, size_t row, int column)
{
    const char *bytes = cell(result, row, column, -1);
    if (!bytes)
        return 0;
    switch (PQgetlength(result->result, (int)row, column)) {
    case 2: return (int16_t)get_be(bytes, 2);
    case 4: return (int32_t)get_be(bytes, 4);
    case 8: return (int64_t)get_be(bytes, 8);
    default: abort();
    }
}

int32_t pg_get_int32(const struct pg_result *result, size_t row, int column)
{
    return (int32_t)pg_get_int64(result, row, column);
}

bool pg_get_bool(const struct pg_result *result, size_t row, int column)
{
    const char *bytes = cell(result, row, column, 1);
    return bytes && *bytes;
}

struct str pg_get_text(const struct pg_result *result, size_t row, int column)
{
    const char *bytes = cell(result, row, column, -1);
    if (!bytes)
        return STR_NONE;
    return (struct str){bytes, (size_t)PQgetlength(result->result, (int)row, column)};
}

const uint8_t *pg_get_uuid(const struct pg_result *result, size_t row, int column)
{
    return (const uint8_t *)cell(result, row, column, 16);
}

int64_t pg_get_time(const struct pg_result *result, size_t row, int column)
{
    const char *bytes = cell(result, row, column, 8);
    if (!bytes)
        return NO_TIME;
    int64_t us = (int64_t)get_be(bytes, 8);
    if (us == PG_TIME_INFINITY || us == INT64_MIN)
        return NO_TIME;
    /* Down, also before 2000. */
    int64_t ms = us / 1000 - (us % 1000 < 0);
    return ms + PG_EPOCH_MS;
}

int32_t pg_get_day(const struct pg_result *result, size_t row, int column)
{
    const char *bytes = cell(result, row, column, 4);
    if (!bytes)
        return NO_DAY;
    int32_t days = (int32_t)get_be(bytes, 4);
    return days == PG_DAY_INFINITY || days == INT32_MIN ? NO_DAY : days + PG_EPOCH_DAYS;
}
