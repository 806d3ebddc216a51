/* links: alerter */
/* When people are told: groups, rests, quiet hours, days off, the digest; and channels that fail. */
#include "notice/schedule.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "alerter/channels.h"
#include "base/embedded.h"

static struct calendar *calendar;

static const struct schedule usual = {.group_wait_ms = 30000,
                                      .group_interval_ms = 600000,
                                      .repeat_ms = 4 * MS_PER_HOUR,
                                      .digest_minute = 7 * 60 + 30,
                                      .quiet_from = 17 * 60 + 30,
                                      .quiet_to = 7 * 60 + 30,
                                      .quiet_days_off = true};

static int64_t at(const char *text)
{
    int64_t time;
    assert_true(vn_time_parse(str_of(text), &time));
    return time;
}

static void check_open(const char *from, const char *want)
{
    assert_int_equal(schedule_open_at(&usual, calendar, at(from)), at(want));
}

static void test_quiet_hours_and_holidays(void **state)
{
    (void)state;
    check_open("2026-03-04 09:00:00", "2026-03-04 09:00:00");
    check_open("2026-03-04 07:29:59", "2026-03-04 07:30:00");
    check_open("2026-03-04 17:29:59", "2026-03-04 17:29:59");
    check_open("2026-03-04 17:30:00", "2026-03-05 07:30:00");
    check_open("2026-03-05 00:00:00", "2026-03-05 07:30:00"); /* overdue by date is at midnight */
    check_open("2026-03-06 18:00:00", "2026-03-09 07:30:00"); /* a weekend */
    check_open("2026-02-13 18:00:00", "2026-02-23 07:30:00"); /* Tết */
    check_open("2026-11-23 20:00:00", "2026-11-25 07:30:00"); /* 24/11 */
    check_open("2026-08-21 18:00:00", "2026-08-22 07:30:00"); /* a Saturday that is worked */
    struct schedule noon = usual;
    noon.quiet_from = 11 * 60 + 30;
    noon.quiet_to = 13 * 60;
    assert_int_equal(schedule_open_at(&noon, calendar, at("2026-03-04 12:00:00")),
                     at("2026-03-04 13:00:00"));
    assert_int_equal(schedule_open_at(&noon, calendar, at("2026-03-04 20:00:00")),
                     at("2026-03-04 20:00:00"));
    struct schedule never = {0};
    assert_int_equal(schedule_open_at(&never, calendar, at("2026-03-07 03:00:00")),
                     at("2026-03-07 03:00:00"));
}

static enum tell decide(const struct waiting *waiting, const char *now, bool want_digest)
{
    bool digest = !want_digest;
    enum tell tell = schedule_decide(&usual, calendar, waiting, at(now), &digest);
    assert_int_equal(digest, want_digest);
    return tell;
}

static void test_groups_rests_and_repeats(void **state)
{
    (void)state;
    int32_t today = day_of(at("2026-03-04 09:00:00"));
    struct waiting w = {at("2026-03-04 09:00:00"), NO_TIME, today, false};
    assert_int_equal(decide(&w, "2026-03-04 09:00:29", false), TELL_NOTHING);
    assert_int_equal(decide(&w, "2026-03-04 09:00:30", false), TELL_NEWS);
    w.told_at = at("2026-03-04 08:55:00");
    assert_int_equal(decide(&w, "2026-03-04 09:04:59", false), TELL_NOTHING);
    assert_int_equal(decide(&w, "2026-03-04 09:05:00", false), TELL_NEWS);
    assert_int_equal(decide(&w, "2026-03-04 17:31:00", false), TELL_NOTHING);
    w = (struct waiting){NO_TIME, at("2026-03-04 09:00:00"), today, true};
    assert_int_equal(decide(&w, "2026-03-04 12:59:59", false), TELL_NOTHING);
    assert_int_equal(decide(&w, "2026-03-04 13:00:00", false), TELL_ALL);
    w.still = false;
    assert_int_equal(decide(&w, "2026-03-04 13:00:00", false), TELL_NOTHING);
}

static void test_the_digest(void **state)
{
    (void)state;
    struct waiting w = {NO_TIME, NO_TIME, NO_DAY, true};
    assert_int_equal(decide(&w, "2026-03-04 07:29:59", false), TELL_NOTHING);
    assert_int_equal(decide(&w, "2026-03-04 07:30:00", true), TELL_ALL);
    w.digest_day = day_of(at("2026-03-04 07:30:00"));
    assert_int_equal(decide(&w, "2026-03-04 08:00:00", false), TELL_NOTHING);
    assert_int_equal(decide(&w, "2026-03-05 07:30:00", true), TELL_ALL);
    w.still = false;
    assert_int_equal(decide(&w, "2026-03-05 07:30:00", true), TELL_NOTHING);
    w.still = true;
    assert_int_equal(decide(&w, "2026-03-07 09:00:00", false), TELL_NOTHING); /* Saturday */
    struct schedule loud = usual; /* also where messages may go on days off */
    loud.quiet_days_off = false;
    bool digest = true;
    assert_int_equal(schedule_decide(&loud, calendar, &w, at("2026-03-07 09:00:00"), &digest) ==
                             TELL_ALL &&
                         digest,
                     false);
    assert_int_equal(schedule_decide(&loud, calendar, &w, at("2026-03-09 09:00:00"), &digest),
                     TELL_ALL);
    assert_true(digest);
}

static void test_times_of_day(void **state)
{
    (void)state;
    int minute;
    assert_true(schedule_minute(STR("07:30"), &minute));
    assert_int_equal(minute, 450);
    assert_true(schedule_minute(STR("24:00"), &minute));
    static const char *const wrong[] = {"", "7:30", "07.30", "24:01", "07:60", "0a:30", "07:300"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(schedule_minute(str_of(wrong[i]), &minute));
}

static void test_a_breaker_opens_and_tries_one(void **state)
{
    (void)state;
    struct breaker breaker = {0};
    struct mono now = {1000000};
    for (int i = 0; i < BREAKER_FAILURES; i++) {
        assert_true(breaker_lets(&breaker, 3, now));
        breaker_note(&breaker, false, now);
    }
    assert_false(breaker_lets(&breaker, 0, now));
    now.us += BREAKER_OPEN_MS * INT64_C(1000);
    assert_true(breaker_lets(&breaker, 0, now));
    assert_false(breaker_lets(&breaker, 1, now)); /* one at a time */
    breaker_note(&breaker, false, now);
    assert_false(breaker_lets(&breaker, 0, now));
    breaker_note(&breaker, true, now);
    assert_true(breaker_lets(&breaker, 5, now));
}

static void test_a_limit_per_minute(void **state)
{
    (void)state;
    struct channel_out channel = {.per_minute = 2, .minute_began = {1}};
    struct mono now = {1000};
    for (int i = 0; i < 2; i++) {
        assert_true(channels_lets(&channel, now));
        channels_took(&channel);
    }
    assert_false(channels_lets(&channel, now));
    now.us += INT64_C(60000000);
    assert_true(channels_lets(&channel, now));
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
        cmocka_unit_test(test_quiet_hours_and_holidays),
        cmocka_unit_test(test_groups_rests_and_repeats),
        cmocka_unit_test(test_the_digest),
        cmocka_unit_test(test_times_of_day),
        cmocka_unit_test(test_a_breaker_opens_and_tries_one),
        cmocka_unit_test(test_a_limit_per_minute),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
