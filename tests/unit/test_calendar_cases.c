/* pure */
/* The table of terms around every break of two years' decrees, which tests/oracle/calendar_cases.py wrote from the decrees. */
#include "domain/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/embedded.h"

static struct calendar *calendar;

static int64_t time_of(struct str text)
{
    int64_t at;
    assert_true(vn_time_parse(text, &at));
    return at;
}

static int64_t term(struct str kind, int64_t at, int n)
{
    struct term_result result = {0};
    struct error err;
    int r;
    if (str_eq(kind, STR("due_days")))
        r = calendar_due_days(calendar, at, n, &result, &err);
    else if (str_eq(kind, STR("due_calendar_days")))
        r = calendar_due_calendar_days(calendar, at, n, &result, &err);
    else if (str_eq(kind, STR("due_hours")))
        r = calendar_due_hours(calendar, at, n, &result, &err);
    else
        r = calendar_due_same_day(calendar, at, &result, &err);
    if (r < 0)
        fail_msg("%s", err.text);
    int64_t due_at = result.due_at;
    term_result_deinit(&result);
    return due_at;
}

static int64_t answer(struct str kind, int64_t at, int n)
{
    if (str_eq(kind, STR("after")))
        return calendar_after(calendar, at, n);
    if (str_eq(kind, STR("before")))
        return calendar_before(calendar, at, n);
    if (str_eq(kind, STR("day_after")))
        return day_start(calendar_day_after(calendar, day_of(at), n));
    if (str_eq(kind, STR("day_before")))
        return day_start(calendar_day_before(calendar, day_of(at), n));
    return term(kind, at, n);
}

static char *read_cases(void)
{
    FILE *file = fopen(SOURCE_DIR "/tests/unit/calendar_cases.csv", "r");
    assert_non_null(file);
    char *text = calloc(1, 1 << 20);
    size_t len = fread(text, 1, (1 << 20) - 1, file);
    assert_true(len > 0 && feof(file));
    fclose(file);
    return text;
}

static void test_every_case(void **state)
{
    (void)state;
    char *text = read_cases();
    struct csv csv;
    struct error err;
    int cases = 0;
    assert_int_equal(csv_open(&csv, str_of(text), "kind,from,n,want,why", &err), 0);
    while (csv_next(&csv, &err) > 0) {
        char n[16], got_text[TIME_TEXT_SIZE];
        snprintf(n, sizeof n, "%.*s", STR_ARG(csv.fields[2]));
        int64_t got = answer(csv.fields[0], time_of(csv.fields[1]), atoi(n));
        if (got != time_of(csv.fields[3]))
            fail_msg("line %d: %.*s is %s (%.*s)", csv.line, STR_ARG(csv.fields[0]),
                     time_format(got, got_text), STR_ARG(csv.fields[4]));
        cases++;
    }
    assert_true(cases >= 300);
    free(text);
}

/* The end of the walks: nothing works, nothing is asked for. */
static void test_edges(void **state)
{
    (void)state;
    int32_t saturday = day_from_date(2026, 3, 7);
    assert_int_equal(calendar_day_after(calendar, saturday, 0), saturday + 2);
    assert_int_equal(calendar_day_before(calendar, saturday, 0), saturday - 1);
    assert_int_equal(calendar_day_after(calendar, saturday - 1, 0), saturday - 1);
    int64_t noon = day_start(saturday) + 12 * MS_PER_HOUR;
    assert_int_equal(calendar_after(calendar, noon, 0), calendar_opens_at(calendar, saturday + 2));
    assert_int_equal(calendar_before(calendar, noon, 0),
                     calendar_closes_at(calendar, saturday - 1));
    assert_int_equal(calendar_after(calendar, noon, INT64_C(1) << 40), noon);
    assert_int_equal(calendar_before(calendar, noon, INT64_C(1) << 40), noon);
    assert_int_equal(calendar_day_after(calendar, saturday, 100000), saturday);
    /* A year that is not loaded: Monday to Friday. */
    int32_t new_year = day_from_date(2031, 1, 1);
    assert_int_equal(calendar_day_after(calendar, new_year - 1, 1), new_year);
}

static int load(void **state)
{
    (void)state;
    calendar = calendar_new(work_hours_default());
    return calendar ? calendar_load_csv(calendar, embedded("reference/work_calendar.csv"), NULL)
                    : -1;
}

static int unload(void **state)
{
    (void)state;
    calendar = calendar_free(calendar);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_case),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
