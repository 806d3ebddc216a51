#include "aggregator/batch.h"

#include <stdlib.h>

struct batch *batch_new(size_t max)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        return NULL;
    batch->max = max;
    batch->items = calloc(max, sizeof *batch->items);
    batch->order = calloc(max, sizeof *batch->order);
    batch->groups = calloc(max, sizeof *batch->groups);
    if (!batch->items || !batch->order || !batch->groups)
        return batch_free(batch);
    return batch;
}

struct batch *batch_free(struct batch *batch)
{
    if (!batch)
        return NULL;
    batch_done(batch, batch->count);
    free(batch->items);
    free(batch->order);
    free(batch->groups);
    free(batch);
    return NULL;
}

bool batch_full(const struct batch *batch)
{
    return batch->count == batch->max;
}

void batch_add(struct batch *batch, struct record *record, const struct codec *codec,
               struct mono now)
{
    if (batch->count == 0)
        batch->since = now;
    struct batch_item *item = &batch->items[batch->count++];
    item->record = *record;
    *record = (struct record){0};
    item->misplaced = false;
    item->refusal = intake_judge(codec, &item->record, &item->event);
}

int batch_wait_ms(const struct batch *batch, int64_t age_ms, struct mono now)
{
    if (batch->count == 0)
        return -1;
    int64_t left_ms = age_ms - mono_diff_ms(batch->since, now);
    return batch_full(batch) || left_ms <= 0 ? 0 : (int)left_ms;
}

void batch_done(struct batch *batch, size_t n)
{
    for (size_t i = 0; i < n; i++)
        record_release(&batch->items[i].record);
    batch->count -= n;
    memmove(batch->items, batch->items + n, batch->count * sizeof *batch->items);
}

void batch_forget(struct batch *batch, int32_t partition, int64_t below)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_item *item = &batch->items[i];
        if (item->record.partition == partition && item->record.offset < below) {
            record_release(&item->record);
            continue;
        }
        if (kept != i)
            batch->items[kept] = *item;
        kept++;
    }
    batch->count = kept;
}

static int compare_codes(const void *left, const void *right, void *items)
{
    size_t a = *(const size_t *)left;
    size_t b = *(const size_t *)right;
    const struct batch_item *all = items;
    int order = str_cmp(all[a].event.dossier_code, all[b].event.dossier_code);
    return order ? order : (a > b) - (a < b);
}

void batch_group(struct batch *batch, size_t n)
{
    size_t good = 0;
    for (size_t i = 0; i < n; i++) {
        if (!batch->items[i].refusal.code)
            batch->order[good++] = i;
    }
    qsort_r(batch->order, good, sizeof *batch->order, compare_codes, batch->items);
    batch->group_count = 0;
    for (size_t i = 0; i < good; i++) {
        struct str code = batch->items[batch->order[i]].event.dossier_code;
        if (i == 0 || !str_eq(code, batch->groups[batch->group_count - 1].code))
            batch->groups[batch->group_count++] = (struct batch_group){.code = code, .first = i};
        batch->groups[batch->group_count - 1].count++;
    }
}
