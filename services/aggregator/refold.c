#include "aggregator/refold.h"

#include <inttypes.h>
#include <stdlib.h>

#include "aggregator/store.h"
#include "service/service.h"

enum { CHUNK = 500, LOOK_EVERY_MS = 1000, WRITE_TIMEOUT_MS = 30000 };

struct refold {
    const struct fold_rules *rules;
    const struct codec *codec;
    struct fold *fold;
    struct contribution contribution;
    struct rollup rollup;
    struct store *store;
    struct event *events; /* of one dossier */
    const struct event **pointers;
    size_t event_capacity;
    struct pg_array ids; /* of the chunk */
    int64_t moved;       /* dossiers of it */
    struct mono looked_at;
    bool look_now;
    int32_t partition; /* under way; -1 = none */
    int64_t after_id;
};

struct refold *refold_new(const struct fold_rules *rules, const struct codec *codec)
{
    struct refold *refold = calloc(1, sizeof *refold);
    if (!refold)
        return NULL;
    *refold = (struct refold){.rules = rules,
                              .codec = codec,
                              .fold = fold_new(),
                              .store = store_new(),
                              .look_now = true,
                              .partition = -1};
    contribution_init(&refold->contribution);
    rollup_init(&refold->rollup);
    pg_array_init(&refold->ids, PG_INT64);
    return refold->fold && refold->store ? refold : refold_free(refold);
}

struct refold *refold_free(struct refold *refold)
{
    if (!refold)
        return NULL;
    fold_free(refold->fold);
    store_free(refold->store);
    contribution_deinit(&refold->contribution);
    rollup_deinit(&refold->rollup);
    pg_array_deinit(&refold->ids);
    free(refold->events);
    free((void *)refold->pointers);
    free(refold);
    return NULL;
}

void refold_wake(struct refold *refold)
{
    refold->look_now = true;
    refold->partition = -1;
}

bool refold_must_look(const struct refold *refold)
{
    return refold->look_now;
}

int refold_look(struct refold *refold, struct pg *pg, const struct config *config,
                struct reference *reference, struct error *err)
{
    if (!refold->look_now && mono_diff_ms(refold->looked_at, mono_now()) < LOOK_EVERY_MS)
        return 0;
    int r = reference_refresh(pg, config, reference, err);
    if (r < 0)
        return r;
    if (r == REFERENCE_CHANGED)
        refold->partition = -1;
    refold->look_now = false;
    refold->looked_at = mono_now();
    return 0;
}

/* The next dossiers that a change since claim->map_version may move. An erased one has no quarantine, but in `hoso replay`. */
static int find_dossiers(struct refold *refold, struct pg *pg, const struct offset_claim *claim,
                         struct pg_result **ret, struct error *err)
{
    const struct pg_param params[] = {pg_int32(claim->partition), pg_int64(refold->after_id),
                                      pg_int64(claim->map_version), pg_int32(CHUNK)};
    return pg_exec(pg,
                   "SELECT dossier_id, code, coalesce(unit_id, 0), coalesce(quarantine, '') "
                   "FROM dossier WHERE partition = $1 AND dossier_id > $2 AND "
                   "(quarantine IS NOT NULL OR NOT erased AND EXISTS (SELECT FROM hoso.map_change "
                   "WHERE version > $3 AND (units OR deciding_agency = ANY (agencies)))) "
                   "ORDER BY dossier_id LIMIT $4",
                   params, sizeof params / sizeof *params, ret, err);
}

static int load_events(struct refold *refold, struct pg *pg, const struct pg_result *dossiers,
                       struct pg_result **ret, struct error *err)
{
    pg_array_clear(&refold->ids);
    for (size_t i = 0; i < pg_rows(dossiers); i++) {
        if (pg_array_int64(&refold->ids, pg_get_int64(dossiers, i, 0)) < 0)
            return error_set(err, ERR_NOMEM, "refold: out of memory");
    }
    const struct pg_param params[] = {pg_array_param(&refold->ids)};
    return pg_exec(pg,
                   "SELECT dossier_id, payload FROM dossier_event "
                   "WHERE dossier_id = ANY ($1) ORDER BY dossier_id",
                   params, 1, ret, err);
}

static int reserve(struct refold *refold, size_t count, struct error *err)
{
    if (count <= refold->event_capacity)
        return 0;
    struct event *events = realloc(refold->events, 2 * count * sizeof *events);
    if (events)
        refold->events = events;
    const struct event **pointers = realloc((void *)refold->pointers, 2 * count * sizeof *pointers);
    if (pointers)
        refold->pointers = pointers;
    if (!events || !pointers)
        return error_set(err, ERR_NOMEM, "refold: out of memory");
    refold->event_capacity = 2 * count;
    for (size_t i = 0; i < refold->event_capacity; i++)
        pointers[i] = &events[i];
    return 0;
}

/* Folds the events of one dossier, which begin at row *next. */
static int fold_dossier(struct refold *refold, const struct pg_result *events, size_t *next,
                        int64_t dossier_id, struct dossier *ret, struct error *err)
{
    size_t first = *next;
    while (*next < pg_rows(events) && pg_get_int64(events, *next, 0) == dossier_id)
        ++*next;
    size_t count = *next - first;
    int r = reserve(refold, count, err);
    for (size_t i = 0; i < count && r == 0; i++) {
        struct str payload = pg_get_text(events, first + i, 1);
        enum codec_fault fault =
            codec_read(refold->codec, payload.data, payload.len, &refold->events[i], NULL);
        if (fault != CODEC_OK)
            r = error_set(err, ERR_FAILED,
                          "hoso.dossier_event of dossier_id %" PRId64 ": payload is %s", dossier_id,
                          codec_fault_name(fault));
    }
    if (r < 0)
        return r;
    if (fold_run(refold->fold, refold->rules, refold->pointers, count, ret) < 0)
        return error_set(err, ERR_NOMEM, "refold: out of memory");
    return 0;
}

static int contribute(struct refold *refold, const struct reference *reference,
                      const struct dossier *dossier, int32_t partition, int32_t unit_id, int sign)
{
    int r = contribution_of(dossier, unit_id, reference->calendar, &refold->contribution);
    return r < 0 ? r : rollup_add(&refold->rollup, partition, &refold->contribution, sign);
}

/* The whole row is written: `hoso replay` knows no more of a dossier than its history. */
static int move(struct refold *refold, const struct reference *reference,
                const struct dossier *dossier, int32_t old_unit_id, const struct place *place)
{
    if (contribute(refold, reference, dossier, place->partition, old_unit_id, -1) < 0 ||
        contribute(refold, reference, dossier, place->partition, place->unit_id, 1) < 0 ||
        store_dossier(refold->store, dossier, place) < 0)
        return ERR_NOMEM;
    refold->moved++;
    return 0;
}

static int judge_all(struct refold *refold, const struct reference *reference,
                     const struct offset_claim *claim, const struct pg_result *dossiers,
                     const struct pg_result *events, struct error *err)
{
    size_t next = 0;
    for (size_t i = 0; i < pg_rows(dossiers); i++) {
        struct dossier dossier;
        struct place place = {.dossier_id = pg_get_int64(dossiers, i, 0),
                              .partition = claim->partition};
        int r = fold_dossier(refold, events, &next, place.dossier_id, &dossier, err);
        if (r < 0)
            return r;
        if (!dossier.erased)
            place.quarantine =
                unit_answer_name(reference_unit(reference, &dossier, &place.unit_id));
        int32_t old_unit_id = pg_get_int32(dossiers, i, 2);
        if (place.unit_id == old_unit_id &&
            str_eq(str_of(place.quarantine), pg_get_text(dossiers, i, 3)))
            continue;
        if (move(refold, reference, &dossier, old_unit_id, &place) < 0)
            return error_set(err, ERR_NOMEM, "refold: out of memory");
    }
    return 0;
}

static int write_moved(struct refold *refold, struct pg *pg, struct error *err)
{
    rollup_finish(&refold->rollup);
    int r = store_queue(refold->store, pg, &refold->rollup, err);
    return r < 0 ? r : pg_queue_finish(pg, WRITE_TIMEOUT_MS, err);
}

/* Inside the transaction. *ret_count: dossiers of the chunk; 0 = the walk is over. */
static int write_chunk(struct refold *refold, struct pg *pg, const struct reference *reference,
                       const struct offset_claim *claim, size_t *ret_count, int64_t *ret_last_id,
                       struct error *err)
{
    struct pg_result *dossiers = NULL;
    struct pg_result *events = NULL;
    int r = find_dossiers(refold, pg, claim, &dossiers, err);
    *ret_count = pg_rows(dossiers);
    if (r == 0 && *ret_count == 0)
        r = offsets_map_followed(pg, claim, reference->map_version, err);
    else if (r == 0) {
        *ret_last_id = pg_get_int64(dossiers, *ret_count - 1, 0);
        r = load_events(refold, pg, dossiers, &events, err);
        if (r == 0)
            r = judge_all(refold, reference, claim, dossiers, events, err);
        if (r == 0)
            r = write_moved(refold, pg, err);
    }
    pg_result_free(events);
    pg_result_free(dossiers);
    return r;
}

int refold_step(struct refold *refold, struct pg *pg, const struct reference *reference,
                struct offset_claim *claim, int64_t *ret_moved, struct error *err)
{
    size_t count = 0;
    int64_t last_id = 0;
    if (claim->map_version == reference->map_version)
        return 0;
    if (refold->partition != claim->partition)
        refold->after_id = 0;
    refold->partition = claim->partition;
    rollup_clear(&refold->rollup);
    store_clear(refold->store);
    refold->moved = 0;
    int r = pg_begin(pg, err);
    if (r == 0)
        r = offsets_check(pg, claim, err);
    if (r == 0)
        r = write_chunk(refold, pg, reference, claim, &count, &last_id, err);
    crash_point("aggregator.refold_before_commit");
    if (r == 0)
        r = pg_commit(pg, err);
    if (r < 0) {
        pg_rollback(pg);
        return r;
    }
    *ret_moved += refold->moved;
    if (count > 0) {
        refold->after_id = last_id;
        return 1;
    }
    refold->partition = -1;
    claim->map_version = reference->map_version;
    return 0;
}
