#include "base/bucket.h"

enum { THOUSAND = 1000 };

struct bucket bucket_make(int64_t per_second, int64_t burst, struct mono now)
{
    return (struct bucket){.per_second = per_second,
                           .burst = burst,
                           .thousandths = burst * THOUSAND,
                           .filled_at = now};
}

static void fill(struct bucket *bucket, struct mono now)
{
    int64_t ms = mono_diff_ms(bucket->filled_at, now);
    if (ms <= 0)
        return;
    /* One token per second is one thousandth per millisecond. What is missing bounds the product. */
    int64_t missing = bucket->burst * THOUSAND - bucket->thousandths;
    if (ms > missing / bucket->per_second)
        bucket->thousandths += missing;
    else
        bucket->thousandths += ms * bucket->per_second;
    bucket->filled_at.us += ms * 1000;
}

bool bucket_open(struct bucket *bucket, struct mono now)
{
    if (bucket->per_second == 0)
        return true;
    fill(bucket, now);
    return bucket->thousandths >= THOUSAND;
}

void bucket_pay(struct bucket *bucket, int64_t price)
{
    if (bucket->per_second > 0)
        bucket->thousandths -= price * THOUSAND;
}

int bucket_wait_s(struct bucket *bucket, struct mono now)
{
    if (bucket_open(bucket, now))
        return 1;
    int64_t missing = THOUSAND - bucket->thousandths;
    int64_t per_second = bucket->per_second * THOUSAND;
    int64_t wait_s = (missing + per_second - 1) / per_second;
    return wait_s > INT32_MAX ? INT32_MAX : (int)wait_s;
}
