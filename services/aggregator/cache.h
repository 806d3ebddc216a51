/*
 * The dossiers in memory: what PostgreSQL holds of them, packed, so that a batch need not ask. A part of the truth and never in doubt:
 * it may be filled only from committed rows read under our own claim, and by transactions of ours that committed; whoever has
 * lost a claim, or does not know whether a transaction committed, empties it. Bounded in bytes; what does not fit is forgotten
 * and read again when it is needed.
 *
 * The history itself is kept rather than the state folded from it: so there is one fold, and nothing that could differ
 * from it. Pure; one thread.
 */
#ifndef HOSO_AGGREGATOR_CACHE_H
#define HOSO_AGGREGATOR_CACHE_H

#include "aggregator/packed.h"

/* One dossier, in one piece of memory. Fields are read by anybody and changed by cache.c, but for unit_id and open. */
struct known {
    int64_t dossier_id;
    int32_t partition; /* that its events come in */
    int32_t unit_id;   /* under which its contribution was added, 0 = none */
    uint32_t hash;
    uint32_t size; /* bytes of the packed events */
    uint16_t event_count;
    uint8_t code_len;
    bool open : 1;    /* not ended: worth keeping */
    bool used : 1;    /* since the clock hand last passed */
    bool touched : 1; /* by the batch under way: must stay */
    char bytes[];     /* code, then the packed events */
};

struct cache;
/* limit: bytes that it may take, all included, once the touched ones are released. NULL when memory is short. */
struct cache *cache_new(size_t limit);
struct cache *cache_free(struct cache *cache); /* NULL is fine; returns NULL */

/* Forgets everything, also the words. */
void cache_clear(struct cache *cache);

/* NULL: not in memory; PostgreSQL may have it. hash = text_hash(code). Valid until the next call that changes the cache. */
struct known *cache_find(const struct cache *cache, struct str code, uint32_t hash);
static inline struct str known_code(const struct known *known)
{
    return (struct str){known->bytes, known->code_len};
}
static inline const uint8_t *known_events(const struct known *known)
{
    return (const uint8_t *)known->bytes + known->code_len;
}

/*
 * Adds a dossier without events, or events to one, and marks it as touched; the code must not be there yet, at most CODE_MAX bytes. The
 * result replaces the pointer held so far. NULL: memory is short, or an event cannot be packed; the dossier is then not
 * there any more.
 */
struct known *cache_add(struct cache *cache, struct str code, uint32_t hash, int64_t dossier_id,
                        int32_t partition);
struct known *cache_append(struct cache *cache, struct known *known,
                           const struct event *const *events, size_t count);
void cache_remove(struct cache *cache, struct known *known);

/* Ends the batch: nothing is touched any more, and what is too much is forgotten, ended and long unused dossiers first. */
void cache_settle(struct cache *cache);

const struct words *cache_words(const struct cache *cache);
size_t cache_count(const struct cache *cache);
size_t cache_bytes(const struct cache *cache);

#endif
