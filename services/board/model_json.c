/* How a model is written for browsers. */
#include "board/model.h"

#include "base/hash.h"

void model_write_time(struct json_out *out, const char *key, int64_t at)
{
    if (at == NO_TIME)
        json_put_null(out, key);
    else
        json_put_integer(out, key, at);
}

static void put_given(struct json_out *out, const char *key, const char *text)
{
    if (*text)
        json_put_text(out, key, str_of(text));
}

static void put_unit(struct json_out *out, const struct model *model, int32_t unit_id)
{
    for (size_t i = 0; i < model->place_count; i++) {
        if (model->places[i].unit_id == unit_id) {
            json_put_text(out, "unit", str_of(model->places[i].code));
            return;
        }
    }
    json_put_null(out, "unit");
}

void model_write_figures(struct json_out *out, const char *key, const int64_t figures[FIGURE_COUNT])
{
    json_begin_object(out, key);
    for (int i = 0; i < FIGURE_COUNT; i++)
        json_put_integer(out, figure_names[i], figures[i]);
    json_end_object(out);
}

void model_write_feed_item(struct json_out *out, const struct model *model,
                           const struct feed_item *item)
{
    char hex[2 * ID_SIZE + 1];
    json_begin_object(out, NULL);
    json_put_text(out, "id", str_of(hex_encode(item->event_id, ID_SIZE, hex)));
    put_unit(out, model, item->unit_id);
    json_put_text(out, "kind", str_of(item->kind));
    json_put_integer(out, "status", item->status);
    json_put_integer(out, "occurred_at", item->occurred_at);
    json_put_integer(out, "ingested_at", item->ingested_at);
    put_given(out, "procedure", item->procedure_code);
    put_given(out, "channel", item->channel);
    json_put_text(out, "source", str_of(item->source));
    put_given(out, "dossier", item->dossier_code);
    json_end_object(out);
}

void model_write_alert(struct json_out *out, const struct model *model,
                       const struct alert_item *item)
{
    char hex[2 * ID_SIZE + 1];
    json_begin_object(out, NULL);
    json_put_text(out, "id", str_of(hex_encode(item->alert_id, ID_SIZE, hex)));
    put_unit(out, model, item->unit_id);
    json_put_text(out, "rule", str_of(item->rule));
    json_put_integer(out, "episode", item->episode);
    put_given(out, "procedure", item->procedure_code);
    put_given(out, "dossier", item->dossier_code);
    model_write_time(out, "due_at", item->due_at);
    model_write_time(out, "fired_at", item->fired_at);
    model_write_time(out, "last_event_at", item->last_event_at);
    model_write_time(out, "last_ingested_at", item->last_ingested_at);
    json_put_text(out, "clock", str_of(wording_clock(item->clock)));
    put_given(out, "acknowledged_by", item->acknowledged_by);
    if (item->snoozed_until != NO_TIME)
        json_put_integer(out, "snoozed_until", item->snoozed_until);
    json_end_object(out);
}

/* Names once per snapshot, then figures as rows: a city's update stays small. */
static void write_names(const struct model *model, struct json_out *out)
{
    json_begin_array(out, "figures");
    for (int i = 0; i < FIGURE_COUNT; i++)
        json_put_text(out, NULL, str_of(figure_names[i]));
    json_end_array(out);
    json_begin_array(out, "units");
    for (size_t i = 0; i < model->place_count; i++) {
        json_begin_array(out, NULL);
        json_put_text(out, NULL, str_of(model->places[i].code));
        json_put_text(out, NULL, str_of(model->places[i].name));
        json_put_text(out, NULL, str_of(model->places[i].kind));
        json_end_array(out);
    }
    json_end_array(out);
}

static void write_rows(const struct model *model, int64_t since, struct json_out *out)
{
    json_begin_array(out, "rows");
    for (size_t i = 0; i < model->place_count; i++) {
        const struct place *place = &model->places[i];
        if (place->revision <= since)
            continue;
        json_begin_array(out, NULL);
        json_put_text(out, NULL, str_of(place->code));
        for (int f = 0; f < FIGURE_COUNT; f++)
            json_put_integer(out, NULL, place->figures[f]);
        json_end_array(out);
    }
    json_end_array(out);
}

static void write_feed(const struct model *model, int64_t since, struct json_out *out)
{
    json_begin_array(out, "feed");
    for (size_t i = 0; i < model->feed_count; i++) {
        if (model->feed[i].revision > since)
            model_write_feed_item(out, model, &model->feed[i]);
    }
    json_end_array(out);
}

/* It went and came back since. */
static bool is_present(const struct model *model, const uint8_t id[ID_SIZE])
{
    for (size_t i = 0; i < model->alert_count; i++) {
        if (memcmp(model->alerts[i].alert_id, id, ID_SIZE) == 0)
            return true;
    }
    return false;
}

static void write_alerts(const struct model *model, int64_t since, struct json_out *out)
{
    char hex[2 * ID_SIZE + 1];
    json_begin_array(out, "alerts");
    for (size_t i = 0; i < model->alert_count; i++) {
        if (model->alerts[i].revision > since)
            model_write_alert(out, model, &model->alerts[i]);
    }
    json_end_array(out);
    if (since == 0)
        return;
    json_begin_array(out, "gone");
    for (size_t i = 0; i < model->gone_count; i++) {
        if (model->gone[i].revision > since && !is_present(model, model->gone[i].alert_id))
            json_put_text(out, NULL, str_of(hex_encode(model->gone[i].alert_id, ID_SIZE, hex)));
    }
    json_end_array(out);
}

bool model_write(const struct model *model, int64_t since, int64_t now_at, struct json_out *out)
{
    if (since < model->floor || since > model->revision || since < model->places_revision)
        since = 0;
    json_begin_object(out, NULL);
    json_put_bool(out, "snapshot", since == 0);
    json_put_integer(out, "at", now_at);
    model_write_time(out, "data_at", model->data_at);
    if (since == 0)
        write_names(model, out);
    if (model->today_revision > since) {
        char day[TIME_TEXT_SIZE];
        json_put_text(out, "today", str_of(day_format(model->today, day)));
    }
    if (model->totals_revision > since) {
        json_begin_array(out, "totals");
        for (int i = 0; i < FIGURE_COUNT; i++)
            json_put_integer(out, NULL, model->totals[i]);
        json_end_array(out);
    }
    write_rows(model, since, out);
    write_feed(model, since, out);
    write_alerts(model, since, out);
    if (model->pipeline_revision > since)
        pipeline_write(out, "pipeline", &model->pipeline);
    json_end_object(out);
    return since == 0;
}
