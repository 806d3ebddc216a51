#include "board/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "board/map.h"
#include "service/board_roles.h"

enum { CONNECT_EVERY_MS = 1000, CHECK_SESSIONS_MS = 5000 };

#define METRIC(n, h, g)                                                                            \
    {                                                                                              \
        .name = "hoso_board_" n, .labels = "", .help = (h), .gauge = (g)                           \
    }
static const struct metric metric_templates[METRIC_COUNT] = {
    [METRIC_STREAMS] = METRIC("streams", "Event streams that are open.", true),
    [METRIC_UPDATES] = METRIC("updates_total", "Updates sent on event streams.", false),
    [METRIC_SNAPSHOTS] = METRIC("snapshots_total", "Updates that were whole snapshots.", false),
    [METRIC_READS] = METRIC("reads_total", "Readings of the figures from PostgreSQL.", false),
    [METRIC_READ_LAST_US] =
        METRIC("read_last_microseconds", "The last reading of the figures.", true),
    [METRIC_REQUESTS] = METRIC("requests_total", "Requests answered.", false),
    [METRIC_LOGINS_FAILED] = METRIC("logins_failed_total", "Sign-ins refused.", false),
};

static bool ready(void *arg, char *reasons, size_t size)
{
    const struct board *board = arg;
    char quoted[400];
    if (board->pg && !*board->trouble.text)
        return true;
    log_quote(*board->trouble.text ? board->trouble.text : "connecting", quoted, sizeof quoted);
    for (char *at = quoted; *at; at++)
        *at = *at == '\\' ? '/' : *at; /* the text goes into JSON */
    snprintf(reasons, size, "\"postgres\":\"%s\"", quoted);
    return false;
}

int board_new(struct service *service, struct board **ret, struct error *err)
{
    const struct config *config = service->config;
    struct board *board = calloc(1, sizeof *board);
    if (!board)
        return error_set(err, ERR_NOMEM, "out of memory");
    board->service = service;
    board->poll_ms = config_duration_ms(config, "board", NULL, "poll");
    board->update_ms = config_duration_ms(config, "board", NULL, "update");
    board->city = config_text(config, "board", NULL, "city");
    board->pipeline.lag_records = board->pipeline.lag_s = board->pipeline.held = -1;
    memcpy(board->metrics, metric_templates, sizeof metric_templates);
    board->streams = streams_new();
    int r = board->streams ? access_new(config, &board->access, err)
                           : error_set(err, ERR_NOMEM, "out of memory");
    const char *map = config_text(config, "board", NULL, "map");
    if (r == 0 && *map)
        r = map_load(map, &board->map, err);
    if (r == 0)
        r = worker_new(config, &board->worker, err);
    if (r < 0) {
        board_free(board);
        return r;
    }
    service->metrics = board->metrics;
    service->metric_count = METRIC_COUNT;
    service->ready = ready;
    service->ready_arg = board;
    service->handler = api_handle;
    service->handler_arg = board;
    *ret = board;
    return 0;
}

struct board *board_free(struct board *board)
{
    if (!board)
        return NULL;
    worker_free(board->worker);
    streams_free(board->streams);
    free((char *)board->map.data);
    access_free(board->access);
    calendar_free(board->calendar);
    pg_free(board->pg);
    free(board);
    return NULL;
}

static void lost(struct board *board, const struct error *err)
{
    char quoted[512];
    if (!*board->trouble.text)
        log_warn("postgres_lost", "error=\"%s\" retry_ms=%d",
                 log_quote(err->text, quoted, sizeof quoted), CONNECT_EVERY_MS);
    board->trouble = *err;
    board->pg = pg_free(board->pg);
    streams_beat(board->streams, "postgres", true);
}

/* Without the readers' roles nothing could be read; the migration may not have been allowed to make them. */
static int check_roles(struct pg *pg, struct error *err)
{
    bool ours = false;
    int r = board_roles_ours(pg, &ours, err);
    if (r == 0 && !ours)
        r = error_set(err, ERR_INPUT,
                      "roles hoso_board_city and hoso_board_unit are missing or not ours to take: "
                      "run `hoso db migrate` as a database role that may create roles");
    return r;
}

static int connected(struct board *board, struct pg *pg, struct error *err)
{
    struct reference reference = {0};
    int r = check_roles(pg, err);
    if (r == 0)
        r = reference_load(pg, board->service->config, &reference, err);
    if (r < 0) {
        pg_free(pg);
        return r;
    }
    calendar_free(board->calendar);
    board->calendar = reference.calendar;
    reference.calendar = NULL;
    reference_deinit(&reference);
    board->pg = pg;
    board->stale = true;
    board->trouble.text[0] = '\0';
    log_info("connected", "");
    return 0;
}

/* Results of the worker; negative only for what a new try does not mend. */
static int take_jobs(struct board *board, struct error *err)
{
    struct service_report report;
    int r = 0;
    for (struct job *job; r == 0 && (job = worker_take(board->worker));) {
        if (job->kind == JOB_VERIFY) {
            api_verified(board, job);
            continue;
        }
        board->connecting = false;
        r = job->result;
        *err = job->err;
        if (r == 0) {
            r = connected(board, job->pg, err);
            job->pg = NULL;
        }
        job_free(job);
        if (r == ERR_UNAVAILABLE) {
            board->trouble = *err;
            r = 0;
        }
    }
    if (worker_report(board->worker, &report))
        poll_services(board, &report);
    return r;
}

static void ask_to_connect(struct board *board)
{
    if (board->pg || board->connecting || mono_diff_ms(board->asked, mono_now()) < CONNECT_EVERY_MS)
        return;
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return;
    job->kind = JOB_CONNECT;
    board->asked = mono_now();
    board->connecting = worker_submit(board->worker, job);
    if (!board->connecting)
        job_free(job);
}

struct checked {
    uint8_t *keys; /* SESSION_KEY_SIZE each */
    bool *valid;
    size_t count;
};

static bool collect(void *arg, const uint8_t session[SESSION_KEY_SIZE])
{
    struct checked *checked = arg;
    memcpy(checked->keys + checked->count++ * SESSION_KEY_SIZE, session, SESSION_KEY_SIZE);
    return true;
}

static bool still_valid(void *arg, const uint8_t session[SESSION_KEY_SIZE])
{
    (void)session;
    struct checked *checked = arg;
    return checked->valid[checked->count++]; /* visited in the order of collect */
}

/* Ends the streams of sessions that are over, and keeps the others alive. */
static int check_sessions(struct board *board, struct error *err)
{
    size_t count = streams_count(board->streams);
    struct checked checked = {.keys = malloc(count * SESSION_KEY_SIZE + 1),
                              .valid = calloc(count + 1, sizeof(bool))};
    int r = 0;
    if (!checked.keys || !checked.valid) {
        r = error_set(err, ERR_NOMEM, "out of memory");
    } else {
        streams_each_session(board->streams, collect, &checked);
        r = access_check(board->access, board->pg, checked.keys, count, checked.valid, err);
        checked.count = 0;
        if (r == 0)
            streams_each_session(board->streams, still_valid, &checked);
    }
    free(checked.keys);
    free(checked.valid);
    return r;
}

static int step(struct board *board, struct error *err)
{
    int r = poll_run(board, err);
    if (r == 0 && mono_diff_ms(board->checked, mono_now()) >= CHECK_SESSIONS_MS) {
        board->checked = mono_now();
        r = streams_count(board->streams) ? check_sessions(board, err) : 0;
    }
    return r;
}

static void refresh_metrics(struct board *board)
{
    board->metrics[METRIC_STREAMS].value = (int64_t)streams_count(board->streams);
    streams_sent(board->streams, &board->metrics[METRIC_UPDATES].value,
                 &board->metrics[METRIC_SNAPSHOTS].value);
}

int board_run(struct board *board)
{
    const int fds[] = {worker_fd(board->worker)};
    while (!service_stopping()) {
        struct error err = {{0}};
        int r = take_jobs(board, &err);
        if (r < 0) {
            char quoted[512];
            log_error("stopped", "error=\"%s\"", log_quote(err.text, quoted, sizeof quoted));
            return r == ERR_INPUT ? EXIT_CONFIG : EXIT_SOFTWARE;
        }
        ask_to_connect(board);
        if (board->pg && step(board, &err) < 0)
            lost(board, &err);
        streams_beat(board->streams, board->pg ? NULL : "postgres", false);
        refresh_metrics(board);
        service_wait(board->service, fds, 1, board->pg ? poll_timeout_ms(board) : 200);
    }
    return EXIT_OK;
}
