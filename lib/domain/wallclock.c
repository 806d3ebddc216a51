#include "domain/wallclock.h"

static bool is_near(const struct wallclock *clock, int64_t ahead_ms)
{
    return ahead_ms <= clock->tolerance_ms && ahead_ms >= -clock->tolerance_ms;
}

void wallclock_accept(struct wallclock *clock, int64_t wall_at, struct mono steady)
{
    clock->believed_at = wall_at;
    clock->seen = steady;
    clock->jump_ms = 0;
}

void wallclock_begin(struct wallclock *clock, int64_t tolerance_ms, int64_t wall_at,
                     struct mono steady, int64_t believed_at)
{
    *clock = (struct wallclock){.tolerance_ms = tolerance_ms};
    wallclock_accept(clock, wall_at, steady);
    if (believed_at == NO_TIME || is_near(clock, wall_at - believed_at))
        return;
    clock->believed_at = believed_at;
    clock->jump_ms = wall_at - believed_at;
}

bool wallclock_look(struct wallclock *clock, int64_t wall_at, struct mono steady)
{
    bool was_wrong = clock->jump_ms != 0;
    int64_t expected_at = clock->believed_at + mono_diff_ms(clock->seen, steady);
    int64_t ahead_ms = wall_at - expected_at;
    if (is_near(clock, ahead_ms)) {
        wallclock_accept(clock, wall_at, steady);
        return was_wrong;
    }
    /* The rest of a millisecond stays for the next look. */
    clock->seen.us += (expected_at - clock->believed_at) * 1000;
    clock->believed_at = expected_at;
    clock->jump_ms = ahead_ms;
    return !was_wrong;
}
