/* The queue and COPY of lib/pg against a real server: HOSO_PG_CONNINFO names an empty database. Run by test_edges.py. */
#include "itest_pg.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { PATIENCE_MS = 20000 };

static void script(const char *sql)
{
    ok(pg_script(pg, sql, &err));
}

static int64_t number_of(const char *sql)
{
    struct pg_result *rows = rows_of(sql, NULL, 0);
    int64_t number = pg_get_int64(rows, 0, 0);
    pg_result_free(rows);
    return number;
}

static void queue(const char *sql, int64_t wanted, struct pg_result **ret)
{
    ok(pg_queue_exec(pg, sql, NULL, 0, wanted, ret, &err));
}

static int finish(void)
{
    return pg_queue_finish(pg, PATIENCE_MS, &err);
}

/* ---- the queue ---- */

static void test_statements_run_in_their_order(void **state)
{
    (void)state;
    struct pg_result *first = NULL, *second = NULL;
    const struct pg_param params[] = {pg_int32(7), pg_text(STR("Nghi Dương"))};
    script("CREATE TEMP TABLE place (id integer, name text)");
    queue("BEGIN", PG_ANY, NULL);
    ok(pg_queue_exec(pg, "INSERT INTO place VALUES ($1, $2)", params, 2, 1, NULL, &err));
    queue("SELECT count(*) FROM place", PG_ANY, &first);
    queue("DELETE FROM place", 1, NULL);
    queue("SELECT count(*) FROM place", PG_ANY, &second);
    queue("COMMIT", PG_ANY, NULL);
    ok(finish());
    assert_int_equal(pg_get_int64(first, 0, 0), 1);
    assert_int_equal(pg_get_int64(second, 0, 0), 0);
    pg_result_free(first);
    pg_result_free(second);
    ok(finish()); /* nothing queued: nothing to wait for */
    script("DROP TABLE place");
}

static void test_it_does_not_wait(void **state)
{
    (void)state;
    queue("SELECT pg_sleep(0.3)", PG_ANY, NULL);
    struct mono begun = mono_now();
    assert_int_equal(pg_queue_run(pg, &err), PG_BUSY);
    assert_true(mono_diff_ms(begun, mono_now()) < 250);
    ok(finish());
    assert_true(mono_diff_ms(begun, mono_now()) >= 250);
}

static void test_the_first_failure_drops_the_rest(void **state)
{
    (void)state;
    struct pg_result *before = NULL, *after = NULL;
    script("CREATE TEMP TABLE rest (id integer)");
    queue("SELECT 1", PG_ANY, &before);
    queue("SELECT 1 / 0", PG_ANY, NULL);
    queue("INSERT INTO rest VALUES (1) RETURNING id", PG_ANY, &after);
    assert_int_equal(finish(), ERR_INPUT);
    assert_string_equal(pg_sqlstate(pg), "22012");
    assert_null(before); /* freed: the caller has nothing to clean up */
    assert_null(after);
    assert_true(pg_alive(pg));
    assert_int_equal(number_of("SELECT count(*) FROM rest"), 0);
    queue("SELECT 2", PG_ANY, &after);
    ok(finish());
    assert_int_equal(pg_get_int64(after, 0, 0), 2);
    pg_result_free(after);
    script("DROP TABLE rest");
}

static void test_rows_that_were_to_change_are_counted(void **state)
{
    (void)state;
    script("CREATE TEMP TABLE owned (id integer); INSERT INTO owned VALUES (1), (2)");
    queue("UPDATE owned SET id = id", 2, NULL);
    ok(finish());
    queue("UPDATE owned SET id = id WHERE id = 1", 2, NULL);
    queue("DELETE FROM owned", PG_ANY, NULL);
    assert_int_equal(finish(), ERR_CONFLICT);
    assert_int_equal(number_of("SELECT count(*) FROM owned"), 2);
    script("DROP TABLE owned");
}

static void test_more_than_it_holds(void **state)
{
    (void)state;
    int r = 0, count = 0;
    while (r == 0 && count < 1000) {
        r = pg_queue_exec(pg, "SELECT 1", NULL, 0, PG_ANY, NULL, &err);
        count++;
    }
    assert_int_equal(r, ERR_FAILED);
    ok(finish()); /* what it holds still runs */
}

static void test_an_answer_that_does_not_come(void **state)
{
    (void)state;
    struct pg *other = NULL;
    ok(pg_connect(getenv("HOSO_PG_CONNINFO"), "itest", &other, &err));
    ok(pg_queue_exec(other, "SELECT pg_sleep(60)", NULL, 0, PG_ANY, NULL, &err));
    assert_int_equal(pg_queue_finish(other, 200, &err), ERR_UNAVAILABLE);
    pg_free(other);
}

/* ---- together ---- */

static int together(void)
{
    ok(pg_queue_together(pg, &err));
    return finish();
}

static void test_together_is_one_wait(void **state)
{
    (void)state;
    struct pg_result *early = NULL, *late = NULL;
    const struct pg_param params[] = {pg_text(STR("Nghi Dương"))};
    script("CREATE TEMP TABLE place (name text)");
    ok(pg_queue_together(pg, &err)); /* nothing queued */
    queue("BEGIN", PG_ANY, NULL);
    ok(pg_queue_exec(pg, "INSERT INTO place VALUES ($1)", params, 1, 1, NULL, &err));
    queue("SELECT name FROM place", PG_ANY, &early);
    queue("COMMIT", PG_ANY, NULL);
    queue("SELECT pg_sleep(1)", PG_ANY, NULL);
    queue("SELECT 2", PG_ANY, &late);
    ok(pg_queue_together(pg, &err));
    struct mono begun = mono_now();
    while (!early)
        assert_int_equal(pg_queue_run(pg, &err), PG_BUSY);
    assert_true(mono_diff_ms(begun, mono_now()) <
                900); /* it comes before what stands behind it is done */
    assert_null(late);
    ok(finish());
    assert_true(str_eq(pg_get_text(early, 0, 0), STR("Nghi Dương")));
    assert_int_equal(pg_get_int32(late, 0, 0), 2);
    pg_result_free(early);
    pg_result_free(late);
    assert_int_equal(number_of("SELECT count(*) FROM place"), 1);
    script("DROP TABLE place");
}

static void test_together_ends_at_the_first_failure(void **state)
{
    (void)state;
    struct pg_result *before = NULL, *after = NULL;
    script("CREATE TEMP TABLE rest (id integer)");
    for (int i = 0; i < 2; i++) { /* the second time all of it is prepared */
        queue("BEGIN", PG_ANY, NULL);
        queue("SELECT 1", PG_ANY, &before);
        queue("INSERT INTO rest SELECT 1 / count(*) FROM rest", PG_ANY, NULL);
        queue("SELECT id FROM rest", PG_ANY, &after);
        queue("COMMIT", PG_ANY, NULL);
        assert_int_equal(together(), ERR_INPUT);
        assert_string_equal(pg_sqlstate(pg), "22012");
        assert_null(before);
        assert_null(after);
        pg_rollback(pg);
    }
    queue("SELECT 2", PG_ANY, &after);
    ok(together());
    assert_int_equal(pg_get_int32(after, 0, 0), 2);
    pg_result_free(after);
    script("CREATE TEMP TABLE owned (id integer)");
    queue("UPDATE owned SET id = id", 1, NULL);
    queue("SELECT 1", PG_ANY, NULL);
    assert_int_equal(together(), ERR_CONFLICT);
    script("DROP TABLE rest; DROP TABLE owned");
}

static void test_together_is_given_up(void **state)
{
    (void)state;
    struct pg_result *rows = NULL;
    script("CREATE TEMP TABLE place (name text)");
    queue("BEGIN", PG_ANY, NULL);
    queue("INSERT INTO place SELECT 'x' FROM generate_series(1, 100000)", PG_ANY, NULL);
    queue("SELECT name FROM place", PG_ANY, &rows);
    ok(pg_queue_together(pg, &err));
    pg_rollback(pg);
    assert_null(rows);
    assert_int_equal(number_of("SELECT count(*) FROM place"), 0);
    script("DROP TABLE place");
}

/* More than any socket's buffer in both directions: the server writes before it has read all. */
static void test_together_with_much_in_both_directions(void **state)
{
    (void)state;
    enum { SIZE = 8 << 20, TIMES = 4 };
    struct pg_result *rows[TIMES] = {NULL};
    char *text = malloc(SIZE);
    assert_non_null(text);
    memset(text, 'x', SIZE);
    const struct pg_param params[] = {pg_text((struct str){text, SIZE})};
    for (int i = 0; i < TIMES; i++)
        ok(pg_queue_exec(pg, "SELECT $1::text || $1::text", params, 1, 1, &rows[i], &err));
    ok(together());
    for (int i = 0; i < TIMES; i++) {
        assert_int_equal(pg_get_text(rows[i], 0, 0).len, 2 * SIZE);
        pg_result_free(rows[i]);
    }
    free(text);
}

static void test_together_when_the_connection_breaks(void **state)
{
    (void)state;
    struct pg *other = NULL;
    struct pg_result *rows = NULL;
    ok(pg_connect(getenv("HOSO_PG_CONNINFO"), "itest", &other, &err));
    ok(pg_queue_exec(other, "SELECT 1", NULL, 0, PG_ANY, &rows, &err));
    ok(pg_queue_exec(other, "SELECT pg_terminate_backend(pg_backend_pid())", NULL, 0, PG_ANY, NULL,
                     &err));
    ok(pg_queue_exec(other, "SELECT 2", NULL, 0, PG_ANY, NULL, &err));
    ok(pg_queue_together(other, &err));
    assert_int_equal(pg_queue_finish(other, PATIENCE_MS, &err), ERR_UNAVAILABLE);
    assert_null(rows);
    assert_false(pg_alive(other));
    pg_free(other);
}

/* ---- COPY ---- */

static void add_row(struct pg_copy *copy, int32_t id, struct str text)
{
    static const uint8_t uuid[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255};
    pg_copy_row(copy, 10);
    pg_copy_int32(copy, id);
    pg_copy_int16(copy, INT16_MIN);
    pg_copy_int64(copy, INT64_MIN);
    pg_copy_bool(copy, true);
    pg_copy_tri(copy, -1);
    pg_copy_text(copy, text);
    pg_copy_uuid(copy, uuid);
    pg_copy_time(copy, -1);
    pg_copy_day(copy, NO_DAY);
    pg_copy_null(copy);
}

#define COPY_SQL "COPY copied FROM STDIN (FORMAT binary)"
#define MAKE_COPIED                                                                                \
    "CREATE TEMP TABLE copied (id integer PRIMARY KEY, small smallint, big bigint, yes boolean, "  \
    "tri boolean, words text, key uuid, at timestamptz, day date, nothing text)"

static void test_rows_as_the_server_reads_them(void **state)
{
    (void)state;
    struct pg_copy copy;
    pg_copy_init(&copy);
    script(MAKE_COPIED);
    add_row(&copy, 1, STR("Nghi Dương"));
    add_row(&copy, INT32_MIN, STR_NONE);
    add_row(&copy, 3, STR(""));
    ok(pg_queue_copy(pg, COPY_SQL, &copy, &err));
    ok(finish());
    assert_int_equal(
        number_of("SELECT count(*) FROM copied WHERE small = -32768 AND big = -9223372036854775808 "
                  "AND yes AND tri IS NULL AND key = '00010203-0405-0607-0809-0a0b0c0d0eff' "
                  "AND at = '1969-12-31 23:59:59.999+00' AND day = 'infinity' AND nothing IS NULL"),
        3);
    assert_int_equal(number_of("SELECT count(*) FROM copied WHERE (id, words) IN "
                               "((1, 'Nghi Dương'), (3, '')) OR (id < 0 AND words IS NULL)"),
                     3);
    pg_copy_deinit(&copy);
    script("DROP TABLE copied");
}

/* More than any socket's buffer, so that the queue must wait for the server in the middle of it. */
static void test_many_rows_then_a_statement(void **state)
{
    (void)state;
    enum { ROWS = 200000 };
    struct pg_result *rows = NULL;
    struct pg_copy copy;
    pg_copy_init(&copy);
    script(MAKE_COPIED);
    for (int32_t round = 0; round < 2; round++) { /* cleared, it is as new */
        pg_copy_clear(&copy);
        for (int32_t i = 0; i < ROWS; i++)
            add_row(&copy, round * ROWS + i, STR("a text of some length, so that it is megabytes"));
        ok(pg_queue_copy(pg, COPY_SQL, &copy, &err));
        queue("SELECT count(*), count(DISTINCT id) FROM copied", PG_ANY, &rows);
        int r;
        bool wrote = false;
        while ((r = pg_queue_run(pg, &err)) == PG_BUSY)
            wrote = wrote || pg_queue_writes(pg);
        ok(r);
        assert_true(wrote);
        assert_int_equal(pg_get_int64(rows, 0, 0), (round + 1) * ROWS);
        assert_int_equal(pg_get_int64(rows, 0, 1), (round + 1) * ROWS);
        pg_result_free(rows);
    }
    pg_copy_deinit(&copy);
    script("DROP TABLE copied");
}

static void test_a_row_that_is_refused(void **state)
{
    (void)state;
    struct pg_copy copy;
    pg_copy_init(&copy);
    script(MAKE_COPIED);
    for (int32_t i = 0; i < 50000; i++)
        add_row(&copy, i % 40000, STR("twice"));
    ok(pg_queue_copy(pg, COPY_SQL, &copy, &err));
    queue("SELECT 1", PG_ANY, NULL);
    assert_int_equal(finish(), ERR_CONFLICT);
    assert_string_equal(pg_sqlstate(pg), "23505");
    assert_true(pg_alive(pg));
    assert_int_equal(number_of("SELECT count(*) FROM copied"), 0);
    pg_copy_deinit(&copy);
    script("DROP TABLE copied");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements_run_in_their_order),
        cmocka_unit_test(test_it_does_not_wait),
        cmocka_unit_test(test_the_first_failure_drops_the_rest),
        cmocka_unit_test(test_rows_that_were_to_change_are_counted),
        cmocka_unit_test(test_more_than_it_holds),
        cmocka_unit_test(test_an_answer_that_does_not_come),
        cmocka_unit_test(test_together_is_one_wait),
        cmocka_unit_test(test_together_ends_at_the_first_failure),
        cmocka_unit_test(test_together_is_given_up),
        cmocka_unit_test(test_together_with_much_in_both_directions),
        cmocka_unit_test(test_together_when_the_connection_breaks),
        cmocka_unit_test(test_rows_as_the_server_reads_them),
        cmocka_unit_test(test_many_rows_then_a_statement),
        cmocka_unit_test(test_a_row_that_is_refused),
    };
    return RUN_WITH_SERVER(tests);
}
