/* The clock of warnings: working time forwards and backwards, without refusals. */
#include "domain/calendar.h"

/* The longest walk: ten years of working days, and all holidays among them. */
enum { WALK_DAYS_MAX = 6000 };

static int64_t time_on(int32_t day, int minute)
{
    return day_start(day) + minute * MS_PER_MINUTE;
}

int64_t calendar_opens_at(const struct calendar *calendar, int32_t day)
{
    return time_on(day, calendar_hours(calendar)->morning_begin);
}

int64_t calendar_closes_at(const struct calendar *calendar, int32_t day)
{
    return time_on(day, calendar_hours(calendar)->afternoon_end);
}

/* The two stretches of a working day. */
struct stretch {
    int64_t begin_at;
    int64_t end_at;
};

static void stretches_of(const struct calendar *calendar, int32_t day, struct stretch out[2])
{
    const struct work_hours *hours = calendar_hours(calendar);
    out[0] = (struct stretch){time_on(day, hours->morning_begin), time_on(day, hours->morning_end)};
    out[1] =
        (struct stretch){time_on(day, hours->afternoon_begin), time_on(day, hours->afternoon_end)};
}

int64_t calendar_after(const struct calendar *calendar, int64_t from_at, int64_t minutes)
{
    int64_t left_ms = minutes * MS_PER_MINUTE;
    int32_t first = day_of(from_at);
    for (int32_t day = first; day - first < WALK_DAYS_MAX; day++) {
        struct stretch stretches[2];
        if (!calendar_works(calendar, day))
            continue;
        stretches_of(calendar, day, stretches);
        for (int i = 0; i < 2; i++) {
            int64_t begin_at = stretches[i].begin_at > from_at ? stretches[i].begin_at : from_at;
            if (begin_at > stretches[i].end_at)
                continue;
            if (left_ms <= stretches[i].end_at - begin_at)
                return begin_at + left_ms;
            left_ms -= stretches[i].end_at - begin_at;
        }
    }
    return from_at;
}

int64_t calendar_before(const struct calendar *calendar, int64_t until_at, int64_t minutes)
{
    int64_t left_ms = minutes * MS_PER_MINUTE;
    int32_t last = day_of(until_at);
    for (int32_t day = last; last - day < WALK_DAYS_MAX; day--) {
        struct stretch stretches[2];
        if (!calendar_works(calendar, day))
            continue;
        stretches_of(calendar, day, stretches);
        for (int i = 1; i >= 0; i--) {
            int64_t end_at = stretches[i].end_at < until_at ? stretches[i].end_at : until_at;
            if (end_at < stretches[i].begin_at)
                continue;
            if (left_ms <= end_at - stretches[i].begin_at)
                return end_at - left_ms;
            left_ms -= end_at - stretches[i].begin_at;
        }
    }
    return until_at;
}

static int32_t walk(const struct calendar *calendar, int32_t day, int n, int32_t step)
{
    int32_t at = day;
    if (n == 0 && calendar_works(calendar, at))
        return at;
    for (int left = n ? n : 1, days = 0; days < WALK_DAYS_MAX; days++) {
        at += step;
        if (calendar_works(calendar, at) && --left == 0)
            return at;
    }
    return day;
}

int32_t calendar_day_after(const struct calendar *calendar, int32_t day, int n)
{
    return walk(calendar, day, n, 1);
}

int32_t calendar_day_before(const struct calendar *calendar, int32_t day, int n)
{
    return walk(calendar, day, n, -1);
}
