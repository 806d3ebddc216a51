/*
 * A bounded memory of what has been seen lately: digests with a time and a note, oldest first. Where it is full the oldest makes room,
 * and the caller is told of it. Pure; one thread.
 */
#ifndef HOSO_BASE_RECENT_H
#define HOSO_BASE_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECENT_DIGEST_SIZE 16

struct recent;

struct recent_item {
    uint8_t
        digest[RECENT_DIGEST_SIZE]; /* of a cryptographic hash: its first bytes are spread evenly */
    int64_t at;                     /* any clock, the caller's; not looked at */
    uint8_t note[RECENT_DIGEST_SIZE];
    uint32_t count;
    int32_t state;
};

/* capacity 1..2^30 items of some 60 bytes, which become resident as they are used. ERR_NOMEM. */
int recent_new(size_t capacity, struct recent **ret);
struct recent *recent_free(struct recent *recent); /* NULL is fine; returns NULL */

size_t recent_size(const struct recent *recent);
/* NULL when it is not known. All but the digest may be changed in place; valid until the next change of `recent`. */
struct recent_item *recent_find(const struct recent *recent, const uint8_t *digest);
/* The oldest; NULL when there is none. */
const struct recent_item *recent_oldest(const struct recent *recent);
/* Forgets the oldest, which must be there. */
void recent_forget_oldest(struct recent *recent);
/* Adds what is not known yet, as the youngest. true: the oldest has been forgotten for it and is in *ret_forgotten. */
bool recent_add(struct recent *recent, const struct recent_item *item,
                struct recent_item *ret_forgotten);

#endif
