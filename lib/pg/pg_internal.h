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

/* One statement of the queue (pg_queue.c). */
enum { PG_QUEUE_PARAMS_MAX = 20, PG_QUEUE_MAX = 24 };
struct pg_step {
    const char *sql;
    struct pg_param params[PG_QUEUE_PARAMS_MAX];
    size_t count;
    int64_t wanted;             /* rows changed, PG_ANY = no matter */
    struct pg_result **ret;     /* NULL = rows are of no interest */
    const struct pg_copy *copy; /* not NULL: a COPY of these rows */
};
struct pg_queue {
    struct pg_step steps[PG_QUEUE_MAX];
    size_t count;
    size_t next;   /* step under way */
    bool sent;     /* the step has been sent */
    bool copying;  /* the server takes its rows */
    bool writes;   /* bytes wait for the socket */
    size_t copied; /* bytes of its rows handed to libpq */
    bool together; /* all of it is on its way (pipeline mode) */
    bool ended;    /* then: the last thing that libpq gave was the end of a step */
    int failure;   /* then: the first, which is told when all has been answered */
    struct error why;
};

struct pg {
    PGconn *connection;
    char sqlstate[6];
    struct pg_queue queue;
    size_t statement_count;
    struct pg_statement statements[PG_STATEMENTS_MAX];
};

/* Sizes of a struct pg_param that are none. */
enum { PG_SIZE_NULL = -1, PG_SIZE_TOO_LARGE = -2 };

/* Big-endian, as on the wire. size: 1 to 8; a constant makes it one instruction or two. */
static inline void pg_write_int(char *out, uint64_t value, int size)
{
    const uint64_t wire = __builtin_bswap64(value << (64 - 8 * size));
    memcpy(out, &wire, (size_t)size);
}
uint64_t pg_read_int(const char *in, int size);

/* Unix ms to PostgreSQL's microseconds, saturating just inside the infinities: the server then refuses it as bad data. */
int64_t pg_time_to_wire(int64_t at);
/* Day to PostgreSQL's, likewise; NO_DAY = infinity. */
int32_t pg_day_to_wire(int32_t day);

/* Parameters as libpq takes them; views into what they were made from. */
struct pg_bound {
    unsigned types[PG_PARAMS_MAX];
    const char *values[PG_PARAMS_MAX];
    int sizes[PG_PARAMS_MAX];
    int formats[PG_PARAMS_MAX];
};
/* ERR_INPUT: one is too large; ERR_FAILED: too many. */
int pg_bind(struct pg_bound *bound, const struct pg_param *params, size_t count, struct error *err);
/* The name of the statement, prepared (and waited for) if it is not yet. */
int pg_prepared(struct pg *pg, const char *sql, const struct pg_bound *bound, size_t count,
                char ret_name[16], struct error *err);

/* Empties the queue and frees the results it has handed out. */
void pg_queue_drop(struct pg *pg);

/* Sets pg->sqlstate and turns a failed result (may be NULL) into a class and a text. */
int pg_failure(struct pg *pg, const PGresult *result, struct error *err);

#endif
