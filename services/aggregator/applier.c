#include "aggregator/applier.h"

#include <stdlib.h>

#include "aggregator/dlq.h"
#include "aggregator/history.h"
#include "aggregator/store.h"

struct applier {
    const struct reference *reference;
    const struct fold_rules *rules;
    const struct codec *codec;
    struct fold *fold;
    struct history *history;
    struct store *store;
    struct dlq_rows *dead_letters;
    struct rollup rollup;
    struct contribution contribution;
    const struct event **events; /* of one dossier: the past, then the new ones */
    size_t event_capacity;
};

struct applier *applier_new(const struct reference *reference, const struct fold_rules *rules,
                            const struct codec *codec)
{
    struct applier *applier = calloc(1, sizeof *applier);
    if (!applier)
        return NULL;
    *applier = (struct applier){
        .reference = reference,
        .rules = rules,
        .codec = codec,
        .fold = fold_new(),
        .history = history_new(),
        .store = store_new(),
        .dead_letters = dlq_rows_new(),
    };
    rollup_init(&applier->rollup);
    contribution_init(&applier->contribution);
    if (!applier->fold || !applier->history || !applier->store || !applier->dead_letters)
        return applier_free(applier);
    return applier;
}

struct applier *applier_free(struct applier *applier)
{
    if (!applier)
        return NULL;
    fold_free(applier->fold);
    history_free(applier->history);
    store_free(applier->store);
    dlq_rows_free(applier->dead_letters);
    rollup_deinit(&applier->rollup);
    contribution_deinit(&applier->contribution);
    free(applier->events);
    free(applier);
    return NULL;
}

static int reserve_events(struct applier *applier, size_t count)
{
    if (count <= applier->event_capacity)
        return 0;
    const struct event **grown = realloc(applier->events, count * 2 * sizeof *grown);
    if (!grown)
        return ERR_NOMEM;
    applier->events = grown;
    applier->event_capacity = count * 2;
    return 0;
}

static bool same_receipt(const struct event *a, const struct event *b)
{
    return a->ingested_at == b->ingested_at && memcmp(a->event_id, b->event_id, EVENT_ID_SIZE) == 0;
}

static bool known(const struct applier *applier, const struct past *past, size_t total,
                  const struct event *event)
{
    if (past_has(past, event))
        return true;
    for (size_t i = past->event_count; i < total; i++) {
        if (same_receipt(applier->events[i], event))
            return true;
    }
    return false;
}

/*
 * Lines up the past and the new events of a group; returns how many in all. A record from another partition than its dossier's is
 * misplaced: only one writer may touch a dossier, and the partition says who. An erased dossier learns nothing any more.
 */
static size_t line_up(struct applier *applier, struct batch *batch, const struct batch_group *group,
                      const struct past *past, int32_t partition, struct applied *ret)
{
    size_t total = past->event_count;
    for (size_t i = 0; i < total; i++)
        applier->events[i] = &past->events[i];
    for (size_t i = group->first; i < group->first + group->count; i++) {
        struct batch_item *item = &batch->items[batch->order[i]];
        const struct event *event = &item->event;
        item->misplaced = item->record.partition != partition;
        if (item->misplaced)
            continue;
        if (event->ingested_at > ret->last_ingested_at)
            ret->last_ingested_at = event->ingested_at;
        if (known(applier, past, total, event) || (past->erased && event->kind != EVENT_ERASED)) {
            ret->duplicates++;
            continue;
        }
        applier->events[total++] = event;
    }
    return total;
}

static int add_contribution(struct applier *applier, const struct dossier *dossier,
                            int32_t partition, int32_t unit_id, int sign)
{
    int r = contribution_of(dossier, unit_id, applier->reference->calendar, &applier->contribution);
    return r < 0 ? r : rollup_add(&applier->rollup, partition, &applier->contribution, sign);
}

/* The new events' payloads lie in their records; line_up kept their order. */
static int store_new_events(struct applier *applier, const struct batch *batch,
                            const struct batch_group *group, size_t from, size_t total, bool erased)
{
    for (size_t i = group->first; i < group->first + group->count && from < total; i++) {
        const struct batch_item *item = &batch->items[batch->order[i]];
        if (&item->event != applier->events[from])
            continue;
        from++;
        if (erased && item->event.kind != EVENT_ERASED)
            continue;
        if (store_event(applier->store, &item->event, item->record.value) < 0)
            return ERR_NOMEM;
    }
    return 0;
}

static int apply_group(struct applier *applier, struct batch *batch,
                       const struct batch_group *group, const struct past *past,
                       struct applied *ret)
{
    struct dossier dossier;
    int32_t unit_id = 0;
    int32_t partition =
        past->known ? past->partition : batch->items[batch->order[group->first]].record.partition;
    if (reserve_events(applier, past->event_count + group->count) < 0)
        return ERR_NOMEM;
    size_t total = line_up(applier, batch, group, past, partition, ret);
    if (total == past->event_count)
        return 0;

    if (past->known) {
        /* Under the unit it was added under, which the map may not say any more. */
        if (fold_run(applier->fold, applier->rules, applier->events, past->event_count, &dossier) <
                0 ||
            add_contribution(applier, &dossier, partition, past->unit_id, -1) < 0)
            return ERR_NOMEM;
    }
    if (fold_run(applier->fold, applier->rules, applier->events, total, &dossier) < 0)
        return ERR_NOMEM;
    enum unit_answer answer = UNIT_FOUND;
    if (!dossier.erased)
        answer = reference_unit(applier->reference, &dossier, &unit_id);
    if (add_contribution(applier, &dossier, partition, unit_id, 1) < 0 ||
        store_dossier(applier->store, &dossier, partition, unit_id, unit_answer_name(answer)) < 0)
        return ERR_NOMEM;
    ret->events += (int64_t)(total - past->event_count);
    ret->dossiers++;
    return store_new_events(applier, batch, group, past->event_count, total, dossier.erased);
}

static int add_dead_letters(struct applier *applier, const struct batch *batch, size_t n,
                            struct applied *ret)
{
    for (size_t i = 0; i < n; i++) {
        const struct batch_item *item = &batch->items[i];
        if (!item->refusal.code && !item->misplaced)
            continue;
        struct refusal refusal =
            item->refusal.code ? item->refusal
                               : refusal_of("key", REFUSED_PARTITION,
                                            "the dossier's other records are in another partition");
        if (dlq_rows_add(applier->dead_letters, &item->record, &refusal) < 0)
            return ERR_NOMEM;
        ret->dead_letters[refusal_index(refusal.code)]++;
    }
    return 0;
}

int applier_run(struct applier *applier, struct pg *pg, struct str topic, struct batch *batch,
                size_t n, struct applied *ret, struct error *err)
{
    const struct past *pasts = NULL;
    *ret = (struct applied){.last_ingested_at = NO_TIME};
    rollup_clear(&applier->rollup);
    store_clear(applier->store);
    dlq_rows_clear(applier->dead_letters);
    batch_group(batch, n);
    if (batch->group_count > 0) {
        int r = history_load(applier->history, pg, applier->codec, batch, &pasts, err);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < batch->group_count; i++) {
        if (apply_group(applier, batch, &batch->groups[i], &pasts[i], ret) < 0)
            return error_set(err, ERR_NOMEM, "batch: out of memory");
    }
    if (add_dead_letters(applier, batch, n, ret) < 0)
        return error_set(err, ERR_NOMEM, "dead letters: out of memory");
    rollup_finish(&applier->rollup);
    int r = store_write(applier->store, pg, &applier->rollup, err);
    return r < 0 ? r : dlq_rows_write(applier->dead_letters, pg, topic, err);
}
