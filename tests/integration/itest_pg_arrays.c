/* Arrays of lib/pg: what goes out comes back, element by element. Run by test_edges.py. */
#include "itest_pg.h"

#include "base/clock.h"

enum { ELEMENTS = 300 };

static uint64_t random_bits(void)
{
    static uint64_t x = UINT64_C(0x9e3779b97f4a7c15); /* xorshift: the same numbers on every run */
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

/* Extremes first, then anything; every seventh element is NULL. */
static int64_t number_at(int i, int64_t min, int64_t max)
{
    const int64_t edges[] = {0, 1, -1, min, max, min + 1, max - 1};
    int64_t number =
        i < 7 ? edges[i]
              : (int64_t)((uint64_t)min +
                          random_bits() % ((uint64_t)max - (uint64_t)min + (max != INT64_MAX)));
    return number < min ? min : number > max ? max : number;
}

static bool null_at(int i)
{
    return i % 7 == 6 && i > 6;
}

static struct pg_result *back(const char *sql, struct pg_array *array)
{
    struct pg_param param = pg_array_param(array);
    struct pg_result *rows = rows_of(sql, &param, 1);
    assert_int_equal(pg_rows(rows), ELEMENTS);
    return rows;
}

static void round_trip_numbers(enum pg_array_type type, const char *sql, int64_t min, int64_t max,
                               int (*append)(struct pg_array *, int64_t),
                               int64_t (*get)(const struct pg_result *, size_t))
{
    struct pg_array array;
    int64_t want[ELEMENTS];
    pg_array_init(&array, type);
    for (int i = 0; i < ELEMENTS; i++) {
        want[i] = number_at(i, min, max);
        ok(null_at(i) ? pg_array_null(&array) : append(&array, want[i]));
    }
    struct pg_result *rows = back(sql, &array);
    for (int i = 0; i < ELEMENTS; i++) {
        assert_int_equal(pg_is_null(rows, (size_t)i, 0), null_at(i));
        if (!null_at(i))
            assert_true(get(rows, (size_t)i) == want[i]);
    }
    pg_result_free(rows);
    pg_array_deinit(&array);
}

static int append_int16(struct pg_array *array, int64_t value)
{
    return pg_array_int16(array, (int16_t)value);
}
static int append_int32(struct pg_array *array, int64_t value)
{
    return pg_array_int32(array, (int32_t)value);
}
static int append_bool(struct pg_array *array, int64_t value)
{
    return pg_array_tri(array, value != 0);
}
static int append_day(struct pg_array *array, int64_t value)
{
    return pg_array_day(array, (int32_t)value);
}
static int64_t get_int(const struct pg_result *rows, size_t row)
{
    return pg_get_int64(rows, row, 0);
}
static int64_t get_bool(const struct pg_result *rows, size_t row)
{
    return pg_get_bool(rows, row, 0);
}
static int64_t get_time(const struct pg_result *rows, size_t row)
{
    return pg_get_time(rows, row, 0);
}
static int64_t get_day(const struct pg_result *rows, size_t row)
{
    return pg_get_day(rows, row, 0);
}

static void test_arrays_of_numbers(void **state)
{
    (void)state;
    round_trip_numbers(PG_INT16, "SELECT unnest($1::int2[])", INT16_MIN, INT16_MAX, append_int16,
                       get_int);
    round_trip_numbers(PG_INT32, "SELECT unnest($1::int4[])", INT32_MIN, INT32_MAX, append_int32,
                       get_int);
    round_trip_numbers(PG_INT64, "SELECT unnest($1::int8[])", INT64_MIN, INT64_MAX, pg_array_int64,
                       get_int);
    round_trip_numbers(PG_BOOL, "SELECT unnest($1::bool[])", 0, 1, append_bool, get_bool);
    round_trip_numbers(PG_TIME, "SELECT unnest($1::timestamptz[])", -INT64_C(200000000000000),
                       INT64_C(9000000000000000), pg_array_time, get_time);
    round_trip_numbers(PG_DAY, "SELECT unnest($1::date[])", -100000, 1000000, append_day, get_day);
}

static void round_trip_text(enum pg_array_type type, const char *sql, bool any_byte)
{
    static const char letters[] = "aĐ\"{},\\ \n'";
    struct pg_array array;
    char texts[ELEMENTS][40];
    size_t sizes[ELEMENTS];
    pg_array_init(&array, type);
    for (int i = 0; i < ELEMENTS; i++) {
        sizes[i] = random_bits() % sizeof texts[i];
        for (size_t at = 0; at < sizes[i]; at++)
            texts[i][at] = any_byte ? (char)random_bits() : letters[3 + random_bits() % 8];
        ok(pg_array_text(&array, null_at(i) ? STR_NONE : (struct str){texts[i], sizes[i]}));
    }
    struct pg_result *rows = back(sql, &array);
    for (int i = 0; i < ELEMENTS; i++) {
        struct str got = pg_get_text(rows, (size_t)i, 0);
        assert_int_equal(got.data == NULL, null_at(i));
        if (!null_at(i))
            assert_true(str_eq(got, (struct str){texts[i], sizes[i]}));
    }
    pg_result_free(rows);
    pg_array_deinit(&array);
}

static void test_arrays_of_text(void **state)
{
    (void)state;
    round_trip_text(PG_TEXT, "SELECT unnest($1::text[])", false);
    round_trip_text(PG_BYTEA, "SELECT unnest($1::bytea[])", true);
}

static void test_array_cleared_empty_and_uuid(void **state)
{
    (void)state;
    static const uint8_t id[16] = {1, 2, 3};
    struct pg_array array;
    pg_array_init(&array, PG_UUID);
    struct pg_param param = pg_array_param(&array);
    struct pg_result *rows = rows_of("SELECT cardinality($1::uuid[])", &param, 1);
    assert_int_equal(pg_get_int32(rows, 0, 0), 0);
    pg_result_free(rows);
    ok(pg_array_uuid(&array, id));
    pg_array_clear(&array);
    ok(pg_array_null(&array));
    ok(pg_array_uuid(&array, id));
    param = pg_array_param(&array);
    rows = rows_of("SELECT unnest($1::uuid[])", &param, 1);
    assert_int_equal(pg_rows(rows), 2);
    assert_true(pg_is_null(rows, 0, 0));
    assert_memory_equal(pg_get_uuid(rows, 1, 0), id, sizeof id);
    pg_result_free(rows);
    pg_array_deinit(&array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays_of_numbers),
        cmocka_unit_test(test_arrays_of_text),
        cmocka_unit_test(test_array_cleared_empty_and_uuid),
    };
    return RUN_WITH_SERVER(tests);
}
