#include "pg/pg_async.h"

#include <stdlib.h>

#include "pg/pg_internal.h"

enum {
    STEP_MS = 10,   /* while libpq may wait to write, which the caller's loop cannot see */
    PAUSE_MS = 500, /* between attempts to connect */
};

struct question {
    struct question *next;
    const char *sql;
    pg_async_done *done;
    void *arg;
    struct mono asked_at;
    size_t len;
    char text[];
};

enum async_state { ASYNC_CLOSED, ASYNC_CONNECTING, ASYNC_IDLE, ASYNC_ASKED };

struct pg_async {
    const char *conninfo;
    const char *application_name;
    int64_t timeout_ms;
    size_t queue_max;
    enum async_state state;
    PGconn *connection;
    struct question *first; /* in ASYNC_ASKED the one that is asked */
    struct question **last;
    size_t count;
    struct mono closed_at; /* after a failure */
};

int pg_async_new(const char *conninfo, const char *application_name, int64_t timeout_ms,
                 size_t queue_max, struct pg_async **ret, struct error *err)
{
    struct pg_async *async = calloc(1, sizeof *async);
    if (!async)
        return error_set(err, ERR_NOMEM, "out of memory");
    *async = (struct pg_async){.conninfo = conninfo,
                               .application_name = application_name,
                               .timeout_ms = timeout_ms,
                               .queue_max = queue_max,
                               .closed_at = {INT64_MIN / 2}}; /* long ago */
    async->last = &async->first;
    *ret = async;
    return 0;
}

static void answer_first(struct pg_async *async, const struct pg_result *rows,
                         const struct error *why)
{
    struct question *question = async->first;
    async->first = question->next;
    if (!async->first)
        async->last = &async->first;
    async->count--;
    question->done(question->arg, rows, why);
    free(question);
}

static void close_connection(struct pg_async *async)
{
    PQfinish(async->connection);
    async->connection = NULL;
    async->state = ASYNC_CLOSED;
}

/* The server is not there: nobody who has asked need wait for it to come back. */
static void fail_all(struct pg_async *async, const char *text)
{
    struct error why;
    error_set(&why, ERR_UNAVAILABLE, "PostgreSQL: %s", text);
    close_connection(async);
    async->closed_at = mono_now();
    while (async->first)
        answer_first(async, NULL, &why);
}

struct pg_async *pg_async_free(struct pg_async *async)
{
    if (!async)
        return NULL;
    fail_all(async, "we are stopping");
    free(async);
    return NULL;
}

int pg_async_ask(struct pg_async *async, const char *sql, struct str text, pg_async_done *done,
                 void *arg)
{
    struct mono now = mono_now();
    if (async->count == async->queue_max)
        return PG_ASYNC_FULL;
    if (async->state == ASYNC_CLOSED && mono_diff_ms(async->closed_at, now) < PAUSE_MS)
        return ERR_UNAVAILABLE;
    struct question *question = malloc(sizeof *question + text.len + 1);
    if (!question)
        return ERR_NOMEM;
    *question =
        (struct question){.sql = sql, .done = done, .arg = arg, .asked_at = now, .len = text.len};
    if (text.len)
        memcpy(question->text, text.data, text.len);
    question->text[text.len] = '\0';
    *async->last = question;
    async->last = &question->next;
    async->count++;
    return 0;
}

static void drop_notice(void *arg, const char *message)
{
    (void)arg;
    (void)message; /* libpq would write it to standard error */
}

static void start_connecting(struct pg_async *async)
{
    static const char session[] = "-c default_transaction_read_only=on -c timezone=UTC "
                                  "-c search_path=hoso,pg_catalog,pg_temp";
    const char *const keywords[] = {"dbname", "application_name", "client_encoding", "options",
                                    NULL};
    const char *const values[] = {async->conninfo, async->application_name, "UTF8", session, NULL};
    async->connection = PQconnectStartParams(keywords, values, 1);
    if (!async->connection || PQstatus(async->connection) == CONNECTION_BAD) {
        fail_all(async, "cannot be reached");
        return;
    }
    PQsetNoticeProcessor(async->connection, drop_notice, NULL);
    async->state = ASYNC_CONNECTING;
}

static void go_on_connecting(struct pg_async *async)
{
    switch (PQconnectPoll(async->connection)) {
    case PGRES_POLLING_OK:
        PQsetnonblocking(async->connection, 1);
        async->state = ASYNC_IDLE;
        break;
    case PGRES_POLLING_FAILED: fail_all(async, "cannot be reached"); break;
    default: break;
    }
}

static void ask_first(struct pg_async *async)
{
    const struct question *question = async->first;
    const unsigned types[] = {OID_TEXT};
    const char *const values[] = {question->text};
    const int sizes[] = {(int)question->len};
    const int formats[] = {1};
    if (!PQsendQueryParams(async->connection, question->sql, 1, types, values, sizes, formats, 1))
        fail_all(async, "the connection was lost");
    else
        async->state = ASYNC_ASKED;
}

/* One question has one result; libpq ends it with NULL. */
static void read_answer(struct pg_async *async)
{
    if (!PQconsumeInput(async->connection)) {
        fail_all(async, "the connection was lost");
        return;
    }
    PQflush(async->connection);
    while (async->state == ASYNC_ASKED && !PQisBusy(async->connection)) {
        PGresult *result = PQgetResult(async->connection);
        if (!result) {
            async->state = ASYNC_IDLE;
        } else if (PQresultStatus(result) == PGRES_TUPLES_OK) {
            answer_first(async, (struct pg_result *)result, NULL);
        } else {
            /* Cancelled, read-only violated, no such table: no answer, and a fresh connection is the safe way on. */
            fail_all(async, "the question failed");
        }
        PQclear(result);
    }
}

/* A connection that ended while nobody asked: noticed here, and the next question makes a new one. */
static void watch_idle(struct pg_async *async)
{
    if (!PQconsumeInput(async->connection) || PQstatus(async->connection) != CONNECTION_OK)
        close_connection(async);
}

void pg_async_run(struct pg_async *async, struct mono now)
{
    if (async->first && mono_diff_ms(async->first->asked_at, now) > async->timeout_ms)
        fail_all(async, "no answer in time");
    if (async->state == ASYNC_IDLE && !async->first)
        watch_idle(async);
    if (async->state == ASYNC_CLOSED && async->first)
        start_connecting(async);
    if (async->state == ASYNC_CONNECTING)
        go_on_connecting(async);
    if (async->state == ASYNC_IDLE && async->first)
        ask_first(async);
    if (async->state == ASYNC_ASKED)
        read_answer(async);
    /* The answer made room for the next one. */
    if (async->state == ASYNC_IDLE && async->first)
        ask_first(async);
}

int pg_async_fd(const struct pg_async *async)
{
    return async->connection ? PQsocket(async->connection) : -1;
}

int pg_async_timeout_ms(const struct pg_async *async)
{
    return async->first ? STEP_MS : -1;
}
