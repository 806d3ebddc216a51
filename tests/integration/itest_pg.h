/* A connection to the empty database that HOSO_PG_CONNINFO names, and what the tests of lib/pg share. */
#ifndef HOSO_ITEST_PG_H
#define HOSO_ITEST_PG_H

#include "pg/pg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct pg *pg;
static struct error err;

static int connect_once(void **state)
{
    (void)state;
    return pg_connect(getenv("HOSO_PG_CONNINFO"), "itest", &pg, &err);
}

static int disconnect(void **state)
{
    (void)state;
    pg = pg_free(pg);
    return 0;
}

static void ok(int r)
{
    if (r != 0)
        fail_msg("%d: %s", r, err.text);
}

static struct pg_result *rows_of(const char *sql, const struct pg_param *params, size_t count)
{
    struct pg_result *rows = NULL;
    ok(pg_exec(pg, sql, params, count, &rows, &err));
    return rows;
}

/* Without a server the whole program is one visible skip. */
#define RUN_WITH_SERVER(tests)                                                                     \
    (getenv("HOSO_PG_CONNINFO") ? cmocka_run_group_tests(tests, connect_once, disconnect)          \
                                : (puts("1..0 # SKIP HOSO_PG_CONNINFO is not set"), 0))

#endif
