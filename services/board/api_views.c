/* What the API shows: which view, and the tables of a model. */
#include "board/views.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

enum { FRESH_MS = 1000 };

void view_answer_csv(const struct viewing *viewing, struct sheet *sheet, const char *name)
{
    char disposition[128];
    char address[HTTP_PEER_SIZE];
    struct error err;
    struct str text = sheet_end(sheet);
    access_audit(viewing->board->pg, viewing->identity->name,
                 access_address(viewing->board->access, viewing->exchange, address), "export", name,
                 &err);
    snprintf(disposition, sizeof disposition, "attachment; filename=\"hoso-%s.csv\"", name);
    api_guard_headers(viewing->exchange);
    http_set_header(viewing->exchange, "Content-Disposition", disposition);
    http_set_header(viewing->exchange, "Cache-Control", "no-store");
    http_answer(viewing->exchange, text.len ? 200 : 503, "text/csv; charset=utf-8", text, 0);
    sheet_close(sheet);
}

static int view_overview(const struct viewing *viewing, struct error *err)
{
    (void)err;
    struct json_out *out = viewing->out;
    const struct model *model = &viewing->scope->model;
    char day[TIME_TEXT_SIZE];
    json_begin_object(out, NULL);
    json_put_text(out, "city", str_of(viewing->board->city));
    json_put_text(out, "today", str_of(day_format(model->today, day)));
    json_put_integer(out, "at", clock_now());
    json_put_integer(out, "data_at", model->data_at);
    json_put_integer(out, "communes", (int64_t)model->place_count);
    model_write_figures(out, "totals", model->totals);
    pipeline_write(out, "pipeline", &model->pipeline);
    json_end_object(out);
    api_json(viewing->exchange, 200, out);
    return 0;
}

/* Rows of the model as a table: JSON {"at", "data_at", KEY: […]} or CSV. */
static int answer_rows(const struct viewing *viewing, const char *key, const char *const *names,
                       void (*put)(struct sheet *sheet, const struct model *model),
                       struct error *err)
{
    struct sheet sheet;
    struct json_out *out = viewing->out;
    const struct model *model = &viewing->scope->model;
    json_begin_object(out, NULL);
    json_put_integer(out, "at", clock_now());
    json_put_integer(out, "data_at", model->data_at);
    if (!sheet_open(&sheet, viewing->csv, out, key, names))
        return error_set(err, ERR_NOMEM, "out of memory");
    put(&sheet, model);
    if (viewing->csv) {
        view_answer_csv(viewing, &sheet, key);
        return 0;
    }
    sheet_end(&sheet);
    json_end_object(out);
    api_json(viewing->exchange, 200, out);
    return 0;
}

static void put_communes(struct sheet *sheet, const struct model *model)
{
    for (size_t i = 0; i < model->place_count; i++) {
        const struct place *place = &model->places[i];
        sheet_row(sheet);
        sheet_text(sheet, str_of(place->code));
        sheet_text(sheet, str_of(place->name));
        sheet_text(sheet, str_of(place->kind));
        for (int f = 0; f < FIGURE_COUNT; f++)
            sheet_integer(sheet, place->figures[f]);
        sheet_row_end(sheet);
    }
}

static int view_communes(const struct viewing *viewing, struct error *err)
{
    static const char *names[3 + FIGURE_COUNT + 1] = {"code", "name", "kind"};
    memcpy(names + 3, figure_names, sizeof figure_names);
    return answer_rows(viewing, "communes", names, put_communes, err);
}

static struct str unit_code(const struct model *model, int32_t unit_id)
{
    for (size_t i = 0; i < model->place_count; i++) {
        if (model->places[i].unit_id == unit_id)
            return str_of(model->places[i].code);
    }
    return STR_NONE;
}

static void put_alerts(struct sheet *sheet, const struct model *model)
{
    char hex[2 * ID_SIZE + 1];
    for (size_t i = 0; i < model->alert_count; i++) {
        const struct alert_item *item = &model->alerts[i];
        sheet_row(sheet);
        sheet_text(sheet, str_of(hex_encode(item->alert_id, ID_SIZE, hex)));
        sheet_text(sheet, unit_code(model, item->unit_id));
        sheet_text(sheet, str_of(item->rule));
        sheet_integer(sheet, item->episode);
        sheet_text(sheet, str_of(item->procedure_code));
        sheet_text(sheet, str_of(item->dossier_code));
        sheet_time(sheet, item->due_at);
        sheet_time(sheet, item->fired_at);
        sheet_time(sheet, item->last_event_at);
        sheet_time(sheet, item->last_ingested_at);
        sheet_text(sheet, str_of(wording_clock(item->clock)));
        sheet_text(sheet, str_of(item->acknowledged_by));
        sheet_row_end(sheet);
    }
}

static int view_alerts(const struct viewing *viewing, struct error *err)
{
    static const char *const names[] = {
        "id",     "unit",     "rule",          "episode",          "procedure", "dossier",
        "due_at", "fired_at", "last_event_at", "last_ingested_at", "clock",     "acknowledged_by",
        NULL};
    return answer_rows(viewing, "alerts", names, put_alerts, err);
}

static void put_events(struct sheet *sheet, const struct model *model)
{
    char hex[2 * ID_SIZE + 1];
    for (size_t i = 0; i < model->feed_count; i++) {
        const struct feed_item *item = &model->feed[i];
        sheet_row(sheet);
        sheet_text(sheet, str_of(hex_encode(item->event_id, ID_SIZE, hex)));
        sheet_text(sheet, unit_code(model, item->unit_id));
        sheet_text(sheet, str_of(item->kind));
        sheet_integer(sheet, item->status);
        sheet_time(sheet, item->occurred_at);
        sheet_time(sheet, item->ingested_at);
        sheet_text(sheet, str_of(item->procedure_code));
        sheet_text(sheet, str_of(item->channel));
        sheet_text(sheet, str_of(item->source));
        sheet_text(sheet, str_of(item->dossier_code));
        sheet_row_end(sheet);
    }
}

static int view_events(const struct viewing *viewing, struct error *err)
{
    static const char *const names[] = {"id",          "unit",        "kind",      "status",
                                        "occurred_at", "ingested_at", "procedure", "channel",
                                        "source",      "dossier",     NULL};
    return answer_rows(viewing, "events", names, put_events, err);
}

static const struct {
    const char *path; /* ends with / where more follows */
    int (*view)(const struct viewing *viewing, struct error *err);
} views[] = {
    {"/api/v1/overview", view_overview}, {"/api/v1/communes", view_communes},
    {"/api/v1/communes/", view_commune}, {"/api/v1/alerts", view_alerts},
    {"/api/v1/events", view_events},     {"/api/v1/dossiers/", view_dossier},
};

/* Brings the viewer's scope up to date where no stream does so already. */
static int freshen(struct board *board, struct scope *scope, struct error *err)
{
    bool fresh = scope->slowly_read && mono_diff_ms(scope->read_at, mono_now()) < FRESH_MS;
    return fresh ? 0 : poll_scope(board, scope, err);
}

static int run_view(const struct viewing *viewing, size_t index, struct error *err)
{
    int r = freshen(viewing->board, viewing->scope, err);
    return r < 0 ? r : views[index].view(viewing, err);
}

bool api_view(struct board *board, struct http_exchange *exchange, const struct identity *identity)
{
    struct error err = {""};
    struct str path = http_path(exchange);
    struct viewing viewing = {.board = board,
                              .exchange = exchange,
                              .identity = identity,
                              .csv = str_eq(http_query(exchange, "format"), STR("csv"))};
    size_t i = 0;
    for (; i < sizeof views / sizeof *views; i++) {
        size_t len = strlen(views[i].path);
        bool open_ended = views[i].path[len - 1] == '/';
        if (open_ended ? path.len > len && memcmp(path.data, views[i].path, len) == 0
                       : str_eq(path, str_of(views[i].path)))
            break;
    }
    if (i == sizeof views / sizeof *views)
        return false;
    viewing.rest =
        (struct str){path.data + strlen(views[i].path), path.len - strlen(views[i].path)};
    viewing.scope = streams_scope(board->streams, identity->unit_id);
    viewing.out = json_out_new();
    int r = viewing.scope && viewing.out ? run_view(&viewing, i, &err) : ERR_NOMEM;
    if (r < 0)
        api_failed(board, exchange, r, &err);
    json_out_free(viewing.out);
    return true;
}
