#include "pg/pg_internal.h"

#include <stdio.h>

static bool in_class(const char *sqlstate, const char *class)
{
    return strncmp(sqlstate, class, strlen(class)) == 0;
}

static int classify(const struct pg *pg)
{
    /* The server is going down, has no room, or is a standby after a failover: later, or elsewhere. */
    static const char *const later[] = {"08", "53", "57P", "25006", "25P03", "55P03"};
    static const char *const conflict[] = {"40001", "40P01", "23505"};
    const char *state = pg->sqlstate;
    if (PQstatus(pg->connection) != CONNECTION_OK)
        return ERR_UNAVAILABLE;
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        if (in_class(state, later[i]))
            return ERR_UNAVAILABLE;
    }
    for (size_t i = 0; i < sizeof conflict / sizeof *conflict; i++) {
        if (in_class(state, conflict[i]))
            return ERR_CONFLICT;
    }
    return in_class(state, "22") || in_class(state, "23") ? ERR_INPUT : ERR_FAILED;
}

/*
 * Messages of class 22 quote the value they refuse, which may be personal: what stands in quotes or after a colon goes.
 * Other classes name tables, columns and constraints only; their DETAIL, which has values, is never used.
 */
static void copy_message(char *out, size_t size, const char *message, bool hide_values)
{
    size_t used = 0;
    bool quoted = false;
    for (; *message && used + 1 < size; message++) {
        if (hide_values && *message == ':' && !quoted)
            break;
        if (*message == '"')
            quoted = !quoted;
        else if (hide_values && quoted)
            continue;
        out[used++] = *message == '\n' ? ' ' : *message;
    }
    while (used > 0 && out[used - 1] == ' ')
        used--;
    out[used] = '\0';
}

int pg_failure(struct pg *pg, const PGresult *result, struct error *err)
{
    char message[400];
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    snprintf(pg->sqlstate, sizeof pg->sqlstate, "%s", state ? state : "");
    copy_message(message, sizeof message, primary ? primary : PQerrorMessage(pg->connection),
                 in_class(pg->sqlstate, "22"));
    return error_set(err, classify(pg), "PostgreSQL%s%s: %s", *pg->sqlstate ? " " : "",
                     pg->sqlstate, message);
}
