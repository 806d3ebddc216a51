#include "aggregator/history.h"

#include <inttypes.h>
#include <stdlib.h>

struct history {
    struct past *pasts;
    size_t past_capacity;
    struct event *events;
    size_t event_capacity;
    struct pg_array codes;
    struct pg_array ids;      /* of the known dossiers … */
    struct pg_array places;   /* … and their groups' indexes */
    struct pg_result *stored; /* keeps the text of the events */
};

struct history *history_new(void)
{
    struct history *history = calloc(1, sizeof *history);
    if (!history)
        return NULL;
    pg_array_init(&history->codes, PG_TEXT);
    pg_array_init(&history->ids, PG_INT64);
    pg_array_init(&history->places, PG_INT32);
    return history;
}

struct history *history_free(struct history *history)
{
    if (!history)
        return NULL;
    pg_result_free(history->stored);
    pg_array_deinit(&history->codes);
    pg_array_deinit(&history->ids);
    pg_array_deinit(&history->places);
    free(history->pasts);
    free(history->events);
    free(history);
    return NULL;
}

static int out_of_memory(struct error *err)
{
    return error_set(err, ERR_NOMEM, "history: out of memory");
}

static int reset(struct history *history, const struct batch *batch, struct error *err)
{
    history->stored = pg_result_free(history->stored);
    pg_array_clear(&history->codes);
    pg_array_clear(&history->ids);
    pg_array_clear(&history->places);
    if (batch->group_count > history->past_capacity) {
        struct past *grown = realloc(history->pasts, batch->max * sizeof *grown);
        if (!grown)
            return out_of_memory(err);
        history->pasts = grown;
        history->past_capacity = batch->max;
    }
    for (size_t i = 0; i < batch->group_count; i++) {
        history->pasts[i] = (struct past){.known = false};
        if (pg_array_text(&history->codes, batch->groups[i].code) < 0)
            return out_of_memory(err);
    }
    return 0;
}

static int load_rows(struct history *history, struct pg *pg, struct error *err)
{
    const struct pg_param params[] = {pg_array_param(&history->codes)};
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "SELECT (c.place - 1)::integer, d.dossier_id, d.partition, d.unit_id, d.erased "
                    "FROM unnest($1) WITH ORDINALITY AS c (code, place) "
                    "JOIN hoso.dossier d ON d.code = c.code",
                    params, 1, &rows, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < pg_rows(rows) && r == 0; i++) {
        int32_t place = pg_get_int32(rows, i, 0);
        history->pasts[place] = (struct past){.known = true,
                                              .partition = pg_get_int32(rows, i, 2),
                                              .unit_id = pg_get_int32(rows, i, 3),
                                              .erased = pg_get_bool(rows, i, 4)};
        if (pg_array_int64(&history->ids, pg_get_int64(rows, i, 1)) < 0 ||
            pg_array_int32(&history->places, place) < 0)
            r = out_of_memory(err);
    }
    pg_result_free(rows);
    return r;
}

/* Rows come together by place. */
static int decode_events(struct history *history, const struct codec *codec, struct error *err)
{
    size_t count = pg_rows(history->stored);
    if (count > history->event_capacity) {
        struct event *grown = realloc(history->events, count * 2 * sizeof *grown);
        if (!grown)
            return out_of_memory(err);
        history->events = grown;
        history->event_capacity = count * 2;
    }
    for (size_t i = 0; i < count; i++) {
        struct str payload = pg_get_text(history->stored, i, 2);
        enum codec_fault fault =
            codec_read(codec, payload.data, payload.len, &history->events[i], NULL);
        if (fault != CODEC_OK)
            return error_set(err, ERR_FAILED,
                             "hoso.dossier_event of dossier_id %" PRId64 ": payload is %s; was it "
                             "written by a newer version?",
                             pg_get_int64(history->stored, i, 1), codec_fault_name(fault));
        struct past *past = &history->pasts[pg_get_int32(history->stored, i, 0)];
        if (past->event_count++ == 0)
            past->events = &history->events[i];
    }
    return 0;
}

int history_load(struct history *history, struct pg *pg, const struct codec *codec,
                 const struct batch *batch, const struct past **ret_pasts, struct error *err)
{
    int r = reset(history, batch, err);
    if (r == 0)
        r = load_rows(history, pg, err);
    if (r < 0)
        return r;
    *ret_pasts = history->pasts;
    if (history->ids.count == 0)
        return 0;
    const struct pg_param params[] = {pg_array_param(&history->ids),
                                      pg_array_param(&history->places)};
    r = pg_exec(pg,
                "SELECT k.place, e.dossier_id, e.payload FROM unnest($1, $2) AS k (id, place) "
                "JOIN hoso.dossier_event e ON e.dossier_id = k.id ORDER BY k.place",
                params, 2, &history->stored, err);
    return r < 0 ? r : decode_events(history, codec, err);
}

bool past_has(const struct past *past, const struct event *event)
{
    for (size_t i = 0; i < past->event_count; i++) {
        if (past->events[i].ingested_at == event->ingested_at &&
            memcmp(past->events[i].event_id, event->event_id, EVENT_ID_SIZE) == 0)
            return true;
    }
    return false;
}
