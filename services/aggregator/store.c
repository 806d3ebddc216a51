#include "aggregator/store.h"

#include <stdlib.h>

#include "aggregator/store_cells.h"
#include "domain/overdue.h"

/* X(column, type, how to append, value): the columns of hoso.dossier after `code` and `partition`. */
#define DOSSIER_COLUMNS(X)                                                                         \
    X(unit_id, PG_INT32, put_id, unit_id)                                                          \
    X(quarantine, PG_TEXT, put_text, str_of(quarantine))                                           \
    X(alternative_code, PG_TEXT, put_text, d->alternative_code)                                    \
    X(alias_of, PG_TEXT, put_text, d->alias_of)                                                    \
    X(erased, PG_BOOL, pg_array_bool, d->erased)                                                   \
    X(procedure_code, PG_TEXT, put_text, d->procedure_code)                                        \
    X(field_code, PG_TEXT, put_text, d->field_code)                                                \
    X(deciding_agency, PG_TEXT, put_text, d->deciding_agency)                                      \
    X(receiving_agency, PG_TEXT, put_text, d->receiving_agency)                                    \
    X(deciding_unit, PG_TEXT, put_text, d->deciding_unit)                                          \
    X(channel, PG_TEXT, put_text, str_of(channel_name(d->channel)))                                \
    X(subject, PG_TEXT, put_text, str_of(subject_name(d->subject)))                                \
    X(online_level, PG_TEXT, put_text, str_of(online_level_name(d->online_level)))                 \
    X(non_territorial, PG_BOOL, put_tri, d->non_territorial)                                       \
    X(status, PG_INT16, put_small, d->status)                                                      \
    X(phase, PG_TEXT, put_text, str_of(phase_name(d->phase)))                                      \
    X(status_at, PG_TIME, pg_array_time, d->status_at)                                             \
    X(status_basis, PG_TEXT, put_text, str_of(time_basis_name(d->status_basis)))                   \
    X(portal_status, PG_INT16, put_small, d->portal_status)                                        \
    X(portal_disagrees, PG_BOOL, pg_array_bool, d->portal_disagrees)                               \
    X(submitted_at, PG_TIME, pg_array_time, d->submitted_at)                                       \
    X(accepted_at, PG_TIME, pg_array_time, d->accepted_at)                                         \
    X(original_due_at, PG_TIME, pg_array_time, d->original_due_at)                                 \
    X(due_at, PG_TIME, pg_array_time, d->due_at)                                                   \
    X(promised_at, PG_TIME, pg_array_time, d->promised_at)                                         \
    X(reappointments, PG_INT32, pg_array_int32, d->reappointments)                                 \
    X(supplement_rounds, PG_INT32, pg_array_int32, d->supplement_rounds)                           \
    X(step_due_at, PG_TIME, pg_array_time, d->step_due_at)                                         \
    X(ended_at, PG_TIME, pg_array_time, d->ended_at)                                               \
    X(ended_known_at, PG_TIME, pg_array_time, d->ended_known_at)                                   \
    X(returned_at, PG_TIME, pg_array_time, d->returned_at)                                         \
    X(verdict, PG_TEXT, put_text, verdict_name(overdue_verdict(d)))                                \
    X(fee_due, PG_BOOL, put_tri, d->fee_due)                                                       \
    X(paid, PG_BOOL, put_tri, d->paid)                                                             \
    X(paid_online, PG_BOOL, put_tri, d->paid_online)                                               \
    X(digitised, PG_BOOL, put_tri, d->digitised)                                                   \
    X(apology_sent, PG_BOOL, put_tri, d->apology_sent)                                             \
    X(late_reason, PG_TEXT, put_text, d->late_reason)                                              \
    X(rating, PG_INT16, put_small, d->rating)                                                      \
    X(rated_at, PG_TIME, pg_array_time, d->rated_at)                                               \
    X(officer, PG_BYTEA, put_text, d->officer)                                                     \
    X(first_ingested_at, PG_TIME, pg_array_time, d->first_ingested_at)                             \
    X(last_ingested_at, PG_TIME, pg_array_time, d->last_ingested_at)

enum dossier_column {
    DOSSIER_code,
    DOSSIER_partition,
#define X(column, type, put, value) DOSSIER_##column,
    DOSSIER_COLUMNS(X)
#undef X
        DOSSIER_COLUMN_COUNT
};
_Static_assert(DOSSIER_COLUMN_COUNT == 45, "the SQL below binds 45 columns");

enum event_column {
    EVENT_CODE,
    EVENT_ID,
    EVENT_INGESTED_AT,
    EVENT_OCCURRED_AT,
    EVENT_KIND,
    EVENT_STATUS_,
    EVENT_SOURCE,
    EVENT_PAYLOAD,
    EVENT_COLUMN_COUNT
};

struct store {
    struct pg_array dossiers[DOSSIER_COLUMN_COUNT];
    struct pg_array events[EVENT_COLUMN_COUNT];
    struct pg_array erased; /* codes */
    struct store_cells *cells;
};

struct store *store_new(void)
{
    static const enum pg_array_type dossier_types[] = {PG_TEXT, PG_INT32,
#define X(column, type, put, value) type,
                                                       DOSSIER_COLUMNS(X)
#undef X
    };
    static const enum pg_array_type event_types[] = {PG_TEXT, PG_UUID,  PG_TIME, PG_TIME,
                                                     PG_TEXT, PG_INT16, PG_TEXT, PG_BYTEA};
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    for (int i = 0; i < DOSSIER_COLUMN_COUNT; i++)
        pg_array_init(&store->dossiers[i], dossier_types[i]);
    for (int i = 0; i < EVENT_COLUMN_COUNT; i++)
        pg_array_init(&store->events[i], event_types[i]);
    pg_array_init(&store->erased, PG_TEXT);
    store->cells = store_cells_new();
    return store->cells ? store : store_free(store);
}

struct store *store_free(struct store *store)
{
    if (!store)
        return NULL;
    for (int i = 0; i < DOSSIER_COLUMN_COUNT; i++)
        pg_array_deinit(&store->dossiers[i]);
    for (int i = 0; i < EVENT_COLUMN_COUNT; i++)
        pg_array_deinit(&store->events[i]);
    pg_array_deinit(&store->erased);
    store_cells_free(store->cells);
    free(store);
    return NULL;
}

void store_clear(struct store *store)
{
    for (int i = 0; i < DOSSIER_COLUMN_COUNT; i++)
        pg_array_clear(&store->dossiers[i]);
    for (int i = 0; i < EVENT_COLUMN_COUNT; i++)
        pg_array_clear(&store->events[i]);
    pg_array_clear(&store->erased);
}

/* Text that may be missing: NULL then, also where an empty view has data. */
static int put_text(struct pg_array *column, struct str text)
{
    return str_given(text) ? pg_array_text(column, text) : pg_array_null(column);
}

static int put_tri(struct pg_array *column, enum tri value)
{
    return pg_array_tri(column, value);
}

static int put_small(struct pg_array *column, int32_t value)
{
    return pg_array_int16(column, (int16_t)value);
}

static int put_id(struct pg_array *column, int32_t id)
{
    return id == 0 ? pg_array_null(column) : pg_array_int32(column, id);
}

static struct str verdict_name(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_EARLY: return STR("early");
    case VERDICT_ON_TIME: return STR("on_time");
    case VERDICT_LATE: return STR("late");
    default: return STR_NONE;
    }
}

int store_dossier(struct store *store, const struct dossier *d, int32_t partition, int32_t unit_id,
                  const char *quarantine)
{
    struct pg_array *columns = store->dossiers;
    if (pg_array_text(&columns[DOSSIER_code], d->code) < 0 ||
        pg_array_int32(&columns[DOSSIER_partition], partition) < 0)
        return ERR_NOMEM;
#define X(column, type, put, value)                                                                \
    if (put(&columns[DOSSIER_##column], value) < 0)                                                \
        return ERR_NOMEM;
    DOSSIER_COLUMNS(X)
#undef X
    return d->erased ? pg_array_text(&store->erased, d->code) : 0;
}

int store_event(struct store *store, const struct event *event, struct str payload)
{
    struct pg_array *columns = store->events;
    if (pg_array_text(&columns[EVENT_CODE], event->dossier_code) < 0 ||
        pg_array_uuid(&columns[EVENT_ID], event->event_id) < 0 ||
        pg_array_time(&columns[EVENT_INGESTED_AT], event->ingested_at) < 0 ||
        pg_array_time(&columns[EVENT_OCCURRED_AT], event->occurred_at) < 0 ||
        pg_array_text(&columns[EVENT_KIND], str_of(event_kind_name(event->kind))) < 0 ||
        put_small(&columns[EVENT_STATUS_], event->status) < 0 ||
        pg_array_text(&columns[EVENT_SOURCE], event->source) < 0 ||
        pg_array_text(&columns[EVENT_PAYLOAD], payload) < 0)
        return ERR_NOMEM;
    return 0;
}

/* ---- statements ---- */

#define NAME(column, type, put, value) ", " #column
#define ASSIGN(column, type, put, value) ", " #column " = excluded." #column

static int write_dossiers(const struct store *store, struct pg *pg, struct error *err)
{
    struct pg_param params[DOSSIER_COLUMN_COUNT];
    for (int i = 0; i < DOSSIER_COLUMN_COUNT; i++)
        params[i] = pg_array_param(&store->dossiers[i]);
    struct pg_result *rows = NULL;
    int r = pg_exec(
        pg,
        "INSERT INTO hoso.dossier AS d (code, partition" DOSSIER_COLUMNS(
            NAME) ") SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
                  "$11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, "
                  "$24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, "
                  "$37, $38, $39, $40, $41, $42, $43, $44, $45) "
                  "ON CONFLICT (code) DO UPDATE SET partition = excluded."
                  "partition" DOSSIER_COLUMNS(ASSIGN) " WHERE d.partition = excluded.partition",
        params, DOSSIER_COLUMN_COUNT, &rows, err);
    if (r < 0)
        return r;
    int64_t written = pg_affected(rows);
    pg_result_free(rows);
    if (written != store->dossiers[DOSSIER_code].count)
        return error_set(err, ERR_CONFLICT,
                         "a dossier was stored meanwhile under another partition");
    return 0;
}

static int write_events(const struct store *store, struct pg *pg, struct error *err)
{
    struct pg_param params[EVENT_COLUMN_COUNT];
    for (int i = 0; i < EVENT_COLUMN_COUNT; i++)
        params[i] = pg_array_param(&store->events[i]);
    return pg_exec(pg,
                   "INSERT INTO hoso.dossier_event (dossier_id, event_id, ingested_at, "
                   "occurred_at, kind, status, source, payload) "
                   "SELECT d.dossier_id, e.event_id, e.ingested_at, e.occurred_at, e.kind, "
                   "e.status, e.source, e.payload "
                   "FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) AS e (code, event_id, ingested_at, "
                   "occurred_at, kind, status, source, payload) "
                   "JOIN hoso.dossier d ON d.code = e.code",
                   params, EVENT_COLUMN_COUNT, NULL, err);
}

static int forget_erased(const struct store *store, struct pg *pg, struct error *err)
{
    const struct pg_param params[] = {pg_array_param(&store->erased)};
    return pg_exec(pg,
                   "DELETE FROM hoso.dossier_event e USING hoso.dossier d "
                   "WHERE d.code = ANY ($1) AND e.dossier_id = d.dossier_id AND e.kind <> 'erased'",
                   params, 1, NULL, err);
}

int store_write(struct store *store, struct pg *pg, const struct rollup *rollup, struct error *err)
{
    int r = 0;
    if (store->dossiers[DOSSIER_code].count > 0)
        r = write_dossiers(store, pg, err);
    if (r == 0 && store->events[EVENT_CODE].count > 0)
        r = write_events(store, pg, err);
    if (r == 0 && store->erased.count > 0)
        r = forget_erased(store, pg, err);
    return r == 0 ? store_cells_write(store->cells, pg, rollup, err) : r;
}
