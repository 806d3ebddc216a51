/* links: alerter */
/* decide(): the cases that people will ask about, by name. Every order of arrival: property/test_decide_orders.c. */
#include "decide_world.h"

#include "base/hash.h"

static void pass(struct world *w, int hour, bool may_fire)
{
    w->now = hour;
    run_decide(w, may_fire);
    check_world(w, may_fire);
}

static void tell(struct world *w, int hour, const struct thing *thing)
{
    w->now = hour;
    arrive(w, thing);
    run_decide(w, false);
    check_world(w, false);
}

static void check_row(const struct world *w, size_t index, enum alert_state state, bool silent,
                      const char *reason)
{
    assert_true(index < w->row_count);
    assert_int_equal(w->rows[index].state, state);
    assert_int_equal(w->rows[index].silent, silent);
    assert_string_equal(w->rows[index].reason.data, reason);
}

static void test_fires_at_the_deadline_and_only_once(void **state)
{
    struct world *w = *state;
    world_begin(w);
    pass(w, 47, true);
    assert_int_equal(w->row_count, 0);
    assert_int_equal(w->watch_at, HOUR(48));
    pass(w, 48, false); /* unread records: held */
    assert_int_equal(w->row_count, 0);
    assert_int_equal(w->watch_at, HOUR(48));
    pass(w, 48, true);
    check_row(w, 0, ALERT_FIRING, false, "deadline_passed");
    assert_int_equal(w->rows[0].late_data, TRI_UNKNOWN);
    pass(w, 60, true);
    assert_int_equal(w->notices, 1);
}

static void test_settled_in_time_told_late_is_retracted(void **state)
{
    struct world *w = *state;
    world_begin(w);
    pass(w, 48, true);
    tell(w, 50, &(struct thing){.hour = 47, .status = 9});
    check_row(w, 0, ALERT_RETRACTED, false, "late_data");
    assert_int_equal(w->rows[0].ended_at, HOUR(47));
    assert_int_equal(w->rows[0].late_data, TRI_YES);
    assert_int_equal(w->notices, 2);
    /* Reopened: a new episode with a number of its own, since retracted is final. */
    tell(w, 60, &(struct thing){.hour = 60, .status = 4});
    pass(w, 61, true);
    check_row(w, 0, ALERT_RETRACTED, false, "late_data");
    check_row(w, 1, ALERT_FIRING, false, "deadline_passed");
    assert_int_equal(w->rows[1].began_at, HOUR(60));
    assert_int_equal(w->rows[1].deadline_at, HOUR(48));
}

static void test_backlog_is_silent(void **state)
{
    struct world *w = *state;
    world_begin(w);
    tell(w, 190, &(struct thing){.hour = 60, .status = 9});
    check_row(w, 0, ALERT_RESOLVED, true, "done");
    assert_int_equal(w->rows[0].late_data, TRI_YES); /* told five days after it happened */
    /* An earlier end comes even later: silent rows are retracted silently. */
    tell(w, 191, &(struct thing){.hour = 40, .status = 9});
    check_row(w, 0, ALERT_RETRACTED, true, "late_data");
    assert_int_equal(w->notices, 0);
}

static void test_an_end_corrected_is_amended_quietly(void **state)
{
    struct world *w = *state;
    world_begin(w);
    pass(w, 48, true);
    tell(w, 80, &(struct thing){.hour = 80, .status = 9});
    check_row(w, 0, ALERT_RESOLVED, false, "done");
    assert_int_equal(w->rows[0].late_data, TRI_NO);
    tell(w, 81, &(struct thing){.hour = 60, .status = 5});
    check_row(w, 0, ALERT_RESOLVED, false, "paused");
    assert_int_equal(w->rows[0].ended_at, HOUR(60));
    assert_int_equal(w->notices, 2);
}

static void test_a_resolved_row_that_lasts_is_superseded(void **state)
{
    struct world *w = *state;
    world_begin(w);
    w->events[0].trust = w->events[1].trust = TRUST_PORTAL;
    pass(w, 48, true);
    w->now = 60;
    arrive(w, &(struct thing){.hour = 60, .status = 9});
    w->events[2].trust = TRUST_PORTAL;
    run_decide(w, false);
    check_row(w, 0, ALERT_RESOLVED, false, "done");
    /* The one-stop system itself speaks up: it is still at work, whatever the portal's copy says. */
    w->events[0].trust = TRUST_LOCAL;
    w->now = 61;
    run_decide(w, false);
    check_row(w, 0, ALERT_RETRACTED, false, "superseded");
    run_decide(w, true);
    check_row(w, 1, ALERT_FIRING, false, "deadline_passed");
}

static void test_alias_and_erased(void **state)
{
    struct world *w = *state;
    world_begin(w);
    pass(w, 48, true);
    add_event(w, EVENT_ALIAS, 50)->alias_of = STR("H24.1-260302-0002");
    run_decide(w, true);
    check_row(w, 0, ALERT_RETRACTED, false, "alias");

    world_begin(w);
    pass(w, 48, true);
    add_event(w, EVENT_ERASED, 50);
    run_decide(w, true);
    check_row(w, 0, ALERT_RESOLVED, false, "erased");
    assert_int_equal(w->notices, 2);
}

static void test_a_date_moved_away_says_so(void **state)
{
    struct world *w = *state;
    world_begin(w);
    pass(w, 48, true);
    struct event *event = add_event(w, EVENT_DUE_CHANGED, 50);
    event->due_at = HOUR(NEW_DUE_HOUR);
    event->due_reason = DUE_CORRECTION;
    w->now = 50;
    run_decide(w, true);
    check_row(w, 0, ALERT_RETRACTED, false, "due_changed");
    assert_int_equal(w->watch_at, HOUR(120));
}

static void test_a_clock_set_back_changes_nothing(void **state)
{
    struct world *w = *state;
    world_begin(w);
    pass(w, 48, true);
    w->now = 20;
    run_decide(w, true);
    check_row(w, 0, ALERT_FIRING, false, "deadline_passed");
}

static void test_no_due_date_never_fires(void **state)
{
    struct world *w = *state;
    world_begin(w);
    w->event_count = 1; /* accepted, no date */
    w->now = LAST_HOUR;
    run_decide(w, true);
    assert_int_equal(w->row_count, 0);
    assert_int_equal(w->watch_at, NO_TIME);
}

static void test_alert_id(void **state)
{
    (void)state;
    uint8_t id[EVENT_ID_SIZE], again[HASH_SIZE];
    alert_id_of(STR("H24.1-260302-0001"), RULE_OVERDUE, 12, id);
    const struct str parts[] = {STR("H24.1-260302-0001"), STR("overdue"), STR("12")};
    hash_parts(parts, 3, again);
    assert_memory_equal(id, again, EVENT_ID_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fires_at_the_deadline_and_only_once),
        cmocka_unit_test(test_settled_in_time_told_late_is_retracted),
        cmocka_unit_test(test_backlog_is_silent),
        cmocka_unit_test(test_an_end_corrected_is_amended_quietly),
        cmocka_unit_test(test_a_resolved_row_that_lasts_is_superseded),
        cmocka_unit_test(test_alias_and_erased),
        cmocka_unit_test(test_a_date_moved_away_says_so),
        cmocka_unit_test(test_a_clock_set_back_changes_nothing),
        cmocka_unit_test(test_no_due_date_never_fires),
        cmocka_unit_test(test_alert_id),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
