#include "alerter/people_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "service/service.h"

enum { LOOK_MS = 1000, LEAD_LOCK = 0x686f736f /* "hoso" */, ESCALATE_MAX = 500, LEVEL_CITY = 3 };

int people_new(const struct config *config, struct people **ret, struct error *err)
{
    struct people *people = calloc(1, sizeof *people);
    if (!people)
        return error_set(err, ERR_NOMEM, "out of memory");
    people->public_url = config_text(config, "notify", NULL, "public_url");
    people->link_key = str_of(config_text(config, "notify", NULL, "link_key"));
    people->detail_max = (int)config_integer(config, "notify", NULL, "detail_max");
    people->attempts_max = (int)config_integer(config, "notify", NULL, "attempts");
    people->timeout_ms = config_duration_ms(config, "notify", NULL, "timeout");
    people->operator_after_ms = config_duration_ms(config, "notify", NULL, "operator_after");
    people->heartbeat_url = config_text(config, "notify", NULL, "heartbeat_url");
    people->heartbeat_every_ms = config_duration_ms(config, "notify", NULL, "heartbeat_every");
    people->transfers = transfers_new(people_on_transfer, people);
    int r = people->transfers ? schedule_load(config, &people->schedule, err)
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
    people->figures.pending = people->figures.oldest_s = 0;
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

/* Whoever has not acknowledged in time: the next level is told. *rows: alert_id, level, unit and procedure of each. */
static int find_unanswered(struct pg *pg, int64_t now_at, struct pg_result **rows,
                           struct error *err)
{
    const struct pg_param params[] = {pg_time(now_at), pg_int32(ESCALATE_MAX)};
    return pg_exec(pg,
                   "SELECT alert_id, level::int, coalesce(u.code, ''), "
                   "coalesce(procedure_code, '') FROM hoso.alert LEFT JOIN hoso.unit u "
                   "USING (unit_id) WHERE escalate_at <= $1 AND acked_at IS NULL "
                   "AND state = 'firing' AND coalesce(snoozed_until, '-infinity') <= $1 LIMIT $2",
                   params, 2, rows, err);
}

/* Columns of the alerts that go up, or, where escalation has been switched off since, stay. */
struct climb {
    struct pg_array ids;
    struct pg_array ups;
    struct pg_array next_at;
};

static int raise_levels(struct pg *pg, const struct climb *climb, struct error *err)
{
    struct pg_result *rows = NULL;
    const struct pg_param params[] = {pg_array_param(&climb->ids), pg_array_param(&climb->ups),
                                      pg_array_param(&climb->next_at)};
    int r = pg_exec(pg,
                    "UPDATE hoso.alert SET level = level + n.up, escalate_at = n.at "
                    "FROM unnest($1::uuid[], $2::int[], $3::timestamptz[]) n (id, up, at) "
                    "WHERE alert_id = n.id AND acked_at IS NULL AND state = 'firing'",
                    params, 3, &rows, err);
    if (r == 0) {
        crash_point("alerter.escalate_after");
        log_info("escalated", "alerts=%lld", (long long)pg_affected(rows));
    }
    pg_result_free(rows);
    return r;
}

/* The step after this one counts from now, by the rules of the alert's unit and procedure. */
static int add_climb(struct climb *climb, const struct pg_result *rows, size_t row,
                     const struct people_world *world)
{
    int hours = rulebook_for(world->rulebook, pg_get_text(rows, row, 2), pg_get_text(rows, row, 3))
                    .escalate_hours;
    bool goes_on = hours && pg_get_int32(rows, row, 1) + 1 < LEVEL_CITY;
    int64_t next_at =
        goes_on ? calendar_after(world->calendar, world->now_at, hours * 60) : NO_TIME;
    bool failed = pg_array_uuid(&climb->ids, pg_get_uuid(rows, row, 0)) < 0 ||
                  pg_array_int32(&climb->ups, hours > 0) < 0 ||
                  pg_array_time(&climb->next_at, next_at) < 0;
    return failed ? ERR_NOMEM : 0;
}

static int escalate(struct pg *pg, const struct people_world *world, struct error *err)
{
    struct climb climb;
    struct pg_result *rows = NULL;
    pg_array_init(&climb.ids, PG_UUID);
    pg_array_init(&climb.ups, PG_INT32);
    pg_array_init(&climb.next_at, PG_TIME);
    int r = find_unanswered(pg, world->now_at, &rows, err);
    for (size_t i = 0; r == 0 && i < pg_rows(rows); i++) {
        if (add_climb(&climb, rows, i, world) < 0)
            r = error_set(err, ERR_NOMEM, "out of memory");
    }
    if (r == 0 && climb.ids.count)
        r = raise_levels(pg, &climb, err);
    pg_result_free(rows);
    pg_array_deinit(&climb.ids);
    pg_array_deinit(&climb.ups);
    pg_array_deinit(&climb.next_at);
    return r;
}

void people_trouble(struct people *people, const char *what, bool lasted)
{
    if (what && !*people->trouble)
        people->trouble_since = mono_now();
    if (what) {
        snprintf(people->trouble, sizeof people->trouble, "%s", what);
        people->trouble_lasted = lasted;
    } else if (*people->trouble) {
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
    bool lasted = people->trouble_lasted ||
                  mono_diff_ms(people->trouble_since, mono_now()) >= people->operator_after_ms;
    if (r == 0 && *people->trouble && !people->trouble_told && lasted) {
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

bool people_wants(const struct people *people)
{
    return has_answers(people) || mono_diff_ms(people->next_look, mono_now()) >= 0;
}

int people_run(struct people *people, struct pg *pg, const struct people_world *world,
               struct error *err)
{
    transfers_run(people->transfers);
    if (!pg || !people_wants(people))
        return 0;
    people->next_look = mono_now();
    people->next_look.us += LOOK_MS * INT64_C(1000);
    beat(people);
    int r = try_to_lead(people, pg, err);
    if (r < 0 || !people->leads)
        return r;
    r = escalate(pg, world, err);
    if (r == 0)
        r = people_tell(people, pg, world->calendar, world->now_at, err);
    if (r == 0)
        r = tell_operators(people, pg, world->now_at, err);
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
