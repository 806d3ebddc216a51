#include "pg/pg_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Is the text prepared on this connection, for these parameter types? */
static bool find_statement(const struct pg *pg, const char *sql, const unsigned *types,
                           size_t count, size_t *ret_index)
{
    for (size_t i = 0; i < pg->statement_count; i++) {
        const struct pg_statement *statement = &pg->statements[i];
        if (statement->count == count && strcmp(statement->sql, sql) == 0 &&
            (count == 0 || memcmp(statement->types, types, count * sizeof *types) == 0)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static void statement_name(char out[16], size_t index)
{
    snprintf(out, 16, "hoso_%zu", index);
}

static int prepare(struct pg *pg, const char *sql, const unsigned *types, size_t count,
                   size_t *ret_index, struct error *err)
{
    char name[16];
    if (pg->statement_count == PG_STATEMENTS_MAX)
        return error_set(err, ERR_FAILED, "more than %d different statements on one connection",
                         PG_STATEMENTS_MAX);
    struct pg_statement *statement = &pg->statements[pg->statement_count];
    *statement = (struct pg_statement){
        .sql = strdup(sql), .types = malloc((count + 1) * sizeof *types), .count = count};
    int r = 0;
    PGresult *result = NULL;
    if (!statement->sql || !statement->types) {
        r = error_set(err, ERR_NOMEM, "out of memory");
    } else {
        if (count > 0)
            memcpy(statement->types, types, count * sizeof *types);
        statement_name(name, pg->statement_count);
        result = PQprepare(pg->connection, name, sql, (int)count, types);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            r = pg_failure(pg, result, err);
    }
    PQclear(result);
    if (r < 0) {
        free(statement->sql);
        free(statement->types);
        return r;
    }
    *ret_index = pg->statement_count++;
    return 0;
}

int pg_bind(struct pg_bound *bound, const struct pg_param *params, size_t count, struct error *err)
{
    if (count > PG_PARAMS_MAX)
        return error_set(err, ERR_FAILED, "%zu parameters, at most %d", count, PG_PARAMS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (params[i].size == PG_SIZE_TOO_LARGE)
            return error_set(err, ERR_INPUT, "parameter %zu is too large", i + 1);
        bound->types[i] = params[i].type;
        bound->values[i] = params[i].size == PG_SIZE_NULL ? NULL
                           : params[i].data               ? params[i].data
                                                          : params[i].inline_bytes;
        bound->sizes[i] = params[i].size;
        bound->formats[i] = 1;
    }
    return 0;
}

static int take_result(struct pg *pg, PGresult *result, struct pg_result **ret, struct error *err)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        int r = pg_failure(pg, result, err);
        PQclear(result);
        return r;
    }
    if (ret)
        *ret = (struct pg_result *)result;
    else
        PQclear(result);
    return 0;
}

int pg_prepared(struct pg *pg, const char *sql, const struct pg_bound *bound, size_t count,
                char ret_name[16], struct error *err)
{
    size_t index = 0;
    int r = 0;
    if (!find_statement(pg, sql, bound->types, count, &index))
        r = prepare(pg, sql, bound->types, count, &index, err);
    if (r == 0)
        statement_name(ret_name, index);
    return r;
}

int pg_exec(struct pg *pg, const char *sql, const struct pg_param *params, size_t count,
            struct pg_result **ret, struct error *err)
{
    struct pg_bound bound;
    char name[16];
    int r = pg_bind(&bound, params, count, err);
    if (r == 0)
        r = pg_prepared(pg, sql, &bound, count, name, err);
    if (r < 0)
        return r;
    PGresult *result = PQexecPrepared(pg->connection, name, (int)count, bound.values, bound.sizes,
                                      bound.formats, 1);
    return take_result(pg, result, ret, err);
}

int pg_script(struct pg *pg, const char *sql, struct error *err)
{
    return take_result(pg, PQexec(pg->connection, sql), NULL, err);
}

int pg_look_first(struct pg *pg, const char *schema, struct error *err)
{
    const struct pg_param params[] = {pg_text(str_of(schema))};
    return pg_exec(pg,
                   "SELECT set_config('search_path', "
                   "quote_ident($1) || ', hoso, pg_catalog, pg_temp', false)",
                   params, 1, NULL, err);
}

int pg_begin(struct pg *pg, struct error *err)
{
    return pg_script(pg, "BEGIN", err);
}

int pg_commit(struct pg *pg, struct error *err)
{
    PGresult *result = PQexec(pg->connection, "COMMIT");
    /* COMMIT after a failed statement succeeds as a ROLLBACK: to us that is a failure. */
    if (PQresultStatus(result) == PGRES_COMMAND_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        PQclear(result);
        return error_set(err, ERR_FAILED, "nothing was committed: an earlier statement failed");
    }
    return take_result(pg, result, NULL, err);
}

void pg_rollback(struct pg *pg)
{
    if (!pg)
        return;
    pg_queue_drop(pg);
    PGTransactionStatusType status = PQtransactionStatus(pg->connection);
    if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR)
        PQclear(PQexec(pg->connection, "ROLLBACK"));
}

int pg_fd(const struct pg *pg)
{
    return PQsocket(pg->connection);
}

bool pg_alive(const struct pg *pg)
{
    return PQstatus(pg->connection) == CONNECTION_OK;
}

const char *pg_sqlstate(const struct pg *pg)
{
    return pg->sqlstate;
}

struct pg *pg_free(struct pg *pg)
{
    if (!pg)
        return NULL;
    for (size_t i = 0; i < pg->statement_count; i++) {
        free(pg->statements[i].sql);
        free(pg->statements[i].types);
    }
    pg->queue.together = false; /* nobody waits for it any more */
    pg_queue_drop(pg);
    PQfinish(pg->connection);
    free(pg);
    return NULL;
}
