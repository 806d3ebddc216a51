/*
 * A token bucket that may run into debt: something is let through while there is a token, and then pays its whole price. So a
 * request larger than the bucket is possible and the rate holds on average all the same. Pure: the caller brings the time.
 */
#ifndef HOSO_BASE_BUCKET_H
#define HOSO_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct bucket {
    int64_t per_second;  /* tokens that flow in; 0 = no limit at all */
    int64_t burst;       /* most that it holds, >= 1 */
    int64_t thousandths; /* what is in it, of a thousandth of a token; negative = debt */
    struct mono filled_at;
};

/* Full at `now`. per_second and burst at most 10^9. */
struct bucket bucket_make(int64_t per_second, int64_t burst, struct mono now);
/* Whether there is a token; nothing is taken. */
bool bucket_open(struct bucket *bucket, struct mono now);
/* Takes `price` >= 0 tokens, into debt if need be. */
void bucket_pay(struct bucket *bucket, int64_t price);
/* Whole seconds, at least 1, until bucket_open is true again. */
int bucket_wait_s(struct bucket *bucket, struct mono now);

#endif
