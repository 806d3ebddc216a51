/* From PostgreSQL's rows to a model. */
#include "board/internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "board/sql.h"

enum { FEED_OVERLAP_MS = 2000 };

static void copy(char *out, size_t size, struct str text)
{
    snprintf(out, size, "%.*s", STR_ARG(text));
}

static int read_units(struct pg *pg, struct model *model, struct error *err)
{
    struct pg_result *rows = NULL;
    struct pg_param today = pg_day(model->today);
    int r = pg_exec(pg, SQL_UNITS, &today, 1, &rows, err);
    size_t count = r < 0 ? 0 : pg_rows(rows);
    struct place *places = calloc(count + 1, sizeof *places);
    if (r == 0 && !places)
        r = error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; r == 0 && i < count; i++) {
        places[i].unit_id = pg_get_int32(rows, i, 0);
        copy(places[i].code, sizeof places[i].code, pg_get_text(rows, i, 1));
        copy(places[i].name, sizeof places[i].name, pg_get_text(rows, i, 2));
        copy(places[i].kind, sizeof places[i].kind, pg_get_text(rows, i, 3));
    }
    if (r == 0)
        r = model_set_places(model, places, count);
    free(places);
    pg_result_free(rows);
    return r;
}

/* Figures as they are being summed: one row per commune, the totals last, which also have what no present commune answers for. */
struct sums {
    struct model *model;
    int64_t (*rows)[FIGURE_COUNT];
};

/* Sums the columns of a statement, unit_id first, into the figures named. */
static int read_columns(struct pg *pg, struct sums *sums, const char *sql,
                        const struct pg_param *params, size_t param_count,
                        const enum figure *figures, int figure_count, struct error *err)
{
    struct pg_result *rows = NULL;
    const struct model *model = sums->model;
    int r = pg_exec(pg, sql, params, param_count, &rows, err);
    for (size_t i = 0; r == 0 && i < pg_rows(rows); i++) {
        const struct place *place = model_place(sums->model, pg_get_int32(rows, i, 0));
        for (int f = 0; f < figure_count; f++) {
            int64_t value = pg_get_int64(rows, i, f + 1);
            if (figures[f] == FIGURE_COUNT)
                continue;
            sums->rows[model->place_count][figures[f]] += value;
            if (place)
                sums->rows[place - model->places][figures[f]] += value;
        }
    }
    pg_result_free(rows);
    return r;
}

static const enum figure open_figures[] = {FIGURE_WAITING, FIGURE_RUNNING,   FIGURE_PAUSED,
                                           FIGURE_OVERDUE, FIGURE_DUE_TODAY, FIGURE_DUE_SOON};
static const enum figure today_figures[] = {FIGURE_RECEIVED, FIGURE_SETTLED, FIGURE_LATE};
static const enum figure month_figures[] = {
    FIGURE_MONTH_RECEIVED, FIGURE_COUNT,           FIGURE_MONTH_LATE,  FIGURE_MONTH_ONLINE,
    FIGURE_MONTH_IN_TIME,  FIGURE_MONTH_LATE_DATA, FIGURE_MONTH_RATED, FIGURE_MONTH_SATISFIED};
static const enum figure alert_figures[] = {FIGURE_ALERTS};
#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

/* What changes with every event; the month's sums only slowly: they are kept otherwise. */
static int read_sums(struct pg *pg, struct sums *sums, bool slowly, int32_t soon, struct error *err)
{
    int32_t today = sums->model->today;
    struct pg_param due[] = {pg_day(today), pg_day(soon)};
    struct pg_param day[] = {pg_day(today), pg_day(today)};
    struct pg_param month[] = {pg_day(today - MONTH_DAYS + 1), pg_day(today)};
    int r = read_columns(pg, sums, SQL_OPEN, due, 2, open_figures, COUNT_OF(open_figures), err);
    if (r == 0)
        r = read_columns(pg, sums, SQL_DAYS, day, 2, today_figures, COUNT_OF(today_figures), err);
    if (r == 0 && slowly)
        r = read_columns(pg, sums, SQL_DAYS, month, 2, month_figures, COUNT_OF(month_figures), err);
    if (r == 0)
        r = read_columns(pg, sums, SQL_ALERT_COUNTS, NULL, 0, alert_figures, 1, err);
    return r;
}

static int read_figures(struct pg *pg, struct model *model, bool slowly, int32_t soon,
                        struct error *err)
{
    struct sums sums = {model, calloc(model->place_count + 1, sizeof *sums.rows)};
    if (!sums.rows)
        return error_set(err, ERR_NOMEM, "out of memory");
    int r = read_sums(pg, &sums, slowly, soon, err);
    for (size_t i = 0; r == 0 && i <= model->place_count; i++) {
        struct place *place = i < model->place_count ? &model->places[i] : NULL;
        const int64_t *kept = place ? place->figures : model->totals;
        for (int f = FIGURE_MONTH_RECEIVED; !slowly && f <= FIGURE_MONTH_SATISFIED; f++)
            sums.rows[i][f] = kept[f];
        if (place)
            model_set_figures(model, place, sums.rows[i]);
        else
            model_set_totals(model, sums.rows[i]);
    }
    free(sums.rows);
    return r;
}

static void add_feed(struct model *model, const struct pg_result *rows)
{
    for (size_t i = pg_rows(rows); i-- > 0;) {
        struct feed_item item = {.occurred_at = pg_get_time(rows, i, 1),
                                 .ingested_at = pg_get_time(rows, i, 2),
                                 .unit_id = pg_get_int32(rows, i, 3),
                                 .status = pg_get_int32(rows, i, 4)};
        memcpy(item.event_id, pg_get_uuid(rows, i, 0), ID_SIZE);
        copy(item.kind, sizeof item.kind, pg_get_text(rows, i, 5));
        copy(item.channel, sizeof item.channel, pg_get_text(rows, i, 6));
        copy(item.procedure_code, sizeof item.procedure_code, pg_get_text(rows, i, 7));
        copy(item.source, sizeof item.source, pg_get_text(rows, i, 8));
        copy(item.dossier_code, sizeof item.dossier_code, pg_get_text(rows, i, 9));
        model_add_feed(model, &item);
    }
}

/* Batches of different partitions are committed out of order: what came shortly before the newest is read again. */
static int read_feed(struct pg *pg, struct model *model, int32_t unit_id, struct error *err)
{
    struct pg_result *rows = NULL;
    int64_t after_at =
        model->feed_count ? model->feed[0].ingested_at - FEED_OVERLAP_MS : TIME_MIN_AT;
    struct pg_param params[] = {pg_time(after_at), pg_int64(FEED_MAX), pg_int32(unit_id)};
    int r = unit_id ? pg_exec(pg, SQL_UNIT_FEED, params, 3, &rows, err)
                    : pg_exec(pg, SQL_FEED("''::text"), params, 2, &rows, err);
    if (r == 0)
        add_feed(model, rows);
    pg_result_free(rows);
    return r;
}

static int read_alerts(struct pg *pg, struct model *model, int32_t unit_id, struct error *err)
{
    struct pg_result *rows = NULL;
    struct pg_param limit = pg_int64(ALERTS_MAX);
    int r = pg_exec(pg, unit_id ? SQL_ALERTS("dossier_code::text") : SQL_ALERTS("''::text"), &limit,
                    1, &rows, err);
    size_t count = r < 0 ? 0 : pg_rows(rows);
    struct alert_item *items = calloc(count + 1, sizeof *items);
    if (r == 0 && !items)
        r = error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; r == 0 && i < count; i++) {
        struct alert_item *item = &items[i];
        memcpy(item->alert_id, pg_get_uuid(rows, i, 0), ID_SIZE);
        item->unit_id = pg_get_int32(rows, i, 1);
        copy(item->rule, sizeof item->rule, pg_get_text(rows, i, 2));
        item->episode = pg_get_int32(rows, i, 3);
        copy(item->procedure_code, sizeof item->procedure_code, pg_get_text(rows, i, 4));
        item->due_at = pg_get_time(rows, i, 5);
        item->fired_at = pg_get_time(rows, i, 6);
        item->updated_at = pg_get_time(rows, i, 7);
        copy(item->dossier_code, sizeof item->dossier_code, pg_get_text(rows, i, 8));
        copy(item->acknowledged_by, sizeof item->acknowledged_by, pg_get_text(rows, i, 9));
        item->snoozed_until = pg_get_time(rows, i, 10);
        item->last_event_at = pg_get_time(rows, i, 11);
        item->last_ingested_at = pg_get_time(rows, i, 12);
        const struct told_alert told = {.last_event_at = item->last_event_at,
                                        .last_ingested_at = item->last_ingested_at,
                                        .portal_status = pg_get_int32(rows, i, 13)};
        item->clock = wording_verdict(&told, clock_now());
    }
    if (r == 0)
        model_set_alerts(model, items, count);
    free(items);
    pg_result_free(rows);
    return r;
}

int read_scope(struct pg *pg, struct model *model, int32_t unit_id, bool slowly, int32_t soon,
               struct error *err)
{
    int32_t today = day_of(clock_now());
    slowly = slowly || today != model->today;
    model_set_today(model, today);
    int r = slowly ? read_units(pg, model, err) : 0;
    if (r == 0)
        r = read_figures(pg, model, slowly, soon, err);
    if (r == 0)
        r = read_feed(pg, model, unit_id, err);
    if (r == 0)
        r = read_alerts(pg, model, unit_id, err);
    return r;
}
