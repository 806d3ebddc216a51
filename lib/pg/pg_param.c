#include "base/clock.h"
#include "pg/pg_internal.h"

static struct pg_param number(unsigned type, uint64_t value, int bytes)
{
    struct pg_param param = {.size = bytes, .type = type};
    put_be(param.inline_bytes, value, bytes);
    return param;
}

static struct pg_param view(unsigned type, struct str value)
{
    /* An empty text has no data of its own to point at, yet is not NULL. */
    if (!value.data)
        return (struct pg_param){.size = PG_NULL_SIZE, .type = type};
    return (struct pg_param){.data = value.data, .size = (int)value.len, .type = type};
}

struct pg_param pg_int32(int32_t value)
{
    return number(OID_INT4, (uint32_t)value, 4);
}

struct pg_param pg_int64(int64_t value)
{
    return number(OID_INT8, (uint64_t)value, 8);
}

struct pg_param pg_bool(bool value)
{
    return number(OID_BOOL, value, 1);
}

struct pg_param pg_text(struct str value)
{
    return view(OID_TEXT, value);
}

struct pg_param pg_bytes(struct str value)
{
    return view(OID_BYTEA, value);
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
        return (struct pg_param){.size = PG_NULL_SIZE, .type = OID_TIMESTAMPTZ};
    return number(OID_TIMESTAMPTZ, (uint64_t)pg_us_of(at), 8);
}

struct pg_param pg_day(int32_t day)
{
    int32_t days = day == NO_DAY ? PG_DAY_INFINITY : pg_days_of(day);
    return number(OID_DATE, (uint32_t)days, 4);
}

struct pg_param pg_null(void)
{
    return (struct pg_param){.size = PG_NULL_SIZE};
}
