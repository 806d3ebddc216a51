/*
 * PostgreSQL through libpq; the only folder that includes libpq-fe.h. Parameters are always bound.
 * Synchronous: each call returns when the server has answered. One thread per connection.
 */
#ifndef HOSO_PG_PG_H
#define HOSO_PG_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct pg;        /* a connection */
struct pg_result; /* rows of one query */

/*
 * conninfo as libpq reads it; search_path is set to hoso, pg_catalog, the time zone to UTC; application_name as given. The password
 * never appears in an error text. ERR_UNAVAILABLE: server not reachable within 10 s, starting up, full; mistakes (bad
 * conninfo, no such database or role, wrong password) are ERR_INPUT.
 */
int pg_connect(const char *conninfo, const char *application_name, struct pg **ret,
               struct error *err);
struct pg *pg_free(struct pg *pg); /* NULL is fine; returns NULL */
/* Tables that statements name without a schema are looked for in this one first, then in hoso. As pg_exec. */
int pg_look_first(struct pg *pg, const char *schema, struct error *err);
/* The socket, for poll(2); -1 when broken. */
int pg_fd(const struct pg *pg);
/* false once the connection is lost: free it and connect again. */
bool pg_alive(const struct pg *pg);

/* A bound parameter. Build with the pg_* functions below; views must live until the call returns. */
struct pg_param {
    const char *data; /* binary, network order; NULL = inline_bytes */
    int size;         /* bytes; -1 = SQL NULL */
    unsigned type;    /* PostgreSQL type OID */
    char inline_bytes[16];
};
struct pg_param pg_int32(int32_t value);
struct pg_param pg_int64(int64_t value);
struct pg_param pg_bool(bool value);
struct pg_param pg_text(struct str value);  /* data NULL and len 0 = SQL NULL; STR("") = '' */
struct pg_param pg_bytes(struct str value); /* bytea */
struct pg_param pg_uuid(const uint8_t bytes[16]);
struct pg_param pg_time(int64_t at); /* timestamptz from Unix ms; NO_TIME = NULL */
struct pg_param pg_day(int32_t day); /* date; NO_DAY = 'infinity' */
struct pg_param pg_null(void);       /* NULL of unknown type */

/*
 * A column of values for unnest($n::type[]): a binary array that grows. One per column of a batch, reused.
 * Append functions return 0 or ERR_NOMEM. pg_array_param is valid until the next change of the array.
 */
struct pg_array {
    unsigned type; /* element OID */
    char *data;
    size_t size;
    size_t capacity;
    int32_t count;
};
enum pg_array_type {
    PG_INT16,
    PG_INT32,
    PG_INT64,
    PG_BOOL,
    PG_TEXT,
    PG_BYTEA,
    PG_UUID,
    PG_TIME,
    PG_DAY
};
void pg_array_init(struct pg_array *array, enum pg_array_type type);
void pg_array_clear(struct pg_array *array); /* keeps the memory */
void pg_array_deinit(struct pg_array *array);
int pg_array_int16(struct pg_array *array, int16_t value);
int pg_array_int32(struct pg_array *array, int32_t value);
int pg_array_int64(struct pg_array *array, int64_t value);
int pg_array_bool(struct pg_array *array, bool value);
int pg_array_tri(struct pg_array *array, int tri);           /* PG_BOOL: -1 = NULL */
int pg_array_text(struct pg_array *array, struct str value); /* as pg_text; also PG_BYTEA */
int pg_array_uuid(struct pg_array *array, const uint8_t bytes[16]);
int pg_array_time(struct pg_array *array, int64_t at);
int pg_array_day(struct pg_array *array, int32_t day);
int pg_array_null(struct pg_array *array);
struct pg_param pg_array_param(const struct pg_array *array);

/*
 * Runs one statement, prepared once per connection for its text and its parameters' types (at most 256 different ones: sql
 * must not be put together from values). *ret may be NULL when no rows are wanted; otherwise freed by pg_result_free.
 * ERR_UNAVAILABLE: connection lost, or a server that says "later" (inside a transaction nothing is committed; a COMMIT is then of unknown outcome).
 * ERR_CONFLICT: serialization failure, deadlock, unique violation (40001, 40P01, 23505). ERR_INPUT: bad data (22xxx, 23xxx).
 * ERR_FAILED: anything else. The text carries SQLSTATE and the server's primary message, never a parameter's value.
 */
int pg_exec(struct pg *pg, const char *sql, const struct pg_param *params, size_t count,
            struct pg_result **ret, struct error *err);
/* Several statements as plain text in one round trip (migrations); no parameters. Errors as pg_exec. */
int pg_script(struct pg *pg, const char *sql, struct error *err);
int pg_begin(struct pg *pg, struct error *err);
/* As pg_exec; ERR_FAILED also when an earlier statement had failed, so that nothing was committed. */
int pg_commit(struct pg *pg, struct error *err);
/* Best effort; a broken connection is fine. What is queued and not under way is dropped. */
void pg_rollback(struct pg *pg);
/*
 * Rows for COPY … FROM STDIN (FORMAT binary), written once into one growing buffer. Memory that is short is noted and told by
 * pg_queue_copy, so that rows need no checks. Every column of every row is given, in the order of the COPY's list, by one call.
 */
struct pg_copy {
    char *data;
    size_t size;
    size_t capacity;
    size_t rows;
    bool failed;
};
void pg_copy_init(struct pg_copy *copy);
void pg_copy_clear(struct pg_copy *copy); /* keeps the memory */
void pg_copy_deinit(struct pg_copy *copy);
void pg_copy_row(struct pg_copy *copy, int16_t columns); /* begins a row */
void pg_copy_int16(struct pg_copy *copy, int16_t value);
void pg_copy_int32(struct pg_copy *copy, int32_t value);
void pg_copy_int64(struct pg_copy *copy, int64_t value);
void pg_copy_bool(struct pg_copy *copy, bool value);
void pg_copy_tri(struct pg_copy *copy, int tri);           /* boolean: -1 = NULL */
void pg_copy_text(struct pg_copy *copy, struct str value); /* as pg_text; also bytea */
void pg_copy_uuid(struct pg_copy *copy, const uint8_t bytes[16]);
void pg_copy_time(struct pg_copy *copy, int64_t at);
void pg_copy_day(struct pg_copy *copy, int32_t day);
void pg_copy_null(struct pg_copy *copy);

/*
 * Statements that run one after another while the caller does something else. What is queued (the texts, the views in params, the
 * rows, *ret) must live until pg_queue_run has returned something else than PG_BUSY; nothing else may be asked of the connection
 * until then. ERR_NOMEM, or ERR_INPUT for a parameter that is too large.
 *
 * wanted >= 0: how many rows the statement must change, else the queue fails with ERR_CONFLICT.
 */
#define PG_ANY INT64_C(-1)
int pg_queue_exec(struct pg *pg, const char *sql, const struct pg_param *params, size_t count,
                  int64_t wanted, struct pg_result **ret, struct error *err);
/* sql: COPY … FROM STDIN (FORMAT binary). */
int pg_queue_copy(struct pg *pg, const char *sql, const struct pg_copy *rows, struct error *err);

/*
 * Sends all that is queued (no COPY) at once, to be waited for once: pg_queue_run or pg_queue_finish take the answers. When it returns, only
 * the *ret have to live on. After a statement that the server refuses it runs none of the rest. `wanted` is looked at here when the answers
 * come, and what stands behind it has run by then. 0, or as pg_exec; then the queue is dropped.
 */
int pg_queue_together(struct pg *pg, struct error *err);

enum { PG_BUSY = 1 };
/*
 * Goes on without waiting. 0 = everything queued has been answered; PG_BUSY = call again when the descriptor is readable, or
 * writable where pg_queue_writes; otherwise as pg_exec: the first failure, with the rest of the queue dropped and its results freed.
 */
int pg_queue_run(struct pg *pg, struct error *err);
bool pg_queue_writes(const struct pg *pg);
/* Runs it to the end, waiting at most timeout_ms for each answer; ERR_UNAVAILABLE then, and the connection is of no use any more. */
int pg_queue_finish(struct pg *pg, int timeout_ms, struct error *err);

/* Five-character SQLSTATE of the last failure, "" when there was none. */
const char *pg_sqlstate(const struct pg *pg);

struct pg_result *pg_result_free(struct pg_result *result); /* NULL is fine */
size_t pg_rows(const struct pg_result *result);
/* Rows changed by INSERT/UPDATE/DELETE. */
int64_t pg_affected(const struct pg_result *result);
/*
 * Cells: row < pg_rows, column by position. Another type than the column's is a bug and aborts (sum() of bigint is numeric: cast
 * it). NULL gives 0, false, the empty view or NULL. Views live as long as the result.
 */
bool pg_is_null(const struct pg_result *result, size_t row, int column);
int32_t pg_get_int32(const struct pg_result *result, size_t row,
                     int column); /* as pg_get_int64; aborts beyond 32 bits */
int64_t pg_get_int64(const struct pg_result *result, size_t row, int column); /* int2, int4, int8 */
bool pg_get_bool(const struct pg_result *result, size_t row, int column);
struct str pg_get_text(const struct pg_result *result, size_t row,
                       int column); /* text, bytea; NULL = empty */
const uint8_t *pg_get_uuid(const struct pg_result *result, size_t row, int column);
/* NULL and the infinities = NO_TIME; microseconds are rounded down. */
int64_t pg_get_time(const struct pg_result *result, size_t row, int column);
int32_t pg_get_day(const struct pg_result *result, size_t row,
                   int column); /* NULL and the infinities = NO_DAY */

#endif
