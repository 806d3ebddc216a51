#include "aggregator/rollup.h"

#include <stddef.h>
#include <stdlib.h>

#include "aggregator/words.h"

enum { SLOTS_FIRST = 512 };

void rollup_init(struct rollup *rollup)
{
    *rollup = (struct rollup){0};
}

void rollup_deinit(struct rollup *rollup)
{
    free(rollup->daily);
    free(rollup->daily_index.slots);
    free(rollup->open);
    free(rollup->open_index.slots);
    rollup_init(rollup);
}

static void index_clear(struct delta_index *index)
{
    if (index->slots)
        memset(index->slots, 0, index->slot_count * sizeof *index->slots);
}

void rollup_clear(struct rollup *rollup)
{
    index_clear(&rollup->daily_index);
    index_clear(&rollup->open_index);
    rollup->daily_count = 0;
    rollup->open_count = 0;
}

static uint32_t mix(uint32_t hash, int32_t value)
{
    hash = (hash ^ (uint32_t)value) * UINT32_C(0x9e3779b1);
    return hash ^ hash >> 15;
}

static uint32_t daily_hash(int32_t partition, const struct daily_cell *cell)
{
    uint32_t hash = mix(text_hash(cell->procedure), partition);
    return mix(mix(mix(hash, cell->unit_id), cell->day), (int32_t)cell->channel);
}

static uint32_t open_hash(int32_t partition, const struct open_cell *cell)
{
    uint32_t hash = mix(text_hash(cell->procedure), partition);
    return mix(mix(mix(mix(hash, cell->unit_id), cell->due_day), (int32_t)cell->channel),
               (int32_t)cell->phase);
}

static bool same_daily(const struct daily_cell *a, const struct daily_cell *b)
{
    return a->unit_id == b->unit_id && a->day == b->day && a->channel == b->channel &&
           str_eq(a->procedure, b->procedure);
}

static bool same_open(const struct open_cell *a, const struct open_cell *b)
{
    return a->unit_id == b->unit_id && a->due_day == b->due_day && a->channel == b->channel &&
           a->phase == b->phase && str_eq(a->procedure, b->procedure);
}

/* Room for one more delta and its slot; the array (moved or not), or NULL. hash_at: where a delta has its hash. */
static void *reserve(void *array, size_t size, size_t count, size_t *capacity,
                     struct delta_index *index, size_t hash_at)
{
    if (count == *capacity) {
        size_t wanted = *capacity ? *capacity * 2 : SLOTS_FIRST / 2;
        uint32_t *slots = calloc(wanted * 2, sizeof *slots);
        void *grown = slots ? realloc(array, wanted * size) : NULL;
        if (!grown) {
            free(slots);
            return NULL;
        }
        free(index->slots);
        *index = (struct delta_index){slots, wanted * 2};
        *capacity = wanted;
        array = grown;
        for (size_t i = 0; i < count; i++) {
            uint32_t hash;
            memcpy(&hash, (char *)array + i * size + hash_at, sizeof hash);
            size_t at = hash & (index->slot_count - 1);
            while (slots[at])
                at = (at + 1) & (index->slot_count - 1);
            slots[at] = (uint32_t)i + 1;
        }
    }
    return array;
}

/* The delta of the cell's key; NULL when memory is short. */
static struct daily_delta *daily_of(struct rollup *rollup, int32_t partition,
                                    const struct daily_cell *cell)
{
    struct daily_delta *array =
        reserve(rollup->daily, sizeof *array, rollup->daily_count, &rollup->daily_capacity,
                &rollup->daily_index, offsetof(struct daily_delta, hash));
    if (!array)
        return NULL;
    rollup->daily = array;
    uint32_t hash = daily_hash(partition, cell);
    uint32_t *slots = rollup->daily_index.slots;
    size_t mask = rollup->daily_index.slot_count - 1;
    size_t at = hash & mask;
    for (; slots[at]; at = (at + 1) & mask) {
        struct daily_delta *delta = &array[slots[at] - 1];
        if (delta->hash == hash && delta->partition == partition && same_daily(&delta->cell, cell))
            return delta;
    }
    struct daily_delta *delta = &array[rollup->daily_count++];
    slots[at] = (uint32_t)rollup->daily_count;
    *delta = (struct daily_delta){.partition = partition,
                                  .hash = hash,
                                  .cell = {.unit_id = cell->unit_id,
                                           .day = cell->day,
                                           .procedure = cell->procedure,
                                           .channel = cell->channel}};
    return delta;
}

static struct open_delta *open_of(struct rollup *rollup, int32_t partition,
                                  const struct open_cell *cell)
{
    struct open_delta *array =
        reserve(rollup->open, sizeof *array, rollup->open_count, &rollup->open_capacity,
                &rollup->open_index, offsetof(struct open_delta, hash));
    if (!array)
        return NULL;
    rollup->open = array;
    uint32_t hash = open_hash(partition, cell);
    uint32_t *slots = rollup->open_index.slots;
    size_t mask = rollup->open_index.slot_count - 1;
    size_t at = hash & mask;
    for (; slots[at]; at = (at + 1) & mask) {
        struct open_delta *delta = &array[slots[at] - 1];
        if (delta->hash == hash && delta->partition == partition && same_open(&delta->cell, cell))
            return delta;
    }
    struct open_delta *delta = &array[rollup->open_count++];
    slots[at] = (uint32_t)rollup->open_count;
    *delta = (struct open_delta){.partition = partition, .hash = hash, .cell = *cell};
    delta->cell.count = 0;
    return delta;
}

int rollup_add(struct rollup *rollup, int32_t partition, const struct contribution *contribution,
               int sign)
{
    for (size_t i = 0; i < contribution->daily_count; i++) {
        const struct daily_cell *cell = &contribution->daily[i];
        struct daily_delta *delta = daily_of(rollup, partition, cell);
        if (!delta)
            return ERR_NOMEM;
        if (sign > 0) {
            for (int m = 0; m < MEASURE_COUNT; m++)
                delta->cell.measures[m] += cell->measures[m];
        } else {
            for (int m = 0; m < MEASURE_COUNT; m++)
                delta->cell.measures[m] -= cell->measures[m];
        }
    }
    if (!contribution->has_open)
        return 0;
    struct open_delta *delta = open_of(rollup, partition, &contribution->open);
    if (!delta)
        return ERR_NOMEM;
    delta->cell.count += sign * contribution->open.count;
    return 0;
}

static bool changes_anything(const struct daily_cell *cell)
{
    for (int m = 0; m < MEASURE_COUNT; m++) {
        if (cell->measures[m] != 0)
            return true;
    }
    return false;
}

void rollup_finish(struct rollup *rollup)
{
    size_t kept = 0;
    for (size_t i = 0; i < rollup->daily_count; i++) {
        if (!changes_anything(&rollup->daily[i].cell))
            continue;
        if (kept != i)
            rollup->daily[kept] = rollup->daily[i];
        kept++;
    }
    rollup->daily_count = kept;
    kept = 0;
    for (size_t i = 0; i < rollup->open_count; i++) {
        if (rollup->open[i].cell.count != 0)
            rollup->open[kept++] = rollup->open[i];
    }
    rollup->open_count = kept;
}

bool daily_delta_takes(const struct daily_delta *delta)
{
    for (int m = 0; m < MEASURE_COUNT; m++) {
        if (delta->cell.measures[m] < 0)
            return true;
    }
    return false;
}
