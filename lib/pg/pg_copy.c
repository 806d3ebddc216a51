/* Rows of COPY's binary format: a count of columns, then each column's length (-1 = NULL) and bytes. */
#include "pg/pg_internal.h"

#include <stdlib.h>

#include "base/clock.h"

static const char header[] =
    "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* then its own NUL: 19 bytes in all */

void pg_copy_init(struct pg_copy *copy)
{
    *copy = (struct pg_copy){0};
}

void pg_copy_clear(struct pg_copy *copy)
{
    copy->size = 0;
    copy->rows = 0;
    copy->failed = false;
}

void pg_copy_deinit(struct pg_copy *copy)
{
    free(copy->data);
    pg_copy_init(copy);
}

static bool grow(struct pg_copy *copy, size_t more)
{
    size_t capacity = copy->capacity ? copy->capacity : 4096;
    while (capacity < copy->size + more)
        capacity *= 2;
    char *data = copy->failed ? NULL : realloc(copy->data, capacity);
    if (!data) {
        copy->failed = true;
        return false;
    }
    copy->data = data;
    copy->capacity = capacity;
    return true;
}

/* Where `size` further bytes go; NULL when memory is short. */
static inline char *append(struct pg_copy *copy, size_t size)
{
    if (copy->size + size > copy->capacity && !grow(copy, size))
        return NULL;
    char *at = copy->data + copy->size;
    copy->size += size;
    return at;
}

static inline void append_int(struct pg_copy *copy, uint64_t value, int size)
{
    char *at = append(copy, 4 + (size_t)size);
    if (!at)
        return;
    pg_write_int(at, (uint64_t)size, 4);
    pg_write_int(at + 4, value, size);
}

void pg_copy_row(struct pg_copy *copy, int16_t columns)
{
    if (copy->size == 0) {
        char *at = append(copy, sizeof header);
        if (at)
            memcpy(at, header, sizeof header);
    }
    char *at = append(copy, 2);
    if (at)
        pg_write_int(at, (uint64_t)columns, 2);
    copy->rows++;
}

void pg_copy_int16(struct pg_copy *copy, int16_t value)
{
    append_int(copy, (uint64_t)value, 2);
}

void pg_copy_int32(struct pg_copy *copy, int32_t value)
{
    append_int(copy, (uint64_t)value, 4);
}

void pg_copy_int64(struct pg_copy *copy, int64_t value)
{
    append_int(copy, (uint64_t)value, 8);
}

void pg_copy_bool(struct pg_copy *copy, bool value)
{
    append_int(copy, value, 1);
}

void pg_copy_tri(struct pg_copy *copy, int tri)
{
    if (tri < 0)
        pg_copy_null(copy);
    else
        pg_copy_bool(copy, tri != 0);
}

void pg_copy_text(struct pg_copy *copy, struct str value)
{
    if (!value.data) {
        pg_copy_null(copy);
        return;
    }
    if (value.len > INT32_MAX) {
        copy->failed = true;
        return;
    }
    char *at = append(copy, 4 + value.len);
    if (!at)
        return;
    pg_write_int(at, value.len, 4);
    memcpy(at + 4, value.data, value.len);
}

void pg_copy_uuid(struct pg_copy *copy, const uint8_t bytes[16])
{
    pg_copy_text(copy, (struct str){(const char *)bytes, 16});
}

void pg_copy_time(struct pg_copy *copy, int64_t at)
{
    if (at == NO_TIME)
        pg_copy_null(copy);
    else
        append_int(copy, (uint64_t)pg_time_to_wire(at), 8);
}

void pg_copy_day(struct pg_copy *copy, int32_t day)
{
    append_int(copy, (uint64_t)pg_day_to_wire(day), 4);
}

void pg_copy_null(struct pg_copy *copy)
{
    char *at = append(copy, 4);
    if (at)
        memset(at, 0xff, 4);
}
