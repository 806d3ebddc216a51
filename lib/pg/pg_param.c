#include "pg/pg_internal.h"

#include "base/clock.h"

uint64_t pg_read_int(const char *in, int size)
{
    uint64_t value = 0;
    for (int i = 0; i < size; i++)
        value = value << 8 | (unsigned char)in[i];
    return value;
}

int64_t pg_time_to_wire(int64_t at)
{
    int64_t us;
    if (__builtin_sub_overflow(at, PG_EPOCH_MS, &us) || __builtin_mul_overflow(us, 1000, &us))
        return at < 0 ? INT64_MIN + 1 : INT64_MAX - 1;
    return us;
}

int32_t pg_day_to_wire(int32_t day)
{
    int32_t wire;
    if (day == NO_DAY)
        return INT32_MAX;
    return __builtin_sub_overflow(day, PG_EPOCH_DAY, &wire) ? INT32_MIN + 1 : wire;
}

static struct pg_param null_param(unsigned type)
{
    return (struct pg_param){.size = PG_SIZE_NULL, .type = type};
}

static struct pg_param inline_param(unsigned type, uint64_t value, int size)
{
    struct pg_param param = {.size = size, .type = type};
    pg_write_int(param.inline_bytes, value, size);
    return param;
}

struct pg_param pg_int32(int32_t value)
{
    return inline_param(OID_INT4, (uint64_t)value, 4);
}

struct pg_param pg_int64(int64_t value)
{
    return inline_param(OID_INT8, (uint64_t)value, 8);
}

struct pg_param pg_bool(bool value)
{
    return inline_param(OID_BOOL, value, 1);
}

static struct pg_param view_param(unsigned type, struct str value)
{
    if (!value.data)
        return null_param(type);
    return (struct pg_param){.data = value.data,
                             .size = value.len > INT32_MAX ? PG_SIZE_TOO_LARGE : (int)value.len,
                             .type = type};
}

struct pg_param pg_text(struct str value)
{
    return view_param(OID_TEXT, value);
}

struct pg_param pg_bytes(struct str value)
{
    return view_param(OID_BYTEA, value);
}

struct pg_param pg_uuid(const uint8_t bytes[16])
{
    struct pg_param param = {.size = 16, .type = OID_UUID};
    memcpy(param.inline_bytes, bytes, 16);
    return param;
}

struct pg_param pg_time(int64_t at)
{
    if (at == NO_TIME)
        return null_param(OID_TIMESTAMPTZ);
    return inline_param(OID_TIMESTAMPTZ, (uint64_t)pg_time_to_wire(at), 8);
}

struct pg_param pg_day(int32_t day)
{
    return inline_param(OID_DATE, (uint64_t)pg_day_to_wire(day), 4);
}

struct pg_param pg_null(void)
{
    return null_param(OID_UNKNOWN);
}
