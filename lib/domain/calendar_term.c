/* The terms of calendar.h: walks from day to day over a calendar. */
#include "domain/calendar.h"

#include <stdlib.h>

#define SAME_DAY_LAST_HOUR 15
#define TERM_DAYS_MAX 3650
#define TERM_HOURS_MAX (TERM_DAYS_MAX * 8)
#define WORK_MINUTES_DAYS_MAX (40 * 366)

static bool in_range(int64_t at)
{
    return at >= TIME_MIN_AT && at < TIME_MAX_AT;
}

void term_result_deinit(struct term_result *result)
{
    free(result->skipped);
    *result = (struct term_result){0};
}

/* A term while it is being counted: where it stands and what it passed over. */
struct walk {
    const struct calendar *calendar;
    struct error *err;
    struct term_result result;
    size_t skipped_capacity;
};

static int check_loaded(const struct walk *walk, int32_t day)
{
    int year = vn_time_of(day_start(day)).year;
    if (calendar_year_loaded(walk->calendar, year))
        return 0;
    return error_set(walk->err, ERR_INPUT,
                     "the working calendar of %d is not loaded: add its holidays and swap days to "
                     "work_calendar.csv",
                     year);
}

/* 1 = a working day, 0 = a day off, which is noted as skipped. */
static int visit(struct walk *walk, int32_t day)
{
    int r = check_loaded(walk, day);
    if (r < 0)
        return r;
    if (calendar_works(walk->calendar, day))
        return 1;
    struct term_result *result = &walk->result;
    if (result->skipped_count == walk->skipped_capacity) {
        size_t capacity = walk->skipped_capacity ? walk->skipped_capacity * 2 : 16;
        struct skipped_day *grown = realloc(result->skipped, capacity * sizeof *grown);
        if (!grown)
            return error_set(walk->err, ERR_NOMEM, "out of memory");
        result->skipped = grown;
        walk->skipped_capacity = capacity;
    }
    result->skipped[result->skipped_count++] =
        (struct skipped_day){day, calendar_reason(walk->calendar, day)};
    return 0;
}

/* Moves *day to the first working day after it. */
static int next_working_day(struct walk *walk, int32_t *day)
{
    int works;
    do
        works = visit(walk, ++*day);
    while (works == 0);
    return works < 0 ? works : 0;
}

static int64_t time_on(int32_t day, int minute)
{
    return day_start(day) + minute * MS_PER_MINUTE;
}

/*
 * Begins a term: counted_from_at = from_at, or the next opening where that lies outside hours. The instants of opening and
 * closing are inside.
 */
static int begin(struct walk *walk, int64_t from_at, int n, int max)
{
    if (n < 1 || n > max)
        return error_set(walk->err, ERR_INPUT, "a term must be 1 to %d, is %d", max, n);
    if (!in_range(from_at))
        return error_set(walk->err, ERR_INPUT, "received outside the years 1990 to 2099");
    const struct work_hours *hours = calendar_hours(walk->calendar);
    int64_t *counted = &walk->result.counted_from_at;
    int32_t day = day_of(from_at);
    int works = visit(walk, day);
    if (works < 0)
        return works;
    if (!works || from_at > time_on(day, hours->afternoon_end)) {
        int r = next_working_day(walk, &day);
        *counted = time_on(day, hours->morning_begin);
        return r;
    }
    *counted = from_at;
    if (from_at < time_on(day, hours->morning_begin))
        *counted = time_on(day, hours->morning_begin);
    else if (from_at > time_on(day, hours->morning_end) &&
             from_at < time_on(day, hours->afternoon_begin))
        *counted = time_on(day, hours->afternoon_begin);
    return 0;
}

static int finish(struct walk *walk, int r, struct term_result *ret)
{
    if (r < 0)
        term_result_deinit(&walk->result);
    else
        *ret = walk->result;
    return r;
}

static int count_days(struct walk *walk, int64_t from_at, int n)
{
    int r = begin(walk, from_at, n, TERM_DAYS_MAX);
    if (r < 0)
        return r;
    int64_t counted = walk->result.counted_from_at;
    int32_t day = day_of(counted);
    int64_t clock_time = counted - day_start(day);
    for (int i = 0; i < n; i++) {
        r = next_working_day(walk, &day);
        if (r < 0)
            return r;
    }
    walk->result.due_at = day_start(day) + clock_time;
    return 0;
}

int calendar_due_days(const struct calendar *calendar, int64_t from_at, int n,
                      struct term_result *ret, struct error *err)
{
    struct walk walk = {.calendar = calendar, .err = err};
    return finish(&walk, count_days(&walk, from_at, n), ret);
}

static int count_calendar_days(struct walk *walk, int64_t from_at, int n)
{
    int r = begin(walk, from_at, n, TERM_DAYS_MAX);
    if (r < 0)
        return r;
    int64_t counted = walk->result.counted_from_at;
    int32_t day = day_of(counted);
    int64_t clock_time = counted - day_start(day);
    for (int i = 0; i < n; i++) {
        r = check_loaded(walk, ++day);
        if (r < 0)
            return r;
    }
    int works = visit(walk, day);
    if (works == 0)
        works = next_working_day(walk, &day);
    walk->result.due_at = day_start(day) + clock_time;
    return works < 0 ? works : 0;
}

int calendar_due_calendar_days(const struct calendar *calendar, int64_t from_at, int n,
                               struct term_result *ret, struct error *err)
{
    struct walk walk = {.calendar = calendar, .err = err};
    return finish(&walk, count_calendar_days(&walk, from_at, n), ret);
}

/* Uses up *left_ms in one stretch of a working day. true = it ends there, at *ret_at. */
static bool spend(int64_t at, int64_t begin_at, int64_t end_at, int64_t *left_ms, int64_t *ret_at)
{
    int64_t start = at > begin_at ? at : begin_at;
    if (start >= end_at)
        return false;
    if (*left_ms <= end_at - start) {
        *ret_at = start + *left_ms;
        return true;
    }
    *left_ms -= end_at - start;
    return false;
}

static int count_hours(struct walk *walk, int64_t from_at, int n)
{
    int r = begin(walk, from_at, n, TERM_HOURS_MAX);
    if (r < 0)
        return r;
    const struct work_hours *hours = calendar_hours(walk->calendar);
    int64_t at = walk->result.counted_from_at;
    int64_t left_ms = n * MS_PER_HOUR;
    int32_t day = day_of(at);
    for (;;) {
        if (spend(at, time_on(day, hours->morning_begin), time_on(day, hours->morning_end),
                  &left_ms, &walk->result.due_at) ||
            spend(at, time_on(day, hours->afternoon_begin), time_on(day, hours->afternoon_end),
                  &left_ms, &walk->result.due_at))
            return 0;
        r = next_working_day(walk, &day);
        if (r < 0)
            return r;
    }
}

int calendar_due_hours(const struct calendar *calendar, int64_t from_at, int n,
                       struct term_result *ret, struct error *err)
{
    struct walk walk = {.calendar = calendar, .err = err};
    return finish(&walk, count_hours(&walk, from_at, n), ret);
}

static int count_same_day(struct walk *walk, int64_t from_at)
{
    int r = begin(walk, from_at, 1, 1);
    if (r < 0)
        return r;
    const struct work_hours *hours = calendar_hours(walk->calendar);
    int32_t day = day_of(walk->result.counted_from_at);
    if (walk->result.counted_from_at > time_on(day, SAME_DAY_LAST_HOUR * 60)) {
        r = next_working_day(walk, &day);
        walk->result.counted_from_at = time_on(day, hours->morning_begin);
    }
    walk->result.due_at = time_on(day, hours->afternoon_end);
    return r;
}

int calendar_due_same_day(const struct calendar *calendar, int64_t from_at, struct term_result *ret,
                          struct error *err)
{
    struct walk walk = {.calendar = calendar, .err = err};
    return finish(&walk, count_same_day(&walk, from_at), ret);
}

static int64_t overlap(int64_t from_at, int64_t to_at, int64_t begin_at, int64_t end_at)
{
    int64_t start = from_at > begin_at ? from_at : begin_at;
    int64_t end = to_at < end_at ? to_at : end_at;
    return end > start ? end - start : 0;
}

int64_t calendar_work_minutes(const struct calendar *calendar, int64_t from_at, int64_t to_at)
{
    if (to_at <= from_at || !in_range(from_at))
        return 0;
    const struct work_hours *hours = calendar_hours(calendar);
    int32_t last = day_of(to_at < TIME_MAX_AT ? to_at : TIME_MAX_AT);
    int64_t worked_ms = 0;
    for (int32_t day = day_of(from_at), days = 0; day <= last && days <= WORK_MINUTES_DAYS_MAX;
         day++, days++) {
        if (!calendar_works(calendar, day))
            continue;
        worked_ms += overlap(from_at, to_at, time_on(day, hours->morning_begin),
                             time_on(day, hours->morning_end));
        worked_ms += overlap(from_at, to_at, time_on(day, hours->afternoon_begin),
                             time_on(day, hours->afternoon_end));
    }
    return worked_ms / MS_PER_MINUTE;
}
