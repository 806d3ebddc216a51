/* Shared by the files of lib/pg. A struct pg_result is libpq's PGresult under another name: no copy, no allocation. */
#ifndef HOSO_PG_INTERNAL_H
#define HOSO_PG_INTERNAL_H

/* libpq has a type of this name; ours is a function. */
#define pg_int64 libpq_int64
#include <libpq-fe.h>
#undef pg_int64

#include "pg/pg.h"

/* PostgreSQL's fixed type OIDs (pg_type.dat). */
enum {
    OID_UNKNOWN = 0,
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_DATE = 1082,
    OID_TIMESTAMPTZ = 1184,
    OID_UUID = 2950,
    OID_BOOL_ARRAY = 1000,
    OID_BYTEA_ARRAY = 1001,
    OID_INT2_ARRAY = 1005,
    OID_INT4_ARRAY = 1007,
    OID_TEXT_ARRAY = 1009,
    OID_INT8_ARRAY = 1016,
    OID_DATE_ARRAY = 1182,
    OID_TIMESTAMPTZ_ARRAY = 1185,
    OID_UUID_ARRAY = 2951,
};

/* PostgreSQL counts from 2000-01-01: days, and microseconds in UTC. */
#define PG_EPOCH_DAY 10957
#define PG_EPOCH_MS (PG_EPOCH_DAY * MS_PER_DAY)

struct pg_statement {
    char *sql;
    unsigned *types; /* of its parameters, as it was prepared */
    size_t count;
};

enum { PG_PARAMS_MAX = 128, PG_STATEMENTS_MAX = 256 };

struct pg {
    PGconn *connection;
    char sqlstate[6];
    size_t statement_count;
    struct pg_statement statements[PG_STATEMENTS_MAX];
};

/* Sizes of a struct pg_param that are none. */
enum { PG_SIZE_NULL = -1, PG_SIZE_TOO_LARGE = -2 };

/* Big-endian, as on the wire. */
void pg_write_int(char *out, uint64_t value, int size);
uint64_t pg_read_int(const char *in, int size);

/* Unix ms to PostgreSQL's microseconds, saturating just inside the infinities: the server then refuses it as bad data. */
int64_t pg_time_to_wire(int64_t at);
/* Day to PostgreSQL's, likewise; NO_DAY = infinity. */
int32_t pg_day_to_wire(int32_t day);

/* Sets pg->sqlstate and turns a failed result (may be NULL) into a class and a text. */
int pg_failure(struct pg *pg, const PGresult *result, struct error *err);

#endif
