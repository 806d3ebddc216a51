/* pure */
/*
 * Terms against a second implementation that knows nothing but "is this minute working time?" and walks minute by minute.
 */
#include "domain/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/embedded.h"

#define RUNS 400

static struct calendar *calendar;
static struct error err;
static uint64_t seed = 20260701;

static uint32_t draw(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

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

/*
 * A minute between 2025-01-01 and 2026-10-31, so that the terms drawn below end inside 2026; every other one next to an edge of the
 * hours, where the mistakes are.
 */
static int64_t draw_minute(void)
{
    static const uint32_t edges[] = {450, 690, 780, 900, 1020};
    uint32_t minute = draw(2) ? draw(24 * 60) : edges[draw(5)] + draw(3) - 1;
    return day_start(day_from_date(2025, 1, 1) + (int32_t)draw(668)) + minute * MS_PER_MINUTE;
}

static int minute_of_day(int64_t at)
{
    return (int)((at - day_start(day_of(at))) / MS_PER_MINUTE);
}

/* Is the minute that begins at `at` working time? */
static bool working(int64_t at)
{
    int minute = minute_of_day(at);
    return calendar_works(calendar, day_of(at)) &&
           ((minute >= 450 && minute < 690) || (minute >= 780 && minute < 1020));
}

/* Inside hours, the instants of closing included: this minute works, or the one that just ended did. */
static bool inside(int64_t at)
{
    return working(at) || working(at - MS_PER_MINUTE);
}

static int64_t slow_opening(int64_t at)
{
    while (!inside(at))
        at += MS_PER_MINUTE;
    return at;
}

static int64_t slow_days(int64_t at, int n)
{
    at = slow_opening(at);
    while (n > 0) {
        at += MS_PER_DAY;
        n -= calendar_works(calendar, day_of(at));
    }
    return at;
}

static int64_t slow_calendar_days(int64_t at, int n)
{
    at = slow_opening(at) + n * MS_PER_DAY;
    while (!calendar_works(calendar, day_of(at)))
        at += MS_PER_DAY;
    return at;
}

static int64_t slow_hours(int64_t at, int n)
{
    int left = n * 60;
    while (left > 0) {
        left -= working(at);
        at += MS_PER_MINUTE;
    }
    return at;
}

static int64_t slow_same_day(int64_t at)
{
    bool after_three = minute_of_day(at) > 15 * 60;
    bool on_a_working_day = calendar_works(calendar, day_of(at));
    int32_t due = day_of(at);
    if (!on_a_working_day || after_three)
        do
            due++;
        while (!calendar_works(calendar, due));
    return day_start(due) + 1020 * MS_PER_MINUTE;
}

static void check(int64_t from_at, int r, struct term_result *got, int64_t want, const char *term)
{
    char from[TIME_TEXT_SIZE];
    char due[TIME_TEXT_SIZE];
    char wanted[TIME_TEXT_SIZE];
    if (r < 0)
        fail_msg("%s from %s: %s", term, time_format(from_at, from), err.text);
    if (got->due_at != want)
        fail_msg("%s from %s: %s, must be %s", term, time_format(from_at, from),
                 time_format(got->due_at, due), time_format(want, wanted));
    for (size_t i = 0; i < got->skipped_count; i++) {
        assert_false(calendar_works(calendar, got->skipped[i].day));
        assert_true(got->skipped[i].day >= day_of(from_at));
        assert_true(got->skipped[i].day < day_of(got->due_at));
        assert_true(i == 0 || got->skipped[i - 1].day < got->skipped[i].day);
    }
    term_result_deinit(got);
}

static void test_terms(void **state)
{
    (void)state;
    struct term_result got = {0};
    for (int i = 0; i < RUNS; i++) {
        int64_t from_at = draw_minute();
        int n = 1 + (int)draw(30);
        int r = calendar_due_days(calendar, from_at, n, &got, &err);
        check(from_at, r, &got, slow_days(from_at, n), "days");
        r = calendar_due_calendar_days(calendar, from_at, n, &got, &err);
        check(from_at, r, &got, slow_calendar_days(from_at, n), "calendar days");
        r = calendar_due_hours(calendar, from_at, n, &got, &err);
        check(from_at, r, &got, slow_hours(from_at, n), "hours");
        r = calendar_due_same_day(calendar, from_at, &got, &err);
        check(from_at, r, &got, slow_same_day(from_at), "same day");
    }
}

/* Every day off between receipt and a term in working days is named, once. */
static void test_skipped_days_are_complete(void **state)
{
    (void)state;
    struct term_result got;
    for (int i = 0; i < RUNS; i++) {
        int64_t from_at = draw_minute();
        assert_int_equal(calendar_due_days(calendar, from_at, 1 + (int)draw(30), &got, &err), 0);
        size_t off = 0;
        for (int32_t day = day_of(from_at); day < day_of(got.due_at); day++)
            off += !calendar_works(calendar, day);
        assert_int_equal(got.skipped_count, off);
        term_result_deinit(&got);
    }
}

static void test_work_minutes(void **state)
{
    (void)state;
    for (int i = 0; i < RUNS; i++) {
        int64_t from_at = draw_minute();
        int64_t to_at = from_at + draw(20 * 24 * 60) * MS_PER_MINUTE;
        int64_t want = 0;
        for (int64_t at = from_at; at < to_at; at += MS_PER_MINUTE)
            want += working(at);
        assert_int_equal(calendar_work_minutes(calendar, from_at, to_at), want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms),
        cmocka_unit_test(test_skipped_days_are_complete),
        cmocka_unit_test(test_work_minutes),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
