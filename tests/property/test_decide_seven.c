/* links: alerter */
/*
 * Every order of seven things that can befall a deadline: it comes due, the dossier is settled, paused, returned, news arrives late that
 * it had been settled in time, the wall clock jumps (an hour or a day, ahead or back, and stays wrong), the alerter is restarted. After
 * each of them what is stored is what a second implementation says; it fires by the stored deadline and the believed clock only.
 */
#include "../unit/decide_world.h"
#include "domain/wallclock.h"

enum befalls { DUE, SETTLE, PAUSE, RETURN, LATE, JUMP, RESTART, BEFALLS_COUNT };
static const int STATUSES[BEFALLS_COUNT] = {[SETTLE] = 9, [PAUSE] = 5, [RETURN] = 4, [LATE] = 9};
static const int64_t JUMPS[] = {MS_PER_HOUR, -MS_PER_HOUR, MS_PER_DAY, -MS_PER_DAY};
/* Late from hour 48 on: six things fit before it, an hour each. */
enum { FIRST_HOUR = 41, TOLD_LATE_HOUR = 40, PAST_DUE_HOUR = 50 };

struct run {
    struct world *w;
    struct thing things[BEFALLS_COUNT];
    struct wallclock clock;
    int hour; /* the truth; also the steady clock */
    int64_t wrong_ms;
    bool is_due;
};

static struct mono steady(const struct run *run)
{
    return (struct mono){HOUR(run->hour) * 1000};
}

/* Goes by the believed time, which is the true one however wrong the wall clock is; fires what is due by it. */
static void look(struct run *run)
{
    struct world *w = run->w;
    wallclock_look(&run->clock, HOUR(run->hour) + run->wrong_ms, steady(run));
    assert_int_equal(wallclock_at(&run->clock), HOUR(run->hour));
    assert_int_equal(run->clock.jump_ms, run->wrong_ms);
    w->now = run->hour;
    if (w->watch_at != NO_TIME && w->watch_at <= HOUR(w->now))
        run_decide(w, true);
    check_world(w, true);
}

static void befall(struct run *run, enum befalls what, int64_t jump_ms)
{
    run->is_due = run->is_due || what == DUE;
    run->hour++;
    if (run->is_due && run->hour < PAST_DUE_HOUR)
        run->hour = PAST_DUE_HOUR;
    if (what == JUMP)
        run->wrong_ms = jump_ms;
    if (what == RESTART) { /* what was believed is stored, with the steady clock's time */
        int64_t believed_at =
            wallclock_at(&run->clock) + mono_diff_ms(run->clock.seen, steady(run));
        wallclock_begin(&run->clock, 10 * MS_PER_SECOND, HOUR(run->hour) + run->wrong_ms,
                        steady(run), believed_at);
    }
    look(run);
    if (STATUSES[what]) {
        run->things[what] = (struct thing){.hour = what == LATE ? TOLD_LATE_HOUR : run->hour,
                                           .status = STATUSES[what]};
        arrive(run->w, &run->things[what]);
        run_decide(run->w, false);
        look(run);
    }
}

static void play(struct world *w, const enum befalls *order, int64_t jump_ms)
{
    struct run run = {.w = w, .hour = FIRST_HOUR};
    world_begin(w);
    w->now = FIRST_HOUR;
    run_decide(w, false);
    wallclock_begin(&run.clock, 10 * MS_PER_SECOND, HOUR(run.hour), steady(&run), NO_TIME);
    for (int i = 0; i < BEFALLS_COUNT; i++)
        befall(&run, order[i], jump_ms);
    run.wrong_ms = 0; /* it comes right */
    run.hour = LAST_HOUR;
    look(&run);
}

static int permute(struct world *w, enum befalls *order, int count, unsigned used)
{
    int played = 0;
    for (size_t i = 0; count == BEFALLS_COUNT && i < sizeof JUMPS / sizeof *JUMPS; i++)
        play(w, order, JUMPS[i]);
    for (int i = 0; i < BEFALLS_COUNT; i++) {
        if (used & 1u << i)
            continue;
        order[count] = (enum befalls)i;
        played += permute(w, order, count + 1, used | 1u << i);
    }
    return count == BEFALLS_COUNT ? 1 : played;
}

static void test_every_order(void **state)
{
    enum befalls order[BEFALLS_COUNT];
    assert_int_equal(permute(*state, order, 0, 0), 7 * 6 * 5 * 4 * 3 * 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_order),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
