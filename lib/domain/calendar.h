/*
 * The working calendar of Vietnamese public offices: weekends, holidays, swap days (làm bù), hours.
 * Data: schemas/reference/work_calendar.csv, or the table hoso.work_calendar. Law and decrees stand in
 * each row's `basis`. Pure; one thread at a time while building, then read-only and free for any thread.
 */
#ifndef HOSO_DOMAIN_CALENDAR_H
#define HOSO_DOMAIN_CALENDAR_H

#include "base/clock.h"
#include "base/error.h"

struct calendar; /* opaque */

/* Minutes since local midnight; begin < end <= next begin. Default 07:30-11:30, 13:00-17:00 (domain notes 7.14). */
struct work_hours {
    int morning_begin;
    int morning_end;
    int afternoon_begin;
    int afternoon_end;
};
struct work_hours work_hours_default(void);

/* NULL only when memory is short. An empty calendar knows no year. */
struct calendar *calendar_new(struct work_hours hours);
struct calendar *calendar_free(struct calendar *calendar); /* NULL is fine; returns NULL */
const struct work_hours *calendar_hours(const struct calendar *calendar);

/*
 * Adds one special day; the year of the day counts as loaded from then on. A second entry for a day is
 * ERR_INPUT, so is one outside 1990..2099. name is copied. off = holiday, else an extra working day (swap).
 */
int calendar_add(struct calendar *calendar, int32_t day, bool off, struct str name,
                 struct error *err);

/*
 * Reads CSV text "date,type,name,basis,evidence" (type off|work, header line required, quoted fields allowed).
 * ERR_INPUT names the line.
 */
int calendar_load_csv(struct calendar *calendar, struct str csv, struct error *err);

bool calendar_year_loaded(const struct calendar *calendar, int year);

/*
 * Is the office open that day? In a year that is not loaded: Monday to Friday (callers that must not
 * guess ask calendar_year_loaded first).
 */
bool calendar_works(const struct calendar *calendar, int32_t day);

/*
 * Why a day is off or extra: the special day's name, "Thứ Bảy", "Chủ nhật"; NULL for an ordinary
 * working day. Valid while the calendar lives.
 */
const char *calendar_reason(const struct calendar *calendar, int32_t day);

/* One day that a term passed over. */
struct skipped_day {
    int32_t day;
    const char *reason; /* as calendar_reason */
};

struct term_result {
    int64_t due_at;
    int64_t counted_from_at;     /* the next opening, where the received time lay outside hours */
    struct skipped_day *skipped; /* days off, in order; heap; released by term_result_deinit */
    size_t skipped_count;
};
void term_result_deinit(struct term_result *result);

/*
 * The would-be due time (domain notes 7.6; the date as issued always governs). Received outside hours counts as at the next
 * opening, whatever the term; the instants of opening and closing themselves are inside.
 * calendar_due_days: n working days (1..3650); the day of receipt is not counted and the clock time is
 *   kept: 07:30 Monday + 1 = 07:30 Tuesday.
 * calendar_due_calendar_days: n calendar days (1..3650); a result that falls on a day off moves to the next working day.
 * calendar_due_hours: n working hours (1..29200); ends at the first instant at which that much working time has passed.
 * calendar_due_same_day: received up to and including 15:00 on a working day is due at that day's closing; later, at the next
 *   working day's closing; received on a day off, at the end of the next working day.
 * 0, or ERR_INPUT: n or from_at out of range, or a year that the term touches is not loaded (the text names it and what to
 * do), or ERR_NOMEM; then *ret is untouched.
 */
int calendar_due_days(const struct calendar *calendar, int64_t from_at, int n,
                      struct term_result *ret, struct error *err);
int calendar_due_calendar_days(const struct calendar *calendar, int64_t from_at, int n,
                               struct term_result *ret, struct error *err);
int calendar_due_hours(const struct calendar *calendar, int64_t from_at, int n,
                       struct term_result *ret, struct error *err);
int calendar_due_same_day(const struct calendar *calendar, int64_t from_at, struct term_result *ret,
                          struct error *err);

/*
 * Working minutes (whole, rounded down once at the end) between two instants; 0 when to <= from. Years not
 * loaded count Monday to Friday. Cost is linear in the days between, at most 40 years.
 */
int64_t calendar_work_minutes(const struct calendar *calendar, int64_t from_at, int64_t to_at);

/*
 * The clock of warnings (domain notes 7.13): as above, but it never refuses; years not loaded count Monday to Friday. Opening and
 * closing are inside. minutes 0..WORK_MINUTES_MAX, n 0..3650; beyond the calendar's years the answer is the instant or day given.
 * calendar_after: the first instant at which that much working time has passed since from_at.
 * calendar_before: the last instant from which that much working time passes until until_at.
 * calendar_day_after, calendar_day_before: the n-th working day after (before) `day`, which itself is not counted; n 0 = the
 *   day itself when it works, else the next (the last) that does.
 */
#define WORK_MINUTES_MAX (3650 * 8 * 60)
int64_t calendar_after(const struct calendar *calendar, int64_t from_at, int64_t minutes);
int64_t calendar_before(const struct calendar *calendar, int64_t until_at, int64_t minutes);
int32_t calendar_day_after(const struct calendar *calendar, int32_t day, int n);
int32_t calendar_day_before(const struct calendar *calendar, int32_t day, int n);
/* The instants of opening and closing on a day, whether it works or not. */
int64_t calendar_opens_at(const struct calendar *calendar, int32_t day);
int64_t calendar_closes_at(const struct calendar *calendar, int32_t day);

#endif
