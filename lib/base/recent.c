#include "base/recent.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/*
 * Item number n lies in slot n % capacity; numbers first..next-1 are inside. Each bucket begins a chain of slots (plus 1; 0 ends it).
 * There are as many buckets as slots or up to twice as many, a power of two.
 */
struct recent {
    size_t capacity;
    uint64_t first;
    uint64_t next;
    size_t mask;
    uint32_t *buckets;
    uint32_t *chains;
    struct recent_item items[];
};

int recent_new(size_t capacity, struct recent **ret)
{
    size_t buckets = 1;
    while (buckets < capacity)
        buckets *= 2;
    struct recent *recent = calloc(1, sizeof *recent + capacity * sizeof recent->items[0]);
    if (!recent)
        return ERR_NOMEM;
    recent->capacity = capacity;
    recent->mask = buckets - 1;
    recent->buckets = calloc(buckets, sizeof *recent->buckets);
    recent->chains = calloc(capacity, sizeof *recent->chains);
    if (!recent->buckets || !recent->chains) {
        recent_free(recent);
        return ERR_NOMEM;
    }
    *ret = recent;
    return 0;
}

struct recent *recent_free(struct recent *recent)
{
    if (!recent)
        return NULL;
    free(recent->buckets);
    free(recent->chains);
    free(recent);
    return NULL;
}

size_t recent_size(const struct recent *recent)
{
    return (size_t)(recent->next - recent->first);
}

static uint32_t *bucket_of(const struct recent *recent, const uint8_t *digest)
{
    uint64_t number;
    memcpy(&number, digest, sizeof number);
    return &recent->buckets[number & recent->mask];
}

/* The place that names the digest's slot, or the 0 at the end of its chain. */
static uint32_t *link_to(const struct recent *recent, const uint8_t *digest)
{
    uint32_t *link = bucket_of(recent, digest);
    while (*link && memcmp(recent->items[*link - 1].digest, digest, RECENT_DIGEST_SIZE) != 0)
        link = &recent->chains[*link - 1];
    return link;
}

struct recent_item *recent_find(const struct recent *recent, const uint8_t *digest)
{
    uint32_t slot = *link_to(recent, digest);
    return slot ? (struct recent_item *)&recent->items[slot - 1] : NULL;
}

const struct recent_item *recent_oldest(const struct recent *recent)
{
    return recent_size(recent) ? &recent->items[recent->first % recent->capacity] : NULL;
}

void recent_forget_oldest(struct recent *recent)
{
    size_t slot = (size_t)(recent->first++ % recent->capacity);
    *link_to(recent, recent->items[slot].digest) = recent->chains[slot];
}

bool recent_add(struct recent *recent, const struct recent_item *item,
                struct recent_item *ret_forgotten)
{
    bool full = recent_size(recent) == recent->capacity;
    if (full) {
        *ret_forgotten = *recent_oldest(recent);
        recent_forget_oldest(recent);
    }
    size_t slot = (size_t)(recent->next++ % recent->capacity);
    uint32_t *bucket = bucket_of(recent, item->digest);
    recent->items[slot] = *item;
    recent->chains[slot] = *bucket;
    *bucket = (uint32_t)slot + 1;
    return full;
}
