#include "pg/pg.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "pg/pg_internal.h"

enum { PARAMS_MAX = 80 };

/* A statement that this connection has prepared; its name on the server is its place in the list. */
struct prepared {
    const char *sql; /* the caller's constant: the pointer is the key */
};

struct pg {
    PGconn *connection;
    struct prepared *prepared;
    size_t prepared_count;
    size_t prepared_capacity;
    char sqlstate[6];
};

/* One line, without the server's trailing newline. */
static void first_line(const char *text, char *out, size_t size)
{
    snprintf(out, size, "%s", text ? text : "");
    out[strcspn(out, "\r\n")] = '\0';
}

/* Class 28 and 3D: what is wrong will not mend itself. libpq keeps no SQLSTATE of a failed start, so its text is asked. */
static bool is_mistake(const char *text)
{
    return strstr(text, "authentication failed") || strstr(text, "does not exist") ||
           strstr(text, "no password supplied") || strstr(text, "pg_hba.conf");
}

/* Notices ("relation exists, skipping") are nobody's business; libpq would print them. */
static void drop_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

int pg_connect(const char *conninfo, const char *application_name, struct pg **ret,
               struct error *err)
{
    char *mistake = NULL;
    PQconninfoOption *parsed = PQconninfoParse(conninfo, &mistake);
    if (!parsed) {
        /* libpq's text may quote the string and with it a password. */
        PQfreemem(mistake);
        return error_set(err, ERR_INPUT, "postgres.conninfo is not a valid connection string");
    }
    PQconninfoFree(parsed);
    struct pg *pg = calloc(1, sizeof *pg);
    if (!pg)
        return error_set(err, ERR_NOMEM, "out of memory");
    /* What stands before dbname is a default, what stands behind overrides; conninfo is expanded in its place. */
    const char *const keys[] = {"connect_timeout", "dbname",  "application_name",
                                "client_encoding", "options", NULL};
    const char *const values[] = {
        "10", conninfo, application_name, "UTF8", "-c search_path=hoso,pg_catalog -c timezone=UTC",
        NULL};
    pg->connection = PQconnectdbParams(keys, values, 1);
    if (PQstatus(pg->connection) == CONNECTION_OK) {
        PQsetNoticeReceiver(pg->connection, drop_notice, NULL);
        *ret = pg;
        return 0;
    }
    char text[400];
    first_line(PQerrorMessage(pg->connection), text, sizeof text);
    int code = is_mistake(text) ? ERR_INPUT : ERR_UNAVAILABLE;
    pg_free(pg);
    return error_set(err, code, "PostgreSQL: %s", text);
}

struct pg *pg_free(struct pg *pg)
{
    if (!pg)
        return NULL;
    PQfinish(pg->connection);
    free(pg->prepared);
    free(pg);
    return NULL;
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

static int class_of(const char *sqlstate)
{
    if (strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0 ||
        strcmp(sqlstate, "23505") == 0)
        return ERR_CONFLICT;
    if (strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0)
        return ERR_INPUT;
    /* 08 connection, 57P operator intervention (shutdown, starting up), 53 resources: later it may work. */
    if (strncmp(sqlstate, "08", 2) == 0 || strncmp(sqlstate, "57P", 3) == 0 ||
        strncmp(sqlstate, "53", 2) == 0)
        return ERR_UNAVAILABLE;
    return ERR_FAILED;
}

/* Takes a failed result (may be NULL) apart. The primary message names columns and constraints, the detail would name values. */
static int fail(struct pg *pg, PGresult *result, struct error *err)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    snprintf(pg->sqlstate, sizeof pg->sqlstate, "%s", state ? state : "");
    char text[400];
    const char *primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    first_line(primary ? primary : PQerrorMessage(pg->connection), text, sizeof text);
    int code = !pg_alive(pg) ? ERR_UNAVAILABLE : class_of(pg->sqlstate);
    PQclear(result);
    return error_set(err, code, "PostgreSQL %s: %s", *pg->sqlstate ? pg->sqlstate : "connection",
                     text);
}

static bool succeeded(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

/* Finds or makes the server's statement for sql; *ret_name is its name. */
static int prepare(struct pg *pg, const char *sql, const struct pg_param *params, size_t count,
                   char *ret_name, size_t name_size, struct error *err)
{
    size_t place = 0;
    while (place < pg->prepared_count && pg->prepared[place].sql != sql)
        place++;
    snprintf(ret_name, name_size, "s%zu", place);
    if (place < pg->prepared_count)
        return 0;
    if (pg->prepared_count == pg->prepared_capacity) {
        size_t capacity = pg->prepared_capacity ? pg->prepared_capacity * 2 : 16;
        struct prepared *grown = realloc(pg->prepared, capacity * sizeof *grown);
        if (!grown)
            return error_set(err, ERR_NOMEM, "out of memory");
        pg->prepared = grown;
        pg->prepared_capacity = capacity;
    }
    Oid types[PARAMS_MAX];
    for (size_t i = 0; i < count; i++)
        types[i] = params[i].type;
    PGresult *result = PQprepare(pg->connection, ret_name, sql, (int)count, types);
    if (!succeeded(result))
        return fail(pg, result, err);
    PQclear(result);
    pg->prepared[pg->prepared_count++].sql = sql;
    return 0;
}

int pg_exec(struct pg *pg, const char *sql, const struct pg_param *params, size_t count,
            struct pg_result **ret, struct error *err)
{
    const char *values[PARAMS_MAX];
    int lengths[PARAMS_MAX];
    int formats[PARAMS_MAX];
    char name[24];
    if (count > PARAMS_MAX)
        abort();
    int result = prepare(pg, sql, params, count, name, sizeof name, err);
    if (result)
        return result;
    for (size_t i = 0; i < count; i++) {
        values[i] = params[i].size == PG_NULL_SIZE ? NULL
                    : params[i].data               ? params[i].data
                                                   : params[i].inline_bytes;
        lengths[i] = params[i].size == PG_NULL_SIZE ? 0 : params[i].size;
        formats[i] = 1;
    }
    PGresult *answer =
        PQexecPrepared(pg->connection, name, (int)count, values, lengths, formats, 1);
    if (!succeeded(answer))
        return fail(pg, answer, err);
    if (!ret) {
        PQclear(answer);
        return 0;
    }
    struct pg_result *rows = calloc(1, sizeof *rows);
    if (!rows) {
        PQclear(answer);
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    rows->result = answer;
    *ret = rows;
    return 0;
}

int pg_script(struct pg *pg, const char *sql, struct error *err)
{
    PGresult *result = PQexec(pg->connection, sql);
    if (!succeeded(result))
        return fail(pg, result, err);
    PQclear(result);
    return 0;
}

int pg_begin(struct pg *pg, struct error *err)
{
    return pg_script(pg, "BEGIN", err);
}

int pg_commit(struct pg *pg, struct error *err)
{
    PGresult *result = PQexec(pg->connection, "COMMIT");
    if (!succeeded(result))
        return fail(pg, result, err);
    /* The server answers a COMMIT of a failed transaction with success and the word ROLLBACK. */
    bool committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
    PQclear(result);
    if (!committed)
        return error_set(err, ERR_FAILED, "PostgreSQL rolled the transaction back");
    return 0;
}

void pg_rollback(struct pg *pg)
{
    if (!pg || PQtransactionStatus(pg->connection) == PQTRANS_IDLE)
        return;
    PQclear(PQexec(pg->connection, "ROLLBACK"));
}
