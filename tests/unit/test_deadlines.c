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

/* Codes of every form: the two common ones, and those that have to be kept as they are. */
static struct str code_of(char *out, size_t size, uint32_t i)
{
    switch (i % 5) {
    case 0: snprintf(out, size, "H24.%u-260101-%04u", i % 7, i); break;
    case 1: snprintf(out, size, "G09.20-20260609-%07u", i); break;
    case 2: snprintf(out, size, "H24.1-260230-%04u", i); break; /* no such date */
    case 3: snprintf(out, size, "x%u", i); break;
    default: snprintf(out, size, "000.00.01.H22-250813-%05u", i); break;
    }
    return str_of(out);
}

static uint32_t number_of(const struct due *due)
{
    char text[CODE_MAX + 1], other[CODE_MAX + 1];
    snprintf(text, sizeof text, "%.*s", due->len, due->code);
    for (uint32_t i = 0; i < CODES; i++) {
        if (str_eq(code_of(other, sizeof other, i), str_of(text)))
            return i;
    }
    return CODES;
}

static void test_against_table(void **state)
{
    (void)state;
    static int64_t table[CODES];
    for (size_t i = 0; i < CODES; i++)
        table[i] = NO_TIME;
    struct deadlines *deadlines = deadlines_new();
    uint32_t seed = 7;
    char text[CODE_MAX + 1];
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
        struct due dues[20];
        assert_int_equal(deadlines_count(deadlines), count);
        assert_int_equal(deadlines_next(deadlines), min);
        assert_int_equal(deadlines_count_due(deadlines, 100), due);
        size_t taken = deadlines_due(deadlines, 100, dues, 20);
        assert_int_equal(taken, due < 20 ? due : 20);
        size_t earlier = 0;
        for (size_t j = 0; j < taken; j++) {
            uint32_t number = number_of(&dues[j]);
            assert_true(number < CODES);
            assert_int_equal(table[number], dues[j].at);
            assert_true(j == 0 || dues[j - 1].at <= dues[j].at);
        }
        for (size_t j = 0; j < CODES && taken; j++)
            earlier += table[j] != NO_TIME && table[j] < dues[taken - 1].at;
        assert_true(!taken || earlier < taken); /* they are the first ones */
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
    assert_int_equal(deadlines_count_due(deadlines, INT64_MAX), 0);
    assert_null(deadlines_free(deadlines));
    assert_null(deadlines_free(NULL));
}

/* Codes that nearly have the common form come out as they went in, and as themselves only. */
static void test_codes_come_out_as_they_went_in(void **state)
{
    (void)state;
    static const char *const codes[] = {
        "H24.1-260101-0001",
        "H24.1-20260101-0001",
        "H24.1-260101-00001",
        "H24.1-260101-001",
        "H24.1-260101-00000001",
        "H24.1-261301-0001",
        "H24.1-99991231-9999999",
        "H24.1-000229-0001",
        "-260101-0001",
        "260101-0001",
        "-0001",
        "",
        "a-b-260101-0001",
        "H24.1-19991231-0001",
        "H24.1-21790606-0001",
        "H24.1-21790607-0001",
        "H24.1--0001",
        "H24.1-2601010001",
        "0123456789012345678901234567890123456789012345678-260101-0000001",
    };
    enum { COUNT = sizeof codes / sizeof *codes };
    struct deadlines *deadlines = deadlines_new();
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(deadlines_set(deadlines, str_of(codes[i]), i), 0);
    struct due due[COUNT];
    assert_int_equal(deadlines_due(deadlines, INT64_MAX, due, COUNT), COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(due[i].len, strlen(codes[i]));
        assert_memory_equal(due[i].code, codes[i], due[i].len);
    }
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(deadlines_set(deadlines, str_of(codes[i]), NO_TIME), 0);
        assert_int_equal(deadlines_count(deadlines), COUNT - 1 - i);
    }
    deadlines_free(deadlines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_table),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_codes_come_out_as_they_went_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
