/* When PostgreSQL is asked, and what: a cheap question often, the figures only after something has changed. */
#include "board/internal.h"

#include "base/log.h"
#include "board/sql.h"

enum { SLOW_MS = 10000, QUIET_READ_MS = 5000, TIDY_MS = 10000 };

static bool older(struct mono at, int64_t ms)
{
    return mono_diff_ms(at, mono_now()) >= ms;
}

/* Sets board->stale when anything has changed. */
static int ask_mark(struct board *board, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = pg_exec(board->pg, SQL_MARK, NULL, 0, &rows, err);
    if (r < 0)
        return r;
    struct mark mark = {.aggregated = pg_get_int64(rows, 0, 0),
                        .offsets = pg_get_int64(rows, 0, 1),
                        .dead_letter_id = pg_get_int64(rows, 0, 2),
                        .alerts_at = pg_get_time(rows, 0, 3),
                        .act_id = pg_get_int64(rows, 0, 4)};
    pg_result_free(rows);
    board->stale = board->stale || mark.offsets != board->mark.offsets ||
                   mark.dead_letter_id != board->mark.dead_letter_id ||
                   mark.alerts_at != board->mark.alerts_at || mark.act_id != board->mark.act_id;
    board->mark = mark;
    board->pipeline.events = mark.aggregated;
    rate_add(&board->rate, mono_now(), mark.aggregated);
    return 0;
}

static int ask_slow_mark(struct board *board, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = pg_exec(board->pg, SQL_SLOW_MARK, NULL, 0, &rows, err);
    if (r < 0)
        return r;
    board->pipeline.dead_letters = pg_get_int64(rows, 0, 0);
    board->pipeline.quarantined = pg_get_int64(rows, 0, 1);
    board->slow_read = mono_now();
    pg_result_free(rows);
    return 0;
}

/* The last day that counts as "soon": the next working day. */
static int32_t soon_day(const struct board *board)
{
    int32_t day = day_of(clock_now()) + 1;
    while (!calendar_works(board->calendar, day))
        day++;
    return day;
}

static void put_pipeline(struct board *board, struct scope *scope)
{
    struct pipeline *pipeline = &board->pipeline;
    pipeline->rate_milli = rate_milli(&board->rate, mono_now());
    for (size_t i = scope->unit_id ? 0 : scope->model.feed_count; i-- > 0;)
        pipeline_heard(pipeline, str_of(scope->model.feed[i].source),
                       scope->model.feed[i].ingested_at);
    model_set_pipeline(&scope->model, pipeline);
}

int poll_scope(struct board *board, struct scope *scope, struct error *err)
{
    bool slowly = !scope->slowly_read || older(scope->slow_at, SLOW_MS);
    struct mono from = mono_now();
    int64_t now_at = clock_now();
    int r = access_begin(board->pg, scope->unit_id, err);
    if (r == 0)
        r = read_scope(board->pg, &scope->model, scope->unit_id, slowly, soon_day(board), err);
    if (r == 0)
        r = pg_commit(board->pg, err);
    if (r < 0) {
        pg_rollback(board->pg);
        return r;
    }
    if (slowly) {
        scope->slowly_read = true;
        scope->slow_at = from;
    }
    scope->read_at = from;
    put_pipeline(board, scope);
    if (model_finish(&scope->model, now_at))
        streams_changed(board->streams, scope);
    board->metrics[METRIC_READS].value++;
    board->metrics[METRIC_READ_LAST_US].value = mono_now().us - from.us;
    return 0;
}

/* Has the city's model something of this commune that the commune's own has not read yet? */
static bool unit_changed(const struct scope *city, const struct scope *scope)
{
    const struct model *model = &city->model;
    for (size_t i = 0; i < model->place_count; i++) {
        if (model->places[i].unit_id == scope->unit_id &&
            model->places[i].revision > scope->city_revision)
            return true;
    }
    for (size_t i = 0; i < model->feed_count; i++) {
        if (model->feed[i].unit_id == scope->unit_id &&
            model->feed[i].revision > scope->city_revision)
            return true;
    }
    return false;
}

/*
 * The city's scope first: it tells which communes have changed, so that a hundred of them that are looked at cost no more than
 * those where something happens. Scopes that nobody looks at are left alone; the API brings them up to date when it is asked.
 */
static int update_scopes(struct board *board, struct error *err)
{
    board->updated = mono_now();
    if (streams_count(board->streams) == 0)
        return 0;
    struct scope *city = streams_scope(board->streams, 0);
    int r = city ? poll_scope(board, city, err) : error_set(err, ERR_NOMEM, "out of memory");
    for (struct scope *scope = streams_first(board->streams); r == 0 && scope;
         scope = scope->next) {
        if (scope == city || !scope->clients)
            continue;
        if (unit_changed(city, scope) || older(scope->read_at, QUIET_READ_MS))
            r = poll_scope(board, scope, err);
        else
            scope->model.data_at = city->model.data_at;
        scope->city_revision = city->model.revision;
    }
    if (r == 0)
        board->stale = false;
    return r;
}

/* Nothing changed, and PostgreSQL has just said so: what the scopes have read is what is. */
static void confirm_scopes(struct board *board)
{
    for (struct scope *scope = streams_first(board->streams); scope; scope = scope->next) {
        if (scope->clients && scope->model.revision > 0)
            scope->model.data_at = clock_now();
    }
}

int poll_run(struct board *board, struct error *err)
{
    if (!older(board->polled, board->poll_ms))
        return 0;
    board->polled = mono_now();
    int r = ask_mark(board, err);
    if (r == 0 && older(board->slow_read, SLOW_MS))
        r = ask_slow_mark(board, err);
    if (r < 0)
        return r;
    /* A quiet city is read now and then all the same: midnight changes figures without an event. */
    if ((board->stale && older(board->updated, board->update_ms)) ||
        older(board->updated, QUIET_READ_MS))
        r = update_scopes(board, err);
    else if (!board->stale)
        confirm_scopes(board);
    if (r == 0 && older(board->slow_read, TIDY_MS))
        streams_tidy(board->streams);
    return r;
}

int poll_timeout_ms(const struct board *board)
{
    int64_t left_ms = board->poll_ms - mono_diff_ms(board->polled, mono_now());
    return left_ms > 0 ? (int)left_ms : 0;
}

void poll_services(struct board *board, const struct service_report *report)
{
    struct pipeline *pipeline = &board->pipeline;
    memcpy(pipeline->up, report->up, sizeof pipeline->up);
    pipeline->lag_records = report->lag_records;
    pipeline->lag_s = report->lag_records == 0  ? 0
                      : report->lag_records < 0 ? -1
                                                : report->event_age_s;
    pipeline->held = report->held;
}
