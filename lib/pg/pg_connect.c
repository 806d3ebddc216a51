#include "pg/pg_internal.h"

#include <ctype.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

enum { CONNECT_TIMEOUT_MS = 10000 };

static void drop_notice(void *arg, const char *message)
{
    (void)arg;
    (void)message; /* libpq would write it to standard error */
}

/*
 * libpq has no SQLSTATE of a refused connection, but with verbose errors its text has: "FATAL:  28P01: password …". *out is
 * "" when the server did not answer at all.
 */
static void find_sqlstate(const char *text, char out[6])
{
    *out = '\0';
    for (const char *at = strstr(text, ":  "); at; at = strstr(at + 1, ":  ")) {
        size_t len = 0;
        while (len < 5 &&
               (isdigit((unsigned char)at[3 + len]) || isupper((unsigned char)at[3 + len])))
            len++;
        if (len == 5 && at[8] == ':')
            snprintf(out, 6, "%.5s", at + 3);
    }
}

/* A mistake in what we were told (role, password, database, permission), as against a server that is not there yet. */
static bool is_mistake(const PGconn *connection, const char *sqlstate)
{
    return strncmp(sqlstate, "28", 2) == 0 || strcmp(sqlstate, "3D000") == 0 ||
           strcmp(sqlstate, "42501") == 0 || PQconnectionNeedsPassword(connection);
}

static int connect_failure(struct pg *pg, struct error *err)
{
    char text[400];
    const char *message = PQerrorMessage(pg->connection);
    find_sqlstate(message, pg->sqlstate);
    const char *location = strstr(message, "\nLOCATION:");
    size_t len = location ? (size_t)(location - message) : strlen(message);
    while (len > 0 && message[len - 1] == '\n')
        len--;
    snprintf(text, sizeof text, "%.*s", (int)len, message);
    for (char *at = text; *at; at++) {
        if (*at == '\n' || *at == '\t')
            *at = ' ';
    }
    return error_set(err, is_mistake(pg->connection, pg->sqlstate) ? ERR_INPUT : ERR_UNAVAILABLE,
                     "PostgreSQL: %s", text);
}

/* 0 = connected; ERR_UNAVAILABLE after CONNECT_TIMEOUT_MS. */
static int wait_connected(struct pg *pg, struct error *err)
{
    struct mono begun = mono_now();
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    for (;;) {
        int64_t left_ms = CONNECT_TIMEOUT_MS - mono_diff_ms(begun, mono_now());
        if (left_ms <= 0)
            return error_set(err, ERR_UNAVAILABLE, "PostgreSQL: no connection within %d s",
                             CONNECT_TIMEOUT_MS / 1000);
        struct pollfd polled = {.fd = PQsocket(pg->connection),
                                .events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        if (poll(&polled, 1, (int)left_ms) <= 0)
            continue;
        status = PQconnectPoll(pg->connection);
        if (status == PGRES_POLLING_OK)
            return 0;
        if (status == PGRES_POLLING_FAILED)
            return connect_failure(pg, err);
    }
}

/* libpq's own text about a bad conninfo may quote a piece of the password. */
static bool conninfo_parses(const char *conninfo)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    PQconninfoFree(options);
    return options;
}

static int start(const char *conninfo, const char *application_name, struct pg *pg,
                 struct error *err)
{
    /* A peer that vanished without a word is noticed within half a minute; conninfo may say otherwise. */
    const char *const keywords[] = {
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "dbname",          "application_name",    "client_encoding",  NULL};
    const char *const values[] = {"10",   "5", "3", "30000", conninfo, application_name,
                                  "UTF8", NULL};
    if (!conninfo_parses(conninfo))
        return error_set(err, ERR_INPUT,
                         "PostgreSQL: the connection string is not one that libpq can read "
                         "(host=… dbname=… user=…, or postgresql://…)");
    pg->connection = PQconnectStartParams(keywords, values, 1);
    if (!pg->connection)
        return error_set(err, ERR_NOMEM, "out of memory");
    PQsetErrorVerbosity(pg->connection, PQERRORS_VERBOSE);
    PQsetNoticeProcessor(pg->connection, drop_notice, NULL);
    if (PQstatus(pg->connection) != CONNECTION_BAD)
        return wait_connected(pg, err);
    int r = connect_failure(pg, err);
    /* Options that cannot be used (a port that is no number) look like a missing server until asked this way. */
    return PQpingParams(keywords, values, 1) == PQPING_NO_ATTEMPT ? ERR_INPUT : r;
}

int pg_connect(const char *conninfo, const char *application_name, struct pg **ret,
               struct error *err)
{
    struct pg *pg = calloc(1, sizeof *pg);
    if (!pg)
        return error_set(err, ERR_NOMEM, "out of memory");
    int r = start(conninfo, application_name, pg, err);
    /* pg_temp last: a temporary table must not stand in front of ours. */
    if (r == 0)
        r = pg_script(pg, "SET search_path = hoso, pg_catalog, pg_temp; SET timezone = 'UTC'", err);
    if (r < 0) {
        pg_free(pg);
        return r;
    }
    *ret = pg;
    return 0;
}
