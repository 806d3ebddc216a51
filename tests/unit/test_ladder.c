/* pure */
/* The ladder of alerts: the cases that people will ask about. Random histories: tests/oracle/test_ladder.py. */
#include "domain/ladder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/embedded.h"

enum { EVENTS_MAX = 8 };

struct world {
    struct event events[EVENTS_MAX];
    const struct event *pointers[EVENTS_MAX];
    size_t count;
    struct fold *fold;
    struct ladder *ladder;
    struct calendar *calendar;
    struct ladder_rules rules;
    struct dossier dossier;
};

static int64_t at(const char *text)
{
    int64_t time;
    assert_true(vn_time_parse(str_of(text), &time));
    return time;
}

static struct event *add(struct world *w, enum event_kind kind, const char *when)
{
    struct event *event = &w->events[w->count];
    *event = event_empty();
    event->kind = kind;
    event->event_id[0] = (uint8_t)w->count;
    event->dossier_code = STR("H24.1-260302-0001");
    event->trust = TRUST_LOCAL;
    event->occurred_at = event->ingested_at = at(when);
    w->pointers[w->count++] = event;
    return event;
}

static struct event *step(struct world *w, int32_t status, const char *when)
{
    struct event *event = add(w, EVENT_PROGRESS, when);
    event->status = status;
    return event;
}

static void due(struct world *w, const char *when, const char *date, enum due_reason reason)
{
    struct event *event = add(w, EVENT_DUE_CHANGED, when);
    event->due_at = at(date);
    event->due_reason = reason;
}

/* Accepted on a Monday morning, due on the Thursday of the week after at 16:00. */
static void begin(struct world *w)
{
    w->count = 0;
    w->rules = ladder_rules_default();
    step(w, STATUS_ACCEPTED, "2026-03-02T09:00:00");
    due(w, "2026-03-02T09:00:00", "2026-03-12T16:00:00", DUE_UNKNOWN);
}

/* "began ended" of the first stretch as seen then, "next" when there is only a next moment, "" when there is none. */
static const char *seen(struct world *w, enum alert_rule rule, const char *when)
{
    static char text[80];
    char began[TIME_TEXT_SIZE], ended[TIME_TEXT_SIZE];
    struct fold_rules rules = fold_rules_default();
    struct episode episodes[4];
    int64_t next_at;
    assert_int_equal(fold_run(w->fold, &rules, w->pointers, w->count, &w->dossier), 0);
    assert_int_equal(
        ladder_take(w->ladder, &w->dossier, w->pointers, w->count, w->calendar, &w->rules), 0);
    size_t count = ladder_episodes(w->ladder, rule, at(when), episodes, 4, &next_at);
    if (count)
        snprintf(text, sizeof text, "%.16s %.16s", time_format(episodes[0].began_at, began),
                 time_format(episodes[0].ended_at, ended));
    else
        snprintf(text, sizeof text, "%s%.16s", next_at == NO_TIME ? "" : "next ",
                 time_format(next_at, began));
    return text;
}

static void test_warnings_climb_to_the_deadline(void **state)
{
    struct world *w = *state;
    begin(w);
    assert_string_equal(seen(w, RULE_DUE_SOON_1, "2026-03-09T07:29:59"), "next 2026-03-09T07:30");
    assert_string_equal(seen(w, RULE_DUE_SOON_1, "2026-03-09T07:30:00"), "2026-03-09T07:30 ");
    assert_string_equal(seen(w, RULE_DUE_SOON_1, "2026-03-11T07:30:00"),
                        "2026-03-09T07:30 2026-03-11T07:30");
    assert_string_equal(seen(w, RULE_DUE_SOON_2, "2026-03-11T07:30:00"), "2026-03-11T07:30 ");
    assert_string_equal(seen(w, RULE_DUE_SOON_3, "2026-03-12T12:59:59"), "next 2026-03-12T13:00");
    assert_string_equal(seen(w, RULE_OVERDUE, "2026-03-12T23:59:59"), "next 2026-03-13T00:00");
    assert_string_equal(seen(w, RULE_OVERDUE, "2026-03-13T00:00:00"), "2026-03-13T00:00 ");
    w->rules.overdue = OVERDUE_BY_TIMESTAMP;
    assert_string_equal(seen(w, RULE_DUE_SOON_2, "2026-03-11T16:00:00"), "2026-03-11T16:00 ");
    assert_string_equal(seen(w, RULE_DUE_SOON_3, "2026-03-12T10:30:00"), "2026-03-12T10:30 ");
    w->rules.on[RULE_DUE_SOON_3] = false;
    assert_string_equal(seen(w, RULE_DUE_SOON_3, "2026-03-12T10:30:00"), "");
    assert_string_equal(seen(w, RULE_DUE_SOON_2, "2026-03-12T15:59:59"), "2026-03-11T16:00 ");
}

static void test_a_short_term_does_not_cry_wolf(void **state)
{
    struct world *w = *state;
    w->count = 0;
    w->rules = ladder_rules_default();
    step(w, STATUS_ACCEPTED, "2026-03-12T14:00:00"); /* certified the same afternoon */
    due(w, "2026-03-12T14:00:00", "2026-03-12T17:00:00", DUE_UNKNOWN);
    for (int rule = RULE_DUE_SOON_1; rule <= RULE_DUE_SOON_3; rule++)
        assert_string_equal(seen(w, (enum alert_rule)rule, "2026-03-12T16:59:00"), "");
    assert_string_equal(seen(w, RULE_APOLOGY_MISSING, "2026-03-12T16:59:00"), "");
    /* Back from a pause inside the last hours: that is worth a word. */
    step(w, STATUS_SUPPLEMENT, "2026-03-12T14:30:00");
    step(w, STATUS_PROCESSING, "2026-03-12T15:00:00");
    assert_string_equal(seen(w, RULE_DUE_SOON_3, "2026-03-12T16:59:00"), "2026-03-12T15:00 ");
}

static void test_pauses_stop_restart_and_extend(void **state)
{
    struct world *w = *state;
    begin(w);
    step(w, STATUS_SUPPLEMENT, "2026-03-04T09:00:00");
    assert_string_equal(seen(w, RULE_OVERDUE, "2026-04-01T00:00:00"), "");
    step(w, STATUS_PROCESSING, "2026-03-11T09:00:00"); /* five working days later */
    assert_string_equal(seen(w, RULE_OVERDUE, "2026-03-12T00:00:00"), "next 2026-03-13T00:00");
    w->rules.resume = RESUME_EXTEND;
    assert_string_equal(seen(w, RULE_OVERDUE, "2026-03-12T00:00:00"), "next 2026-03-20T00:00");
    w->rules.resume = RESUME_RESTART;
    assert_string_equal(seen(w, RULE_OVERDUE, "2026-03-12T00:00:00"), "next 2026-03-24T00:00");
    /* A new date as issued governs. */
    due(w, "2026-03-11T09:00:00", "2026-03-16T09:00:00", DUE_SUPPLEMENT);
    assert_string_equal(seen(w, RULE_OVERDUE, "2026-03-12T00:00:00"), "next 2026-03-17T00:00");
    w->events[2].status = STATUS_AWAITING_PAYMENT; /* no supplement: a restart only extends */
    w->count--;
    assert_string_equal(seen(w, RULE_OVERDUE, "2026-03-12T00:00:00"), "next 2026-03-20T00:00");
}

static void test_acceptance(void **state)
{
    struct world *w = *state;
    w->count = 0;
    w->rules = ladder_rules_default();
    struct event *record = add(w, EVENT_RECORD, "2026-11-23T15:00:00");
    record->status = STATUS_REGISTERED;
    record->submitted_at = at("2026-11-23T15:00:00"); /* two hours, then 24/11 is off */
    record->channel = CHANNEL_ONLINE;
    assert_string_equal(seen(w, RULE_ACCEPTANCE, "2026-11-25T15:00:00"), "next 2026-11-25T15:00");
    assert_string_equal(seen(w, RULE_ACCEPTANCE, "2026-11-25T15:00:01"), "2026-11-25T15:00 ");
    record->channel = CHANNEL_COUNTER;
    assert_string_equal(seen(w, RULE_ACCEPTANCE, "2026-11-25T15:00:01"), "");
    record->channel = CHANNEL_ONLINE;
    step(w, STATUS_ACCEPTED, "2026-11-25T15:00:00"); /* just in time */
    assert_string_equal(seen(w, RULE_ACCEPTANCE, "2026-11-26T00:00:00"), "");
}

static void test_supplement_within_three_days(void **state)
{
    struct world *w = *state;
    begin(w);
    struct event *ask = step(w, STATUS_SUPPLEMENT, "2026-03-05T23:59:59");
    assert_string_equal(seen(w, RULE_SUPPLEMENT_LATE, "2026-03-20T00:00:00"), "");
    ask->occurred_at = at("2026-03-06T00:00:00");
    assert_string_equal(seen(w, RULE_SUPPLEMENT_LATE, "2026-03-20T00:00:00"), "2026-03-06T00:00 ");
    step(w, STATUS_PROCESSING, "2026-03-09T10:00:00");
    assert_string_equal(seen(w, RULE_SUPPLEMENT_LATE, "2026-03-20T00:00:00"),
                        "2026-03-06T00:00 2026-03-09T10:00");
}

static void test_apology(void **state)
{
    struct world *w = *state;
    begin(w);
    assert_string_equal(seen(w, RULE_APOLOGY_MISSING, "2026-03-11T07:29:59"),
                        "next 2026-03-11T07:30");
    assert_string_equal(seen(w, RULE_APOLOGY_MISSING, "2026-03-20T00:00:00"), "2026-03-11T07:30 ");
    add(w, EVENT_APOLOGY_SENT, "2026-03-11T10:00:00")->apology_sent = TRI_YES;
    assert_string_equal(seen(w, RULE_APOLOGY_MISSING, "2026-03-20T00:00:00"),
                        "2026-03-11T07:30 2026-03-11T10:00");
    w->events[w->count - 1].occurred_at = at("2026-03-11T07:30:00");
    assert_string_equal(seen(w, RULE_APOLOGY_MISSING, "2026-03-20T00:00:00"), "");
}

static void test_second_reappointment(void **state)
{
    struct world *w = *state;
    begin(w);
    due(w, "2026-03-10T09:00:00", "2026-03-17T16:00:00", DUE_REAPPOINTMENT);
    assert_string_equal(seen(w, RULE_REAPPOINTED_TWICE, "2026-03-30T00:00:00"), "");
    due(w, "2026-03-16T09:00:00", "2026-03-20T16:00:00", DUE_REAPPOINTMENT);
    due(w, "2026-03-19T09:00:00", "2026-03-25T16:00:00", DUE_REAPPOINTMENT);
    assert_string_equal(seen(w, RULE_REAPPOINTED_TWICE, "2026-03-30T00:00:00"),
                        "2026-03-16T09:00 ");
    assert_int_equal(w->dossier.reappointments, 3);
    assert_int_equal(w->dossier.original_due_at, at("2026-03-12T16:00:00"));
}

static void test_steps(void **state)
{
    struct world *w = *state;
    begin(w);
    step(w, STATUS_PROCESSING, "2026-03-03T08:00:00")->step_due_at = at("2026-03-04T17:00:00");
    assert_string_equal(seen(w, RULE_STEP_OVERDUE, "2026-03-04T23:59:59"), "next 2026-03-05T00:00");
    step(w, STATUS_PROCESSING, "2026-03-06T08:00:00")->step_due_at = at("2026-03-30T17:00:00");
    assert_string_equal(seen(w, RULE_STEP_OVERDUE, "2026-03-07T00:00:00"),
                        "2026-03-05T00:00 2026-03-06T08:00");
}

static void test_names(void **state)
{
    (void)state;
    for (int rule = 0; rule < RULE_COUNT; rule++)
        assert_int_equal(alert_rule_of(str_of(alert_rule_name((enum alert_rule)rule))), rule);
    assert_int_equal(alert_rule_of(STR("no such")), RULE_COUNT);
    assert_null(alert_rule_name(RULE_COUNT));
    assert_null(ladder_free(NULL));
}

static int setup(void **state)
{
    static struct world world;
    world.fold = fold_new();
    world.ladder = ladder_new();
    world.calendar = calendar_new(work_hours_default());
    *state = &world;
    return world.fold && world.ladder && world.calendar
               ? calendar_load_csv(world.calendar, embedded("reference/work_calendar.csv"), NULL)
               : -1;
}

static int teardown(void **state)
{
    struct world *w = *state;
    fold_free(w->fold);
    ladder_free(w->ladder);
    calendar_free(w->calendar);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_warnings_climb_to_the_deadline),
        cmocka_unit_test(test_a_short_term_does_not_cry_wolf),
        cmocka_unit_test(test_pauses_stop_restart_and_extend),
        cmocka_unit_test(test_acceptance),
        cmocka_unit_test(test_supplement_within_three_days),
        cmocka_unit_test(test_apology),
        cmocka_unit_test(test_second_reappointment),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
