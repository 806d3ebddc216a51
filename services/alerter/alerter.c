#include "alerter/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"

/* The longest sleep: clocks and lags are looked at even when nothing happens. What happens wakes us by a descriptor. */
enum { SLEEP_MAX_MS = 2000 };
/* While deadlines wait or have just fired: of PostgreSQL's time notices get a tenth, of ours people a two-hundredth. */
enum { RELAY_SHARE = 10, TELL_SHARE = 200, JUST_MS = 1000 };

int64_t alerter_now(struct alerter *alerter)
{
    struct wallclock *clock = &alerter->clock;
    if (wallclock_look(clock, clock_now(), boot_now())) {
        if (clock->jump_ms)
            log_error("clock_jumped", "jump_ms=%" PRId64 " next=\"time goes on as before\"",
                      clock->jump_ms);
        else
            log_info("clock_is_right_again", "");
    }
    return wallclock_at(clock);
}

static bool chosen(const struct config *config, const char *section, const char *key,
                   const char *word)
{
    return strcmp(config_text(config, section, NULL, key), word) == 0;
}

/* What holds where hoso.alert_rule says nothing. */
static struct rule_set configured_rules(const struct config *config)
{
    struct rule_set set = {.ladder = ladder_rules_default(),
                           .escalate_hours =
                               (int)config_integer(config, "alerter", NULL, "escalate_after")};
    if (chosen(config, "alerter", "rule", "timestamp"))
        set.ladder.overdue = OVERDUE_BY_TIMESTAMP;
    if (chosen(config, "rules", "resume", "extend"))
        set.ladder.resume = RESUME_EXTEND;
    else if (chosen(config, "rules", "resume", "restart"))
        set.ladder.resume = RESUME_RESTART;
    return set;
}

static int open_parts(struct alerter *alerter, struct error *err)
{
    const struct config *config = alerter->service->config;
    struct judge_rules rules = {.forget_after_ms =
                                    config_duration_ms(config, "alerter", NULL, "forget_after")};
    alerter->default_rules = configured_rules(config);
    snprintf(alerter->rules_configured, sizeof alerter->rules_configured, "%s|%s|%s|%s|%s",
             config_text(config, "alerter", NULL, "rule"),
             config_text(config, "rules", NULL, "resume"),
             config_text(config, "rules", NULL, "paused"),
             config_text(config, "rules", NULL, "due_change"),
             config_text(config, "calendar", NULL, "hours"));
    int r = reference_rules(config, &rules.fold, err);
    if (r == 0)
        r = codec_new(&codec_event_layout, &alerter->codec, err);
    if (r == 0)
        r = judge_new(&rules, alerter->codec, &alerter->judge, err);
    if (r == 0)
        r = outbox_new(&alerter->service->kafka, config_text(config, "kafka", NULL, "alerts_topic"),
                       &alerter->outbox, err);
    if (r == 0)
        r = people_new(config, &alerter->people, err);
    if (r < 0)
        return r;
    alerter->touched = calloc(alerter->batch_max, sizeof *alerter->touched);
    alerter->due = calloc(2 * alerter->batch_max, sizeof *alerter->due);
    if (!alerter->touched || !alerter->due)
        return error_set(err, ERR_NOMEM, "out of memory");
    alerter->alarm_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (alerter->alarm_fd < 0)
        return error_set(err, ERR_FAILED, "timerfd: %s", strerror(errno));
    alerter->link_key = str_of(config_text(config, "notify", NULL, "link_key"));
    if (str_given(alerter->link_key) && alerter->link_key.len < LINK_KEY_MIN)
        return error_set(err, ERR_INPUT, "[notify] link_key: 32 bytes or more");
    return status_open(alerter, err);
}

/* Other paths than health: the links in messages. Called between transactions, from service_wait. */
static void serve(void *arg, struct http_exchange *exchange)
{
    struct alerter *alerter = arg;
    struct pg *pg = alerter->pg && pg_alive(alerter->pg) ? alerter->pg : NULL;
    if (!page_serve(exchange, pg, alerter->link_key, wallclock_at(&alerter->clock)))
        http_answer(exchange, 404, "application/json", STR("{\"error\":\"no such page\"}\n"), 0);
}

int alerter_new(struct service *service, struct alerter **ret, struct error *err)
{
    const struct config *config = service->config;
    struct alerter *alerter = calloc(1, sizeof *alerter);
    if (!alerter)
        return error_set(err, ERR_NOMEM, "out of memory");
    alerter->service = service;
    service->handler = serve;
    service->handler_arg = alerter;
    alerter->topic = config_text(config, "kafka", NULL, "events_topic");
    alerter->batch_max = (size_t)config_integer(config, "alerter", NULL, "batch_max");
    alerter->batch_age_ms = config_duration_ms(config, "alerter", NULL, "batch_age");
    alerter->hold_recheck_ms = config_duration_ms(config, "alerter", NULL, "hold_recheck");
    alerter->lag_max_ms = config_duration_ms(config, "notify", NULL, "operator_lag");
    alerter->hold_max_ms = config_duration_ms(config, "notify", NULL, "operator_hold");
    alerter->outbox_max_ms = config_duration_ms(config, "notify", NULL, "operator_outbox");
    alerter->alarm_fd = -1;
    wallclock_begin(&alerter->clock, config_duration_ms(config, "alerter", NULL, "clock_jump"),
                    clock_now(), boot_now(), NO_TIME);
    alerter->backoff = (struct backoff){.first_ms = 200, .max_ms = 5000};
    random_bytes(alerter->owner, sizeof alerter->owner);
    store_events_init(&alerter->batch);
    pg_array_init(&alerter->owned, PG_INT32);
    offset_moves_init(&alerter->firing.claims);
    int r = open_parts(alerter, err);
    if (r < 0) {
        alerter_free(alerter);
        return r;
    }
    *ret = alerter;
    return 0;
}

/* Drops everything that PostgreSQL will tell us again. */
static void disconnect(struct alerter *alerter)
{
    reader_close(alerter);
    people_reset(alerter->people);
    reference_deinit(&alerter->reference);
    alerter->rulebook = rulebook_free(alerter->rulebook);
    alerter->pg = pg_free(alerter->pg);
    alerter->reading = pg_free(alerter->reading);
    alerter->relaying = pg_free(alerter->relaying);
    outbox_reset(alerter->outbox);
}

struct alerter *alerter_free(struct alerter *alerter)
{
    if (!alerter)
        return NULL;
    alerter->service->handler = NULL;
    disconnect(alerter);
    status_close(alerter);
    outbox_free(alerter->outbox);
    people_free(alerter->people);
    judge_free(alerter->judge);
    codec_free(alerter->codec);
    store_events_deinit(&alerter->batch);
    pg_array_deinit(&alerter->owned);
    if (alerter->alarm_fd >= 0)
        close(alerter->alarm_fd);
    free(alerter->partitions);
    free(alerter->ends);
    offset_moves_deinit(&alerter->firing.claims);
    free(alerter->touched);
    free(alerter->due);
    free(alerter);
    return NULL;
}

/* Statements are prepared while tables are empty, and a plan that reads one whole would stay when it has grown. */
static int connect_one(struct alerter *alerter, struct pg **ret, struct error *err)
{
    const char *conninfo = config_text(alerter->service->config, "postgres", NULL, "conninfo");
    int r = pg_connect(conninfo, "hoso-alerter", ret, err);
    return r == 0 ? pg_script(*ret,
                              "SET enable_seqscan = off; SET jit = off; "
                              "SET plan_cache_mode = force_generic_plan",
                              err)
                  : r;
}

static int connect_all(struct alerter *alerter, struct error *err)
{
    int r = connect_one(alerter, &alerter->pg, err);
    if (r == 0)
        r = offsets_guard(alerter->pg, err);
    if (r == 0)
        r = connect_one(alerter, &alerter->reading, err);
    if (r == 0)
        r = connect_one(alerter, &alerter->relaying, err);
    /* A mark that a crash of the server takes away only lets Kafka have a notice again. */
    if (r == 0)
        r = pg_script(alerter->relaying, "SET synchronous_commit = off", err);
    if (r == 0)
        r = housekeeping_open(alerter, err);
    if (r == 0)
        r = reader_open(alerter, err);
    if (r == 0)
        outbox_wake(alerter->outbox);
    return r;
}

/* Waits for records, reports, the alarm or at most timeout_ms; health is served meanwhile. */
static void wait_for_work(struct alerter *alerter, int timeout_ms)
{
    const int fds[] = {alerter->consumer ? consumer_fd(alerter->consumer) : -1,
                       alerter->consumer ? alerter->alarm_fd : -1, outbox_fd(alerter->outbox),
                       outbox_asks(alerter->outbox) ? pg_fd(alerter->relaying) : -1,
                       people_fd(alerter->people)};
    status_refresh(alerter);
    service_wait(alerter->service, fds, sizeof fds / sizeof *fds, timeout_ms);
}

static int sooner(int a_ms, int b_ms)
{
    return b_ms >= 0 && b_ms < a_ms ? b_ms : a_ms;
}

/* Nothing has come due in the last second, or does now. */
static bool is_calm(const struct alerter *alerter)
{
    return (!alerter->fired.us || mono_diff_ms(alerter->fired, mono_now()) >= JUST_MS) &&
           !firing_wanted(alerter);
}

/*
 * Until its turn comes: at once in quiet times; else after `share` times what it took, or the deadlines that come due meanwhile would all
 * be late by that.
 */
static int turn_wait_ms(const struct alerter *alerter, const struct turn *turn, int64_t share)
{
    int64_t left_us = share * turn->took_us - (mono_now().us - turn->ended.us);
    return left_us <= 0 || is_calm(alerter) ? 0 : (int)(left_us / 1000) + 1;
}

static int later(int a_ms, int b_ms)
{
    return a_ms > b_ms ? a_ms : b_ms;
}

static int relay_share(const struct alerter *alerter)
{
    return is_calm(alerter) ? 1 : RELAY_SHARE;
}

static int sleep_ms(const struct alerter *alerter)
{
    int relay_ms = outbox_timeout_ms(alerter->outbox, relay_share(alerter));
    int tell_ms = later(people_timeout_ms(alerter->people),
                        turn_wait_ms(alerter, &alerter->telling, TELL_SHARE));
    int ms = sooner(SLEEP_MAX_MS, firing_recheck_ms(alerter));
    if (alerter->owned.count)
        ms = sooner(sooner(ms, relay_ms), follow_wait_ms(alerter));
    ms = sooner(ms, tell_ms);
    if (alerter->batch_count) {
        int64_t left_ms = alerter->batch_age_ms - mono_diff_ms(alerter->batch_began, mono_now());
        ms = sooner(ms, left_ms > 0 ? (int)left_ms : 0);
    }
    return alerter->more_to_take || firing_wanted(alerter) ? 0 : ms;
}

static bool batch_is_due(const struct alerter *alerter)
{
    if (!alerter->batch_count)
        return false;
    return alerter->batch_count >= alerter->batch_max || firing_wanted(alerter) ||
           mono_diff_ms(alerter->batch_began, mono_now()) >= alerter->batch_age_ms;
}

static int tell(struct alerter *alerter, struct error *err)
{
    const struct people_world world = {alerter->reference.calendar, alerter->rulebook,
                                       wallclock_at(&alerter->clock)};
    struct mono began = mono_now();
    if (!people_wants(alerter->people) || turn_wait_ms(alerter, &alerter->telling, TELL_SHARE))
        return people_run(alerter->people, NULL, NULL, err);
    int r = people_run(alerter->people, alerter->pg, &world, err);
    alerter->telling = (struct turn){mono_now(), mono_now().us - began.us};
    return r;
}

static int step(struct alerter *alerter, struct error *err)
{
    alerter_now(alerter);
    int r = reader_take(alerter, err);
    if (r == 0)
        r = follow_look(alerter, err);
    if (r == 0 && batch_is_due(alerter))
        r = reader_commit(alerter, err);
    if (r == 0)
        r = fire_run(alerter, err);
    if (r == 0)
        r = follow_run(alerter, err);
    if (r == 0)
        r = outbox_run(alerter->outbox, alerter->relaying, &alerter->owned, relay_share(alerter),
                       err);
    if (r == 0)
        r = housekeeping_run(alerter, err);
    if (r == 0)
        r = tell(alerter, err);
    if (r < 0)
        return r;
    firing_arm(alerter);
    wait_for_work(alerter, sleep_ms(alerter));
    return 0;
}

/* Keeps health and Kafka's reports served until the back-off has passed. */
static void rest(struct alerter *alerter)
{
    uint32_t random;
    random_bytes((uint8_t *)&random, sizeof random);
    int64_t rest_ms = backoff_next_ms(&alerter->backoff, random);
    struct mono from = mono_now();
    char quoted[512];
    log_warn("disconnected", "error=\"%s\" retry_ms=%lld",
             log_quote(alerter->trouble.text, quoted, sizeof quoted), (long long)rest_ms);
    for (int64_t left_ms;
         !service_stopping() && (left_ms = rest_ms - mono_diff_ms(from, mono_now())) > 0;) {
        outbox_run(alerter->outbox, NULL, &alerter->owned, 1, NULL);
        people_run(alerter->people, NULL, NULL, NULL);
        wait_for_work(alerter, (int)left_ms);
    }
}

/* The exit code of a failure that trying again does not mend; EXIT_OK = try again. */
static int exit_code_of(int failure)
{
    switch (failure) {
    case ERR_UNAVAILABLE:
    case ERR_CONFLICT: return EXIT_OK;
    case ERR_INPUT: return EXIT_CONFIG;
    default: return EXIT_SOFTWARE;
    }
}

int alerter_run(struct alerter *alerter)
{
    while (!service_stopping()) {
        struct error err = {{0}};
        bool connected = alerter->consumer;
        int r = connected ? step(alerter, &err) : connect_all(alerter, &err);
        if (r == 0) {
            if (!connected)
                log_info("connected", "topic=%s partitions=%d", alerter->topic,
                         alerter->partition_count);
            alerter->trouble.text[0] = '\0';
            continue;
        }
        alerter->trouble = err;
        alerter->trouble_with = r == ERR_CONFLICT                      ? "claim"
                                : alerter->pg && pg_alive(alerter->pg) ? "kafka"
                                                                       : "postgres";
        disconnect(alerter);
        int code = exit_code_of(r);
        if (code != EXIT_OK) {
            char quoted[512];
            log_error("stopped", "error=\"%s\"", log_quote(err.text, quoted, sizeof quoted));
            return code;
        }
        rest(alerter);
    }
    return EXIT_OK;
}
