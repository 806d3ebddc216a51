#include "aggregator/cache.h"

#include <stddef.h>
#include <stdlib.h>

/* malloc's own share of a piece, about. */
enum { SLOTS_FIRST = 1024, PIECE_OVERHEAD = 16, EVENTS_MAX = 4096 };

/* Open addressing, at most three quarters full, no tombstones: what follows a removed entry moves up. */
struct slot {
    struct known *known; /* NULL = free */
    uint32_t hash;       /* of known: most looks at other entries end here */
};
struct cache {
    size_t limit;
    struct slot *slots;
    size_t slot_count;
    size_t count;
    size_t bytes; /* of the entries */
    size_t hand;  /* of the clock that looks for what to forget */
    struct words *words;
    uint32_t *touched; /* hashes of the entries touched, for cache_settle */
    size_t touched_count;
    size_t touched_capacity;
    uint8_t *packed; /* events on their way in */
    size_t packed_capacity;
};

struct cache *cache_new(size_t limit)
{
    struct cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->limit = limit;
    cache->slots = calloc(SLOTS_FIRST, sizeof *cache->slots);
    cache->slot_count = SLOTS_FIRST;
    cache->words = words_new();
    return cache->slots && cache->words ? cache : cache_free(cache);
}

static void free_entries(struct cache *cache)
{
    for (size_t i = 0; cache->slots && i < cache->slot_count; i++) {
        free(cache->slots[i].known);
        cache->slots[i].known = NULL;
    }
    cache->count = cache->bytes = cache->hand = cache->touched_count = 0;
}

struct cache *cache_free(struct cache *cache)
{
    if (!cache)
        return NULL;
    free_entries(cache);
    free(cache->slots);
    free(cache->touched);
    free(cache->packed);
    words_free(cache->words);
    free(cache);
    return NULL;
}

void cache_clear(struct cache *cache)
{
    free_entries(cache);
    struct words *words = words_new();
    if (!words)
        return; /* the old ones do as well */
    words_free(cache->words);
    cache->words = words;
}

static size_t piece_size(const struct known *known)
{
    return offsetof(struct known, bytes) + known->code_len + known->size;
}

static size_t slot_for(const struct cache *cache, struct str code, uint32_t hash)
{
    size_t mask = cache->slot_count - 1;
    size_t at = hash & mask;
    for (; cache->slots[at].known; at = (at + 1) & mask) {
        if (cache->slots[at].hash == hash && str_eq(known_code(cache->slots[at].known), code))
            break;
    }
    return at;
}

struct known *cache_find(const struct cache *cache, struct str code, uint32_t hash)
{
    return cache->slots[slot_for(cache, code, hash)].known;
}

static bool grow(struct cache *cache)
{
    struct slot *old = cache->slots;
    size_t old_count = cache->slot_count;
    struct slot *slots = calloc(old_count * 2, sizeof *slots);
    if (!slots)
        return false;
    cache->slots = slots;
    cache->slot_count = old_count * 2;
    cache->hand = 0;
    for (size_t i = 0; i < old_count; i++) {
        size_t at = old[i].hash & (cache->slot_count - 1);
        while (old[i].known && slots[at].known)
            at = (at + 1) & (cache->slot_count - 1);
        if (old[i].known)
            slots[at] = old[i];
    }
    free(old);
    return true;
}

static bool touch(struct cache *cache, struct known *known)
{
    if (known->touched)
        return true;
    if (cache->touched_count == cache->touched_capacity) {
        size_t capacity = cache->touched_capacity ? cache->touched_capacity * 2 : 256;
        uint32_t *grown = realloc(cache->touched, capacity * sizeof *grown);
        if (!grown)
            return false;
        cache->touched = grown;
        cache->touched_capacity = capacity;
    }
    cache->touched[cache->touched_count++] = known->hash;
    known->touched = true;
    known->used = true;
    return true;
}

struct known *cache_add(struct cache *cache, struct str code, uint32_t hash, int64_t dossier_id,
                        int32_t partition)
{
    if ((cache->count + 1) * 4 > cache->slot_count * 3 && !grow(cache))
        return NULL;
    struct known *known = calloc(1, offsetof(struct known, bytes) + code.len);
    if (!known)
        return NULL;
    known->dossier_id = dossier_id; /* one by one: a whole struct is longer than the piece may be */
    known->partition = partition;
    known->hash = hash;
    known->code_len = (uint8_t)code.len;
    memcpy(known->bytes, code.data, code.len);
    cache->slots[slot_for(cache, code, hash)] = (struct slot){known, hash};
    cache->count++;
    cache->bytes += piece_size(known) + PIECE_OVERHEAD;
    if (touch(cache, known))
        return known;
    cache_remove(cache, known);
    return NULL;
}

/* Packs the events one after the other; their size, or 0 when one cannot be kept. */
static size_t pack_all(struct cache *cache, const struct event *const *events, size_t count)
{
    size_t size = 0;
    if (count * PACKED_MAX > cache->packed_capacity) {
        uint8_t *grown = realloc(cache->packed, 2 * count * PACKED_MAX);
        if (!grown)
            return 0;
        cache->packed = grown;
        cache->packed_capacity = 2 * count * PACKED_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        size_t more = pack_event(cache->words, events[i], cache->packed + size);
        if (more == 0)
            return 0;
        size += more;
    }
    return size;
}

struct known *cache_append(struct cache *cache, struct known *known,
                           const struct event *const *events, size_t count)
{
    bool kept = touch(cache, known) && known->event_count + count <= EVENTS_MAX;
    size_t size = kept ? pack_all(cache, events, count) : 0;
    size_t slot = slot_for(cache, known_code(known), known->hash);
    struct known *grown = size > 0 ? realloc(known, piece_size(known) + size) : NULL;
    if (!grown) {
        cache_remove(cache, known);
        return NULL;
    }
    cache->slots[slot].known = grown;
    memcpy(grown->bytes + grown->code_len + grown->size, cache->packed, size);
    grown->size += (uint32_t)size;
    grown->event_count = (uint16_t)(grown->event_count + count);
    cache->bytes += size;
    return grown;
}

/* Empties the slot and moves up what was placed behind it for want of it. */
static void remove_slot(struct cache *cache, size_t at)
{
    size_t mask = cache->slot_count - 1;
    struct known *known = cache->slots[at].known;
    cache->bytes -= piece_size(known) + PIECE_OVERHEAD;
    cache->count--;
    free(known);
    for (size_t next = (at + 1) & mask; cache->slots[next].known; next = (next + 1) & mask) {
        size_t home = cache->slots[next].hash & mask;
        if (((next - home) & mask) < ((next - at) & mask))
            continue; /* its home lies behind the hole */
        cache->slots[at] = cache->slots[next];
        at = next;
    }
    cache->slots[at].known = NULL;
}

void cache_remove(struct cache *cache, struct known *known)
{
    remove_slot(cache, slot_for(cache, known_code(known), known->hash));
}

/* Entries share a hash seldom; whichever has it is not touched any more either. */
static void release(struct cache *cache, uint32_t hash)
{
    size_t mask = cache->slot_count - 1;
    for (size_t at = hash & mask; cache->slots[at].known; at = (at + 1) & mask) {
        if (cache->slots[at].hash == hash)
            cache->slots[at].known->touched = false;
    }
}

size_t cache_bytes(const struct cache *cache)
{
    return cache->bytes + cache->slot_count * sizeof(struct slot);
}

void cache_settle(struct cache *cache)
{
    for (size_t i = 0; i < cache->touched_count; i++)
        release(cache, cache->touched[i]);
    cache->touched_count = 0;
    while (cache->count > 0 && cache_bytes(cache) > cache->limit) {
        size_t at = cache->hand & (cache->slot_count - 1);
        struct known *known = cache->slots[at].known;
        if (known && known->used && known->open) {
            known->used = false;
        } else if (known) {
            remove_slot(cache, at);
            continue; /* another one may have moved up here */
        }
        cache->hand = at + 1;
    }
}

const struct words *cache_words(const struct cache *cache)
{
    return cache->words;
}

size_t cache_count(const struct cache *cache)
{
    return cache->count;
}
