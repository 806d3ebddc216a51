/*
 * What the tests of laws share: a fold, a calendar, and random dossiers by seed.
 */
#ifndef HOSO_TESTS_LAW_BENCH_H
#define HOSO_TESTS_LAW_BENCH_H

#include "random_dossier.h"

#include "domain/contribution.h"

#define LAW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define RUNS 20000
#define EVENTS_MAX 12

struct bench {
    struct fold *fold;
    struct calendar *calendar;
    struct fold_rules rules;
    struct event events[EVENTS_MAX + 1];
    const struct event *views[EVENTS_MAX + 1];
    size_t count;
    struct dossier dossier;
    uint64_t seed;
};

static inline int set_up(void **state)
{
    static struct bench bench;
    bench = (struct bench){.fold = fold_new(), .calendar = calendar_new(work_hours_default())};
    for (size_t i = 0; i <= EVENTS_MAX; i++)
        bench.views[i] = &bench.events[i];
    *state = &bench;
    return bench.fold && bench.calendar ? 0 : -1;
}

static inline int tear_down(void **state)
{
    struct bench *bench = *state;
    fold_free(bench->fold);
    calendar_free(bench->calendar);
    return 0;
}

static inline void refold(struct bench *bench)
{
    assert_int_equal(
        fold_run(bench->fold, &bench->rules, bench->views, bench->count, &bench->dossier), 0);
}

/* The random dossier of a seed; the generator stays usable behind it. */
static inline struct random draw(struct bench *bench, uint64_t seed)
{
    struct random random = {seed};
    bench->seed = seed;
    bench->count = 1 + random_below(&random, EVENTS_MAX);
    random_dossier(&random, bench->events, bench->count);
    bench->rules = random_rules(&random);
    refold(bench);
    return random;
}

static inline void hold(const struct bench *bench, bool law, const char *text)
{
    if (!law)
        fail_msg("seed %llu: %s", (unsigned long long)bench->seed, text);
}

#endif
