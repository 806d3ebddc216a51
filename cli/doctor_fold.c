#include "doctor_fold.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/codec.h"
#include "doctor_sums.h"
#include "domain/overdue.h"
#include "service/reference.h"

enum { DOSSIERS_AT_ONCE = 1000 };

/* X(column of hoso.dossier, how to compare, what the fold says). An erased dossier has none of them. */
#define COLUMNS(X)                                                                                 \
    X(alternative_code, same_text, d->alternative_code)                                            \
    X(alias_of, same_text, d->alias_of)                                                            \
    X(procedure_code, same_text, d->procedure_code)                                                \
    X(field_code, same_text, d->field_code)                                                        \
    X(deciding_agency, same_text, d->deciding_agency)                                              \
    X(receiving_agency, same_text, d->receiving_agency)                                            \
    X(deciding_unit, same_text, d->deciding_unit)                                                  \
    X(channel, same_text, str_of(channel_name(d->channel)))                                        \
    X(subject, same_text, str_of(subject_name(d->subject)))                                        \
    X(online_level, same_text, str_of(online_level_name(d->online_level)))                         \
    X(non_territorial, same_tri, d->non_territorial)                                               \
    X(status, same_number, d->status)                                                              \
    X(phase, same_text, str_of(phase_name(d->phase)))                                              \
    X(status_at, same_time, d->status_at)                                                          \
    X(status_basis, same_text, str_of(time_basis_name(d->status_basis)))                           \
    X(portal_status, same_number, d->portal_status)                                                \
    X(portal_disagrees, same_tri, d->portal_disagrees)                                             \
    X(submitted_at, same_time, d->submitted_at)                                                    \
    X(accepted_at, same_time, d->accepted_at)                                                      \
    X(original_due_at, same_time, d->original_due_at)                                              \
    X(due_at, same_time, d->due_at)                                                                \
    X(promised_at, same_time, d->promised_at)                                                      \
    X(reappointments, same_number, d->reappointments)                                              \
    X(supplement_rounds, same_number, d->supplement_rounds)                                        \
    X(step_due_at, same_time, d->step_due_at)                                                      \
    X(ended_at, same_time, d->ended_at)                                                            \
    X(ended_known_at, same_time, d->ended_known_at)                                                \
    X(returned_at, same_time, d->returned_at)                                                      \
    X(verdict, same_text, verdict_text(d))                                                         \
    X(fee_due, same_tri, d->fee_due)                                                               \
    X(paid, same_tri, d->paid)                                                                     \
    X(paid_online, same_tri, d->paid_online)                                                       \
    X(digitised, same_tri, d->digitised)                                                           \
    X(apology_sent, same_tri, d->apology_sent)                                                     \
    X(late_reason, same_text, d->late_reason)                                                      \
    X(rating, same_number, d->rating)                                                              \
    X(rated_at, same_time, d->rated_at)                                                            \
    X(officer, same_text, d->officer)                                                              \
    X(first_ingested_at, same_time, d->first_ingested_at)                                          \
    X(last_ingested_at, same_time, d->last_ingested_at)

enum { ID, CODE, UNIT_ID, ERASED, FIRST_COLUMN };

struct refolding_work {
    struct pg *pg;
    int64_t after_id;
    struct fold_rules rules;
    struct reference reference;
    struct codec *codec;
    struct fold *fold;
    struct contribution contribution;
    struct sums *sums;
    struct pg_array ids;
    struct event *events; /* of one dossier */
    const struct event **views;
    size_t capacity;
};

/* ---- one row against its fold ---- */

static bool same_text(const struct pg_result *rows, size_t row, int column, struct str wanted)
{
    return str_eq(pg_get_text(rows, row, column), wanted);
}

static bool same_time(const struct pg_result *rows, size_t row, int column, int64_t wanted)
{
    return pg_get_time(rows, row, column) == wanted;
}

static bool same_number(const struct pg_result *rows, size_t row, int column, int64_t wanted)
{
    return pg_get_int64(rows, row, column) == wanted;
}

static bool same_tri(const struct pg_result *rows, size_t row, int column, int wanted)
{
    if (pg_is_null(rows, row, column))
        return wanted == TRI_UNKNOWN;
    return wanted != TRI_UNKNOWN && pg_get_bool(rows, row, column) == (wanted == TRI_YES);
}

static struct str verdict_text(const struct dossier *dossier)
{
    switch (overdue_verdict(dossier)) {
    case VERDICT_EARLY: return STR("early");
    case VERDICT_ON_TIME: return STR("on_time");
    case VERDICT_LATE: return STR("late");
    default: return STR_NONE;
    }
}

/* The first column that is not what the fold says; NULL when all are. */
static const char *difference(const struct pg_result *rows, size_t row, const struct dossier *d)
{
    int column = FIRST_COLUMN;
    if (pg_get_bool(rows, row, ERASED) != d->erased)
        return "erased";
    if (d->erased)
        return NULL;
#define X(name, same, value)                                                                       \
    if (!same(rows, row, column++, value))                                                         \
        return #name;
    COLUMNS(X)
#undef X
    return NULL;
}

static int compare(struct refolding *refolding, const struct pg_result *rows, size_t row,
                   struct dossier *dossier)
{
    struct refolding_work *work = refolding->work;
    int32_t unit_id = 0;
    int32_t stored_unit_id = pg_get_int32(rows, row, UNIT_ID);
    const char *column = difference(rows, row, dossier);
    refolding->dossiers++;
    if (column && refolding->differ++ == 0)
        snprintf(refolding->first_difference, sizeof refolding->first_difference, "%.*s: %s",
                 STR_ARG(pg_get_text(rows, row, CODE)), column);
    if (dossier->erased)
        return 0;
    reference_unit(&work->reference, dossier, &unit_id);
    refolding->elsewhere += unit_id != stored_unit_id;
    int r = contribution_of(dossier, stored_unit_id, work->reference.calendar, &work->contribution);
    return r < 0 ? r : sums_add(work->sums, &work->contribution);
}

/* ---- rows and their histories ---- */

static int reserve(struct refolding_work *work, size_t count)
{
    if (count <= work->capacity)
        return 0;
    size_t capacity = count * 2;
    struct event *events = realloc(work->events, capacity * sizeof *events);
    if (events)
        work->events = events;
    const struct event **views = realloc(work->views, capacity * sizeof *views);
    if (views)
        work->views = views;
    if (!events || !views)
        return ERR_NOMEM;
    for (size_t i = 0; i < capacity; i++)
        views[i] = &events[i];
    work->capacity = capacity;
    return 0;
}

/* Decodes and folds events[from..to) of one dossier. */
static int fold_history(struct refolding_work *work, const struct pg_result *events, size_t from,
                        size_t to, struct dossier *ret, struct error *err)
{
    if (reserve(work, to - from) < 0)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = from; i < to; i++) {
        struct str payload = pg_get_text(events, i, 1);
        enum codec_fault fault =
            codec_read(work->codec, payload.data, payload.len, &work->events[i - from], NULL);
        if (fault != CODEC_OK)
            return error_set(err, ERR_FAILED,
                             "hoso.dossier_event, dossier_id %" PRId64 ": payload is %s",
                             pg_get_int64(events, i, 0), codec_fault_name(fault));
    }
    return fold_run(work->fold, &work->rules, work->views, to - from, ret) < 0
               ? error_set(err, ERR_NOMEM, "out of memory")
               : 0;
}

static int load_dossiers(struct refolding_work *work, struct pg_result **ret, struct error *err)
{
#define X(name, same, value) ", " #name
    static const char sql[] = "SELECT dossier_id, code, unit_id, erased" COLUMNS(
        X) " FROM hoso.dossier "
           "WHERE dossier_id > $1 ORDER BY dossier_id LIMIT $2";
#undef X
    const struct pg_param params[] = {pg_int64(work->after_id), pg_int32(DOSSIERS_AT_ONCE)};
    int r = pg_exec(work->pg, sql, params, 2, ret, err);
    pg_array_clear(&work->ids);
    for (size_t i = 0; r == 0 && i < pg_rows(*ret); i++) {
        work->after_id = pg_get_int64(*ret, i, ID);
        if (pg_array_int64(&work->ids, work->after_id) < 0)
            r = error_set(err, ERR_NOMEM, "out of memory");
    }
    return r;
}

static int load_events(struct refolding_work *work, struct pg_result **ret, struct error *err)
{
    const struct pg_param params[] = {pg_array_param(&work->ids)};
    return pg_exec(work->pg,
                   "SELECT dossier_id, payload FROM hoso.dossier_event "
                   "WHERE dossier_id = ANY ($1) ORDER BY dossier_id",
                   params, 1, ret, err);
}

int refolding_step(struct refolding *refolding, struct error *err)
{
    struct refolding_work *work = refolding->work;
    struct pg_result *dossiers = NULL;
    struct pg_result *events = NULL;
    int r = load_dossiers(work, &dossiers, err);
    if (r == 0)
        r = load_events(work, &events, err);
    size_t count = r == 0 ? pg_rows(dossiers) : 0;
    for (size_t i = 0, from = 0; r == 0 && i < count; i++) {
        struct dossier dossier;
        size_t to = from;
        while (to < pg_rows(events) && pg_get_int64(events, to, 0) == pg_get_int64(dossiers, i, ID))
            to++;
        r = fold_history(work, events, from, to, &dossier, err);
        if (r == 0 && compare(refolding, dossiers, i, &dossier) < 0)
            r = error_set(err, ERR_NOMEM, "out of memory");
        from = to;
    }
    pg_result_free(events);
    pg_result_free(dossiers);
    if (r < 0)
        return r;
    return count < DOSSIERS_AT_ONCE ? REFOLDING_DONE : REFOLDING_MORE;
}

int refolding_compare_sums(struct refolding *refolding, int64_t *ret_cells, int64_t *ret_differ,
                           struct error *err)
{
    return sums_compare(refolding->work->sums, refolding->work->pg, ret_cells, ret_differ, err);
}

/* ---- life ---- */

struct refolding *refolding_free(struct refolding *refolding)
{
    if (!refolding)
        return NULL;
    struct refolding_work *work = refolding->work;
    if (work) {
        reference_deinit(&work->reference);
        codec_free(work->codec);
        fold_free(work->fold);
        contribution_deinit(&work->contribution);
        sums_free(work->sums);
        pg_array_deinit(&work->ids);
        free(work->events);
        free(work->views);
        free(work);
    }
    free(refolding);
    return NULL;
}

int refolding_new(struct pg *pg, const struct config *config, struct refolding **ret,
                  struct error *err)
{
    struct refolding *refolding = calloc(1, sizeof *refolding);
    struct refolding_work *work = calloc(1, sizeof *work);
    if (!refolding || !work) {
        free(refolding);
        free(work);
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    refolding->work = work;
    *work = (struct refolding_work){
        .pg = pg, .after_id = INT64_MIN, .fold = fold_new(), .sums = sums_new()};
    contribution_init(&work->contribution);
    pg_array_init(&work->ids, PG_INT64);
    int r = work->fold && work->sums ? 0 : error_set(err, ERR_NOMEM, "out of memory");
    if (r == 0)
        r = reference_rules(config, &work->rules, err);
    if (r == 0)
        r = reference_load(pg, config, &work->reference, err);
    if (r == 0)
        r = codec_new(&codec_event_layout, &work->codec, err);
    if (r < 0) {
        refolding_free(refolding);
        return r;
    }
    *ret = refolding;
    return 0;
}
