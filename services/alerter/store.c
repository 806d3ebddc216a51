#include "alerter/store.h"

void store_events_init(struct store_events *events)
{
    pg_array_init(&events->codes, PG_TEXT);
    pg_array_init(&events->ids, PG_UUID);
    pg_array_init(&events->ingested, PG_TIME);
    pg_array_init(&events->partitions, PG_INT32);
    pg_array_init(&events->payloads, PG_BYTEA);
}

void store_events_clear(struct store_events *events)
{
    pg_array_clear(&events->codes);
    pg_array_clear(&events->ids);
    pg_array_clear(&events->ingested);
    pg_array_clear(&events->partitions);
    pg_array_clear(&events->payloads);
}

void store_events_deinit(struct store_events *events)
{
    pg_array_deinit(&events->codes);
    pg_array_deinit(&events->ids);
    pg_array_deinit(&events->ingested);
    pg_array_deinit(&events->partitions);
    pg_array_deinit(&events->payloads);
}

int store_events_add(struct store_events *events, const struct event *event, int32_t partition,
                     struct str payload)
{
    bool failed = pg_array_text(&events->codes, event->dossier_code) < 0 ||
                  pg_array_uuid(&events->ids, event->event_id) < 0 ||
                  pg_array_time(&events->ingested, event->ingested_at) < 0 ||
                  pg_array_int32(&events->partitions, partition) < 0 ||
                  pg_array_text(&events->payloads, payload) < 0;
    return failed ? ERR_NOMEM : 0;
}

int store_events_insert(struct pg *pg, const struct store_events *events, struct pg_result **ret,
                        struct error *err)
{
    const struct pg_param params[] = {pg_array_param(&events->codes), pg_array_param(&events->ids),
                                      pg_array_param(&events->ingested),
                                      pg_array_param(&events->partitions),
                                      pg_array_param(&events->payloads)};
    return pg_exec(pg,
                   "WITH added AS (INSERT INTO hoso.alert_event "
                   "(dossier_code, event_id, ingested_at, partition, payload) "
                   "SELECT * FROM unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::int[], "
                   "$5::bytea[]) ON CONFLICT DO NOTHING RETURNING dossier_code, partition) "
                   "SELECT dossier_code, max(partition) FROM added "
                   "GROUP BY dossier_code ORDER BY dossier_code COLLATE \"C\"",
                   params, 5, ret, err);
}

struct touched store_touched(const struct pg_result *result, size_t row)
{
    return (struct touched){pg_get_text(result, row, 0), pg_get_int32(result, row, 1),
                            (int32_t)row};
}

int store_ask_events(struct pg *pg, const struct pg_array *codes, struct pg_result **ret,
                     struct error *err)
{
    const struct pg_param params[] = {pg_array_param(codes)};
    return pg_queue_exec(pg,
                         "SELECT dossier_code, payload FROM hoso.alert_event "
                         "WHERE dossier_code = ANY($1::text[]) ORDER BY dossier_code COLLATE \"C\"",
                         params, 1, PG_ANY, ret, err);
}

struct str store_event_code(const struct pg_result *result, size_t row)
{
    return pg_get_text(result, row, 0);
}

struct str store_event_payload(const struct pg_result *result, size_t row)
{
    return pg_get_text(result, row, 1);
}

int store_ask_alerts(struct pg *pg, const struct pg_array *codes, struct pg_result **ret,
                     struct error *err)
{
    const struct pg_param params[] = {pg_array_param(codes)};
    return pg_queue_exec(
        pg,
        "SELECT dossier_code, episode, state, silent, reason, coalesce(unit_id, 0), "
        "procedure_code, due_at, original_due_at, deadline_at, began_at, fired_at, "
        "ended_at, last_event_at, last_ingested_at, late_data, rule, portal_status "
        "FROM hoso.alert WHERE dossier_code = ANY($1::text[]) "
        "ORDER BY dossier_code COLLATE \"C\", rule, episode",
        params, 1, PG_ANY, ret, err);
}

struct str store_alert_code(const struct pg_result *result, size_t row)
{
    return pg_get_text(result, row, 0);
}

static enum alert_state state_of(struct str name)
{
    int state = 0;
    while (state < ALERT_STATE_COUNT - 1 &&
           !str_eq(name, str_of(alert_state_name((enum alert_state)state))))
        state++;
    return (enum alert_state)state;
}

struct alert_row store_alert(const struct pg_result *result, size_t row)
{
    enum tri late_data = pg_is_null(result, row, 15)    ? TRI_UNKNOWN
                         : pg_get_bool(result, row, 15) ? TRI_YES
                                                        : TRI_NO;
    return (struct alert_row){
        .episode = pg_get_int32(result, row, 1),
        .state = state_of(pg_get_text(result, row, 2)),
        .silent = pg_get_bool(result, row, 3),
        .reason = pg_get_text(result, row, 4),
        .unit_id = pg_get_int32(result, row, 5),
        .procedure_code = pg_get_text(result, row, 6),
        .due_at = pg_get_time(result, row, 7),
        .original_due_at = pg_get_time(result, row, 8),
        .deadline_at = pg_get_time(result, row, 9),
        .began_at = pg_get_time(result, row, 10),
        .fired_at = pg_get_time(result, row, 11),
        .ended_at = pg_get_time(result, row, 12),
        .last_event_at = pg_get_time(result, row, 13),
        .last_ingested_at = pg_get_time(result, row, 14),
        .late_data = late_data,
        .rule = alert_rule_of(pg_get_text(result, row, 16)),
        .portal_status = pg_get_int32(result, row, 17),
        .escalate_at = NO_TIME, /* only counts in a new row */
    };
}

int store_open_watch(struct pg *pg, const struct pg_array *partitions, struct error *err)
{
    const struct pg_param params[] = {pg_array_param(partitions)};
    /* All of it will be fetched, and is nearly the whole table: a cursor is planned for its first rows otherwise. */
    int r = pg_script(pg,
                      "SET LOCAL cursor_tuple_fraction = 1; SET LOCAL enable_seqscan = on; "
                      "SET LOCAL plan_cache_mode = auto",
                      err);
    return r == 0 ? pg_exec(pg,
                            "DECLARE watch NO SCROLL CURSOR FOR SELECT dossier_code, deadline_at, "
                            "partition FROM hoso.alert_watch WHERE partition = ANY($1::int[]) "
                            "AND deadline_at IS NOT NULL",
                            params, 1, NULL, err)
                  : r;
}

int store_next_watch(struct pg *pg, struct pg_result **ret, struct error *err)
{
    return pg_exec(pg, "FETCH 10000 FROM watch", NULL, 0, ret, err);
}

int store_close_watch(struct pg *pg, struct error *err)
{
    return pg_exec(pg, "CLOSE watch", NULL, 0, NULL, err);
}

struct str store_watch_code(const struct pg_result *result, size_t row)
{
    return pg_get_text(result, row, 0);
}

int64_t store_watch_deadline(const struct pg_result *result, size_t row)
{
    return pg_get_time(result, row, 1);
}

int32_t store_watch_partition(const struct pg_result *result, size_t row)
{
    return pg_get_int32(result, row, 2);
}

int store_forget(struct pg *pg, const struct pg_array *partitions, int64_t now_at, int32_t max,
                 int64_t *ret_count, struct error *err)
{
    const struct pg_param params[] = {pg_array_param(partitions), pg_time(now_at), pg_int32(max)};
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "WITH old AS (SELECT dossier_code FROM hoso.alert_watch "
                    "WHERE forget_at < $2 AND partition = ANY($1::int[]) LIMIT $3), "
                    "gone AS (DELETE FROM hoso.alert_event WHERE dossier_code IN "
                    "(SELECT dossier_code FROM old)) "
                    "DELETE FROM hoso.alert_watch WHERE dossier_code IN "
                    "(SELECT dossier_code FROM old)",
                    params, 3, &rows, err);
    *ret_count = r == 0 ? pg_affected(rows) : 0;
    pg_result_free(rows);
    return r;
}
