#include "board/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const figure_names[FIGURE_COUNT] = {
    "waiting",    "running",         "paused",       "overdue",
    "due_today",  "due_soon",        "received",     "settled",
    "late",       "month_received",  "month_online", "month_in_time",
    "month_late", "month_late_data", "month_rated",  "month_satisfied",
    "alerts"};

void model_init(struct model *model, uint32_t epoch)
{
    *model = (struct model){.epoch = epoch, .data_at = NO_TIME, .today = NO_DAY};
    model->pipeline.lag_records = model->pipeline.lag_s = model->pipeline.held = -1;
}

void model_deinit(struct model *model)
{
    free(model->places);
    model->places = NULL;
}

/* Marks a thing as changed in the update that is under way. */
static void touch(struct model *model, int64_t *revision)
{
    *revision = model->revision + 1;
    model->changed = true;
}

struct place *model_place(struct model *model, int32_t unit_id)
{
    for (size_t i = 0; i < model->place_count; i++) {
        if (model->places[i].unit_id == unit_id)
            return &model->places[i];
    }
    return NULL;
}

static bool same_places(const struct model *model, const struct place *rows, size_t count)
{
    if (count != model->place_count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct place *place = &model->places[i];
        if (place->unit_id != rows[i].unit_id || strcmp(place->code, rows[i].code) != 0 ||
            strcmp(place->name, rows[i].name) != 0 || strcmp(place->kind, rows[i].kind) != 0)
            return false;
    }
    return true;
}

int model_set_places(struct model *model, const struct place *rows, size_t count)
{
    if (same_places(model, rows, count))
        return 0;
    struct place *places = calloc(count + 1, sizeof *places);
    if (!places)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct place *known = model_place(model, rows[i].unit_id);
        places[i] = rows[i];
        if (known)
            memcpy(places[i].figures, known->figures, sizeof known->figures);
        places[i].revision = model->revision + 1;
    }
    free(model->places);
    model->places = places;
    model->place_count = count;
    touch(model, &model->places_revision);
    return 0;
}

void model_set_figures(struct model *model, struct place *place,
                       const int64_t figures[FIGURE_COUNT])
{
    if (memcmp(place->figures, figures, sizeof place->figures) == 0)
        return;
    memcpy(place->figures, figures, sizeof place->figures);
    touch(model, &place->revision);
}

void model_set_totals(struct model *model, const int64_t figures[FIGURE_COUNT])
{
    if (memcmp(model->totals, figures, sizeof model->totals) == 0 && model->totals_revision > 0)
        return;
    memcpy(model->totals, figures, sizeof model->totals);
    touch(model, &model->totals_revision);
}

void model_set_today(struct model *model, int32_t today)
{
    if (model->today == today)
        return;
    model->today = today;
    touch(model, &model->today_revision);
}

void model_add_feed(struct model *model, const struct feed_item *item)
{
    size_t at = 0;
    for (size_t i = 0; i < model->feed_count; i++) {
        const struct feed_item *known = &model->feed[i];
        if (known->ingested_at == item->ingested_at &&
            memcmp(known->event_id, item->event_id, ID_SIZE) == 0)
            return;
        if (known->ingested_at > item->ingested_at)
            at = i + 1;
    }
    if (at == FEED_MAX)
        return;
    size_t kept = model->feed_count < FEED_MAX ? model->feed_count : FEED_MAX - 1;
    memmove(&model->feed[at + 1], &model->feed[at], (kept - at) * sizeof *model->feed);
    model->feed[at] = *item;
    model->feed_count = kept + 1;
    touch(model, &model->feed[at].revision);
}

static const struct alert_item *find_alert(const struct alert_item *items, size_t count,
                                           const uint8_t id[ID_SIZE])
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp(items[i].alert_id, id, ID_SIZE) == 0)
            return &items[i];
    }
    return NULL;
}

static void remember_gone(struct model *model, const uint8_t id[ID_SIZE])
{
    if (model->gone_count == GONE_MAX) {
        model->floor = model->gone[0].revision;
        memmove(model->gone, model->gone + 1, (GONE_MAX - 1) * sizeof *model->gone);
        model->gone_count--;
    }
    struct gone_item *gone = &model->gone[model->gone_count++];
    memcpy(gone->alert_id, id, ID_SIZE);
    touch(model, &gone->revision);
}

/* An item without its revision: what is compared. */
static bool same_alert(const struct alert_item *a, const struct alert_item *b)
{
    return a->unit_id == b->unit_id && a->episode == b->episode && a->due_at == b->due_at &&
           a->fired_at == b->fired_at && a->updated_at == b->updated_at &&
           a->snoozed_until == b->snoozed_until && a->clock == b->clock &&
           a->last_event_at == b->last_event_at && a->last_ingested_at == b->last_ingested_at &&
           strcmp(a->rule, b->rule) == 0 && strcmp(a->procedure_code, b->procedure_code) == 0 &&
           strcmp(a->dossier_code, b->dossier_code) == 0 &&
           strcmp(a->acknowledged_by, b->acknowledged_by) == 0;
}

void model_set_alerts(struct model *model, const struct alert_item *items, size_t count)
{
    struct alert_item before[ALERTS_MAX];
    size_t before_count = model->alert_count;
    memcpy(before, model->alerts, before_count * sizeof *before);
    for (size_t i = 0; i < before_count; i++) {
        if (!find_alert(items, count, before[i].alert_id))
            remember_gone(model, before[i].alert_id);
    }
    for (size_t i = 0; i < count; i++) {
        const struct alert_item *known = find_alert(before, before_count, items[i].alert_id);
        model->alerts[i] = items[i];
        if (known && same_alert(known, &items[i]))
            model->alerts[i].revision = known->revision;
        else
            touch(model, &model->alerts[i].revision);
    }
    model->alert_count = count;
}

void model_set_pipeline(struct model *model, const struct pipeline *pipeline)
{
    if (model->pipeline_revision > 0 && pipeline_equal(&model->pipeline, pipeline))
        return;
    model->pipeline = *pipeline;
    touch(model, &model->pipeline_revision);
}

bool model_finish(struct model *model, int64_t data_at)
{
    model->data_at = data_at;
    if (!model->changed)
        return false;
    model->changed = false;
    model->revision++;
    return true;
}

char *model_id(const struct model *model, char out[MODEL_ID_SIZE])
{
    snprintf(out, MODEL_ID_SIZE, "%08x-%lld", (unsigned)model->epoch, (long long)model->revision);
    return out;
}

int64_t model_since(const struct model *model, struct str id)
{
    char text[MODEL_ID_SIZE];
    char own[MODEL_ID_SIZE];
    if (id.len <= 9 || id.len >= sizeof text)
        return 0;
    memcpy(text, id.data, id.len);
    text[id.len] = '\0';
    model_id(model, own);
    char *end;
    int64_t revision = strtoll(text + 9, &end, 10);
    bool ours = memcmp(text, own, 9) == 0 && *end == '\0';
    return ours && revision > 0 && revision <= model->revision ? revision : 0;
}
