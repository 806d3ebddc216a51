/*
 * When to tell somebody. Evaluation never waits; telling does: for others that come at the same time (group_wait), for the last
 * message to have been read (group_interval), and for working days and hours. Pure.
 */
#ifndef HOSO_NOTICE_SCHEDULE_H
#define HOSO_NOTICE_SCHEDULE_H

#include "base/config.h"
#include "domain/calendar.h"

struct schedule {
    int64_t group_wait_ms;
    int64_t group_interval_ms;
    int64_t
        repeat_ms; /* what is still late is said again that long after; 0 = only in the daily digest */
    int digest_minute; /* since midnight, on working days; -1 = no digest */
    int quiet_from; /* minutes since midnight; nothing is sent from quiet_from until quiet_to (may lie past midnight) … */
    int quiet_to;
    bool quiet_days_off; /* … nor on days off; both equal = no quiet hours */
};

/* What is known of one recipient. NO_TIME = nothing, never. */
struct waiting {
    int64_t pending_at; /* since when there is something new, or over */
    int64_t told_at;    /* the last message */
    int32_t digest_day; /* of the last digest, NO_DAY = never */
    bool still;         /* something that was told is still late */
};

/* The first instant from at on that is not quiet. */
int64_t schedule_open_at(const struct schedule *schedule, const struct calendar *calendar,
                         int64_t at);

enum tell { TELL_NOTHING, TELL_NEWS, TELL_ALL };
/*
 * Whether a message goes out now: TELL_NEWS what is new or over; TELL_ALL everything, because it is time for the digest (then
 * *ret_digest) or to repeat.
 */
enum tell schedule_decide(const struct schedule *schedule, const struct calendar *calendar,
                          const struct waiting *waiting, int64_t now_at, bool *ret_digest);

/* The options of [notify]. ERR_INPUT names the one that cannot be. */
int schedule_load(const struct config *config, struct schedule *ret, struct error *err);

/* "07:30" to minutes; false = not a time of day. */
bool schedule_minute(struct str text, int *ret);

#endif
