#include "pg/pg_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"

/*
 * On the wire: dimensions, has-NULLs, element type, length, lower bound (4 bytes each), then per element its length
 * (-1 = NULL) and bytes. `data` begins with the header, so that pg_array_param has nothing to build.
 */
enum { HEADER_SIZE = 20, COUNT_OFFSET = 12, SIZE_MAX_BYTES = 1 << 30 };

static const struct {
    unsigned element;
    unsigned array;
} types[] = {
    [PG_INT16] = {OID_INT2, OID_INT2_ARRAY}, [PG_INT32] = {OID_INT4, OID_INT4_ARRAY},
    [PG_INT64] = {OID_INT8, OID_INT8_ARRAY}, [PG_BOOL] = {OID_BOOL, OID_BOOL_ARRAY},
    [PG_TEXT] = {OID_TEXT, OID_TEXT_ARRAY},  [PG_BYTEA] = {OID_BYTEA, OID_BYTEA_ARRAY},
    [PG_UUID] = {OID_UUID, OID_UUID_ARRAY},  [PG_TIME] = {OID_TIMESTAMPTZ, OID_TIMESTAMPTZ_ARRAY},
    [PG_DAY] = {OID_DATE, OID_DATE_ARRAY},
};

void pg_array_init(struct pg_array *array, enum pg_array_type type)
{
    *array = (struct pg_array){.type = types[type].element};
}

void pg_array_clear(struct pg_array *array)
{
    array->size = 0;
    array->count = 0;
}

void pg_array_deinit(struct pg_array *array)
{
    free(array->data);
    *array = (struct pg_array){.type = array->type};
}

static int reserve(struct pg_array *array, size_t more)
{
    if (array->size + more <= array->capacity)
        return 0;
    size_t capacity = array->capacity ? array->capacity : 256;
    while (capacity < array->size + more)
        capacity *= 2;
    char *data = capacity <= SIZE_MAX_BYTES ? realloc(array->data, capacity) : NULL;
    if (!data)
        return ERR_NOMEM;
    array->data = data;
    array->capacity = capacity;
    return 0;
}

static void write_header(struct pg_array *array)
{
    char *header = array->data;
    pg_write_int(header, 1, 4);
    pg_write_int(header + 4, 1, 4); /* NULLs may follow; the server looks at each length anyway */
    pg_write_int(header + 8, array->type, 4);
    pg_write_int(header + 16, 1, 4);
    array->size = HEADER_SIZE;
}

/* Room for one element of `size` bytes (-1 = NULL) with its length written; *ret is where the bytes go. */
static int append(struct pg_array *array, int32_t size, char **ret)
{
    size_t bytes = size > 0 ? (size_t)size : 0;
    int r = reserve(array, HEADER_SIZE + 4 + bytes);
    if (r < 0)
        return r;
    if (array->size == 0)
        write_header(array);
    pg_write_int(array->data + array->size, (uint64_t)size, 4);
    *ret = array->data + array->size + 4;
    array->size += 4 + bytes;
    array->count++;
    pg_write_int(array->data + COUNT_OFFSET, (uint64_t)array->count, 4);
    return 0;
}

static int append_int(struct pg_array *array, unsigned type, uint64_t value, int size)
{
    char *at;
    assert(array->type == type);
    (void)type;
    int r = append(array, size, &at);
    if (r == 0)
        pg_write_int(at, value, size);
    return r;
}

int pg_array_null(struct pg_array *array)
{
    char *at;
    return append(array, -1, &at);
}

int pg_array_int16(struct pg_array *array, int16_t value)
{
    return append_int(array, OID_INT2, (uint64_t)value, 2);
}

int pg_array_int32(struct pg_array *array, int32_t value)
{
    return append_int(array, OID_INT4, (uint64_t)value, 4);
}

int pg_array_int64(struct pg_array *array, int64_t value)
{
    return append_int(array, OID_INT8, (uint64_t)value, 8);
}

int pg_array_bool(struct pg_array *array, bool value)
{
    return append_int(array, OID_BOOL, value, 1);
}

int pg_array_tri(struct pg_array *array, int tri)
{
    return tri < 0 ? pg_array_null(array) : pg_array_bool(array, tri != 0);
}

int pg_array_text(struct pg_array *array, struct str value)
{
    char *at;
    assert(array->type == OID_TEXT || array->type == OID_BYTEA);
    if (!value.data)
        return pg_array_null(array);
    if (value.len > SIZE_MAX_BYTES)
        return ERR_NOMEM;
    int r = append(array, (int32_t)value.len, &at);
    if (r == 0 && value.len > 0)
        memcpy(at, value.data, value.len);
    return r;
}

int pg_array_uuid(struct pg_array *array, const uint8_t bytes[16])
{
    char *at;
    assert(array->type == OID_UUID);
    int r = append(array, 16, &at);
    if (r == 0)
        memcpy(at, bytes, 16);
    return r;
}

int pg_array_time(struct pg_array *array, int64_t at)
{
    if (at == NO_TIME)
        return pg_array_null(array);
    return append_int(array, OID_TIMESTAMPTZ, (uint64_t)pg_time_to_wire(at), 8);
}

int pg_array_day(struct pg_array *array, int32_t day)
{
    return append_int(array, OID_DATE, (uint64_t)pg_day_to_wire(day), 4);
}

struct pg_param pg_array_param(const struct pg_array *array)
{
    struct pg_param param = {.data = array->data, .size = (int)array->size};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].element == array->type)
            param.type = types[i].array;
    }
    if (array->count == 0) { /* no dimension at all, and perhaps no memory yet */
        param.data = NULL;
        param.size = 12;
        pg_write_int(param.inline_bytes + 8, array->type, 4);
    }
    return param;
}
