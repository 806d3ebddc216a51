/* pure */
/* A wall clock that jumps: never believed at once, by whatever way it jumps. */
#include "domain/wallclock.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TEN_SECONDS (10 * MS_PER_SECOND)

struct world {
    struct wallclock clock;
    int64_t truth; /* also the steady clock */
    int64_t wrong; /* how far the wall clock is ahead of the truth */
};

static bool look_after(struct world *w, int64_t ms)
{
    w->truth += ms;
    return wallclock_look(&w->clock, w->truth + w->wrong, (struct mono){w->truth * 1000});
}

static void begin(struct world *w)
{
    *w = (struct world){.truth = INT64_C(1772582400000)};
    wallclock_begin(&w->clock, TEN_SECONDS, w->truth, (struct mono){w->truth * 1000}, NO_TIME);
}

static void test_small_steps_are_followed(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    for (w.wrong = 0; w.wrong < MS_PER_MINUTE; w.wrong += TEN_SECONDS) {
        assert_false(look_after(&w, 5000));
        assert_int_equal(wallclock_at(&w.clock), w.truth + w.wrong);
    }
}

static void test_jumps_are_held_until_it_comes_back(void **state)
{
    (void)state;
    static const int64_t jumps[] = {MS_PER_HOUR, -MS_PER_HOUR,    MS_PER_DAY,
                                    -MS_PER_DAY, TEN_SECONDS + 1, -TEN_SECONDS - 1};
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
        struct world w;
        begin(&w);
        assert_false(look_after(&w, 1));
        w.wrong = jumps[i];
        assert_true(look_after(&w, 3000));
        for (int n = 0; n < 1000; n++) { /* time goes on at the right rate */
            assert_false(look_after(&w, 5001));
            assert_int_equal(wallclock_at(&w.clock), w.truth);
            assert_int_equal(w.clock.jump_ms, jumps[i]);
        }
        w.wrong = 0;
        assert_true(look_after(&w, 5000));
        assert_int_equal(w.clock.jump_ms, 0);
        assert_int_equal(wallclock_at(&w.clock), w.truth);
    }
}

static void test_a_person_accepts(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    w.wrong = MS_PER_HOUR;
    assert_true(look_after(&w, 1000));
    wallclock_accept(&w.clock, w.truth + w.wrong, (struct mono){w.truth * 1000});
    assert_false(look_after(&w, 1000));
    assert_int_equal(wallclock_at(&w.clock), w.truth + MS_PER_HOUR);
}

static void test_looks_within_a_millisecond_lose_no_time(void **state)
{
    (void)state;
    struct wallclock clock;
    wallclock_begin(&clock, TEN_SECONDS, 0, (struct mono){0}, NO_TIME);
    for (int64_t us = 1; us <= 100000; us += 333)
        wallclock_look(&clock, MS_PER_DAY, (struct mono){us});
    assert_true(wallclock_at(&clock) >= 99);
    assert_true(wallclock_at(&clock) <= 100);
}

static void test_what_was_believed_before_a_restart(void **state)
{
    (void)state;
    struct wallclock clock;
    wallclock_begin(&clock, TEN_SECONDS, MS_PER_DAY, (struct mono){0}, MS_PER_HOUR);
    assert_int_equal(clock.jump_ms, MS_PER_DAY - MS_PER_HOUR);
    assert_int_equal(wallclock_at(&clock), MS_PER_HOUR);
    wallclock_begin(&clock, TEN_SECONDS, MS_PER_DAY, (struct mono){0}, MS_PER_DAY - 9000);
    assert_int_equal(clock.jump_ms, 0);
    assert_int_equal(wallclock_at(&clock), MS_PER_DAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_steps_are_followed),
        cmocka_unit_test(test_jumps_are_held_until_it_comes_back),
        cmocka_unit_test(test_a_person_accepts),
        cmocka_unit_test(test_looks_within_a_millisecond_lose_no_time),
        cmocka_unit_test(test_what_was_believed_before_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
