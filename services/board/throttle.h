/*
 * Slows guessing of passwords down: by account and by address, failures in a row cost a growing wait. Bounded memory: under
 * attack from many addresses the oldest entries are forgotten. Pure; one thread.
 */
#ifndef HOSO_BOARD_THROTTLE_H
#define HOSO_BOARD_THROTTLE_H

#include "base/clock.h"
#include "base/str.h"

enum { THROTTLE_ENTRIES = 1024, THROTTLE_FREE_FAILURES = 5, THROTTLE_WAIT_MAX_S = 300 };
/* A quarter of an hour without a failure is forgiven. */
#define THROTTLE_FORGET_MS (15 * MS_PER_MINUTE)

struct throttle {
    struct {
        uint8_t key[16]; /* of the word */
        int failures;    /* 0 = free */
        struct mono last;
    } entries[THROTTLE_ENTRIES];
};

/* Seconds that word (an account's name, an address) has to wait from `now`; 0 = may try. */
int throttle_wait_s(const struct throttle *throttle, struct str word, struct mono now);
void throttle_failed(struct throttle *throttle, struct str word, struct mono now);
void throttle_succeeded(struct throttle *throttle, struct str word);

#endif
