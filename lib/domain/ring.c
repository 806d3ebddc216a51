#include "domain/ring.h"

#include <stdlib.h>

#include "base/error.h"

struct item {
    int64_t position;
    uint32_t outstanding; /* records sent and not settled */
    bool sealed;
};

/* Item number n lives in slot n % capacity; numbers first..next-1 are inside. */
struct ring {
    size_t capacity;
    uint64_t first;
    uint64_t next;
    int64_t last_position;
    struct item items[];
};

/* The caller's bugs, which would let a source forget what is not stored: better no process than that. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

int ring_new(size_t capacity, struct ring **ret)
{
    struct ring *ring = calloc(1, sizeof *ring + capacity * sizeof ring->items[0]);
    if (!ring)
        return ERR_NOMEM;
    ring->capacity = capacity;
    ring->last_position = INT64_MIN;
    *ret = ring;
    return 0;
}

struct ring *ring_free(struct ring *ring)
{
    free(ring);
    return NULL;
}

size_t ring_capacity(const struct ring *ring)
{
    return ring->capacity;
}

size_t ring_size(const struct ring *ring)
{
    return (size_t)(ring->next - ring->first);
}

bool ring_full(const struct ring *ring)
{
    return ring_size(ring) == ring->capacity;
}

static struct item *item_of(struct ring *ring, uint64_t number)
{
    must(number >= ring->first && number < ring->next);
    return &ring->items[number % ring->capacity];
}

uint64_t ring_begin(struct ring *ring, int64_t position)
{
    must(!ring_full(ring) && position > ring->last_position);
    ring->last_position = position;
    uint64_t number = ring->next++;
    *item_of(ring, number) = (struct item){.position = position};
    return number;
}

void ring_sent(struct ring *ring, uint64_t number)
{
    struct item *item = item_of(ring, number);
    must(!item->sealed);
    item->outstanding++;
}

void ring_seal(struct ring *ring, uint64_t number)
{
    item_of(ring, number)->sealed = true;
}

void ring_settled(struct ring *ring, uint64_t number)
{
    struct item *item = item_of(ring, number);
    must(item->outstanding > 0);
    item->outstanding--;
}

bool ring_advance(struct ring *ring, int64_t *ret_position)
{
    uint64_t before = ring->first;
    while (ring->first < ring->next) {
        const struct item *item = item_of(ring, ring->first);
        if (!item->sealed || item->outstanding > 0)
            break;
        *ret_position = item->position;
        ring->first++;
    }
    return ring->first > before;
}
