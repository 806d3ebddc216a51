/* lib/pg against a real server: HOSO_PG_CONNINFO names an empty database. Run by test_edges.py. */
#include "itest_pg.h"

#include "base/clock.h"

/* The one text cell that the server makes of a value: what it understood, in its own words. */
static void assert_server_reads(const char *sql, struct pg_param param, const char *want)
{
    struct pg_result *rows = rows_of(sql, &param, 1);
    assert_int_equal(pg_rows(rows), 1);
    if (!want) {
        assert_true(pg_is_null(rows, 0, 0));
    } else {
        struct str got = pg_get_text(rows, 0, 0);
        assert_int_equal(got.len, strlen(want));
        assert_memory_equal(got.data, want, got.len);
    }
    pg_result_free(rows);
}

static void test_parameters_as_the_server_reads_them(void **state)
{
    (void)state;
    static const uint8_t id[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255};
    assert_server_reads("SELECT $1::int4::text", pg_int32(INT32_MIN), "-2147483648");
    assert_server_reads("SELECT $1::int4::text", pg_int32(INT32_MAX), "2147483647");
    assert_server_reads("SELECT $1::int8::text", pg_int64(INT64_MIN), "-9223372036854775808");
    assert_server_reads("SELECT $1::int8::text", pg_int64(-1), "-1");
    assert_server_reads("SELECT $1::bool::text", pg_bool(true), "true");
    assert_server_reads("SELECT $1::text", pg_text(STR("")), "");
    assert_server_reads("SELECT $1::text", pg_text(STR_NONE), NULL);
    assert_server_reads("SELECT $1::text", pg_text(STR("Nghi Dương")), "Nghi Dương");
    assert_server_reads("SELECT encode($1::bytea, 'hex')", pg_bytes(STR("\0\xff")), "00ff");
    assert_server_reads("SELECT $1::uuid::text", pg_uuid(id),
                        "00010203-0405-0607-0809-0a0b0c0d0eff");
    assert_server_reads("SELECT $1::timestamptz::text", pg_time(1), "1970-01-01 00:00:00.001+00");
    assert_server_reads("SELECT $1::timestamptz::text", pg_time(-1), "1969-12-31 23:59:59.999+00");
    assert_server_reads("SELECT $1::timestamptz::text", pg_time(TIME_MAX_AT),
                        "2099-12-31 17:00:00+00");
    assert_server_reads("SELECT $1::timestamptz::text", pg_time(NO_TIME), NULL);
    assert_server_reads("SELECT $1::date::text", pg_day(NO_DAY), "infinity");
    assert_server_reads("SELECT $1::date::text", pg_day(0), "1970-01-01");
    assert_server_reads("SELECT $1::date::text", pg_day(-1), "1969-12-31");
    assert_server_reads("SELECT $1::text", pg_null(), NULL);
}

static void test_cells(void **state)
{
    (void)state;
    struct pg_result *rows =
        rows_of("SELECT (-7)::int2, (-8)::int4, (-9)::int8, false, 'x', '2026-07-01'::date,"
                " '1969-12-31 23:59:59.9995+00'::timestamptz, '2026-07-01 00:00+07'::timestamptz,"
                " 'infinity'::date, '-infinity'::date, 'infinity'::timestamptz, NULL::date,"
                " NULL::timestamptz, NULL::text, NULL::int8, NULL::bool, NULL::uuid, ''::text, "
                "'\\x00'::bytea",
                NULL, 0);
    assert_int_equal(pg_get_int32(rows, 0, 0), -7);
    assert_int_equal(pg_get_int64(rows, 0, 0), -7);
    assert_int_equal(pg_get_int32(rows, 0, 1), -8);
    assert_int_equal(pg_get_int64(rows, 0, 2), -9);
    assert_false(pg_get_bool(rows, 0, 3));
    assert_true(str_eq(pg_get_text(rows, 0, 4), STR("x")));
    assert_int_equal(pg_get_day(rows, 0, 5), day_from_date(2026, 7, 1));
    assert_int_equal(pg_get_time(rows, 0, 6), -1); /* half a millisecond before 1970: down */
    assert_int_equal(pg_get_time(rows, 0, 7), day_start(day_from_date(2026, 7, 1)));
    assert_int_equal(pg_get_day(rows, 0, 8), NO_DAY);
    assert_int_equal(pg_get_day(rows, 0, 9), NO_DAY);
    assert_true(pg_get_time(rows, 0, 10) == NO_TIME);
    assert_int_equal(pg_get_day(rows, 0, 11), NO_DAY);
    assert_true(pg_get_time(rows, 0, 12) == NO_TIME);
    assert_null(pg_get_text(rows, 0, 13).data);
    assert_int_equal(pg_get_int64(rows, 0, 14), 0);
    assert_false(pg_get_bool(rows, 0, 15));
    assert_null(pg_get_uuid(rows, 0, 16));
    assert_non_null(pg_get_text(rows, 0, 17).data);
    assert_int_equal(pg_get_text(rows, 0, 17).len, 0);
    assert_int_equal(pg_get_text(rows, 0, 18).len, 1);
    pg_result_free(rows);
}

/* ---- classes of failures ---- */

static void assert_fails(const char *sql, struct pg_param param, int code, const char *sqlstate)
{
    int r = pg_exec(pg, sql, &param, 1, NULL, &err);
    if (r != code)
        fail_msg("%s: %d, not %d: %s", sql, r, code, r < 0 ? err.text : "");
    assert_string_equal(pg_sqlstate(pg), sqlstate);
    assert_true(pg_alive(pg));
}

static void test_classes(void **state)
{
    (void)state;
    ok(pg_script(pg, "CREATE TEMP TABLE t (a int UNIQUE CHECK (a > 0), b text NOT NULL)", &err));
    assert_fails("INSERT INTO t VALUES ($1, NULL)", pg_int32(1), ERR_INPUT, "23502");
    assert_fails("INSERT INTO t VALUES ($1, 'x')", pg_int32(-1), ERR_INPUT, "23514");
    assert_fails("INSERT INTO t VALUES (1, $1)", pg_text(STR("a\0b")), ERR_INPUT, "22021");
    assert_fails("INSERT INTO t VALUES (1, $1)", pg_text(STR("\xff")), ERR_INPUT, "22021");
    assert_fails("SELECT $1::timestamptz", pg_time(INT64_MAX), ERR_INPUT, "22008");
    assert_fails("SELECT $1::timestamptz", pg_time(INT64_MIN + 1), ERR_INPUT, "22008");
    assert_fails("SELECT $1::date", pg_day(INT32_MIN + 1), ERR_INPUT, "22008");
    assert_fails("SELECT nothing FROM t WHERE a = $1", pg_int32(1), ERR_FAILED, "42703");
    struct pg_param one = pg_int32(1);
    ok(pg_exec(pg, "INSERT INTO t VALUES ($1, 'x')", &one, 1, NULL, &err));
    assert_fails("INSERT INTO t VALUES ($1, 'x')", one, ERR_CONFLICT, "23505");
}

static void test_values_stay_out_of_errors(void **state)
{
    (void)state;
    struct pg_param param = pg_text(STR("000000000001: NGUOI \"THU\" NGHIEM 1"));
    assert_fails("SELECT $1::text::int", param, ERR_INPUT, "22P02");
    assert_null(strstr(err.text, "0000"));
    assert_null(strstr(err.text, "NGUOI"));
    assert_non_null(strstr(err.text, "invalid input syntax for type integer"));
    param = pg_text(STR("99999999999"));
    assert_fails("SELECT $1::text::int", param, ERR_INPUT, "22003");
    assert_null(strstr(err.text, "9999"));
}

static void test_parameter_types_of_one_text(void **state)
{
    (void)state;
    /* NULL of unknown type first: the server decides on int4; an int8 afterwards is another statement. */
    static const char sql[] = "SELECT coalesce($1, 5)::int8";
    struct pg_param params[] = {pg_null(), pg_int64(INT64_C(1) << 40), pg_int32(7), pg_null()};
    const int64_t want[] = {5, INT64_C(1) << 40, 7, 5};
    for (size_t i = 0; i < 4; i++) {
        struct pg_result *rows = rows_of(sql, &params[i], 1);
        assert_true(pg_get_int64(rows, 0, 0) == want[i]);
        pg_result_free(rows);
    }
    /* Two texts that stand in the same memory one after the other are two statements. */
    char text[40];
    for (int i = 1; i <= 2; i++) {
        snprintf(text, sizeof text, "SELECT %d", i);
        struct pg_result *rows = rows_of(text, NULL, 0);
        assert_int_equal(pg_get_int32(rows, 0, 0), i);
        pg_result_free(rows);
    }
}

static void test_transactions(void **state)
{
    (void)state;
    ok(pg_script(pg, "CREATE TEMP TABLE u (a int)", &err));
    ok(pg_begin(pg, &err));
    ok(pg_script(pg, "INSERT INTO u VALUES (1)", &err));
    pg_rollback(pg);
    ok(pg_begin(pg, &err));
    ok(pg_script(pg, "INSERT INTO u VALUES (2)", &err));
    ok(pg_commit(pg, &err));
    /* COMMIT of a failed transaction must not pass for a success. */
    ok(pg_begin(pg, &err));
    assert_int_equal(pg_script(pg, "INSERT INTO u VALUES (3); SELECT 1/0", &err), ERR_INPUT);
    assert_int_equal(pg_commit(pg, &err), ERR_FAILED);
    struct pg_result *rows = rows_of("SELECT array_agg(a)::text FROM u", NULL, 0);
    assert_true(str_eq(pg_get_text(rows, 0, 0), STR("{2}")));
    pg_result_free(rows);
    struct pg_param two = pg_int32(2);
    ok(pg_exec(pg, "DELETE FROM u WHERE a = $1", &two, 1, &rows, &err));
    assert_int_equal(pg_affected(rows), 1);
    pg_result_free(rows);
}

static void test_lost_connection(void **state)
{
    (void)state;
    struct pg *other = NULL;
    struct pg_result *rows = rows_of("SELECT pg_backend_pid()", NULL, 0);
    struct pg_param pid = pg_int32(pg_get_int32(rows, 0, 0));
    pg_result_free(rows);
    ok(pg_connect(getenv("HOSO_PG_CONNINFO"), "itest", &other, &err));
    ok(pg_begin(pg, &err));
    ok(pg_exec(other, "SELECT pg_terminate_backend($1, 10000)", &pid, 1, NULL, &err));
    assert_int_equal(pg_script(pg, "SELECT 1", &err), ERR_UNAVAILABLE);
    assert_false(pg_alive(pg));
    assert_int_equal(pg_commit(pg, &err), ERR_UNAVAILABLE);
    pg_rollback(pg);
    pg_free(pg);
    pg = other;
}

static void assert_no_connection(const char *more, int code)
{
    char conninfo[1024];
    struct pg *none = NULL;
    snprintf(conninfo, sizeof conninfo, "%s %s", getenv("HOSO_PG_CONNINFO"), more);
    err.text[0] = '\0';
    int r = pg_connect(conninfo, "itest", &none, &err);
    if (r != code)
        fail_msg("%s: %d, not %d: %s", more, r, code, err.text);
    assert_null(none);
    assert_null(strstr(err.text, "secret"));
    assert_int_not_equal(strlen(err.text), 0);
}

static void test_connect_mistakes(void **state)
{
    (void)state;
    assert_no_connection("dbname=no_such_database", ERR_INPUT);
    assert_no_connection("user=no_such_role password=secret1", ERR_INPUT);
    assert_no_connection("password=secret2", ERR_INPUT);
    assert_no_connection("passfile=/dev/null", ERR_INPUT);
    assert_no_connection("sslmode=perhaps", ERR_INPUT);
    assert_no_connection("password='secret3", ERR_INPUT);
    assert_no_connection("secret4", ERR_INPUT);
    assert_no_connection("port=1", ERR_UNAVAILABLE);
    assert_no_connection("host=/nonexistent", ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters_as_the_server_reads_them),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_values_stay_out_of_errors),
        cmocka_unit_test(test_parameter_types_of_one_text),
        cmocka_unit_test(test_transactions),
        cmocka_unit_test(test_lost_connection),
        cmocka_unit_test(test_connect_mistakes),
    };
    return RUN_WITH_SERVER(tests);
}
