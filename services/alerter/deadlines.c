#include "alerter/deadlines.h"

#include <stdlib.h>

#include "alerter/code_pack.h"

/* Entry i has its deadline in at[i], its code in codes[i] and stands in the heap at places[i]; entries are dense. */
struct deadlines {
    struct packs *packs;
    int64_t *at;
    uint64_t *codes;
    uint32_t *places;
    uint32_t *heap; /* entries; four children each */
    size_t count;
    size_t capacity;
    uint32_t *table; /* 1 + entry, open addressing */
    size_t table_size;
};

enum { FIRST = 64, CHILDREN = 4 };

struct deadlines *deadlines_new(void)
{
    struct deadlines *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->table_size = 2 * FIRST;
    d->table = calloc(d->table_size, sizeof *d->table);
    d->packs = packs_new();
    return d->table && d->packs ? d : deadlines_free(d);
}

struct deadlines *deadlines_free(struct deadlines *d)
{
    if (!d)
        return NULL;
    for (size_t i = 0; i < d->count; i++)
        packs_drop(d->packs, d->codes[i]);
    packs_free(d->packs);
    free(d->at);
    free(d->codes);
    free(d->places);
    free(d->heap);
    free(d->table);
    free(d);
    return NULL;
}

/* ---- the heap ---- */

static void put(struct deadlines *d, size_t place, uint32_t entry)
{
    d->heap[place] = entry;
    d->places[entry] = (uint32_t)place;
}

/* Moves an entry from `place` towards the root, then towards the leaves, until its deadline fits. */
static void settle(struct deadlines *d, size_t place, uint32_t entry)
{
    int64_t at = d->at[entry];
    while (place > 0 && d->at[d->heap[(place - 1) / CHILDREN]] > at) {
        put(d, place, d->heap[(place - 1) / CHILDREN]);
        place = (place - 1) / CHILDREN;
    }
    for (;;) {
        size_t best = CHILDREN * place + 1;
        if (best >= d->count)
            break;
        size_t end = best + CHILDREN < d->count ? best + CHILDREN : d->count;
        for (size_t child = best + 1; child < end; child++) {
            if (d->at[d->heap[child]] < d->at[d->heap[best]])
                best = child;
        }
        if (d->at[d->heap[best]] >= at)
            break;
        put(d, place, d->heap[best]);
        place = best;
    }
    put(d, place, entry);
}

/* ---- the table: where a code begins to look is its hash scaled to the size, so that any size will do ---- */

static size_t home(const struct deadlines *d, uint32_t hash)
{
    return (size_t)((uint64_t)hash * d->table_size >> 32);
}

static size_t next_of(const struct deadlines *d, size_t slot)
{
    return slot + 1 == d->table_size ? 0 : slot + 1;
}

static uint32_t hash_of_entry(const struct deadlines *d, uint32_t entry)
{
    char text[CODE_MAX + 1];
    return packs_hash(packs_text(d->packs, d->codes[entry], text));
}

/* The slot that holds the code, or the empty one at the end of its search. */
static size_t find(const struct deadlines *d, struct str code)
{
    uint64_t packed;
    bool is_packed = packs_find(d->packs, code, &packed);
    size_t slot = home(d, packs_hash(code));
    for (; d->table[slot]; slot = next_of(d, slot)) {
        uint64_t kept = d->codes[d->table[slot] - 1];
        if (is_packed ? kept == packed : packs_equal(d->packs, kept, code))
            break;
    }
    return slot;
}

static void table_put(struct deadlines *d, uint32_t entry)
{
    size_t slot = home(d, hash_of_entry(d, entry));
    while (d->table[slot])
        slot = next_of(d, slot);
    d->table[slot] = entry + 1;
}

/* Empties a slot and closes the gap that it would leave in the searches behind it. */
static void table_remove(struct deadlines *d, size_t hole)
{
    d->table[hole] = 0;
    for (size_t slot = next_of(d, hole); d->table[slot]; slot = next_of(d, slot)) {
        size_t wanted = home(d, hash_of_entry(d, d->table[slot] - 1));
        size_t distance = slot >= wanted ? slot - wanted : slot + d->table_size - wanted;
        size_t to_hole = slot >= hole ? slot - hole : slot + d->table_size - hole;
        if (distance < to_hole)
            continue;
        d->table[hole] = d->table[slot];
        d->table[slot] = 0;
        hole = slot;
    }
}

static int grow_table(struct deadlines *d)
{
    if ((d->count + 1) * 5 <= d->table_size * 4)
        return 0;
    size_t size = d->table_size + d->table_size / 2;
    uint32_t *table = calloc(size, sizeof *table);
    if (!table)
        return ERR_NOMEM;
    free(d->table);
    d->table = table;
    d->table_size = size;
    for (size_t i = 0; i < d->count; i++)
        table_put(d, (uint32_t)i);
    return 0;
}

/* ---- entries ---- */

static bool resize(void **array, size_t count, size_t size)
{
    void *grown = realloc(*array, count * size);
    if (grown)
        *array = grown;
    return grown;
}

static int grow(struct deadlines *d)
{
    if (d->count < d->capacity)
        return 0;
    size_t capacity = d->capacity ? d->capacity + d->capacity / 2 : FIRST;
    if (!resize((void **)&d->at, capacity, sizeof *d->at) ||
        !resize((void **)&d->codes, capacity, sizeof *d->codes) ||
        !resize((void **)&d->places, capacity, sizeof *d->places) ||
        !resize((void **)&d->heap, capacity, sizeof *d->heap))
        return ERR_NOMEM;
    d->capacity = capacity;
    return 0;
}

static int add(struct deadlines *d, struct str code, int64_t deadline_at)
{
    uint64_t packed;
    if (grow(d) < 0 || grow_table(d) < 0 || packs_keep(d->packs, code, &packed) < 0)
        return ERR_NOMEM;
    uint32_t entry = (uint32_t)d->count++;
    d->at[entry] = deadline_at;
    d->codes[entry] = packed;
    table_put(d, entry);
    settle(d, entry, entry);
    return 0;
}

/* The last entry takes the place of the one that goes. */
static void drop(struct deadlines *d, size_t slot)
{
    uint32_t entry = d->table[slot] - 1, last = (uint32_t)d->count - 1;
    size_t place = d->places[entry];
    table_remove(d, slot);
    packs_drop(d->packs, d->codes[entry]);
    uint32_t moved = d->heap[last]; /* the heap's last, not the entries' */
    d->count--;
    if (place < d->count)
        settle(d, place, moved);
    if (entry == last)
        return;
    size_t last_slot = home(d, hash_of_entry(d, last));
    while (d->table[last_slot] != last + 1)
        last_slot = next_of(d, last_slot);
    d->table[last_slot] = entry + 1;
    d->at[entry] = d->at[last];
    d->codes[entry] = d->codes[last];
    put(d, d->places[last], entry);
}

int deadlines_set(struct deadlines *d, struct str code, int64_t deadline_at)
{
    size_t slot = find(d, code);
    if (!d->table[slot])
        return deadline_at == NO_TIME ? 0 : add(d, code, deadline_at);
    uint32_t entry = d->table[slot] - 1;
    if (deadline_at == NO_TIME) {
        drop(d, slot);
    } else if (d->at[entry] != deadline_at) {
        d->at[entry] = deadline_at;
        settle(d, d->places[entry], entry);
    }
    return 0;
}

int64_t deadlines_next(const struct deadlines *d)
{
    return d->count ? d->at[d->heap[0]] : NO_TIME;
}

size_t deadlines_count(const struct deadlines *d)
{
    return d->count;
}

static size_t count_below(const struct deadlines *d, size_t place, int64_t now_at)
{
    if (place >= d->count || d->at[d->heap[place]] > now_at)
        return 0;
    size_t count = 1;
    for (size_t child = 1; child <= CHILDREN; child++)
        count += count_below(d, CHILDREN * place + child, now_at);
    return count;
}

size_t deadlines_count_due(const struct deadlines *d, int64_t now_at)
{
    return count_below(d, 0, now_at);
}

/* Places of the heap whose parents have been taken, themselves a binary heap by deadline. */
struct frontier {
    const struct deadlines *d;
    uint32_t *places;
    size_t count;
};

static int64_t key(const struct frontier *f, size_t i)
{
    return f->d->at[f->d->heap[f->places[i]]];
}

static void swap(struct frontier *f, size_t a, size_t b)
{
    uint32_t place = f->places[a];
    f->places[a] = f->places[b];
    f->places[b] = place;
}

static void frontier_add(struct frontier *f, size_t place)
{
    size_t i = f->count++;
    f->places[i] = (uint32_t)place;
    for (; i > 0 && key(f, i) < key(f, (i - 1) / 2); i = (i - 1) / 2)
        swap(f, i, (i - 1) / 2);
}

static uint32_t frontier_take(struct frontier *f)
{
    uint32_t taken = f->places[0];
    f->places[0] = f->places[--f->count];
    for (size_t i = 0;;) {
        size_t child = 2 * i + 1;
        if (child >= f->count)
            break;
        if (child + 1 < f->count && key(f, child + 1) < key(f, child))
            child++;
        if (key(f, child) >= key(f, i))
            break;
        swap(f, i, child);
        i = child;
    }
    return taken;
}

size_t deadlines_due(const struct deadlines *d, int64_t now_at, struct due *out, size_t max)
{
    struct frontier f = {.d = d};
    size_t found = 0;
    if (!d->count || !max)
        return 0;
    f.places = malloc((max * CHILDREN + 1) * sizeof *f.places);
    if (!f.places)
        return 0;
    for (frontier_add(&f, 0); f.count && found < max && key(&f, 0) <= now_at;) {
        size_t place = frontier_take(&f);
        uint32_t entry = d->heap[place];
        struct due *due = &out[found++];
        due->at = d->at[entry];
        struct str code = packs_text(d->packs, d->codes[entry], due->code);
        if (code.data != due->code)
            memcpy(due->code, code.data, code.len);
        due->len = (uint8_t)code.len;
        for (size_t i = 1; i <= CHILDREN && CHILDREN * place + i < d->count; i++)
            frontier_add(&f, CHILDREN * place + i);
    }
    free(f.places);
    return found;
}
