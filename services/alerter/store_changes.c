/* The writing half of store.h: what was decided. */
#include "alerter/store.h"

static const enum pg_array_type alert_types[ALERT_COLUMN_COUNT] = {
    [COLUMN_ALERT_ID] = PG_UUID,       [COLUMN_CODE] = PG_TEXT,      [COLUMN_EPISODE] = PG_INT32,
    [COLUMN_UNIT_ID] = PG_INT32,       [COLUMN_PROCEDURE] = PG_TEXT, [COLUMN_STATE] = PG_TEXT,
    [COLUMN_SILENT] = PG_BOOL,         [COLUMN_REASON] = PG_TEXT,    [COLUMN_DUE] = PG_TIME,
    [COLUMN_ORIGINAL_DUE] = PG_TIME,   [COLUMN_DEADLINE] = PG_TIME,  [COLUMN_BEGAN] = PG_TIME,
    [COLUMN_FIRED] = PG_TIME,          [COLUMN_ENDED] = PG_TIME,     [COLUMN_LAST_EVENT] = PG_TIME,
    [COLUMN_LAST_INGESTED] = PG_TIME,  [COLUMN_LATE_DATA] = PG_BOOL, [COLUMN_RULE] = PG_TEXT,
    [COLUMN_PORTAL_STATUS] = PG_INT32, [COLUMN_ESCALATE] = PG_TIME,
};

void store_changes_init(struct store_changes *changes)
{
    for (int i = 0; i < ALERT_COLUMN_COUNT; i++)
        pg_array_init(&changes->alerts[i], alert_types[i]);
    pg_array_init(&changes->notice_ids, PG_UUID);
    pg_array_init(&changes->notice_partitions, PG_INT32);
    pg_array_init(&changes->notice_places, PG_INT32);
    pg_array_init(&changes->notice_codes, PG_TEXT);
    pg_array_init(&changes->notice_payloads, PG_BYTEA);
    pg_array_init(&changes->watch_codes, PG_TEXT);
    pg_array_init(&changes->watch_partitions, PG_INT32);
    pg_array_init(&changes->watch_deadlines, PG_TIME);
    pg_array_init(&changes->watch_forgets, PG_TIME);
}

static void for_each(struct store_changes *changes, void (*visit)(struct pg_array *array))
{
    for (int i = 0; i < ALERT_COLUMN_COUNT; i++)
        visit(&changes->alerts[i]);
    visit(&changes->notice_ids);
    visit(&changes->notice_partitions);
    visit(&changes->notice_places);
    visit(&changes->notice_codes);
    visit(&changes->notice_payloads);
    visit(&changes->watch_codes);
    visit(&changes->watch_partitions);
    visit(&changes->watch_deadlines);
    visit(&changes->watch_forgets);
}

void store_changes_clear(struct store_changes *changes)
{
    for_each(changes, pg_array_clear);
}

void store_changes_deinit(struct store_changes *changes)
{
    for_each(changes, pg_array_deinit);
}

static int add_text_or_null(struct pg_array *array, struct str text)
{
    return str_given(text) ? pg_array_text(array, text) : pg_array_null(array);
}

int store_change_alert(struct store_changes *changes, struct str code, const struct alert_row *row)
{
    struct pg_array *column = changes->alerts;
    uint8_t id[EVENT_ID_SIZE];
    alert_id_of(code, row->rule, row->episode, id);
    bool failed = pg_array_uuid(&column[COLUMN_ALERT_ID], id) < 0 ||
                  pg_array_text(&column[COLUMN_CODE], code) < 0 ||
                  pg_array_text(&column[COLUMN_RULE], str_of(alert_rule_name(row->rule))) < 0 ||
                  pg_array_int32(&column[COLUMN_EPISODE], row->episode) < 0 ||
                  (row->unit_id ? pg_array_int32(&column[COLUMN_UNIT_ID], row->unit_id)
                                : pg_array_null(&column[COLUMN_UNIT_ID])) < 0 ||
                  add_text_or_null(&column[COLUMN_PROCEDURE], row->procedure_code) < 0 ||
                  pg_array_text(&column[COLUMN_STATE], str_of(alert_state_name(row->state))) < 0 ||
                  pg_array_bool(&column[COLUMN_SILENT], row->silent) < 0 ||
                  pg_array_text(&column[COLUMN_REASON], row->reason) < 0 ||
                  pg_array_time(&column[COLUMN_DUE], row->due_at) < 0 ||
                  pg_array_time(&column[COLUMN_ORIGINAL_DUE], row->original_due_at) < 0 ||
                  pg_array_time(&column[COLUMN_DEADLINE], row->deadline_at) < 0 ||
                  pg_array_time(&column[COLUMN_BEGAN], row->began_at) < 0 ||
                  pg_array_time(&column[COLUMN_FIRED], row->fired_at) < 0 ||
                  pg_array_time(&column[COLUMN_ENDED], row->ended_at) < 0 ||
                  pg_array_time(&column[COLUMN_LAST_EVENT], row->last_event_at) < 0 ||
                  pg_array_time(&column[COLUMN_LAST_INGESTED], row->last_ingested_at) < 0 ||
                  pg_array_tri(&column[COLUMN_LATE_DATA], row->late_data) < 0 ||
                  pg_array_int32(&column[COLUMN_PORTAL_STATUS], row->portal_status) < 0 ||
                  pg_array_time(&column[COLUMN_ESCALATE], row->escalate_at) < 0;
    return failed ? ERR_NOMEM : 0;
}

int store_change_notice(struct store_changes *changes, const struct touched *touched,
                        const uint8_t alert_id[EVENT_ID_SIZE], struct str payload)
{
    bool failed = pg_array_uuid(&changes->notice_ids, alert_id) < 0 ||
                  pg_array_int32(&changes->notice_partitions, touched->partition) < 0 ||
                  pg_array_int32(&changes->notice_places, touched->place) < 0 ||
                  pg_array_text(&changes->notice_codes, touched->code) < 0 ||
                  pg_array_text(&changes->notice_payloads, payload) < 0;
    return failed ? ERR_NOMEM : 0;
}

int store_change_watch(struct store_changes *changes, const struct touched *touched,
                       int64_t deadline_at, int64_t forget_at)
{
    bool failed = pg_array_text(&changes->watch_codes, touched->code) < 0 ||
                  pg_array_int32(&changes->watch_partitions, touched->partition) < 0 ||
                  pg_array_time(&changes->watch_deadlines, deadline_at) < 0 ||
                  pg_array_time(&changes->watch_forgets, forget_at) < 0;
    return failed ? ERR_NOMEM : 0;
}

static int ask_alerts(struct pg *pg, const struct store_changes *changes, struct error *err)
{
    struct pg_param params[ALERT_COLUMN_COUNT];
    for (int i = 0; i < ALERT_COLUMN_COUNT; i++)
        params[i] = pg_array_param(&changes->alerts[i]);
    return pg_queue_exec(
        pg,
        "INSERT INTO hoso.alert (alert_id, dossier_code, rule, episode, unit_id, procedure_code, "
        "state, silent, reason, due_at, original_due_at, deadline_at, began_at, fired_at, "
        "ended_at, last_event_at, last_ingested_at, late_data, portal_status, escalate_at) "
        "SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::int[], "
        "$6::text[], $7::text[], $8::bool[], $9::text[], $10::timestamptz[], $11::timestamptz[], "
        "$12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::timestamptz[], "
        "$16::timestamptz[], $17::timestamptz[], $18::bool[], $19::int[], $20::timestamptz[]) "
        "ON CONFLICT (alert_id) DO UPDATE SET unit_id = excluded.unit_id, "
        "procedure_code = excluded.procedure_code, state = excluded.state, "
        "reason = excluded.reason, due_at = excluded.due_at, "
        "original_due_at = excluded.original_due_at, deadline_at = excluded.deadline_at, "
        "began_at = excluded.began_at, ended_at = excluded.ended_at, "
        "last_event_at = excluded.last_event_at, last_ingested_at = excluded.last_ingested_at, "
        "late_data = excluded.late_data, portal_status = excluded.portal_status, "
        "updated_at = now()",
        params, ALERT_COLUMN_COUNT, PG_ANY, NULL, err);
}

static int ask_notices(struct pg *pg, const struct store_changes *changes, struct error *err)
{
    const struct pg_param params[] = {
        pg_array_param(&changes->notice_ids), pg_array_param(&changes->notice_partitions),
        pg_array_param(&changes->notice_codes), pg_array_param(&changes->notice_payloads),
        pg_array_param(&changes->notice_places)};
    /* Ids grow in the order of the decisions: the relay sends them in that order. */
    return pg_queue_exec(pg,
                         "INSERT INTO hoso.outbox (alert_id, partition, key, payload) "
                         "SELECT id, partition, code, payload "
                         "FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bytea[], $5::int[]) "
                         "WITH ORDINALITY AS n (id, partition, code, payload, place, nth) "
                         "ORDER BY place, nth",
                         params, 5, PG_ANY, NULL, err);
}

static int ask_watches(struct pg *pg, const struct store_changes *changes, struct error *err)
{
    const struct pg_param params[] = {
        pg_array_param(&changes->watch_codes), pg_array_param(&changes->watch_partitions),
        pg_array_param(&changes->watch_deadlines), pg_array_param(&changes->watch_forgets)};
    return pg_queue_exec(
        pg,
        "INSERT INTO hoso.alert_watch AS w (dossier_code, partition, deadline_at, forget_at) "
        "SELECT * FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::timestamptz[]) "
        "ON CONFLICT (dossier_code) DO UPDATE SET partition = excluded.partition, "
        "deadline_at = excluded.deadline_at, forget_at = excluded.forget_at "
        "WHERE (w.partition, w.deadline_at, w.forget_at) IS DISTINCT FROM "
        "(excluded.partition, excluded.deadline_at, excluded.forget_at)",
        params, 4, PG_ANY, NULL, err);
}

int store_ask_changes(struct pg *pg, const struct store_changes *changes, struct error *err)
{
    int r = 0;
    if (changes->alerts[COLUMN_ALERT_ID].count)
        r = ask_alerts(pg, changes, err);
    if (r == 0 && changes->notice_ids.count)
        r = ask_notices(pg, changes, err);
    if (r == 0 && changes->watch_codes.count)
        r = ask_watches(pg, changes, err);
    return r;
}
