/*
 * Statements without waiting: libpq's asynchronous calls, one statement at a time (COPY knows no pipeline mode), or all of them
 * in one pipeline.
 */
#include "pg/pg_internal.h"

#include <poll.h>

#include "base/clock.h"

enum {
    CHUNK_SIZE = 128 << 10
}; /* of rows, handed over whenever the socket has taken the one before */

static int add_step(struct pg *pg, const struct pg_step *step, struct error *err)
{
    struct pg_queue *queue = &pg->queue;
    if (queue->count == PG_QUEUE_MAX)
        return error_set(err, ERR_FAILED, "more than %d statements queued", PG_QUEUE_MAX);
    if (step->ret)
        *step->ret = NULL;
    queue->steps[queue->count++] = *step;
    return 0;
}

int pg_queue_exec(struct pg *pg, const char *sql, const struct pg_param *params, size_t count,
                  int64_t wanted, struct pg_result **ret, struct error *err)
{
    struct pg_step step = {.sql = sql, .count = count, .wanted = wanted, .ret = ret};
    if (count > PG_QUEUE_PARAMS_MAX)
        return error_set(err, ERR_FAILED, "%zu parameters, at most %d", count, PG_QUEUE_PARAMS_MAX);
    for (size_t i = 0; i < count; i++)
        step.params[i] = params[i];
    return add_step(pg, &step, err);
}

int pg_queue_copy(struct pg *pg, const char *sql, const struct pg_copy *rows, struct error *err)
{
    if (rows->failed)
        return error_set(err, ERR_NOMEM, "rows to write: out of memory");
    return add_step(pg, &(struct pg_step){.sql = sql, .copy = rows, .wanted = (int64_t)rows->rows},
                    err);
}

bool pg_queue_writes(const struct pg *pg)
{
    return pg->queue.writes;
}

/* Its parameters and the name under which it is prepared; waits where it has not been. */
static int make_ready(struct pg *pg, const struct pg_step *step, struct pg_bound *ret_bound,
                      char ret_name[16], struct error *err)
{
    int r = pg_bind(ret_bound, step->params, step->count, err);
    return r == 0 ? pg_prepared(pg, step->sql, ret_bound, step->count, ret_name, err) : r;
}

static int send_statement(struct pg *pg, const struct pg_step *step, struct error *err)
{
    struct pg_bound bound;
    char name[16];
    int r = make_ready(pg, step, &bound, name, err);
    if (r == 0 && !PQsendQueryPrepared(pg->connection, name, (int)step->count, bound.values,
                                       bound.sizes, bound.formats, 1))
        r = pg_failure(pg, NULL, err);
    return r;
}

static int send_step(struct pg *pg, const struct pg_step *step, struct error *err)
{
    int r = 0;
    if (!step->copy)
        r = send_statement(pg, step, err);
    else if (!PQsendQuery(pg->connection, step->sql))
        r = pg_failure(pg, NULL, err);
    if (r < 0)
        return r;
    pg->queue.sent = true;
    pg->queue.copied = 0;
    return 0;
}

/* Hands rows over as long as the socket takes them. */
static int push_rows(struct pg *pg, const struct pg_copy *rows, struct error *err)
{
    struct pg_queue *queue = &pg->queue;
    while (queue->copying && !queue->writes) {
        size_t left = rows->size - queue->copied;
        size_t size = left < CHUNK_SIZE ? left : CHUNK_SIZE;
        int taken = size > 0 ? PQputCopyData(pg->connection, rows->data + queue->copied, (int)size)
                             : PQputCopyEnd(pg->connection, NULL);
        int waiting = taken < 0 ? -1 : PQflush(pg->connection);
        if (taken < 0 || waiting < 0)
            return pg_failure(pg, NULL, err);
        if (taken > 0 && size == 0)
            queue->copying = false;
        if (taken > 0)
            queue->copied += size;
        queue->writes = waiting > 0 || taken == 0;
    }
    return 0;
}

/* A result of the step under way; taken over. */
static int take(struct pg *pg, const struct pg_step *step, PGresult *result, struct error *err)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COPY_IN) {
        pg->queue.copying = true;
        PQclear(result);
        return 0;
    }
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        int r = pg_failure(pg, result, err);
        PQclear(result);
        return r;
    }
    int64_t changed = pg_affected((struct pg_result *)result);
    if (step->ret)
        *step->ret = (struct pg_result *)result;
    else
        PQclear(result);
    if (step->wanted == PG_ANY || step->wanted == changed)
        return 0;
    return error_set(err, ERR_CONFLICT, "PostgreSQL: %lld rows changed where it should be %lld",
                     (long long)changed, (long long)step->wanted);
}

/* ---- one after the other ---- */

/* The server is in the middle of nothing after this, or the connection is broken (nothing else interrupts a COPY). */
static void drain(struct pg *pg)
{
    bool answering = pg->queue.sent && !pg->queue.copying;
    for (PGresult *result; answering && (result = PQgetResult(pg->connection));)
        PQclear(result);
}

static int advance(struct pg *pg, struct error *err)
{
    struct pg_queue *queue = &pg->queue;
    struct pg_step *step = &queue->steps[queue->next];
    int r = queue->sent ? 0 : send_step(pg, step, err);
    if (r < 0)
        return r;
    int waiting = PQflush(pg->connection);
    if (waiting < 0)
        return pg_failure(pg, NULL, err);
    queue->writes = waiting > 0;
    r = queue->copying ? push_rows(pg, step->copy, err) : 0;
    if (r < 0)
        return r;
    if (PQisBusy(pg->connection) && !PQconsumeInput(pg->connection))
        return pg_failure(pg, NULL, err);
    /* While rows are under way libpq has nothing to give but their COPY's state, again and again. */
    if (queue->copying || PQisBusy(pg->connection))
        return PG_BUSY;
    PGresult *result = PQgetResult(pg->connection);
    if (result)
        return take(pg, step, result, err);
    queue->next++;
    queue->sent = false;
    return 0;
}

/* ---- together ---- */

/* An answer, or NULL: the end of one statement's. true = all have been answered. */
static bool take_together(struct pg *pg, PGresult *result)
{
    struct pg_queue *queue = &pg->queue;
    struct error why;
    int status = result ? (int)PQresultStatus(result) : -1;
    bool over = result ? status == PGRES_PIPELINE_SYNC : queue->ended;
    queue->ended = !result;
    if (!result) {
        queue->next += queue->next < queue->count;
    } else if (over || status == PGRES_PIPELINE_ABORTED || queue->next == queue->count) {
        PQclear(result);
    } else {
        int r = take(pg, &queue->steps[queue->next], result, &why);
        if (r < 0 && !queue->failure) {
            queue->failure = r;
            queue->why = why;
        }
    }
    return over;
}

/* Waits for what is on its way. */
static void end_pipeline(struct pg *pg)
{
    while (pg->queue.together && !take_together(pg, PQgetResult(pg->connection)))
        continue;
    if (pg->queue.together)
        PQexitPipelineMode(pg->connection);
    pg->queue.together = false;
}

void pg_queue_drop(struct pg *pg)
{
    struct pg_queue *queue = &pg->queue;
    end_pipeline(pg);
    for (size_t i = 0; i < queue->count; i++) {
        if (queue->steps[i].ret)
            *queue->steps[i].ret = pg_result_free(*queue->steps[i].ret);
    }
    queue->count = queue->next = 0;
    queue->sent = queue->copying = queue->writes = false;
}

/* What cannot be done within a pipeline, since it waits. */
static int prepare_all(struct pg *pg, struct error *err)
{
    int r = 0;
    for (size_t i = 0; i < pg->queue.count && r == 0; i++) {
        struct pg_bound bound;
        char name[16];
        r = make_ready(pg, &pg->queue.steps[i], &bound, name, err);
    }
    return r;
}

int pg_queue_together(struct pg *pg, struct error *err)
{
    struct pg_queue *queue = &pg->queue;
    if (queue->count == 0)
        return 0;
    int r = prepare_all(pg, err);
    PQsetnonblocking(pg->connection, 1);
    if (r == 0 && !PQenterPipelineMode(pg->connection))
        r = pg_failure(pg, NULL, err);
    if (r == 0) {
        queue->together = true;
        queue->ended = true;
        queue->failure = 0;
    }
    for (size_t i = 0; i < queue->count && r == 0; i++) {
        r = send_statement(pg, &queue->steps[i], err);
        /* Rows that somebody waits for leave the server now, not when all is done. */
        if (r == 0 && queue->steps[i].ret && !PQsendFlushRequest(pg->connection))
            r = pg_failure(pg, NULL, err);
    }
    if (queue->together && !PQpipelineSync(pg->connection) && r == 0)
        r = pg_failure(pg, NULL, err);
    if (r < 0)
        pg_queue_drop(pg);
    return r;
}

static int advance_together(struct pg *pg, struct error *err)
{
    struct pg_queue *queue = &pg->queue;
    int waiting = PQflush(pg->connection);
    queue->writes = waiting > 0;
    if (waiting < 0 || !PQconsumeInput(pg->connection))
        return pg_failure(pg, NULL, err);
    bool over = false;
    while (!over && !PQisBusy(pg->connection))
        over = take_together(pg, PQgetResult(pg->connection));
    if (!over)
        return PG_BUSY;
    queue->together = false;
    bool all = queue->failure || queue->next == queue->count;
    if (!PQexitPipelineMode(pg->connection) || !all)
        return pg_failure(pg, NULL, err);
    return queue->failure ? error_set(err, queue->failure, "%s", queue->why.text) : 0;
}

int pg_queue_run(struct pg *pg, struct error *err)
{
    struct pg_queue *queue = &pg->queue;
    int r = 0;
    if (!PQisnonblocking(pg->connection))
        PQsetnonblocking(pg->connection, 1);
    if (queue->together)
        r = advance_together(pg, err);
    while (r == 0 && queue->next < queue->count)
        r = advance(pg, err);
    if (r < 0) {
        drain(pg);
        pg_queue_drop(pg);
    } else if (r == 0) {
        queue->count = queue->next = 0;
    }
    return r;
}

int pg_queue_finish(struct pg *pg, int timeout_ms, struct error *err)
{
    int r;
    while ((r = pg_queue_run(pg, err)) == PG_BUSY) {
        struct pollfd polled = {.fd = pg_fd(pg), .events = POLLIN};
        if (pg->queue.writes)
            polled.events |= POLLOUT;
        if (poll(&polled, 1, timeout_ms) == 0)
            return error_set(err, ERR_UNAVAILABLE, "PostgreSQL: no answer within %d ms",
                             timeout_ms);
    }
    return r;
}
