#include "aggregator/applier.h"

#include <stdlib.h>

#include "aggregator/dlq.h"
#include "aggregator/history.h"
#include "aggregator/ids.h"
#include "aggregator/store.h"

struct applier {
    const struct reference *reference;
    const struct fold_rules *rules;
    const struct codec *codec;
    struct fold *fold;
    struct cache *cache;
    struct history *history;
    struct store *store;
    struct ids ids;
    struct dlq_rows *dead_letters;
    struct rollup rollup;
    struct contribution contribution;
    struct event *events; /* of one dossier: the past, then the new ones … */
    const struct event **views;
    struct str *payloads; /* … with the records' values */
    size_t event_capacity;

    /* The run under way. */
    struct batch *batch;
    size_t n;
    struct known **known; /* by group: in memory, or NULL */
    uint32_t *asked;      /* by group: its number in history */
    int64_t *ingested_at; /* of its new events */
    struct applied applied;
};

struct applier *applier_new(const struct reference *reference, const struct fold_rules *rules,
                            const struct codec *codec, size_t cache_limit)
{
    struct applier *applier = calloc(1, sizeof *applier);
    if (!applier)
        return NULL;
    *applier = (struct applier){
        .reference = reference,
        .rules = rules,
        .codec = codec,
        .fold = fold_new(),
        .cache = cache_new(cache_limit),
        .history = history_new(),
        .store = store_new(),
        .dead_letters = dlq_rows_new(),
    };
    rollup_init(&applier->rollup);
    contribution_init(&applier->contribution);
    if (!applier->fold || !applier->cache || !applier->history || !applier->store ||
        !applier->dead_letters)
        return applier_free(applier);
    return applier;
}

struct applier *applier_free(struct applier *applier)
{
    if (!applier)
        return NULL;
    fold_free(applier->fold);
    cache_free(applier->cache);
    history_free(applier->history);
    store_free(applier->store);
    ids_deinit(&applier->ids);
    dlq_rows_free(applier->dead_letters);
    rollup_deinit(&applier->rollup);
    contribution_deinit(&applier->contribution);
    free(applier->events);
    free(applier->views);
    free(applier->payloads);
    free(applier->known);
    free(applier->asked);
    free(applier->ingested_at);
    free(applier);
    return NULL;
}

const struct cache *applier_cache(const struct applier *applier)
{
    return applier->cache;
}

static int out_of_memory(struct error *err)
{
    return error_set(err, ERR_NOMEM, "batch: out of memory");
}

/* ---- what is known ---- */

int applier_begin(struct applier *applier, struct pg *pg, struct batch *batch, size_t n,
                  struct error *err)
{
    applier->batch = batch;
    applier->n = n;
    applier->applied = (struct applied){0};
    rollup_clear(&applier->rollup);
    store_clear(applier->store);
    dlq_rows_clear(applier->dead_letters);
    history_clear(applier->history);
    if (!applier->known)
        applier->known = calloc(batch->max, sizeof(struct known *));
    if (!applier->asked)
        applier->asked = calloc(batch->max, sizeof *applier->asked);
    if (!applier->ingested_at)
        applier->ingested_at = calloc(batch->max, sizeof *applier->ingested_at);
    if (!applier->known || !applier->asked || !applier->ingested_at ||
        batch_group(batch, n, applier->codec) < 0)
        return out_of_memory(err);
    for (size_t i = 0; i < batch->group_count; i++) {
        const struct batch_group *group = &batch->groups[i];
        applier->known[i] = cache_find(applier->cache, group->code, group->hash);
        if (applier->known[i])
            continue;
        if (history_ask(applier->history, group->code, &applier->asked[i]) < 0)
            return out_of_memory(err);
        applier->applied.loaded++;
    }
    int r = history_queue_rows(applier->history, pg, err);
    return r > 0 ? ids_queue(&applier->ids, pg, (size_t)applier->applied.loaded, err) : r;
}

int applier_load(struct applier *applier, struct pg *pg, struct error *err)
{
    if (applier->applied.loaded == 0)
        return 0;
    int r = history_take_rows(applier->history, err);
    if (r == 0)
        r = history_queue_events(applier->history, pg, err);
    return r < 0 ? r : 0;
}

/* ---- one dossier ---- */

/* What is known of the group's dossier, wherever from. */
struct target {
    struct known *known; /* in memory */
    bool stored;
    int64_t dossier_id;
    int32_t partition;
    int32_t unit_id;
    bool erased;
    size_t past; /* events[0..past) */
};

static bool grow(void *array, size_t count, size_t size)
{
    void **place = array;
    void *grown = realloc(*place, count * size);
    if (grown)
        *place = grown;
    return grown != NULL;
}

static int reserve_events(struct applier *applier, size_t count)
{
    if (count <= applier->event_capacity)
        return 0;
    if (!grow(&applier->events, count * 2, sizeof *applier->events) ||
        !grow(&applier->views, count * 2, sizeof(struct event *)) ||
        !grow(&applier->payloads, count * 2, sizeof *applier->payloads))
        return ERR_NOMEM;
    applier->event_capacity = count * 2;
    return 0;
}

static int recall(struct applier *applier, const struct batch_group *group, struct target *target,
                  struct error *err)
{
    struct known *known = target->known;
    if (reserve_events(applier, known->event_count + (size_t)group->count) < 0)
        return out_of_memory(err);
    const uint8_t *at = known_events(known);
    for (size_t i = 0; i < known->event_count; i++)
        at += unpack_event(cache_words(applier->cache), at, group->code, &applier->events[i]);
    target->stored = true;
    target->dossier_id = known->dossier_id;
    target->partition = known->partition;
    target->unit_id = known->unit_id;
    target->past = known->event_count;
    return 0;
}

static int look_up(struct applier *applier, const struct batch_group *group, uint32_t number,
                   struct target *target, struct error *err)
{
    const struct past *past = history_past(applier->history, number);
    if (reserve_events(applier, past->event_count + group->count) < 0)
        return out_of_memory(err);
    for (size_t i = 0; i < past->event_count; i++) {
        int r = history_event(applier->history, applier->codec, past->first_event + i,
                              &applier->events[i], err);
        if (r < 0)
            return r;
    }
    target->stored = past->dossier_id != 0;
    target->dossier_id = past->dossier_id;
    target->partition = past->partition;
    target->unit_id = past->unit_id;
    target->erased = past->erased;
    target->past = past->event_count;
    if (!target->stored) {
        target->dossier_id = ids_take(&applier->ids);
        target->partition = applier->batch->items[group->first].record.partition;
    }
    return 0;
}

static bool heard_before(const struct applier *applier, size_t total, const struct event *event)
{
    for (size_t i = 0; i < total; i++) {
        if (applier->events[i].ingested_at == event->ingested_at &&
            memcmp(applier->events[i].event_id, event->event_id, EVENT_ID_SIZE) == 0)
            return true;
    }
    return false;
}

/*
 * Lines up the new events of a group behind the past; returns how many in all. A record from another partition than its dossier's
 * is misplaced: only one writer may touch a dossier, and the partition says who. An erased dossier learns nothing any more.
 */
static size_t line_up(struct applier *applier, const struct batch_group *group,
                      const struct target *target)
{
    struct applied *applied = &applier->applied;
    size_t total = target->past;
    struct batch_item *item;
    for (uint32_t i = group->first; i != BATCH_NONE; i = item->next) {
        item = &applier->batch->items[i];
        struct event *event = &applier->events[total];
        item->misplaced = item->record.partition != target->partition;
        if (item->misplaced)
            continue;
        /* It has been judged: it is good. */
        codec_read(applier->codec, item->record.value.data, item->record.value.len, event, NULL);
        if (heard_before(applier, total, event) ||
            (target->erased && event->kind != EVENT_ERASED)) {
            applied->duplicates++;
            continue;
        }
        applier->payloads[total++] = item->record.value;
    }
    for (size_t i = 0; i < total; i++)
        applier->views[i] = &applier->events[i];
    return total;
}

static int add_contribution(struct applier *applier, const struct dossier *dossier,
                            int32_t partition, int32_t unit_id, int sign)
{
    int r = contribution_of(dossier, unit_id, applier->reference->calendar, &applier->contribution);
    return r < 0 ? r : rollup_add(&applier->rollup, partition, &applier->contribution, sign);
}

/* Folds without the new events (under the unit its contribution was added under, which the map may not say any more) and with them. */
static int exchange(struct applier *applier, const struct target *target, size_t total,
                    struct dossier *dossier, struct place *place)
{
    if (target->unit_id != 0 && !target->erased) {
        if (fold_run(applier->fold, applier->rules, applier->views, target->past, dossier) < 0 ||
            add_contribution(applier, dossier, target->partition, target->unit_id, -1) < 0)
            return ERR_NOMEM;
    }
    if (fold_run(applier->fold, applier->rules, applier->views, total, dossier) < 0)
        return ERR_NOMEM;
    *place = (struct place){.dossier_id = target->dossier_id,
                            .is_new = !target->stored,
                            .partition = target->partition};
    if (!dossier->erased)
        place->quarantine =
            unit_answer_name(reference_unit(applier->reference, dossier, &place->unit_id));
    return add_contribution(applier, dossier, target->partition, place->unit_id, 1);
}

/* Keeps in memory what PostgreSQL will hold once the transaction is committed. An erased dossier is not worth it. */
static void remember(struct applier *applier, const struct batch_group *group,
                     const struct target *target, const struct dossier *dossier, size_t total,
                     int32_t unit_id)
{
    struct known *known = target->known;
    if (known && dossier->erased) {
        cache_remove(applier->cache, known);
        return;
    }
    if (dossier->erased)
        return;
    size_t from = known ? target->past : 0;
    if (!known)
        known = cache_add(applier->cache, group->code, group->hash, target->dossier_id,
                          target->partition);
    if (known)
        known = cache_append(applier->cache, known, applier->views + from, total - from);
    if (!known)
        return;
    known->unit_id = unit_id;
    known->open = dossier->phase != PHASE_ENDED;
}

static int apply_group(struct applier *applier, size_t number, struct error *err)
{
    const struct batch_group *group = &applier->batch->groups[number];
    struct target target = {.known = applier->known[number]};
    struct dossier dossier;
    struct place place;
    int r = target.known ? recall(applier, group, &target, err)
                         : look_up(applier, group, applier->asked[number], &target, err);
    if (r < 0)
        return r;
    size_t total = line_up(applier, group, &target);
    if (total == target.past)
        return 0;
    if (exchange(applier, &target, total, &dossier, &place) < 0 ||
        store_dossier(applier->store, &dossier, &place) < 0)
        return out_of_memory(err);
    for (size_t i = target.past; i < total; i++) {
        const struct event *event = &applier->events[i];
        applier->ingested_at[applier->applied.events++] = event->ingested_at;
        if (!dossier.erased || event->kind == EVENT_ERASED)
            store_event(applier->store, target.dossier_id, event, applier->payloads[i]);
    }
    remember(applier, group, &target, &dossier, total, place.unit_id);
    applier->applied.dossiers++;
    return 0;
}

/* ---- the batch ---- */

static int add_dead_letters(struct applier *applier)
{
    struct refusal misplaced = refusal_of("key", REFUSED_PARTITION,
                                          "the dossier's other records are in another partition");
    for (size_t i = 0; i < applier->n; i++) {
        const struct batch_item *item = &applier->batch->items[i];
        if (!item->refusal && !item->misplaced)
            continue;
        const struct refusal *refusal = item->refusal ? item->refusal : &misplaced;
        if (dlq_rows_add(applier->dead_letters, &item->record, refusal) < 0)
            return ERR_NOMEM;
        applier->applied.dead_letters[refusal_index(refusal->code)]++;
    }
    return 0;
}

/* The dossier after the next, and its news, on their way from memory while the next is worked on. */
static void fetch_ahead(const struct applier *applier, size_t number)
{
    enum { AHEAD = 2 };
    const struct batch *batch = applier->batch;
    if (number + AHEAD >= batch->group_count)
        return;
    const struct record *record = &batch->items[batch->groups[number + AHEAD].first].record;
    __builtin_prefetch(record->value.data);
    __builtin_prefetch(applier->known[number + AHEAD]);
}

int applier_write(struct applier *applier, struct pg *pg, struct str topic, struct error *err)
{
    if (applier->applied.loaded > 0)
        history_take_events(applier->history);
    for (size_t i = 0; i < applier->batch->group_count; i++) {
        fetch_ahead(applier, i);
        int r = apply_group(applier, i, err);
        if (r < 0)
            return r;
    }
    if (add_dead_letters(applier) < 0)
        return out_of_memory(err);
    rollup_finish(&applier->rollup);
    int r = store_queue(applier->store, pg, &applier->rollup, err);
    return r < 0 ? r : dlq_rows_queue(applier->dead_letters, pg, topic, err);
}

const struct applied *applier_committed(struct applier *applier)
{
    cache_settle(applier->cache);
    history_clear(applier->history);
    applier->applied.ingested_at = applier->ingested_at;
    return &applier->applied;
}

void applier_doubt(struct applier *applier)
{
    cache_clear(applier->cache);
}
