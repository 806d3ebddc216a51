#include "notice/schedule.h"

enum { MINUTES_PER_DAY = 24 * 60, DAYS_MAX = 60 };

bool schedule_minute(struct str text, int *ret)
{
    if (text.len != 5 || text.data[2] != ':')
        return false;
    int digits[5];
    for (int i = 0; i < 5; i++) {
        digits[i] = text.data[i] - '0';
        if (i != 2 && (digits[i] < 0 || digits[i] > 9))
            return false;
    }
    int hour = digits[0] * 10 + digits[1], minute = digits[3] * 10 + digits[4];
    if (hour > 24 || minute > 59 || hour * 60 + minute > MINUTES_PER_DAY)
        return false;
    *ret = hour * 60 + minute;
    return true;
}

static int64_t time_on(int32_t day, int minute)
{
    return day_start(day) + minute * MS_PER_MINUTE;
}

int64_t schedule_open_at(const struct schedule *schedule, const struct calendar *calendar,
                         int64_t at)
{
    bool wraps = schedule->quiet_from > schedule->quiet_to;
    for (int days = 0; days < DAYS_MAX; days++) {
        int32_t day = day_of(at);
        if (schedule->quiet_days_off && !calendar_works(calendar, day)) {
            at = day_start(day + 1);
            continue;
        }
        int64_t from_at = time_on(day, schedule->quiet_from);
        int64_t to_at = time_on(day, schedule->quiet_to);
        if (wraps ? at < to_at : at >= from_at && at < to_at)
            return to_at;
        if (!wraps || at < from_at)
            return at;
        at = day_start(day + 1);
    }
    return at;
}

enum tell schedule_decide(const struct schedule *schedule, const struct calendar *calendar,
                          const struct waiting *waiting, int64_t now_at, bool *ret_digest)
{
    int32_t today = day_of(now_at);
    bool pending = waiting->pending_at != NO_TIME;
    *ret_digest = schedule->digest_minute >= 0 && calendar_works(calendar, today) &&
                  now_at >= time_on(today, schedule->digest_minute) &&
                  (waiting->digest_day == NO_DAY || waiting->digest_day < today);
    if (schedule_open_at(schedule, calendar, now_at) > now_at) {
        *ret_digest = false;
        return TELL_NOTHING;
    }
    if (*ret_digest)
        return pending || waiting->still ? TELL_ALL : TELL_NOTHING;
    bool repeats = schedule->repeat_ms && waiting->still && waiting->told_at != NO_TIME &&
                   now_at >= waiting->told_at + schedule->repeat_ms;
    if (repeats)
        return TELL_ALL;
    bool waited = pending && now_at >= waiting->pending_at + schedule->group_wait_ms;
    bool rested =
        waiting->told_at == NO_TIME || now_at >= waiting->told_at + schedule->group_interval_ms;
    return waited && rested ? TELL_NEWS : TELL_NOTHING;
}

static int read_quiet(const struct config *config, struct schedule *schedule, struct error *err)
{
    struct str text = str_of(config_text(config, "notify", NULL, "quiet"));
    schedule->quiet_days_off = config_bool(config, "notify", NULL, "quiet_days_off");
    if (!str_given(text))
        return 0;
    if (text.len != 11 || text.data[5] != '-' ||
        !schedule_minute((struct str){text.data, 5}, &schedule->quiet_from) ||
        !schedule_minute((struct str){text.data + 6, 5}, &schedule->quiet_to))
        return error_set(err, ERR_INPUT, "[notify] quiet: expected HH:MM-HH:MM");
    return 0;
}

int schedule_load(const struct config *config, struct schedule *ret, struct error *err)
{
    struct str digest = str_of(config_text(config, "notify", NULL, "digest"));
    *ret = (struct schedule){
        .group_wait_ms = config_duration_ms(config, "notify", NULL, "group_wait"),
        .group_interval_ms = config_duration_ms(config, "notify", NULL, "group_interval"),
        .repeat_ms = config_duration_ms(config, "notify", NULL, "repeat"),
        .digest_minute = -1,
    };
    if (str_given(digest) && !schedule_minute(digest, &ret->digest_minute))
        return error_set(err, ERR_INPUT, "[notify] digest: expected HH:MM");
    return read_quiet(config, ret, err);
}
