#include "alerter/deadlines.h"

#include <stdlib.h>

#include "alerter/code_pack.h"

/* Together, for a look-up wants all of it and memory is far away; packed, or a sixth of it would be padding. */
struct entry {
    int64_t at;
    uint64_t code;
    uint32_t place; /* in the heap */
} __attribute__((packed, aligned(4)));

struct deadlines {
    struct packs *packs;
    struct entry *entries; /* dense */
    uint32_t *heap;        /* entries; four children each */
    size_t count;
    size_t capacity;
    uint32_t *table; /* open addressing: six bits of the hash, and 1 + entry; 0 = empty */
    size_t table_size;
};

enum { FIRST = 64, CHILDREN = 4, ENTRY_BITS = 26 };
#define ENTRY_MASK ((UINT32_C(1) << ENTRY_BITS) - 1)

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
        packs_drop(d->packs, d->entries[i].code);
    packs_free(d->packs);
    free(d->entries);
    free(d->heap);
    free(d->table);
    free(d);
    return NULL;
}

/* ---- the heap ---- */

static void put(struct deadlines *d, size_t place, uint32_t entry)
{
    d->heap[place] = entry;
    d->entries[entry].place = (uint32_t)place;
}

/* Moves an entry from `place` towards the root, then towards the leaves, until its deadline fits. */
static void settle(struct deadlines *d, size_t place, uint32_t entry)
{
    int64_t at = d->entries[entry].at;
    while (place > 0 && d->entries[d->heap[(place - 1) / CHILDREN]].at > at) {
        put(d, place, d->heap[(place - 1) / CHILDREN]);
        place = (place - 1) / CHILDREN;
    }
    for (;;) {
        size_t best = CHILDREN * place + 1;
        if (best >= d->count)
            break;
        size_t end = best + CHILDREN < d->count ? best + CHILDREN : d->count;
        for (size_t child = best + 1; child < end; child++) {
            if (d->entries[d->heap[child]].at < d->entries[d->heap[best]].at)
                best = child;
        }
        if (d->entries[d->heap[best]].at >= at)
            break;
        put(d, place, d->heap[best]);
        place = best;
    }
    put(d, place, entry);
}

/*
 * ---- the table: where a code begins to look is its hash scaled to the size, so that any size will do. A slot names its hash's last bits
 * too, so that a search looks at the entries of others, somewhere else in memory, only now and then ----
 */

static size_t home(const struct deadlines *d, uint32_t hash)
{
    return (size_t)((uint64_t)hash * d->table_size >> 32);
}

static size_t next_of(const struct deadlines *d, size_t slot)
{
    return slot + 1 == d->table_size ? 0 : slot + 1;
}

static uint32_t slot_of(uint32_t hash, uint32_t entry)
{
    return hash << ENTRY_BITS | (entry + 1);
}

static uint32_t entry_of(uint32_t slot)
{
    return (slot & ENTRY_MASK) - 1;
}

static uint32_t hash_of_entry(const struct deadlines *d, uint32_t entry)
{
    return packs_hash(d->entries[entry].code);
}

/* The slot that holds the code, or the empty one at the end of its search. */
static size_t find(const struct deadlines *d, struct str code)
{
    uint64_t packed;
    bool is_packed = packs_find(d->packs, code, &packed);
    uint32_t hash = is_packed ? packs_hash(packed) : packs_hash_text(code);
    size_t slot = home(d, hash);
    for (; d->table[slot]; slot = next_of(d, slot)) {
        if ((d->table[slot] ^ hash << ENTRY_BITS) & ~ENTRY_MASK)
            continue;
        uint64_t kept = d->entries[entry_of(d->table[slot])].code;
        if (is_packed ? kept == packed : packs_is_copy_of(kept, code))
            break;
    }
    return slot;
}

static void table_put(struct deadlines *d, uint32_t entry)
{
    uint32_t hash = hash_of_entry(d, entry);
    size_t slot = home(d, hash);
    while (d->table[slot])
        slot = next_of(d, slot);
    d->table[slot] = slot_of(hash, entry);
}

/* Empties a slot and closes the gap that it would leave in the searches behind it. */
static void table_remove(struct deadlines *d, size_t hole)
{
    d->table[hole] = 0;
    for (size_t slot = next_of(d, hole); d->table[slot]; slot = next_of(d, slot)) {
        size_t wanted = home(d, hash_of_entry(d, entry_of(d->table[slot])));
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
    if (!resize((void **)&d->entries, capacity, sizeof *d->entries) ||
        !resize((void **)&d->heap, capacity, sizeof *d->heap))
        return ERR_NOMEM;
    d->capacity = capacity;
    return 0;
}

static int add(struct deadlines *d, struct str code, int64_t deadline_at)
{
    uint64_t packed;
    if (d->count + 1 >= ENTRY_MASK || grow(d) < 0 || grow_table(d) < 0 ||
        packs_keep(d->packs, code, &packed) < 0)
        return ERR_NOMEM;
    uint32_t entry = (uint32_t)d->count++;
    d->entries[entry] = (struct entry){.at = deadline_at, .code = packed};
    table_put(d, entry);
    settle(d, entry, entry);
    return 0;
}

/* The last entry takes the place of the one that goes. */
static void drop(struct deadlines *d, size_t slot)
{
    uint32_t entry = entry_of(d->table[slot]), last = (uint32_t)d->count - 1;
    size_t place = d->entries[entry].place;
    table_remove(d, slot);
    packs_drop(d->packs, d->entries[entry].code);
    uint32_t moved = d->heap[last]; /* the heap's last, not the entries' */
    d->count--;
    if (place < d->count)
        settle(d, place, moved);
    if (entry == last)
        return;
    uint32_t hash = hash_of_entry(d, last);
    size_t last_slot = home(d, hash);
    while (d->table[last_slot] != slot_of(hash, last))
        last_slot = next_of(d, last_slot);
    d->table[last_slot] = slot_of(hash, entry);
    d->entries[entry] = d->entries[last];
    put(d, d->entries[last].place, entry);
}

int deadlines_set(struct deadlines *d, struct str code, int64_t deadline_at)
{
    size_t slot = find(d, code);
    if (!d->table[slot])
        return deadline_at == NO_TIME ? 0 : add(d, code, deadline_at);
    uint32_t entry = entry_of(d->table[slot]);
    if (deadline_at == NO_TIME) {
        drop(d, slot);
    } else if (d->entries[entry].at != deadline_at) {
        d->entries[entry].at = deadline_at;
        settle(d, d->entries[entry].place, entry);
    }
    return 0;
}

int64_t deadlines_next(const struct deadlines *d)
{
    return d->count ? d->entries[d->heap[0]].at : NO_TIME;
}

size_t deadlines_count(const struct deadlines *d)
{
    return d->count;
}

static size_t count_below(const struct deadlines *d, size_t place, int64_t now_at)
{
    if (place >= d->count || d->entries[d->heap[place]].at > now_at)
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
    return f->d->entries[f->d->heap[f->places[i]]].at;
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
        due->at = d->entries[entry].at;
        struct str code = packs_text(d->packs, d->entries[entry].code, due->code);
        if (code.data != due->code)
            memcpy(due->code, code.data, code.len);
        due->len = (uint8_t)code.len;
        for (size_t i = 1; i <= CHILDREN && CHILDREN * place + i < d->count; i++)
            frontier_add(&f, CHILDREN * place + i);
    }
    free(f.places);
    return found;
}
