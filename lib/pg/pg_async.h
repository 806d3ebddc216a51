/*
 * Questions to PostgreSQL from a loop that must not wait: one read-only connection, made when it is needed and again after it was
 * lost, one question at a time, the others in a bounded queue. One thread.
 */
#ifndef HOSO_PG_PG_ASYNC_H
#define HOSO_PG_PG_ASYNC_H

#include "base/clock.h"
#include "pg/pg.h"

struct pg_async;

/* Called once per question, inside pg_async_run or pg_async_free. rows NULL = no answer, why says it; else valid until it returns. */
typedef void pg_async_done(void *arg, const struct pg_result *rows, const struct error *why);

/*
 * Does not connect yet. conninfo, application_name: as pg_connect, must outlive it. timeout_ms > 0: a question that has no answer
 * by then (connecting included) has failed, and the connection with it. queue_max >= 1. ERR_NOMEM.
 */
int pg_async_new(const char *conninfo, const char *application_name, int64_t timeout_ms,
                 size_t queue_max, struct pg_async **ret, struct error *err);
/* NULL is fine; returns NULL. */
struct pg_async *pg_async_free(struct pg_async *async);

enum { PG_ASYNC_FULL = 1 };
/*
 * sql, which must live until the answer, with one parameter $1 of type text; the text is copied. 0: done will be called;
 * PG_ASYNC_FULL; ERR_UNAVAILABLE: the server was not there a moment ago; ERR_NOMEM.
 */
int pg_async_ask(struct pg_async *async, const char *sql, struct str text, pg_async_done *done,
                 void *arg);

/* Readable when pg_async_run has work; -1 = none. */
int pg_async_fd(const struct pg_async *async);
/* Longest time until pg_async_run must be called; -1 = none. */
int pg_async_timeout_ms(const struct pg_async *async);
void pg_async_run(struct pg_async *async, struct mono now);

#endif
