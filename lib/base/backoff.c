#include "base/backoff.h"

int64_t backoff_next_ms(struct backoff *backoff, uint32_t random)
{
    int64_t wait = backoff->first_ms;
    for (int i = 0; i < backoff->attempts && wait < backoff->max_ms; i++)
        wait *= 2;
    if (wait > backoff->max_ms)
        wait = backoff->max_ms;
    backoff->attempts++;
    return wait / 2 + random % (wait - wait / 2 + 1);
}

void backoff_reset(struct backoff *backoff)
{
    backoff->attempts = 0;
}
