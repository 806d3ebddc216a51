#include "aggregator/history.h"

#include <inttypes.h>
#include <stdlib.h>

struct history {
    struct past *pasts;
    size_t past_count;
    size_t past_capacity;
    struct pg_array codes;
    struct pg_array ids;    /* of the known dossiers … */
    struct pg_array places; /* … and their numbers */
    struct pg_result *rows;
    struct pg_result *events;
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
    history_clear(history);
    pg_array_deinit(&history->codes);
    pg_array_deinit(&history->ids);
    pg_array_deinit(&history->places);
    free(history->pasts);
    free(history);
    return NULL;
}

void history_clear(struct history *history)
{
    history->rows = pg_result_free(history->rows);
    history->events = pg_result_free(history->events);
    pg_array_clear(&history->codes);
    pg_array_clear(&history->ids);
    pg_array_clear(&history->places);
    history->past_count = 0;
}

static int out_of_memory(struct error *err)
{
    return error_set(err, ERR_NOMEM, "history: out of memory");
}

int history_ask(struct history *history, struct str code, uint32_t *ret_number)
{
    if (history->past_count == history->past_capacity) {
        size_t capacity = history->past_capacity ? history->past_capacity * 2 : 64;
        struct past *grown = realloc(history->pasts, capacity * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        history->pasts = grown;
        history->past_capacity = capacity;
    }
    *ret_number = (uint32_t)history->past_count;
    history->pasts[history->past_count++] = (struct past){0};
    return pg_array_text(&history->codes, code);
}

int history_queue_rows(struct history *history, struct pg *pg, struct error *err)
{
    if (history->past_count == 0)
        return 0;
    const struct pg_param params[] = {pg_array_param(&history->codes)};
    int r = pg_queue_exec(
        pg,
        "SELECT (c.place - 1)::integer, d.dossier_id, d.partition, d.unit_id, d.erased "
        "FROM unnest($1) WITH ORDINALITY AS c (code, place) "
        "JOIN dossier d ON d.code = c.code",
        params, 1, PG_ANY, &history->rows, err);
    return r < 0 ? r : 1;
}

int history_take_rows(struct history *history, struct error *err)
{
    for (size_t i = 0; i < pg_rows(history->rows); i++) {
        int32_t place = pg_get_int32(history->rows, i, 0);
        int64_t dossier_id = pg_get_int64(history->rows, i, 1);
        history->pasts[place] = (struct past){.dossier_id = dossier_id,
                                              .partition = pg_get_int32(history->rows, i, 2),
                                              .unit_id = pg_get_int32(history->rows, i, 3),
                                              .erased = pg_get_bool(history->rows, i, 4)};
        if (pg_array_int64(&history->ids, dossier_id) < 0 ||
            pg_array_int32(&history->places, place) < 0)
            return out_of_memory(err);
    }
    return 0;
}

int history_queue_events(struct history *history, struct pg *pg, struct error *err)
{
    if (history->ids.count == 0)
        return 0;
    const struct pg_param params[] = {pg_array_param(&history->ids),
                                      pg_array_param(&history->places)};
    int r = pg_queue_exec(
        pg,
        "SELECT k.place, e.dossier_id, e.payload FROM unnest($1, $2) AS k (id, place) "
        "JOIN dossier_event e ON e.dossier_id = k.id ORDER BY k.place",
        params, 2, PG_ANY, &history->events, err);
    return r < 0 ? r : 1;
}

void history_take_events(struct history *history)
{
    for (size_t i = 0; i < pg_rows(history->events); i++) {
        struct past *past = &history->pasts[pg_get_int32(history->events, i, 0)];
        if (past->event_count++ == 0)
            past->first_event = i;
    }
}

const struct past *history_past(const struct history *history, uint32_t number)
{
    return &history->pasts[number];
}

int history_event(const struct history *history, const struct codec *codec, size_t index,
                  struct event *ret, struct error *err)
{
    struct str payload = pg_get_text(history->events, index, 2);
    enum codec_fault fault = codec_read(codec, payload.data, payload.len, ret, NULL);
    if (fault == CODEC_OK)
        return 0;
    return error_set(err, ERR_FAILED,
                     "hoso.dossier_event of dossier_id %" PRId64 ": payload is %s; was it "
                     "written by a newer version?",
                     pg_get_int64(history->events, index, 1), codec_fault_name(fault));
}
