/*
 * What a source has in flight: at most `capacity` items, in the order of its own positions (lines of a file, places in a page).
 * An item is over when it is sealed and none of its records is outstanding. A source may forget (move a checkpoint or a cursor) only
 * what lies in the contiguous prefix of items that are over: what comes after a gap is read again after a crash. Pure; one thread.
 */
#ifndef HOSO_DOMAIN_RING_H
#define HOSO_DOMAIN_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* capacity >= 1. ERR_NOMEM. */
int ring_new(size_t capacity, struct ring **ret);
struct ring *ring_free(struct ring *ring); /* NULL is fine; returns NULL */

size_t ring_capacity(const struct ring *ring);
/* Items begun and not yet in the prefix, those behind a gap included. */
size_t ring_size(const struct ring *ring);
bool ring_full(const struct ring *ring);

/*
 * Begins an item; the ring must not be full, position must be greater than every one before. The number returned names the item
 * from now on; it is never used again, so a late report cannot fall on another item.
 */
uint64_t ring_begin(struct ring *ring, int64_t position);
/* One more of the item's records is outstanding; not after ring_seal. */
void ring_sent(struct ring *ring, uint64_t item);
/* No more records will be sent. An item without any is over at once (a refused row). */
void ring_seal(struct ring *ring, uint64_t item);
/* One of its records is persisted. */
void ring_settled(struct ring *ring, uint64_t item);

/*
 * Takes the items that are over off the front. true: the prefix has grown since the last call, *ret_position is the position of its
 * last item.
 */
bool ring_advance(struct ring *ring, int64_t *ret_position);

#endif
