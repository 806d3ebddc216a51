/*
 * A wall clock that is not believed when it jumps. Deadlines fire by it, and a clock that somebody or something has set an hour or a day ahead
 * would make everything late at once. Between two looks the wall clock may run away from the steady clock (boot_now: it counts
 * sleep too) by the tolerance; beyond that it has jumped, and time goes on from where it stood, at the steady rate, until the wall clock
 * comes back or a person accepts it. Pure.
 */
#ifndef HOSO_DOMAIN_WALLCLOCK_H
#define HOSO_DOMAIN_WALLCLOCK_H

#include "base/clock.h"

struct wallclock {
    int64_t believed_at; /* the time when the steady clock stood at `seen` */
    struct mono seen;
    int64_t jump_ms; /* how far the wall clock is ahead of what is believed; 0 = it is believed */
    int64_t tolerance_ms;
};

/* tolerance_ms > 0. believed_at NO_TIME = the wall clock is believed to begin with; else the time that is, by other knowledge. */
void wallclock_begin(struct wallclock *clock, int64_t tolerance_ms, int64_t wall_at,
                     struct mono steady, int64_t believed_at);

/* One look at both clocks. true = it has just jumped, or come back. */
bool wallclock_look(struct wallclock *clock, int64_t wall_at, struct mono steady);

/* The believed time of the last look. */
static inline int64_t wallclock_at(const struct wallclock *clock)
{
    return clock->believed_at;
}

/* A person says that the wall clock is right. */
void wallclock_accept(struct wallclock *clock, int64_t wall_at, struct mono steady);

#endif
