#include "domain/calendar.h"

#include <stdlib.h>

#include "base/csv.h"

#define YEAR_MIN 1990
#define YEAR_MAX 2099

struct special_day {
    int32_t day;
    bool off;
    char *name;
};

struct calendar {
    struct work_hours hours;
    struct special_day *days; /* by day */
    size_t count;
    size_t capacity;
    bool loaded[YEAR_MAX - YEAR_MIN + 1];
};

struct work_hours work_hours_default(void)
{
    return (struct work_hours){
        .morning_begin = 7 * 60 + 30,
        .morning_end = 11 * 60 + 30,
        .afternoon_begin = 13 * 60,
        .afternoon_end = 17 * 60,
    };
}

struct calendar *calendar_new(struct work_hours hours)
{
    struct calendar *calendar = calloc(1, sizeof *calendar);
    if (calendar)
        calendar->hours = hours;
    return calendar;
}

struct calendar *calendar_free(struct calendar *calendar)
{
    if (!calendar)
        return NULL;
    for (size_t i = 0; i < calendar->count; i++)
        free(calendar->days[i].name);
    free(calendar->days);
    free(calendar);
    return NULL;
}

const struct work_hours *calendar_hours(const struct calendar *calendar)
{
    return &calendar->hours;
}

/* Index of the first special day that is not before `day`. */
static size_t lower_bound(const struct calendar *calendar, int32_t day)
{
    size_t low = 0;
    size_t high = calendar->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (calendar->days[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct special_day *find_special(const struct calendar *calendar, int32_t day)
{
    size_t i = lower_bound(calendar, day);
    return i < calendar->count && calendar->days[i].day == day ? &calendar->days[i] : NULL;
}

static int year_of(int32_t day)
{
    return vn_time_of(day_start(day)).year;
}

static bool reserve(struct calendar *calendar)
{
    if (calendar->count < calendar->capacity)
        return true;
    size_t capacity = calendar->capacity ? calendar->capacity * 2 : 64;
    struct special_day *grown = realloc(calendar->days, capacity * sizeof *grown);
    if (!grown)
        return false;
    calendar->days = grown;
    calendar->capacity = capacity;
    return true;
}

int calendar_add(struct calendar *calendar, int32_t day, bool off, struct str name,
                 struct error *err)
{
    char text[TIME_TEXT_SIZE];
    if (day_start(day) < TIME_MIN_AT || day_start(day) >= TIME_MAX_AT)
        return error_set(err, ERR_INPUT, "special day outside %d to %d", YEAR_MIN, YEAR_MAX);
    size_t at = lower_bound(calendar, day);
    if (at < calendar->count && calendar->days[at].day == day)
        return error_set(err, ERR_INPUT, "%s is entered twice", day_format(day, text));
    char *copy = strndup(name.data ? name.data : "", name.len);
    if (!copy || !reserve(calendar)) {
        free(copy);
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    memmove(calendar->days + at + 1, calendar->days + at,
            (calendar->count - at) * sizeof *calendar->days);
    calendar->days[at] = (struct special_day){day, off, copy};
    calendar->count++;
    calendar->loaded[year_of(day) - YEAR_MIN] = true;
    return 0;
}

int calendar_load_csv(struct calendar *calendar, struct str text, struct error *err)
{
    struct csv csv;
    int r = csv_open(&csv, text, "date,type,name,basis,evidence", err);
    if (r < 0)
        return r;
    while ((r = csv_next(&csv, err)) > 0) {
        int32_t day;
        bool off = str_eq(csv.fields[1], STR("off"));
        if (!date_parse(csv.fields[0], &day))
            return error_set(err, ERR_INPUT, "line %d: date must be yyyy-MM-dd", csv.line);
        if (!off && !str_eq(csv.fields[1], STR("work")))
            return error_set(err, ERR_INPUT, "line %d: type must be off or work", csv.line);
        r = calendar_add(calendar, day, off, csv.fields[2], err);
        if (r < 0)
            return error_prefix(err, r, "line %d", csv.line);
    }
    return r;
}

bool calendar_year_loaded(const struct calendar *calendar, int year)
{
    return year >= YEAR_MIN && year <= YEAR_MAX && calendar->loaded[year - YEAR_MIN];
}

bool calendar_works(const struct calendar *calendar, int32_t day)
{
    const struct special_day *special = find_special(calendar, day);
    return special ? !special->off : weekday_of(day) < 5;
}

const char *calendar_reason(const struct calendar *calendar, int32_t day)
{
    const struct special_day *special = find_special(calendar, day);
    if (special)
        return special->name;
    switch (weekday_of(day)) {
    case 5: return "Thứ Bảy";
    case 6: return "Chủ nhật";
    default: return NULL;
    }
}
