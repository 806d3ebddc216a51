/* xoshiro256** 1.0 (Blackman, Vigna: public domain), its state filled by splitmix64. */
#include "gen.h"

static uint64_t rotate_left(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

void gen_seed(struct gen_random *random, uint64_t seed)
{
    for (size_t i = 0; i < 4; i++) {
        seed += UINT64_C(0x9e3779b97f4a7c15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        random->state[i] = z ^ (z >> 31);
    }
}

static uint64_t next(struct gen_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* The high half times n, shifted: its bias is far below what a simulation could show. */
uint32_t gen_below(struct gen_random *random, uint32_t n)
{
    return (uint32_t)(((next(random) >> 32) * n) >> 32);
}

int64_t gen_between(struct gen_random *random, int64_t low, int64_t high)
{
    return low + (int64_t)(next(random) % (uint64_t)(high - low + 1));
}

bool gen_chance(struct gen_random *random, uint32_t ppm)
{
    return gen_below(random, 1000000) < ppm;
}

size_t gen_weighted(struct gen_random *random, const uint32_t *weights, size_t count)
{
    uint32_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += weights[i];
    uint32_t place = gen_below(random, total);
    size_t index = 0;
    while (place >= weights[index])
        place -= weights[index++];
    return index;
}

size_t gen_quota(struct gen_random *random, uint32_t *counts, size_t count)
{
    size_t index = gen_weighted(random, counts, count);
    counts[index]--;
    return index;
}
