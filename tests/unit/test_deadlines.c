/* links: alerter */
/* Deadlines against a plain table, with more dossiers than the hash table begins with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "alerter/deadlines.h"

#define CODES 1000

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static struct str code_of(char *out, size_t size, uint32_t i)
{
    snprintf(out, size, "H24.1-260101-%04u", i);
    return str_of(out);
}

static void test_against_table(void **state)
{
    (void)state;
    static int64_t table[CODES];
    for (size_t i = 0; i < CODES; i++)
        table[i] = NO_TIME;
    struct deadlines *deadlines = deadlines_new();
    uint32_t seed = 7;
    char text[32];
    for (int step = 0; step < 30000; step++) {
        uint32_t i = next_random(&seed) % CODES;
        table[i] = next_random(&seed) % 3 ? (int64_t)(next_random(&seed) % 500) : NO_TIME;
        assert_int_equal(deadlines_set(deadlines, code_of(text, sizeof text, i), table[i]), 0);
        if (step % 100)
            continue;
        size_t count = 0, due = 0;
        int64_t min = INT64_MAX;
        for (size_t j = 0; j < CODES; j++) {
            count += table[j] != NO_TIME;
            due += table[j] != NO_TIME && table[j] <= 100;
            if (table[j] != NO_TIME && table[j] < min)
                min = table[j];
        }
        struct str codes[20];
        assert_int_equal(deadlines_count(deadlines), count);
        assert_int_equal(deadlines_next(deadlines), min);
        assert_int_equal(deadlines_due(deadlines, 100, NULL, 0), due);
        assert_int_equal(deadlines_due(deadlines, 100, codes, 20), due);
        for (size_t j = 0; j < due && j < 20; j++) {
            unsigned number = CODES;
            snprintf(text, sizeof text, "%.*s", STR_ARG(codes[j]));
            assert_int_equal(sscanf(text, "H24.1-260101-%4u", &number), 1);
            assert_true(table[number] != NO_TIME && table[number] <= 100);
        }
    }
    deadlines_free(deadlines);
}

static void test_empty(void **state)
{
    (void)state;
    struct deadlines *deadlines = deadlines_new();
    assert_int_equal(deadlines_next(deadlines), NO_TIME);
    assert_int_equal(deadlines_set(deadlines, STR("A"), NO_TIME), 0);
    assert_int_equal(deadlines_set(deadlines, STR("A"), 5), 0);
    assert_int_equal(deadlines_set(deadlines, STR("AB"), 3), 0);
    assert_int_equal(deadlines_set(deadlines, STR("AB"), NO_TIME), 0);
    assert_int_equal(deadlines_next(deadlines), 5);
    assert_int_equal(deadlines_set(deadlines, STR("A"), NO_TIME), 0);
    assert_int_equal(deadlines_count(deadlines), 0);
    assert_int_equal(deadlines_due(deadlines, INT64_MAX, NULL, 0), 0);
    assert_null(deadlines_free(deadlines));
    assert_null(deadlines_free(NULL));
}

/* Two words of one length and one FNV-1a hash. */
static void test_equal_hashes(void **state)
{
    (void)state;
    struct deadlines *deadlines = deadlines_new();
    assert_int_equal(deadlines_set(deadlines, STR("declinate"), 5), 0);
    assert_int_equal(deadlines_set(deadlines, STR("macallums"), 7), 0);
    assert_int_equal(deadlines_count(deadlines), 2);
    assert_int_equal(deadlines_set(deadlines, STR("declinate"), NO_TIME), 0);
    assert_int_equal(deadlines_next(deadlines), 7);
    deadlines_free(deadlines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_table),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_equal_hashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
