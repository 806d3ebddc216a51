#include "alerter/people_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

enum { LOOK_MS = 1000, LEAD_LOCK = 0x686f736f /* "hoso" */, ESCALATE_MAX = 500 };

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

static int read_schedule(const struct config *config, struct schedule *schedule, struct error *err)
{
    struct str digest = str_of(config_text(config, "notify", NULL, "digest"));
    *schedule = (struct schedule){
        .group_wait_ms = config_duration_ms(config, "notify", NULL, "group_wait"),
        .group_interval_ms = config_duration_ms(config, "notify", NULL, "group_interval"),
        .repeat_ms = config_duration_ms(config, "notify", NULL, "repeat"),
        .digest_minute = -1,
    };
    if (str_given(digest) && !schedule_minute(digest, &schedule->digest_minute))
        return error_set(err, ERR_INPUT, "[notify] digest: expected HH:MM");
    return read_quiet(config, schedule, err);
}

int people_new(const struct config *config, struct people **ret, struct error *err)
{
    struct people *people = calloc(1, sizeof *people);
    if (!people)
        return error_set(err, ERR_NOMEM, "out of memory");
    people->public_url = config_text(config, "notify", NULL, "public_url");
    people->link_key = str_of(config_text(config, "notify", NULL, "link_key"));
    people->detail_max = (int)config_integer(config, "notify", NULL, "detail_max");
    people->escalate_hours = (int)config_integer(config, "alerter", NULL, "escalate_after");
    people->attempts_max = (int)config_integer(config, "notify", NULL, "attempts");
    people->timeout_ms = config_duration_ms(config, "notify", NULL, "timeout");
    people->operator_after_ms = config_duration_ms(config, "notify", NULL, "operator_after");
    people->heartbeat_url = config_text(config, "notify", NULL, "heartbeat_url");
    people->heartbeat_every_ms = config_duration_ms(config, "notify", NULL, "heartbeat_every");
    people->transfers = transfers_new(people_on_transfer, people);
    int r = people->transfers ? read_schedule(config, &people->schedule, err)
                              : error_set(err, ERR_NOMEM, "out of memory");
    if (r == 0)
        r = channels_load(config, &people->channels, err);
    if (r < 0) {
        people_free(people);
        return r;
    }
    *ret = people;
    return 0;
}

struct people *people_free(struct people *people)
{
    if (!people)
        return NULL;
    transfers_free(people->transfers);
    channels_deinit(&people->channels);
    free(people);
    return NULL;
}

void people_reset(struct people *people)
{
    people->leads = false; /* the lock went with the connection */
}

/* One process of the group plans and sends; another takes over when its connection ends. */
static int try_to_lead(struct people *people, struct pg *pg, struct error *err)
{
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_int64(LEAD_LOCK)};
    if (people->leads)
        return 0;
    int r = pg_exec(pg, "SELECT pg_try_advisory_lock($1)", params, 1, &rows, err);
    people->leads = r == 0 && pg_get_bool(rows, 0, 0);
    pg_result_free(rows);
    return r;
}

/* Whoever has not acknowledged in time: the next level is told; the next step counts from now. */
static int escalate(struct pg *pg, const struct calendar *calendar, int64_t now_at, int hours,
                    struct error *err)
{
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_time(now_at),
                                      pg_time(calendar_after(calendar, now_at, hours * 60)),
                                      pg_int32(ESCALATE_MAX)};
    int r = pg_exec(pg,
                    "UPDATE hoso.alert SET level = level + 1, escalate_at = CASE WHEN level < 2 "
                    "THEN $2::timestamptz END WHERE alert_id IN (SELECT alert_id FROM hoso.alert "
                    "WHERE escalate_at <= $1 AND acked_at IS NULL AND state = 'firing' "
                    "AND coalesce(snoozed_until, '-infinity') <= $1 LIMIT $3)",
                    params, 3, &rows, err);
    if (r == 0 && pg_affected(rows))
        log_info("escalated", "alerts=%lld", (long long)pg_affected(rows));
    pg_result_free(rows);
    return r;
}

void people_trouble(struct people *people, const char *what)
{
    if (what && !*people->trouble)
        people->trouble_since = mono_now();
    if (what)
        snprintf(people->trouble, sizeof people->trouble, "%s", what);
    else if (*people->trouble) {
        people->recovered = people->trouble_told;
        people->trouble[0] = '\0';
        people->trouble_told = false;
    }
}

static int tell_operators(struct people *people, struct pg *pg, int64_t now_at, struct error *err)
{
    int r = people_tell_operators(people, pg, true, now_at, "Thư thử",
                                  "Thư này đến nơi nghĩa là đường gửi hoạt động. Không cần làm gì.",
                                  err);
    if (r == 0 && people->recovered) {
        r = people_tell_operators(people, pg, false, now_at, "Hệ thống hoạt động lại bình thường",
                                  "Sự cố đã báo trước đây không còn nữa.", err);
        people->recovered = people->recovered && r < 0;
    }
    if (r == 0 && *people->trouble && !people->trouble_told &&
        mono_diff_ms(people->trouble_since, mono_now()) >= people->operator_after_ms) {
        r = people_tell_operators(people, pg, false, now_at, "Hệ thống gặp sự cố", people->trouble,
                                  err);
        people->trouble_told = r == 0;
    }
    return r;
}

/* A dead-man's handle: whoever listens there notices silence. Only while all is well. */
static void beat(struct people *people)
{
    struct error err;
    const struct transfer_http http = {.method = "GET", .url = people->heartbeat_url};
    if (!*people->heartbeat_url || *people->trouble || people->heartbeat_under_way ||
        (people->heartbeat_at.us &&
         mono_diff_ms(people->heartbeat_at, mono_now()) < people->heartbeat_every_ms))
        return;
    people->heartbeat_at = mono_now();
    people->heartbeat_under_way =
        transfers_http(people->transfers, &http, people->timeout_ms, NULL, &err) == 0;
}

static bool has_answers(const struct people *people)
{
    for (size_t i = 0; i < FLIGHTS_MAX; i++) {
        if (people->flights[i].used && people->flights[i].done)
            return true;
    }
    return false;
}

int people_run(struct people *people, struct pg *pg, const struct calendar *calendar,
               int64_t now_at, struct error *err)
{
    transfers_run(people->transfers);
    bool looks = has_answers(people) || mono_diff_ms(people->next_look, mono_now()) >= 0;
    if (!pg || !looks)
        return 0;
    people->next_look = mono_now();
    people->next_look.us += LOOK_MS * INT64_C(1000);
    beat(people);
    int r = try_to_lead(people, pg, err);
    if (r < 0 || !people->leads)
        return r;
    r = escalate(pg, calendar, now_at, people->escalate_hours, err);
    if (r == 0)
        r = people_tell(people, pg, calendar, now_at, err);
    if (r == 0)
        r = tell_operators(people, pg, now_at, err);
    return r == 0 ? people_send(people, pg, err) : r;
}

int people_fd(const struct people *people)
{
    return transfers_fd(people->transfers);
}

int people_timeout_ms(const struct people *people)
{
    int64_t look_ms = mono_diff_ms(mono_now(), people->next_look);
    int transfer_ms = transfers_timeout_ms(people->transfers);
    if (look_ms < 0)
        look_ms = 0;
    return transfer_ms >= 0 && transfer_ms < look_ms ? transfer_ms : (int)look_ms;
}

struct people_figures people_figures(const struct people *people)
{
    struct people_figures figures = people->figures;
    for (size_t i = 0; i < people->channels.count; i++)
        figures.open_breakers += people->channels.channels[i].breaker.failures >= BREAKER_FAILURES;
    return figures;
}
