/* pure */
#include "domain/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/embedded.h"

static struct calendar *calendar;
static struct error err;

static int load(void **state)
{
    (void)state;
    calendar = calendar_new(work_hours_default());
    return calendar ? calendar_load_csv(calendar, embedded("reference/work_calendar.csv"), &err)
                    : -1;
}

static int unload(void **state)
{
    (void)state;
    calendar = calendar_free(calendar);
    return 0;
}

static int64_t at(const char *text)
{
    int64_t time;
    assert_true(vn_time_parse(str_of(text), &time));
    return time;
}

static int32_t day(const char *text)
{
    return day_of(at(text));
}

static void assert_time(int64_t got, const char *want)
{
    char text[TIME_TEXT_SIZE];
    char full[TIME_TEXT_SIZE];
    assert_string_equal(time_format(got, text), time_format(at(want), full));
}

typedef int due_of(const struct calendar *, int64_t, int, struct term_result *, struct error *);

static int same_day(const struct calendar *c, int64_t from_at, int n, struct term_result *ret,
                    struct error *reterr)
{
    (void)n;
    return calendar_due_same_day(c, from_at, ret, reterr);
}

static void assert_due(due_of *due, const char *from, int n, const char *want)
{
    struct term_result result;
    int r = due(calendar, at(from), n, &result, &err);
    if (r < 0)
        fail_msg("%s + %d: %s", from, n, err.text);
    assert_time(result.due_at, want);
    term_result_deinit(&result);
}

/* The totals that the announced holidays and swaps add up to. */
static void test_year_totals(void **state)
{
    (void)state;
    static const int want[] = {250, 249};
    for (int year = 2025; year <= 2026; year++) {
        int works = 0;
        int32_t end = day_from_date(year + 1, 1, 1);
        for (int32_t d = day_from_date(year, 1, 1); d < end; d++)
            works += calendar_works(calendar, d);
        assert_int_equal(works, want[year - 2025]);
        assert_true(calendar_year_loaded(calendar, year));
    }
    assert_false(calendar_year_loaded(calendar, 2024));
    assert_false(calendar_year_loaded(calendar, 2027));
    assert_false(calendar_year_loaded(calendar, -5));
    assert_false(calendar_year_loaded(calendar, 100000));
}

static void test_days_of_the_law(void **state)
{
    (void)state;
    static const char *const off[] = {
        "2025-01-01", "2025-01-25", "2025-01-27", "2025-01-31", "2025-02-02", "2025-04-07",
        "2025-05-02", "2025-08-30", "2025-09-01", "2025-09-02", "2026-01-02", "2026-02-14",
        "2026-02-16", "2026-02-20", "2026-02-22", "2026-04-26", "2026-04-27", "2026-04-30",
        "2026-08-31", "2026-09-02", "2026-11-24"};
    static const char *const work[] = {"2025-01-02", "2025-01-24", "2025-02-03", "2025-04-26",
                                       "2025-05-05", "2025-08-29", "2025-09-03", "2025-11-24",
                                       "2026-01-10", "2026-02-13", "2026-02-23", "2026-04-28",
                                       "2026-08-22", "2026-09-03", "2026-11-23"};
    for (size_t i = 0; i < sizeof off / sizeof *off; i++)
        if (calendar_works(calendar, day(off[i])) || !calendar_reason(calendar, day(off[i])))
            fail_msg("%s is off", off[i]);
    for (size_t i = 0; i < sizeof work / sizeof *work; i++)
        if (!calendar_works(calendar, day(work[i])))
            fail_msg("%s is a working day", work[i]);
}

static void test_reasons(void **state)
{
    (void)state;
    assert_string_equal(calendar_reason(calendar, day("2026-11-24")), "Ngày Văn hóa Việt Nam");
    assert_string_equal(calendar_reason(calendar, day("2025-04-26")), "làm bù cho 02/05");
    assert_string_equal(calendar_reason(calendar, day("2026-03-07")), "Thứ Bảy");
    assert_string_equal(calendar_reason(calendar, day("2026-03-08")), "Chủ nhật");
    assert_null(calendar_reason(calendar, day("2026-03-09")));
}

static void test_working_days(void **state)
{
    (void)state;
    assert_due(calendar_due_days, "2026-03-02T07:30:00", 1, "2026-03-03T07:30:00");
    assert_due(calendar_due_days, "2026-03-06T09:15:00", 1, "2026-03-09T09:15:00");
    /* Over Tết: received on the last day before it. */
    assert_due(calendar_due_days, "2025-01-24T10:00:00", 1, "2025-02-03T10:00:00");
    assert_due(calendar_due_days, "2026-02-13T10:00:00", 1, "2026-02-23T10:00:00");
    /* The swap Saturday counts, the day it pays for does not. */
    assert_due(calendar_due_days, "2025-04-25T09:00:00", 1, "2025-04-26T09:00:00");
    assert_due(calendar_due_days, "2025-04-25T09:00:00", 5, "2025-05-06T09:00:00");
    assert_due(calendar_due_days, "2026-01-09T09:00:00", 1, "2026-01-10T09:00:00");
    assert_due(calendar_due_days, "2026-08-21T09:00:00", 1, "2026-08-22T09:00:00");
    assert_due(calendar_due_days, "2026-08-28T09:00:00", 1, "2026-09-03T09:00:00");
    /* 24/11 only since 2026. */
    assert_due(calendar_due_days, "2025-11-21T09:00:00", 1, "2025-11-24T09:00:00");
    assert_due(calendar_due_days, "2026-11-23T09:00:00", 1, "2026-11-25T09:00:00");
    assert_due(calendar_due_days, "2025-12-31T09:00:00", 1, "2026-01-05T09:00:00");
}

static void test_received_outside_hours(void **state)
{
    (void)state;
    assert_due(calendar_due_days, "2026-03-02T05:00:00", 1, "2026-03-03T07:30:00");
    assert_due(calendar_due_days, "2026-03-02T07:29:59", 1, "2026-03-03T07:30:00");
    assert_due(calendar_due_days, "2026-03-02T11:30:00", 1, "2026-03-03T11:30:00");
    assert_due(calendar_due_days, "2026-03-02T11:30:01", 1, "2026-03-03T13:00:00");
    assert_due(calendar_due_days, "2026-03-02T12:59:59", 1, "2026-03-03T13:00:00");
    assert_due(calendar_due_days, "2026-03-02T17:00:00", 1, "2026-03-03T17:00:00");
    assert_due(calendar_due_days, "2026-03-02T17:00:01", 1, "2026-03-04T07:30:00");
    assert_due(calendar_due_days, "2026-03-02T23:59:59", 1, "2026-03-04T07:30:00");
    assert_due(calendar_due_days, "2026-03-07T10:00:00", 1, "2026-03-10T07:30:00");
    assert_due(calendar_due_days, "2026-02-17T10:00:00", 1, "2026-02-24T07:30:00");
}

static void test_working_hours(void **state)
{
    (void)state;
    assert_due(calendar_due_hours, "2026-03-02T07:30:00", 4, "2026-03-02T11:30:00");
    assert_due(calendar_due_hours, "2026-03-02T07:30:00", 8, "2026-03-02T17:00:00");
    assert_due(calendar_due_hours, "2026-03-02T10:30:00", 2, "2026-03-02T14:00:00");
    assert_due(calendar_due_hours, "2026-03-02T12:00:00", 1, "2026-03-02T14:00:00");
    assert_due(calendar_due_hours, "2026-03-02T16:00:00", 8, "2026-03-03T16:00:00");
    assert_due(calendar_due_hours, "2026-03-02T17:00:00", 8, "2026-03-03T17:00:00");
    assert_due(calendar_due_hours, "2026-03-02T20:00:00", 8, "2026-03-03T17:00:00");
    assert_due(calendar_due_hours, "2026-02-13T16:00:00", 2, "2026-02-23T08:30:00");
    assert_due(calendar_due_hours, "2025-04-25T16:00:00", 2, "2025-04-26T08:30:00");
}

static void test_same_day(void **state)
{
    (void)state;
    assert_due(same_day, "2026-03-02T06:00:00", 0, "2026-03-02T17:00:00");
    assert_due(same_day, "2026-03-02T12:00:00", 0, "2026-03-02T17:00:00");
    assert_due(same_day, "2026-03-02T15:00:00", 0, "2026-03-02T17:00:00");
    assert_due(same_day, "2026-03-02T15:00:00.001", 0, "2026-03-03T17:00:00");
    assert_due(same_day, "2026-03-02T18:00:00", 0, "2026-03-03T17:00:00");
    assert_due(same_day, "2026-03-06T15:30:00", 0, "2026-03-09T17:00:00");
    assert_due(same_day, "2026-03-07T09:00:00", 0, "2026-03-09T17:00:00");
    assert_due(same_day, "2026-03-08T16:00:00", 0, "2026-03-09T17:00:00");
    assert_due(same_day, "2025-04-26T09:00:00", 0, "2025-04-26T17:00:00");
}

static void test_calendar_days(void **state)
{
    (void)state;
    assert_due(calendar_due_calendar_days, "2026-03-02T09:00:00", 3, "2026-03-05T09:00:00");
    assert_due(calendar_due_calendar_days, "2026-03-02T09:00:00", 5, "2026-03-09T09:00:00");
    assert_due(calendar_due_calendar_days, "2026-03-02T09:00:00", 7, "2026-03-09T09:00:00");
    assert_due(calendar_due_calendar_days, "2026-02-09T09:00:00", 7, "2026-02-23T09:00:00");
    assert_due(calendar_due_calendar_days, "2026-03-07T09:00:00", 3, "2026-03-12T07:30:00");
    assert_due(calendar_due_calendar_days, "2025-04-21T09:00:00", 5, "2025-04-26T09:00:00");
}

static void test_skipped_days(void **state)
{
    (void)state;
    struct term_result result;
    assert_int_equal(calendar_due_days(calendar, at("2026-04-25T08:00:00"), 2, &result, &err), 0);
    assert_time(result.counted_from_at, "2026-04-28T07:30:00");
    assert_time(result.due_at, "2026-05-04T07:30:00");
    static const struct {
        const char *day;
        const char *reason;
    } want[] = {
        {"2026-04-25", "Thứ Bảy"},
        {"2026-04-26", "Chủ nhật"},
        {"2026-04-27", "nghỉ bù Giỗ Tổ (26/4 là Chủ nhật)"},
        {"2026-04-30", "Ngày Chiến thắng"},
        {"2026-05-01", "Quốc tế Lao động"},
        {"2026-05-02", "Thứ Bảy"},
        {"2026-05-03", "Chủ nhật"},
    };
    assert_int_equal(result.skipped_count, sizeof want / sizeof *want);
    for (size_t i = 0; i < result.skipped_count; i++) {
        assert_int_equal(result.skipped[i].day, day(want[i].day));
        assert_string_equal(result.skipped[i].reason, want[i].reason);
    }
    term_result_deinit(&result);
    assert_null(result.skipped);

    /* A calendar term passes only the days on which it would have ended. */
    assert_int_equal(
        calendar_due_calendar_days(calendar, at("2026-03-05T08:00:00"), 9, &result, &err), 0);
    assert_int_equal(result.skipped_count, 2);
    assert_int_equal(result.skipped[0].day, day("2026-03-14"));
    term_result_deinit(&result);
}

static void test_year_not_loaded(void **state)
{
    (void)state;
    struct term_result untouched = {.due_at = 42};
    struct term_result result = untouched;
    due_of *const terms[] = {calendar_due_days, calendar_due_calendar_days, calendar_due_hours,
                             same_day};
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        assert_int_equal(terms[i](calendar, at("2026-12-31T17:30:00"), 1, &result, &err),
                         ERR_INPUT);
        assert_non_null(strstr(err.text, "2027"));
        assert_non_null(strstr(err.text, "work_calendar.csv"));
        assert_int_equal(terms[i](calendar, at("2024-12-31T09:00:00"), 1, &result, &err),
                         ERR_INPUT);
        assert_non_null(strstr(err.text, "2024"));
        assert_int_equal(terms[i](calendar, NO_TIME, 1, &result, &err), ERR_INPUT);
        assert_int_equal(terms[i](calendar, INT64_MAX, 1, &result, &err), ERR_INPUT);
    }
    assert_int_equal(calendar_due_days(calendar, at("2026-12-01T09:00:00"), 40, &result, &err),
                     ERR_INPUT);
    assert_memory_equal(&result, &untouched, sizeof result);
    assert_due(calendar_due_days, "2026-12-30T09:00:00", 1, "2026-12-31T09:00:00");
}

static void test_term_ranges(void **state)
{
    (void)state;
    struct term_result result;
    int64_t from_at = at("2026-03-02T09:00:00");
    static const int bad_days[] = {0, -1, 3651, INT32_MAX};
    for (size_t i = 0; i < sizeof bad_days / sizeof *bad_days; i++) {
        int n = bad_days[i];
        assert_int_equal(calendar_due_days(calendar, from_at, n, &result, &err), ERR_INPUT);
        assert_non_null(strstr(err.text, "1 to 3650"));
        assert_int_equal(calendar_due_calendar_days(calendar, from_at, n, &result, &err),
                         ERR_INPUT);
    }
    assert_int_equal(calendar_due_hours(calendar, from_at, 29201, &result, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "1 to 29200"));
    assert_int_equal(calendar_due_hours(calendar, from_at, 0, &result, &err), ERR_INPUT);
}

static void test_work_minutes(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
        int64_t want;
    } cases[] = {
        {"2026-03-02T08:00:00", "2026-03-02T08:00:00", 0},
        {"2026-03-02T09:00:00", "2026-03-02T08:00:00", 0},
        {"2026-03-02T08:00:00", "2026-03-02T08:01:59", 1},
        {"2026-03-02T08:00:30", "2026-03-02T08:01:29", 0},
        {"2026-03-02T11:29:30", "2026-03-02T13:00:30", 1},
        {"2026-03-02T00:00:00", "2026-03-03T00:00:00", 480},
        {"2026-03-06T16:00:00", "2026-03-09T08:30:00", 120},
        {"2026-02-13T17:00:00", "2026-02-23T07:30:00", 0},
        {"2025-01-01T00:00:00", "2026-01-01T00:00:00", 250 * 480},
        {"2024-01-01T00:00:00", "2025-01-01T00:00:00", 262 * 480}, /* not loaded: Monday-Friday */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(calendar_work_minutes(calendar, at(cases[i].from), at(cases[i].to)),
                         cases[i].want);
    assert_int_equal(calendar_work_minutes(calendar, NO_TIME, at("2026-03-02")), 0);
    assert_true(calendar_work_minutes(calendar, at("1990-01-02"), INT64_MAX) > 0);
}

static void test_adding(void **state)
{
    (void)state;
    struct calendar *empty = calendar_new(work_hours_default());
    assert_non_null(empty);
    assert_false(calendar_year_loaded(empty, 2027));
    assert_int_equal(calendar_add(empty, day("2027-02-05"), true, STR("Tết"), &err), 0);
    assert_int_equal(calendar_add(empty, day("2027-01-01"), true, STR("Tết Dương lịch"), &err), 0);
    assert_true(calendar_year_loaded(empty, 2027));
    assert_string_equal(calendar_reason(empty, day("2027-01-01")), "Tết Dương lịch");
    assert_string_equal(calendar_reason(empty, day("2027-02-05")), "Tết");
    assert_int_equal(calendar_add(empty, day("2027-01-01"), false, STR("x"), &err), ERR_INPUT);
    assert_string_equal(err.text, "2027-01-01 is entered twice");
    assert_int_equal(calendar_add(empty, NO_DAY, true, STR("x"), &err), ERR_INPUT);
    assert_int_equal(calendar_add(empty, INT32_MAX, true, STR("x"), &err), ERR_INPUT);
    calendar_free(empty);
    assert_null(calendar_free(NULL));
}

static void test_bad_csv(void **state)
{
    (void)state;
    static const struct {
        const char *rows;
        const char *want;
    } cases[] = {
        {"2027-13-01,off,x,,\n", "line 2: date must be yyyy-MM-dd"},
        {"2027-01-01,off,x,,\n2027-01-02,holiday,x,,\n", "line 3: type must be off or work"},
        {"2027-01-01,off,x,,\n2027-01-01,off,x,,\n", "line 3: 2027-01-01 is entered twice"},
        {"2027-01-01,off,x\n", "line 2: 3 fields, must be 5"},
        {"1889-01-01,off,x,,\n", "line 2: special day outside 1990 to 2099"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct calendar *bad = calendar_new(work_hours_default());
        assert_non_null(bad);
        char text[256] = "date,type,name,basis,evidence\n";
        strcat(text, cases[i].rows);
        assert_int_equal(calendar_load_csv(bad, str_of(text), &err), ERR_INPUT);
        assert_string_equal(err.text, cases[i].want);
        calendar_free(bad);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_year_totals),
        cmocka_unit_test(test_days_of_the_law),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_working_days),
        cmocka_unit_test(test_received_outside_hours),
        cmocka_unit_test(test_working_hours),
        cmocka_unit_test(test_same_day),
        cmocka_unit_test(test_calendar_days),
        cmocka_unit_test(test_skipped_days),
        cmocka_unit_test(test_year_not_loaded),
        cmocka_unit_test(test_term_ranges),
        cmocka_unit_test(test_work_minutes),
        cmocka_unit_test(test_adding),
        cmocka_unit_test(test_bad_csv),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
