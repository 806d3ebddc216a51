/* links: alerter */
/*
 * decide() after every arrival, in every order of arrival of up to five of ten things that can happen to an overdue dossier,
 * while the clock runs and the reader keeps up, lags, or finds everything as backlog; against a second implementation.
 */
#include "../unit/decide_world.h"

static const struct thing THINGS[] = {
    {.hour = 30, .status = 5},      /* paused before the deadline */
    {.hour = 40, .status = 9},      /* settled in time */
    {.hour = 48, .status = 6},      /* paused at the very deadline */
    {.hour = 60, .status = 5},      /* paused while late */
    {.hour = 70, .status = 4},      /* back, or reopened */
    {.hour = 71, .new_due = true},  /* … with a new date */
    {.hour = 90, .transfer = true}, /* another unit decides from now on */
    {.hour = 100, .status = 7},     /* withdrawn */
    {.hour = 110, .status = 4},     /* reopened */
    {.hour = 130, .status = 9},     /* settled late */
};
enum { THING_COUNT = sizeof THINGS / sizeof *THINGS, CHOSEN_MAX = 5 };

/* How the clock and the reader go on while things arrive. */
enum schedule { AS_IT_HAPPENS, BACKLOG, MIXED, SCHEDULE_COUNT };

static void play(struct world *w, const int *order, int count, enum schedule schedule,
                 uint32_t seed)
{
    world_begin(w);
    run_decide(w, false);
    for (int i = 0; i < count; i++) {
        const struct thing *thing = &THINGS[order[i]];
        int next = w->now > thing->hour ? w->now : thing->hour;
        if (schedule == BACKLOG)
            next = LAST_HOUR;
        seed = seed * 1664525u + 1013904223u;
        bool read_all = schedule == AS_IT_HAPPENS || (schedule == MIXED && seed >> 31);
        w->now = next;
        if (read_all) {
            run_decide(w, true);
            check_world(w, true);
        }
        arrive(w, thing);
        run_decide(w, false);
        check_world(w, false);
    }
    w->now = LAST_HOUR;
    run_decide(w, true);
    check_world(w, true);
}

static void permute(struct world *w, int *order, int count, unsigned used)
{
    for (int schedule = 0; count && schedule < SCHEDULE_COUNT; schedule++)
        play(w, order, count, (enum schedule)schedule, used * 2654435761u + (uint32_t)order[0]);
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
