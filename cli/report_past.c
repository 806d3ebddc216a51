#include "report_past.h"

#include <inttypes.h>
#include <stdlib.h>

#include "codec/codec.h"
#include "domain/as_of.h"
#include "domain/overdue.h"
#include "service/reference.h"

enum { BATCH_DOSSIERS = 4096 };

/* X(column, type, how to append, value): the columns of hoso.dossier_past. */
#define PAST_COLUMNS(X)                                                                            \
    X(dossier_id, PG_INT64, pg_array_int64, id)                                                    \
    X(seen_at, PG_TIME, pg_array_time, seen_at)                                                    \
    X(present_unit_id, PG_INT32, put_id, present_unit_id)                                          \
    X(unit_id, PG_INT32, put_id, unit_id)                                                          \
    X(procedure_code, PG_TEXT, put_text, d->procedure_code)                                        \
    X(field_code, PG_TEXT, put_text, d->field_code)                                                \
    X(channel, PG_TEXT, put_text, str_of(channel_name(d->channel)))                                \
    X(subject, PG_TEXT, put_text, str_of(subject_name(d->subject)))                                \
    X(online_level, PG_TEXT, put_text, str_of(online_level_name(d->online_level)))                 \
    X(non_territorial, PG_BOOL, put_tri, d->non_territorial)                                       \
    X(status, PG_INT16, put_small, d->status)                                                      \
    X(phase, PG_TEXT, put_text, str_of(phase_name(d->phase)))                                      \
    X(status_basis, PG_TEXT, put_text, str_of(time_basis_name(d->status_basis)))                   \
    X(submitted_at, PG_TIME, pg_array_time, d->submitted_at)                                       \
    X(accepted_at, PG_TIME, pg_array_time, d->accepted_at)                                         \
    X(due_at, PG_TIME, pg_array_time, d->due_at)                                                   \
    X(ended_at, PG_TIME, pg_array_time, d->ended_at)                                               \
    X(ended_known_at, PG_TIME, pg_array_time, d->ended_known_at)                                   \
    X(verdict, PG_TEXT, put_text, verdict_text(overdue_verdict(d)))                                \
    X(fee_due, PG_BOOL, put_tri, d->fee_due)                                                       \
    X(paid, PG_BOOL, put_tri, d->paid)                                                             \
    X(paid_online, PG_BOOL, put_tri, d->paid_online)                                               \
    X(digitised, PG_BOOL, put_tri, d->digitised)                                                   \
    X(apology_sent, PG_BOOL, put_tri, d->apology_sent)                                             \
    X(late_reason, PG_TEXT, put_text, d->late_reason)                                              \
    X(rating, PG_INT16, put_small, d->rating)                                                      \
    X(rated_at, PG_TIME, pg_array_time, d->rated_at)

enum past_column {
#define X(column, type, put, value) PAST_##column,
    PAST_COLUMNS(X)
#undef X
        PAST_COLUMN_COUNT
};
_Static_assert(PAST_COLUMN_COUNT == 27, "the SQL below binds 27 columns and two values");

struct past {
    struct pg *pg;
    struct codec *codec;
    struct as_of *as_of;
    struct reference reference;
    struct fold_rules rules;
    int32_t from;
    int32_t read_on;
    int64_t known_at; /* NO_TIME = everything */
    struct event *events;
    const struct event **pointers;
    size_t event_capacity;
    struct pg_array ids;
    struct pg_array columns[PAST_COLUMN_COUNT];
};

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

static struct str verdict_text(enum verdict verdict)
{
    static const char *const names[] = {NULL, "early", "on_time", "late"};
    return str_of(names[verdict]);
}

/* Who answered for it on the day that is read: the unit in force then, also where a later one has taken it over. */
static int32_t unit_then(const struct past *past, const struct dossier *d)
{
    int32_t unit_id = 0;
    int64_t filed_at = d->accepted_at != NO_TIME ? d->accepted_at : d->submitted_at;
    if (filed_at == NO_TIME)
        filed_at = d->first_ingested_at;
    int32_t held_day = d->ended_at != NO_TIME ? day_of(d->ended_at) : past->read_on;
    enum unit_answer answer = units_resolve(past->reference.units, d->deciding_agency,
                                            d->deciding_unit, day_of(filed_at), held_day, &unit_id);
    return answer == UNIT_FOUND ? unit_id : 0;
}

/* ---- one dossier ---- */

static struct dossier nothing(void)
{
    return (struct dossier){.non_territorial = TRI_UNKNOWN,
                            .submitted_at = NO_TIME,
                            .accepted_at = NO_TIME,
                            .due_at = NO_TIME,
                            .ended_at = NO_TIME,
                            .ended_known_at = NO_TIME,
                            .fee_due = TRI_UNKNOWN,
                            .paid = TRI_UNKNOWN,
                            .paid_online = TRI_UNKNOWN,
                            .digitised = TRI_UNKNOWN,
                            .apology_sent = TRI_UNKNOWN,
                            .rated_at = NO_TIME};
}

static int put_dossier(struct past *past, int64_t id, int64_t seen_at, int32_t present_unit_id,
                       const struct dossier *d, int32_t unit_id)
{
#define X(column, type, put, value)                                                                \
    if (put(&past->columns[PAST_##column], value) < 0)                                             \
        return ERR_NOMEM;
    PAST_COLUMNS(X)
#undef X
    return 0;
}

/* rows first..first+count of `rows` are one dossier's. */
static int fold_dossier(struct past *past, const struct pg_result *rows, size_t first, size_t count)
{
    int64_t before_at = day_start(past->read_on + 1);
    int64_t known_at = past->known_at != NO_TIME ? past->known_at : INT64_MAX;
    struct dossier dossier;
    int r = as_of_run(past->as_of, &past->rules, past->pointers + first, count, before_at, known_at,
                      &dossier);
    if (r < 0)
        return r;
    bool counts = r == AS_OF_FOUND && !dossier.erased && !str_given(dossier.alias_of);
    if (!counts)
        dossier = nothing();
    return put_dossier(past, pg_get_int64(rows, first, 0), pg_get_time(rows, first, 1),
                       pg_get_int32(rows, first, 2), &dossier,
                       counts ? unit_then(past, &dossier) : 0);
}

/* ---- a batch ---- */

static int decode(struct past *past, const struct pg_result *rows, struct error *err)
{
    size_t count = pg_rows(rows);
    if (count > past->event_capacity) {
        free(past->events);
        free(past->pointers);
        past->event_capacity = count * 2;
        past->events = malloc(past->event_capacity * sizeof *past->events);
        past->pointers = malloc(past->event_capacity * sizeof *past->pointers);
        if (!past->events || !past->pointers)
            return error_set(err, ERR_NOMEM, "reading histories: out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        struct str payload = pg_get_text(rows, i, 3);
        enum codec_fault fault =
            codec_read(past->codec, payload.data, payload.len, &past->events[i], NULL);
        if (fault != CODEC_OK)
            return error_set(err, ERR_FAILED,
                             "hoso.dossier_event of dossier_id %" PRId64 ": payload is %s; was it "
                             "written by a newer version?",
                             pg_get_int64(rows, i, 0), codec_fault_name(fault));
        past->pointers[i] = &past->events[i];
    }
    return 0;
}

static int fold_rows(struct past *past, const struct pg_result *rows, struct error *err)
{
    int r = decode(past, rows, err);
    for (size_t first = 0; r == 0 && first < pg_rows(rows);) {
        size_t end = first + 1;
        while (end < pg_rows(rows) && pg_get_int64(rows, end, 0) == pg_get_int64(rows, first, 0))
            end++;
        if (fold_dossier(past, rows, first, end - first) < 0)
            r = error_set(err, ERR_NOMEM, "folding histories: out of memory");
        first = end;
    }
    return r;
}

#define NAME(column, type, put, value) ", " #column
#define ASSIGN(column, type, put, value) ", " #column " = excluded." #column

static int write_rows(struct past *past, struct error *err)
{
    struct pg_param params[2 + PAST_COLUMN_COUNT] = {pg_day(past->read_on),
                                                     pg_time(past->known_at)};
    for (int i = 0; i < PAST_COLUMN_COUNT; i++)
        params[2 + i] = pg_array_param(&past->columns[i]);
    int r = pg_exec(
        past->pg,
        "INSERT INTO hoso.dossier_past (read_on, known_at, map_version" PAST_COLUMNS(
            NAME) ") SELECT $1, coalesce($2, 'infinity'), (SELECT coalesce(max(version), 0) FROM "
                  "hoso.map_change), u.* FROM unnest($3, $4, $5, $6, $7, $8, "
                  "$9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, "
                  "$25, $26, $27, $28, $29) AS u "
                  "ON CONFLICT (read_on, known_at, dossier_id) DO UPDATE SET map_version = "
                  "excluded.map_version" PAST_COLUMNS(ASSIGN),
        params, sizeof params / sizeof *params, NULL, err);
    for (int i = 0; i < PAST_COLUMN_COUNT; i++)
        pg_array_clear(&past->columns[i]);
    return r;
}

static int fold_batch(struct past *past, struct error *err)
{
    const struct pg_param params[] = {pg_array_param(&past->ids)};
    struct pg_result *rows = NULL;
    int r = pg_exec(past->pg,
                    "SELECT e.dossier_id, d.last_ingested_at, d.unit_id, e.payload "
                    "FROM hoso.dossier_event e JOIN hoso.dossier d USING (dossier_id) "
                    "WHERE e.dossier_id = ANY ($1) ORDER BY e.dossier_id",
                    params, 1, &rows, err);
    if (r == 0)
        r = fold_rows(past, rows, err);
    pg_result_free(rows);
    return r < 0 ? r : write_rows(past, err);
}

static int fold_all(struct past *past, int64_t *ret_folded, struct error *err)
{
    const struct pg_param params[] = {pg_day(past->from), pg_day(past->read_on),
                                      pg_time(past->known_at)};
    struct pg_result *rows = NULL;
    int r = pg_exec(past->pg, "SELECT hoso.dossiers_to_fold($1, $2, coalesce($3, 'infinity'))",
                    params, 3, &rows, err);
    for (size_t i = 0; r == 0 && i < pg_rows(rows);) {
        pg_array_clear(&past->ids);
        for (int n = 0; r == 0 && n < BATCH_DOSSIERS && i < pg_rows(rows); n++, i++)
            r = pg_array_int64(&past->ids, pg_get_int64(rows, i, 0));
        r = r < 0 ? error_set(err, ERR_NOMEM, "out of memory") : fold_batch(past, err);
    }
    if (r == 0)
        *ret_folded = (int64_t)pg_rows(rows);
    pg_result_free(rows);
    return r;
}

static int begin(struct past *past, const struct config *config, struct error *err)
{
    static const enum pg_array_type types[] = {
#define X(column, type, put, value) type,
        PAST_COLUMNS(X)
#undef X
    };
    for (int i = 0; i < PAST_COLUMN_COUNT; i++)
        pg_array_init(&past->columns[i], types[i]);
    pg_array_init(&past->ids, PG_INT64);
    int r = reference_rules(config, &past->rules, err);
    if (r == 0)
        r = reference_load(past->pg, config, &past->reference, err);
    if (r == 0)
        r = codec_new(&codec_event_layout, &past->codec, err);
    past->as_of = as_of_new();
    return r == 0 && !past->as_of ? error_set(err, ERR_NOMEM, "out of memory") : r;
}

int report_past_fill(struct pg *pg, const struct config *config, int32_t from, int32_t read_on,
                     int64_t known_at, int64_t *ret_folded, struct error *err)
{
    struct past past = {.pg = pg, .from = from, .read_on = read_on, .known_at = known_at};
    int r = begin(&past, config, err);
    if (r == 0)
        r = fold_all(&past, ret_folded, err);
    for (int i = 0; i < PAST_COLUMN_COUNT; i++)
        pg_array_deinit(&past.columns[i]);
    pg_array_deinit(&past.ids);
    free(past.events);
    free(past.pointers);
    reference_deinit(&past.reference);
    codec_free(past.codec);
    as_of_free(past.as_of);
    return r;
}
