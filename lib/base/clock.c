#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t simulated_offset_ms;

int64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / 1000000 + simulated_offset_ms;
}

void clock_set_offset(int64_t offset_ms)
{
    simulated_offset_ms = offset_ms;
}

int64_t clock_offset(void)
{
    return simulated_offset_ms;
}

static struct mono read_mono(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (struct mono){(int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000};
}

struct mono mono_now(void)
{
    return read_mono(CLOCK_MONOTONIC);
}

struct mono boot_now(void)
{
    return read_mono(CLOCK_BOOTTIME);
}

int64_t mono_diff_ms(struct mono from, struct mono to)
{
    return (to.us - from.us) / 1000;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

bool date_valid(int year, int month, int day)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= lengths[month - 1] + (month == 2 && leap);
}

/* Days and dates by the era arithmetic of 400 years that begin on 1 March, so that 29 February is last. */
int32_t day_from_date(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_of_day(int32_t days, struct vn_time *out)
{
    int32_t z = days + 719468;
    int32_t era = (int32_t)floor_div(z, 146097);
    int32_t day_of_era = z - era * 146097;
    int32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t shifted = (5 * day_of_year + 2) / 153;
    out->day = day_of_year - (153 * shifted + 2) / 5 + 1;
    out->month = shifted + (shifted < 10 ? 3 : -9);
    out->year = year_of_era + era * 400 + (out->month <= 2);
}

int32_t day_of(int64_t at)
{
    return at == NO_TIME ? NO_DAY : (int32_t)floor_div(at + VN_OFFSET_MS, MS_PER_DAY);
}

int64_t day_start(int32_t day)
{
    return day == NO_DAY ? NO_TIME : (int64_t)day * MS_PER_DAY - VN_OFFSET_MS;
}

int weekday_of(int32_t day)
{
    int64_t since_monday = (int64_t)day + 3; /* 1970-01-01 was a Thursday */
    return (int)(since_monday - floor_div(since_monday, 7) * 7);
}

struct vn_time vn_time_of(int64_t at)
{
    struct vn_time local = {0};
    int32_t day = day_of(at);
    date_of_day(day, &local);
    int64_t rest = at - day_start(day);
    local.hour = (int)(rest / MS_PER_HOUR);
    local.minute = (int)(rest / MS_PER_MINUTE % 60);
    local.second = (int)(rest / MS_PER_SECOND % 60);
    local.ms = (int)(rest % MS_PER_SECOND);
    return local;
}

int64_t vn_time_at(const struct vn_time *local)
{
    return day_start(day_from_date(local->year, local->month, local->day)) +
           local->hour * MS_PER_HOUR + local->minute * MS_PER_MINUTE +
           local->second * MS_PER_SECOND + local->ms;
}

/*
 * Matches text against a pattern in which a letter run is a number (y M d H m s, and S for
 * milliseconds) and everything else stands for itself.
 */
static bool match_pattern(struct str text, const char *pattern, struct vn_time *out)
{
    if (text.len != strlen(pattern))
        return false;
    struct vn_time got = {.month = 1, .day = 1};
    for (size_t i = 0; i < text.len; i++) {
        int *field = NULL;
        switch (pattern[i]) {
        case 'y': field = &got.year; break;
        case 'M': field = &got.month; break;
        case 'd': field = &got.day; break;
        case 'H': field = &got.hour; break;
        case 'm': field = &got.minute; break;
        case 's': field = &got.second; break;
        case 'S': field = &got.ms; break;
        default:
            if (text.data[i] != pattern[i])
                return false;
            continue;
        }
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        bool begins = i == 0 || pattern[i - 1] != pattern[i];
        *field = (begins ? 0 : *field * 10) + (text.data[i] - '0');
    }
    *out = got;
    return true;
}

bool vn_time_parse(struct str text, int64_t *ret_at)
{
    static const char *const patterns[] = {
        "yyyyMMddHHmmss",          "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm:ss",
        "yyyy-MM-ddTHH:mm:ss.SSS", "yyyy-MM-dd",          "yyyyMMdd",
    };
    struct vn_time local;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        if (!match_pattern(text, patterns[i], &local))
            continue;
        if (!date_valid(local.year, local.month, local.day) || local.hour > 23 ||
            local.minute > 59 || local.second > 59)
            return false;
        *ret_at = vn_time_at(&local);
        return true;
    }
    return false;
}

bool date_parse(struct str text, int32_t *ret_day)
{
    struct vn_time local;
    if (!match_pattern(text, "yyyy-MM-dd", &local) ||
        !date_valid(local.year, local.month, local.day))
        return false;
    *ret_day = day_from_date(local.year, local.month, local.day);
    return true;
}

char *time_format(int64_t at, char *out)
{
    out[0] = '\0';
    if (at < TIME_MIN_AT - MS_PER_DAY * 366 * 1000 || at > TIME_MAX_AT + MS_PER_DAY * 366 * 1000)
        return out;
    struct vn_time t = vn_time_of(at);
    snprintf(out, TIME_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03d+07:00", t.year % 10000,
             t.month, t.day, t.hour, t.minute, t.second, t.ms);
    return out;
}

char *day_format(int32_t day, char *out)
{
    out[0] = '\0';
    if (day == NO_DAY)
        return out;
    struct vn_time t = {0};
    date_of_day(day, &t);
    snprintf(out, TIME_TEXT_SIZE, "%04d-%02d-%02d", t.year % 10000, t.month % 100, t.day % 100);
    return out;
}
