/*
 * The alerter's SQL: its narrow events, what the clock must watch, the alerts and the outbox. Every function runs inside the
 * caller's transaction and fails as pg_exec does (or ERR_NOMEM); those called ask only queue their statement, as pg_queue_exec. Columns
 * travel as binary arrays, one statement per table.
 */
#ifndef HOSO_ALERTER_STORE_H
#define HOSO_ALERTER_STORE_H

#include "alerter/decide.h"
#include "pg/pg.h"

/* ---- new events ---- */

struct store_events {
    struct pg_array codes;
    struct pg_array ids;
    struct pg_array ingested;
    struct pg_array partitions;
    struct pg_array payloads;
};
void store_events_init(struct store_events *events);
void store_events_clear(struct store_events *events);
void store_events_deinit(struct store_events *events);
/* Copies. payload is the record's value. 0 or ERR_NOMEM; after that only clear and deinit. */
int store_events_add(struct store_events *events, const struct event *event, int32_t partition,
                     struct str payload);
/* Inserts those not seen before. *ret: the dossiers that have new ones, in byte order of their code; see store_touched. */
int store_events_insert(struct pg *pg, const struct store_events *events, struct pg_result **ret,
                        struct error *err);

/* A dossier to decide about, and the partition its events are in. */
struct touched {
    struct str code;
    int32_t partition;
    int32_t place; /* in due order, where deadlines are asked about; notices go out in this order */
};
struct touched store_touched(const struct pg_result *result, size_t row);

/* ---- what is known of some dossiers: rows in byte order of the code ---- */

int store_ask_events(struct pg *pg, const struct pg_array *codes, struct pg_result **ret,
                     struct error *err);
/* code and payload are views into the result. */
struct str store_event_code(const struct pg_result *result, size_t row);
struct str store_event_payload(const struct pg_result *result, size_t row);

int store_ask_alerts(struct pg *pg, const struct pg_array *codes, struct pg_result **ret,
                     struct error *err);
struct str store_alert_code(const struct pg_result *result, size_t row);
/* Views into the result. */
struct alert_row store_alert(const struct pg_result *result, size_t row);

/*
 * The deadlines of some partitions (an int4 array), a portion at a time, so that a million of them need not stand in memory twice:
 * open, then next until it gives no rows. One at a time.
 */
int store_open_watch(struct pg *pg, const struct pg_array *partitions, struct error *err);
int store_next_watch(struct pg *pg, struct pg_result **ret, struct error *err);
int store_close_watch(struct pg *pg, struct error *err);
struct str store_watch_code(const struct pg_result *result, size_t row);
int64_t store_watch_deadline(const struct pg_result *result, size_t row);
int32_t store_watch_partition(const struct pg_result *result, size_t row);

/*
 * Drops the events of dossiers that ended so long ago that forget_at has passed, of these partitions (an int4 array), at most
 * `max` dossiers. *ret_count: how many.
 */
int store_forget(struct pg *pg, const struct pg_array *partitions, int64_t now_at, int32_t max,
                 int64_t *ret_count, struct error *err);

/* ---- what was decided ---- */

enum store_column {
    COLUMN_ALERT_ID,
    COLUMN_CODE,
    COLUMN_RULE,
    COLUMN_EPISODE,
    COLUMN_UNIT_ID,
    COLUMN_PROCEDURE,
    COLUMN_STATE,
    COLUMN_SILENT,
    COLUMN_REASON,
    COLUMN_DUE,
    COLUMN_ORIGINAL_DUE,
    COLUMN_DEADLINE,
    COLUMN_BEGAN,
    COLUMN_FIRED,
    COLUMN_ENDED,
    COLUMN_LAST_EVENT,
    COLUMN_LAST_INGESTED,
    COLUMN_LATE_DATA,
    COLUMN_PORTAL_STATUS,
    COLUMN_ESCALATE,
    ALERT_COLUMN_COUNT
};
struct store_changes {
    struct pg_array alerts[ALERT_COLUMN_COUNT];
    struct pg_array notice_ids;
    struct pg_array notice_partitions;
    struct pg_array notice_places;
    struct pg_array notice_codes;
    struct pg_array notice_payloads;
    struct pg_array watch_codes;
    struct pg_array watch_partitions;
    struct pg_array watch_deadlines;
    struct pg_array watch_forgets;
};
void store_changes_init(struct store_changes *changes);
void store_changes_clear(struct store_changes *changes);
void store_changes_deinit(struct store_changes *changes);
/* All copy; 0 or ERR_NOMEM. At most one alert per (code, rule, episode) and one watch per code in one set of changes. */
int store_change_alert(struct store_changes *changes, struct str code, const struct alert_row *row);
int store_change_notice(struct store_changes *changes, const struct touched *touched,
                        const uint8_t alert_id[EVENT_ID_SIZE], struct str payload);
/* NO_TIME = nothing to watch, not to be forgotten. */
int store_change_watch(struct store_changes *changes, const struct touched *touched,
                       int64_t deadline_at, int64_t forget_at);
int store_ask_changes(struct pg *pg, const struct store_changes *changes, struct error *err);

#endif
