/* Jittered exponential back-off for reconnects. Pure: the caller brings the random number. */
#ifndef HOSO_BASE_BACKOFF_H
#define HOSO_BASE_BACKOFF_H

#include <stdint.h>

struct backoff {
    int64_t first_ms; /* > 0 */
    int64_t max_ms;   /* >= first_ms */
    int attempts;     /* failures since the last success */
};

/*
 * The wait after one more failure: uniformly in [d/2, d] with d = min(max, first * 2^failures so far). random is any
 * 32-bit number.
 */
int64_t backoff_next_ms(struct backoff *backoff, uint32_t random);
void backoff_reset(struct backoff *backoff);

#endif
