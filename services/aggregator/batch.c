#include "aggregator/batch.h"

#include <stdlib.h>

#include "aggregator/words.h"

struct batch *batch_new(size_t max)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return NULL;
    batch->max = max;
    batch->slot_count = 4;
    while (batch->slot_count < 2 * max)
        batch->slot_count *= 2;
    batch->items = calloc(max, sizeof *batch->items);
    batch->groups = calloc(max, sizeof *batch->groups);
    batch->slots = calloc(batch->slot_count, sizeof *batch->slots);
    if (!batch->items || !batch->groups || !batch->slots)
        return batch_free(batch);
    return batch;
}

struct batch *batch_free(struct batch *batch)
{
    if (!batch)
        return NULL;
    batch_done(batch, batch->count);
    free(batch->items);
    free(batch->groups);
    free(batch->slots);
    free(batch);
    return NULL;
}

bool batch_full(const struct batch *batch)
{
    return batch->count == batch->max;
}

void batch_add(struct batch *batch, struct record *record, struct mono now)
{
    if (batch->count == 0)
        batch->since = now;
    batch->items[batch->count++] = (struct batch_item){.record = *record};
    *record = (struct record){0};
}

int batch_wait_ms(const struct batch *batch, int64_t age_ms, struct mono now)
{
    if (batch->count == 0)
        return -1;
    int64_t left_ms = age_ms - mono_diff_ms(batch->since, now);
    return batch_full(batch) || left_ms <= 0 ? 0 : (int)left_ms;
}

static void release(struct batch_item *item)
{
    record_release(&item->record);
    free(item->refusal);
}

void batch_done(struct batch *batch, size_t n)
{
    for (size_t i = 0; i < n; i++)
        release(&batch->items[i]);
    batch->count -= n;
    memmove(batch->items, batch->items + n, batch->count * sizeof *batch->items);
}

void batch_forget(struct batch *batch, int32_t partition, int64_t below)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_item *item = &batch->items[i];
        if (item->record.partition == partition && item->record.offset < below) {
            release(item);
            continue;
        }
        if (kept != i)
            batch->items[kept] = *item;
        kept++;
    }
    batch->count = kept;
}

int batch_refuse(struct batch_item *item, const struct refusal *refusal)
{
    item->refusal = malloc(sizeof *refusal);
    if (!item->refusal)
        return ERR_NOMEM;
    *item->refusal = *refusal;
    return 0;
}

static int judge(struct batch_item *item, const struct codec *codec)
{
    struct event event;
    struct refusal refusal = intake_judge(codec, &item->record, &event);
    int r = refusal.code ? batch_refuse(item, &refusal) : 0;
    item->judged = r == 0;
    return r;
}

/* The slot of the code's group, or the free one where it belongs. */
static uint32_t *slot_of(const struct batch *batch, struct str code, uint32_t hash)
{
    size_t mask = batch->slot_count - 1;
    size_t at = hash & mask;
    for (; batch->slots[at]; at = (at + 1) & mask) {
        const struct batch_group *group = &batch->groups[batch->slots[at] - 1];
        if (group->hash == hash && str_eq(group->code, code))
            break;
    }
    return &batch->slots[at];
}

static void put_in_group(struct batch *batch, uint32_t i)
{
    struct batch_item *item = &batch->items[i];
    struct str code = item->record.key; /* a good event's key is its code */
    uint32_t hash = text_hash(code);
    uint32_t *slot = slot_of(batch, code, hash);
    item->next = BATCH_NONE;
    item->misplaced = false;
    if (*slot) {
        struct batch_group *group = &batch->groups[*slot - 1];
        batch->items[group->last].next = i;
        group->last = i;
        group->count++;
    } else {
        batch->groups[batch->group_count] = (struct batch_group){code, hash, i, i, 1};
        *slot = (uint32_t)++batch->group_count;
    }
}

/* Records came by other threads and lie in memory as they came: what is needed soon is asked for now. */
enum { AHEAD = 4 };

int batch_group(struct batch *batch, size_t n, const struct codec *codec)
{
    batch->group_count = 0;
    memset(batch->slots, 0, batch->slot_count * sizeof *batch->slots);
    for (size_t i = 0; i < n; i++) {
        struct batch_item *item = &batch->items[i];
        if (i + AHEAD < n)
            __builtin_prefetch(item[AHEAD].record.value.data);
        if (!item->judged && judge(item, codec) < 0)
            return ERR_NOMEM;
        item->misplaced = false;
        if (!item->refusal)
            put_in_group(batch, (uint32_t)i);
    }
    return 0;
}
