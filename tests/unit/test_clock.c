/* pure */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void test_days_agree_with_a_count_day_by_day(void **state)
{
    (void)state;
    /* Walk every date of 1600..2500 with the calendar's own rules; the day number must grow by one. */
    int32_t expected = day_from_date(1600, 1, 1);
    for (int year = 1600; year <= 2500; year++) {
        for (int month = 1; month <= 12; month++) {
            for (int day = 1; date_valid(year, month, day); day++) {
                assert_int_equal(day_from_date(year, month, day), expected);
                struct vn_time t = vn_time_of(day_start(expected));
                assert_true(t.year == year && t.month == month && t.day == day);
                expected++;
            }
        }
    }
    assert_int_equal(day_from_date(1970, 1, 1), 0);
}

static void test_midnight_is_in_vietnam(void **state)
{
    (void)state;
    /* 2026-06-30T17:00:00Z is 2026-07-01 00:00 in Việt Nam. */
    int64_t midnight = INT64_C(1782838800000);
    assert_int_equal(day_of(midnight), day_from_date(2026, 7, 1));
    assert_int_equal(day_of(midnight - 1), day_from_date(2026, 6, 30));
    assert_int_equal(day_start(day_from_date(2026, 7, 1)), midnight);
    assert_int_equal(day_of(NO_TIME), NO_DAY);
    assert_int_equal(day_start(NO_DAY), NO_TIME);
}

static void test_weekdays(void **state)
{
    (void)state;
    assert_int_equal(weekday_of(day_from_date(2026, 11, 24)), 1); /* a Tuesday */
    assert_int_equal(weekday_of(day_from_date(2025, 4, 26)), 5);  /* the swap Saturday */
    assert_int_equal(weekday_of(day_from_date(1969, 12, 29)), 0);
}

static void test_portal_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *same_as; /* NULL = must be refused */
    } cases[] = {
        {"20260608074728", "2026-06-08T07:47:28.000+07:00"},
        {"2026-06-08 14:07:53", "2026-06-08T14:07:53.000+07:00"},
        {"2026-06-08T07:47:28.329", "2026-06-08T07:47:28.329+07:00"},
        {"2026-06-08T07:47:28", "2026-06-08T07:47:28.000+07:00"},
        {"2026-06-08", "2026-06-08T00:00:00.000+07:00"},
        {"20240229", "2024-02-29T00:00:00.000+07:00"},
        {"20260229000000", NULL},
        {"20260431000000", NULL},
        {"20261301000000", NULL},
        {"20260608240000", NULL},
        {"20260608076028", NULL},
        {"20260608074760", NULL},
        {"2026060807472", NULL},
        {"202606080747280", NULL},
        {"2026-06-08T07:47:28Z", NULL},
        {"2026-06-08 07:47", NULL},
        {"2026/06/08", NULL},
        {" 20260608", NULL},
        {"", NULL},
        {"00000000", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t at = 42;
        char text[TIME_TEXT_SIZE];
        bool read = vn_time_parse(str_of(cases[i].text), &at);
        assert_int_equal(read, cases[i].same_as != NULL);
        if (read)
            assert_string_equal(time_format(at, text), cases[i].same_as);
        else
            assert_int_equal(at, 42);
    }
}

static void test_formats_of_nothing(void **state)
{
    (void)state;
    char text[TIME_TEXT_SIZE] = "x";
    assert_string_equal(time_format(NO_TIME, text), "");
    assert_string_equal(time_format(INT64_MAX, text), "");
    assert_string_equal(day_format(NO_DAY, text), "");
    assert_string_equal(day_format(day_from_date(2026, 7, 1), text), "2026-07-01");
}

static void test_the_offset_moves_the_wall_clock_only(void **state)
{
    (void)state;
    struct mono begin = mono_now();
    int64_t before = clock_now();
    clock_set_offset(3600000);
    int64_t after = clock_now();
    clock_set_offset(0);
    assert_in_range(after - before, 3600000, 3600000 + 60000);
    assert_true(mono_diff_ms(begin, mono_now()) < 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days_agree_with_a_count_day_by_day),
        cmocka_unit_test(test_midnight_is_in_vietnam),
        cmocka_unit_test(test_weekdays),
        cmocka_unit_test(test_portal_times),
        cmocka_unit_test(test_formats_of_nothing),
        cmocka_unit_test(test_the_offset_moves_the_wall_clock_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
