/* Shared inside lib/pg: type OIDs, the epoch of PostgreSQL's times, network byte order. */
#ifndef HOSO_PG_INTERNAL_H
#define HOSO_PG_INTERNAL_H

#include <stdint.h>

/* libpq has an old typedef of this name, which nobody uses any more. */
#define pg_int64 libpq_pg_int64
#include <libpq-fe.h>
#undef pg_int64

#include "pg/pg.h"

/* From the server's catalogue (pg_type.dat); fixed for ever. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_DATE = 1082,
    OID_TIMESTAMPTZ = 1184,
    OID_UUID = 2950,
};

/* PostgreSQL counts from 2000-01-01T00:00:00Z, in microseconds and in days; the ends of the range are the infinities. */
#define PG_EPOCH_MS INT64_C(946684800000)
#define PG_EPOCH_DAYS 10957
#define PG_DAY_INFINITY INT32_MAX
#define PG_TIME_INFINITY INT64_MAX

/* SQL NULL is size -1; data NULL with size >= 0 means inline_bytes. */
#define PG_NULL_SIZE (-1)

static inline void put_be(char *out, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--, value >>= 8)
        out[i] = (char)(unsigned char)value;
}

static inline uint64_t get_be(const char *in, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | (unsigned char)in[i];
    return value;
}

static inline int64_t pg_us_of(int64_t at)
{
    return (at - PG_EPOCH_MS) * 1000;
}

static inline int32_t pg_days_of(int32_t day)
{
    return day - PG_EPOCH_DAYS;
}

struct pg_result {
    PGresult *result;
};

#endif
