/* links: alerter */
/*
 * decide() with the whole ladder: after every arrival, in every order of up to four of ten things, with the clock going on, standing still,
 * jumping an hour or a day ahead and back, and restarts in between, the live rows are what the ladder says.
 */
#include "../unit/decide_world.h"

static const struct thing THINGS[] = {
    {.hour = 20, .status = 5},      /* paused before the warnings */
    {.hour = 30, .status = 4},      /* back */
    {.hour = 40, .status = 9},      /* settled in time */
    {.hour = 48, .status = 6},      /* paused at the very deadline */
    {.hour = 60, .status = 5},      /* paused while late */
    {.hour = 70, .status = 4},      /* back, or reopened */
    {.hour = 71, .new_due = true},  /* with a new date */
    {.hour = 90, .transfer = true}, /* another unit decides from now on */
    {.hour = 100, .status = 7},     /* withdrawn */
    {.hour = 130, .status = 9},     /* settled late */
};
enum { THING_COUNT = sizeof THINGS / sizeof *THINGS, CHOSEN_MAX = 4 };
enum { STRETCHES_MAX = 32 };

static size_t stretches(struct world *w, enum alert_rule rule, struct episode *out)
{
    static struct dossier dossier;
    int64_t next_at;
    assert_int_equal(fold_run(w->fold, &w->rules, w->pointers, w->event_count, &dossier), 0);
    assert_int_equal(ladder_take(w->ladder, &dossier, w->pointers, w->event_count, w->calendar,
                                 &w->ladder_rules),
                     0);
    size_t count = ladder_episodes(w->ladder, rule, HOUR(w->now), out, STRETCHES_MAX, &next_at);
    assert_true(count <= STRETCHES_MAX);
    return count;
}

static const struct alert_row *row_of(const struct world *w, enum alert_rule rule, int64_t began_at)
{
    const struct alert_row *found = NULL;
    for (size_t i = 0; i < w->row_count; i++) {
        const struct alert_row *row = &w->rows[i];
        if (row->rule != rule || row->state == ALERT_RETRACTED || row->began_at != began_at)
            continue;
        assert_null(found);
        found = row;
    }
    return found;
}

/* Everything is read, and the clock stands where it never stood later. */
static void check_rule(struct world *w, enum alert_rule rule)
{
    struct episode episodes[STRETCHES_MAX];
    size_t count = stretches(w, rule, episodes), live = 0, matched = 0;
    for (size_t i = 0; i < count; i++) {
        bool lasts = episodes[i].ended_at == NO_TIME;
        const struct alert_row *row = row_of(w, rule, episodes[i].began_at);
        matched += row != NULL;
        if (lasts || alert_rule_recorded(rule))
            assert_non_null(row);
        if (!row)
            continue;
        assert_int_equal(row->state, lasts ? ALERT_FIRING : ALERT_RESOLVED);
        assert_int_equal(row->ended_at, episodes[i].ended_at);
        assert_int_equal(row->due_at, episodes[i].due_at);
        assert_true(!row->silent || alert_rule_recorded(rule));
    }
    for (size_t i = 0; i < w->row_count; i++)
        live += w->rows[i].rule == rule && w->rows[i].state != ALERT_RETRACTED;
    assert_int_equal(live, matched);
}

static void look(struct world *w, bool read_all)
{
    run_decide(w, read_all); /* it asks twice: a restart decides the same again */
    if (!read_all)
        return;
    for (int rule = 0; rule < RULE_COUNT; rule++)
        check_rule(w, (enum alert_rule)rule);
    assert_true(w->watch_at == NO_TIME || w->watch_at > HOUR(w->now));
}

/* How far the clock goes wrong before each arrival, in hours, and comes right after it. */
static const int JUMPS[] = {0, 1, -1, 24, -24};
enum { JUMP_COUNT = sizeof JUMPS / sizeof *JUMPS };

static void play(struct world *w, const int *order, int count, int jump, bool reads_at_once)
{
    world_begin(w);
    for (int rule = 0; rule < RULE_COUNT; rule++)
        w->ladder_rules.on[rule] = true;
    run_decide(w, false);
    for (int i = 0; i < count; i++) {
        const struct thing *thing = &THINGS[order[i]];
        w->now = w->now > thing->hour ? w->now : thing->hour;
        if (reads_at_once)
            look(w, true);
        int right = w->now;
        w->now = right + jump;
        look(w, false); /* a jump is held until the clock is believed: nothing may fire */
        arrive(w, thing);
        look(w, false);
        w->now = right;
        look(w, reads_at_once);
    }
    w->now = LAST_HOUR;
    look(w, true);
}

static void permute(struct world *w, int *order, int count, unsigned used)
{
    int jumps =
        count < CHOSEN_MAX ? JUMP_COUNT : 1; /* four at a time only with a clock that goes right */
    for (int jump = 0; count && jump < jumps; jump++) {
        play(w, order, count, JUMPS[jump], true);
        play(w, order, count, JUMPS[jump], false);
    }
    if (count == CHOSEN_MAX)
        return;
    for (int i = 0; i < THING_COUNT; i++) {
        if (used & 1u << i)
            continue;
        order[count] = i;
        permute(w, order, count + 1, used | 1u << i);
    }
}

static void test_every_order(void **state)
{
    int order[CHOSEN_MAX];
    permute(*state, order, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_order),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
