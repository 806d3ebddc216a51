/*
 * Binary arrays as the server reads them (array_recv): number of dimensions, a has-NULL flag, element type, then length and
 * lower bound of the one dimension, then each element as its length and bytes, -1 for NULL.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "pg/pg_internal.h"

enum { HEADER_SIZE = 20, FIRST_CAPACITY = 256 };

static const struct {
    unsigned element;
    unsigned array;
} oids[] = {
    [PG_INT16] = {OID_INT2, 1005}, [PG_INT32] = {OID_INT4, 1007},
    [PG_INT64] = {OID_INT8, 1016}, [PG_BOOL] = {OID_BOOL, 1000},
    [PG_TEXT] = {OID_TEXT, 1009},  [PG_BYTEA] = {OID_BYTEA, 1001},
    [PG_UUID] = {OID_UUID, 2951},  [PG_TIME] = {OID_TIMESTAMPTZ, 1185},
    [PG_DAY] = {OID_DATE, 1182},
};

static unsigned array_oid(unsigned element)
{
    for (size_t i = 0; i < sizeof oids / sizeof *oids; i++) {
        if (oids[i].element == element)
            return oids[i].array;
    }
    abort(); /* an array that pg_array_init has not seen: a bug */
}

void pg_array_init(struct pg_array *array, enum pg_array_type type)
{
    *array = (struct pg_array){.type = oids[type].element};
}

void pg_array_clear(struct pg_array *array)
{
    array->size = 0;
    array->count = 0;
}

void pg_array_deinit(struct pg_array *array)
{
    free(array->data);
    array->data = NULL;
    array->size = array->capacity = 0;
    array->count = 0;
}

/* Room for one more element of `bytes`; its place, or NULL. The header goes before the first, with NULLs allowed. */
static char *element(struct pg_array *array, size_t bytes)
{
    size_t used = array->size ? array->size : HEADER_SIZE;
    size_t needed = used + 4 + bytes;
    if (needed > INT32_MAX || array->count == INT32_MAX)
        return NULL;
    if (needed > array->capacity) {
        size_t capacity = array->capacity ? array->capacity : FIRST_CAPACITY;
        while (capacity < needed)
            capacity *= 2;
        char *grown = realloc(array->data, capacity);
        if (!grown)
            return NULL;
        array->data = grown;
        array->capacity = capacity;
    }
    array->size = needed;
    array->count++;
    put_be(array->data, 1, 4);
    put_be(array->data + 4, 1, 4);
    put_be(array->data + 8, array->type, 4);
    put_be(array->data + 12, (uint32_t)array->count, 4);
    put_be(array->data + 16, 1, 4);
    put_be(array->data + used, bytes, 4);
    return array->data + used + 4;
}

static int append_number(struct pg_array *array, uint64_t value, int bytes)
{
    char *place = element(array, (size_t)bytes);
    if (!place)
        return ERR_NOMEM;
    put_be(place, value, bytes);
    return 0;
}

static int append_bytes(struct pg_array *array, const void *bytes, size_t size)
{
    char *place = element(array, size);
    if (!place)
        return ERR_NOMEM;
    if (size > 0)
        memcpy(place, bytes, size);
    return 0;
}

int pg_array_int16(struct pg_array *array, int16_t value)
{
    return append_number(array, (uint16_t)value, 2);
}

int pg_array_int32(struct pg_array *array, int32_t value)
{
    return append_number(array, (uint32_t)value, 4);
}

int pg_array_int64(struct pg_array *array, int64_t value)
{
    return append_number(array, (uint64_t)value, 8);
}

int pg_array_bool(struct pg_array *array, bool value)
{
    return append_number(array, value, 1);
}

int pg_array_tri(struct pg_array *array, int tri)
{
    return tri < 0 ? pg_array_null(array) : pg_array_bool(array, tri != 0);
}

int pg_array_text(struct pg_array *array, struct str value)
{
    return value.data ? append_bytes(array, value.data, value.len) : pg_array_null(array);
}

int pg_array_uuid(struct pg_array *array, const uint8_t bytes[16])
{
    return append_bytes(array, bytes, 16);
}

int pg_array_time(struct pg_array *array, int64_t at)
{
    return at == NO_TIME ? pg_array_null(array) : append_number(array, (uint64_t)pg_us_of(at), 8);
}

int pg_array_day(struct pg_array *array, int32_t day)
{
    int32_t days = day == NO_DAY ? PG_DAY_INFINITY : pg_days_of(day);
    return append_number(array, (uint32_t)days, 4);
}

int pg_array_null(struct pg_array *array)
{
    if (!element(array, 0))
        return ERR_NOMEM;
    put_be(array->data + array->size - 4, UINT32_MAX, 4);
    return 0;
}

struct pg_param pg_array_param(const struct pg_array *array)
{
    struct pg_param param = {.type = array_oid(array->type)};
    if (array->count > 0) {
        param.data = array->data;
        param.size = (int)array->size;
        return param;
    }
    /* No elements: no dimensions either. */
    put_be(param.inline_bytes + 8, array->type, 4);
    param.size = 12;
    return param;
}
