/*
 * Two clocks that cannot be mixed up, and dates in Việt Nam.
 *
 * Wall time is int64_t Unix milliseconds in variables named *_at; NO_TIME where there is none.
 * Monotonic time is struct mono, for time-outs and ages only.
 * A day is int32_t days since 1970-01-01 in Asia/Ho_Chi_Minh: UTC+7 all year, no daylight saving.
 */
#ifndef HOSO_BASE_CLOCK_H
#define HOSO_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define NO_TIME INT64_MIN
#define NO_DAY INT32_MIN
#define MS_PER_SECOND INT64_C(1000)
#define MS_PER_MINUTE INT64_C(60000)
#define MS_PER_HOUR INT64_C(3600000)
#define MS_PER_DAY INT64_C(86400000)
#define VN_OFFSET_MS (7 * MS_PER_HOUR)

/* What ingest, decoders and fold accept: 1990-01-01 .. 2100-01-01, local. */
#define TIME_MIN_AT INT64_C(631126800000)
#define TIME_MAX_AT INT64_C(4102419600000)

struct mono {
    int64_t us;
};

/*
 * Wall clock plus the simulation's offset. Simulated time runs at the real rate.
 * Thread: any. The offset is set once at start, before other threads exist.
 */
int64_t clock_now(void);
void clock_set_offset(int64_t offset_ms);
int64_t clock_offset(void);

struct mono mono_now(void);
/* The same, but it goes on while the machine sleeps. */
struct mono boot_now(void);
/* Milliseconds from `from` to `to`; negative when `to` is earlier. */
int64_t mono_diff_ms(struct mono from, struct mono to);

struct vn_time {
    int year;   /* 1..9999 */
    int month;  /* 1..12 */
    int day;    /* 1..31 */
    int hour;   /* 0..23 */
    int minute; /* 0..59 */
    int second; /* 0..59 */
    int ms;     /* 0..999 */
};

/* Proleptic Gregorian. date_valid also checks the length of the month. */
bool date_valid(int year, int month, int day);
int32_t day_from_date(int year, int month, int day);
struct vn_time vn_time_of(int64_t at);
int64_t vn_time_at(const struct vn_time *local);
/* The Vietnamese day in which an instant falls, and the instant at which a day begins. */
int32_t day_of(int64_t at);
int64_t day_start(int32_t day);
/* 0 = Monday .. 6 = Sunday. */
int weekday_of(int32_t day);

/*
 * Reads one local time without a zone in any of the portal's forms (domain notes, 1.4):
 * yyyyMMddHHmmss, yyyy-MM-dd HH:mm:ss, yyyy-MM-ddTHH:mm:ss[.SSS], and a bare yyyy-MM-dd or yyyyMMdd
 * (midnight). The whole of text must match and the date must exist. false = not a time; *ret_at untouched.
 */
bool vn_time_parse(struct str text, int64_t *ret_at);
/* yyyy-MM-dd only. */
bool date_parse(struct str text, int32_t *ret_day);

#define TIME_TEXT_SIZE 32
/* "2026-07-01T07:30:00.000+07:00"; out has TIME_TEXT_SIZE bytes; NO_TIME gives "". Returns out. */
char *time_format(int64_t at, char *out);
/* "2026-07-01"; NO_DAY gives "". Returns out. */
char *day_format(int32_t day, char *out);

#endif
