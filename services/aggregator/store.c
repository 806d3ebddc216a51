#include "aggregator/store.h"

#include <stdlib.h>

#include "aggregator/store_cells.h"
#include "domain/overdue.h"

/* X(column, how to write it, value): the columns of hoso.dossier after dossier_id, code and partition. */
#define DOSSIER_COLUMNS(X)                                                                         \
    X(unit_id, put_id, place->unit_id)                                                             \
    X(quarantine, put_text, str_of(place->quarantine))                                             \
    X(alternative_code, put_text, d->alternative_code)                                             \
    X(alias_of, put_text, d->alias_of)                                                             \
    X(erased, pg_copy_bool, d->erased)                                                             \
    X(procedure_code, put_text, d->procedure_code)                                                 \
    X(field_code, put_text, d->field_code)                                                         \
    X(deciding_agency, put_text, d->deciding_agency)                                               \
    X(receiving_agency, put_text, d->receiving_agency)                                             \
    X(deciding_unit, put_text, d->deciding_unit)                                                   \
    X(channel, put_text, str_of(channel_name(d->channel)))                                         \
    X(subject, put_text, str_of(subject_name(d->subject)))                                         \
    X(online_level, put_text, str_of(online_level_name(d->online_level)))                          \
    X(non_territorial, pg_copy_tri, d->non_territorial)                                            \
    X(status, put_small, d->status)                                                                \
    X(phase, put_text, str_of(phase_name(d->phase)))                                               \
    X(status_at, pg_copy_time, d->status_at)                                                       \
    X(status_basis, put_text, str_of(time_basis_name(d->status_basis)))                            \
    X(portal_status, put_small, d->portal_status)                                                  \
    X(portal_disagrees, pg_copy_bool, d->portal_disagrees)                                         \
    X(submitted_at, pg_copy_time, d->submitted_at)                                                 \
    X(accepted_at, pg_copy_time, d->accepted_at)                                                   \
    X(original_due_at, pg_copy_time, d->original_due_at)                                           \
    X(due_at, pg_copy_time, d->due_at)                                                             \
    X(promised_at, pg_copy_time, d->promised_at)                                                   \
    X(reappointments, pg_copy_int32, d->reappointments)                                            \
    X(supplement_rounds, pg_copy_int32, d->supplement_rounds)                                      \
    X(step_due_at, pg_copy_time, d->step_due_at)                                                   \
    X(ended_at, pg_copy_time, d->ended_at)                                                         \
    X(ended_known_at, pg_copy_time, d->ended_known_at)                                             \
    X(returned_at, pg_copy_time, d->returned_at)                                                   \
    X(verdict, put_text, verdict_name(overdue_verdict(d)))                                         \
    X(fee_due, pg_copy_tri, d->fee_due)                                                            \
    X(paid, pg_copy_tri, d->paid)                                                                  \
    X(paid_online, pg_copy_tri, d->paid_online)                                                    \
    X(digitised, pg_copy_tri, d->digitised)                                                        \
    X(apology_sent, pg_copy_tri, d->apology_sent)                                                  \
    X(late_reason, put_text, d->late_reason)                                                       \
    X(rating, put_small, d->rating)                                                                \
    X(rated_at, pg_copy_time, d->rated_at)                                                         \
    X(officer, put_text, d->officer)                                                               \
    X(first_ingested_at, pg_copy_time, d->first_ingested_at)                                       \
    X(last_ingested_at, pg_copy_time, d->last_ingested_at)

#define NUMBER(column, put, value) DOSSIER_##column,
enum { DOSSIER_COLUMNS(NUMBER) DOSSIER_COLUMN_COUNT, EVENT_COLUMN_COUNT = 8 };

struct store {
    struct pg_copy new_dossiers;
    struct pg_copy changed_dossiers;
    struct pg_copy events;
    struct pg_array erased; /* dossier ids */
    struct store_cells *cells;
};

struct store *store_new(void)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    pg_array_init(&store->erased, PG_INT64);
    store->cells = store_cells_new();
    return store->cells ? store : store_free(store);
}

struct store *store_free(struct store *store)
{
    if (!store)
        return NULL;
    pg_copy_deinit(&store->new_dossiers);
    pg_copy_deinit(&store->changed_dossiers);
    pg_copy_deinit(&store->events);
    pg_array_deinit(&store->erased);
    store_cells_free(store->cells);
    free(store);
    return NULL;
}

void store_clear(struct store *store)
{
    pg_copy_clear(&store->new_dossiers);
    pg_copy_clear(&store->changed_dossiers);
    pg_copy_clear(&store->events);
    pg_array_clear(&store->erased);
}

/* Text that may be missing: NULL then, also where an empty view has data. */
static void put_text(struct pg_copy *rows, struct str text)
{
    pg_copy_text(rows, str_given(text) ? text : STR_NONE);
}

static void put_small(struct pg_copy *rows, int32_t value)
{
    pg_copy_int16(rows, (int16_t)value);
}

static void put_id(struct pg_copy *rows, int32_t id)
{
    if (id == 0)
        pg_copy_null(rows);
    else
        pg_copy_int32(rows, id);
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

int store_dossier(struct store *store, const struct dossier *d, const struct place *place)
{
    struct pg_copy *rows = place->is_new ? &store->new_dossiers : &store->changed_dossiers;
    pg_copy_row(rows, DOSSIER_COLUMN_COUNT + 2 + place->is_new);
    pg_copy_int64(rows, place->dossier_id);
    pg_copy_int32(rows, place->partition);
    if (place->is_new)
        pg_copy_text(rows, d->code);
#define X(column, put, value) put(rows, value);
    DOSSIER_COLUMNS(X)
#undef X
    return d->erased ? pg_array_int64(&store->erased, place->dossier_id) : 0;
}

void store_event(struct store *store, int64_t dossier_id, const struct event *event,
                 struct str payload)
{
    struct pg_copy *rows = &store->events;
    pg_copy_row(rows, EVENT_COLUMN_COUNT);
    pg_copy_int64(rows, dossier_id);
    pg_copy_uuid(rows, event->event_id);
    pg_copy_time(rows, event->ingested_at);
    pg_copy_time(rows, event->occurred_at);
    pg_copy_text(rows, str_of(event_kind_name(event->kind)));
    put_small(rows, event->status);
    pg_copy_text(rows, event->source);
    pg_copy_text(rows, payload);
}

/* ---- statements ---- */

#define NAME(column, put, value) ", " #column
#define ASSIGN(column, put, value) ", " #column " = s." #column

int store_prepare(struct pg *pg, struct error *err)
{
    int r =
        pg_script(pg,
                  "CREATE TEMP TABLE IF NOT EXISTS changed_dossier ON COMMIT DELETE ROWS AS "
                  "SELECT dossier_id, partition" DOSSIER_COLUMNS(NAME) " FROM dossier WITH NO DATA",
                  err);
    return r < 0 ? r : store_cells_prepare(pg, err);
}

static int queue_dossiers(const struct store *store, struct pg *pg, struct error *err)
{
    int r = 0;
    if (store->new_dossiers.rows > 0)
        r = pg_queue_copy(pg,
                          "COPY dossier (dossier_id, partition, code" DOSSIER_COLUMNS(
                              NAME) ") FROM STDIN (FORMAT binary)",
                          &store->new_dossiers, err);
    if (r < 0 || store->changed_dossiers.rows == 0)
        return r;
    r = pg_queue_copy(pg, "COPY pg_temp.changed_dossier FROM STDIN (FORMAT binary)",
                      &store->changed_dossiers, err);
    if (r < 0)
        return r;
    return pg_queue_exec(
        pg,
        "UPDATE dossier d SET partition = s.partition" DOSSIER_COLUMNS(
            ASSIGN) " FROM pg_temp.changed_dossier s "
                    "WHERE d.dossier_id = s.dossier_id AND d.partition = s.partition",
        NULL, 0, (int64_t)store->changed_dossiers.rows, NULL, err);
}

static int queue_events(const struct store *store, struct pg *pg, struct error *err)
{
    const struct pg_param params[] = {pg_array_param(&store->erased)};
    int r = 0;
    if (store->events.rows > 0)
        r = pg_queue_copy(pg,
                          "COPY dossier_event (dossier_id, event_id, ingested_at, "
                          "occurred_at, kind, status, source, payload) FROM STDIN (FORMAT binary)",
                          &store->events, err);
    if (r < 0 || store->erased.count == 0)
        return r;
    return pg_queue_exec(pg,
                         "DELETE FROM dossier_event "
                         "WHERE dossier_id = ANY ($1) AND kind <> 'erased'",
                         params, 1, PG_ANY, NULL, err);
}

int store_queue(struct store *store, struct pg *pg, const struct rollup *rollup, struct error *err)
{
    int r = queue_dossiers(store, pg, err);
    if (r == 0)
        r = queue_events(store, pg, err);
    return r == 0 ? store_cells_queue(store->cells, pg, rollup, err) : r;
}
