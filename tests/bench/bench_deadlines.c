/* links: alerter */
/*
 * The deadlines in memory: bytes each, filling, re-arming, taking the due ones in order.
 *
 *   bench_deadlines [COUNT]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "alerter/deadlines.h"

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double resident_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file || fscanf(file, "%*d %ld", &pages) != 1)
        abort();
    fclose(file);
    return (double)pages * 4096;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Made beforehand: an event brings its code along. */
static struct str *made_codes(uint64_t count)
{
    enum { SIZE = 24 };
    char *text = malloc(count * SIZE);
    struct str *codes = malloc(count * sizeof *codes);
    if (!text || !codes)
        abort();
    for (uint64_t i = 0; i < count; i++) {
        int len = snprintf(text + i * SIZE, SIZE, "H24.%05u-26%02u%02u-%04u",
                           (unsigned)(i % 500 + 11000), (unsigned)(i / 500 % 12 + 1),
                           (unsigned)(i / 6000 % 28 + 1), (unsigned)(i / 168000 % 10000));
        codes[i] = (struct str){text + i * SIZE, (size_t)len};
    }
    return codes;
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000, seed = 88172645463325252u;
    struct str *codes = made_codes(count);
    double before_bytes = resident_bytes(), t = now_s();
    struct deadlines *deadlines = deadlines_new();
    for (uint64_t i = 0; i < count; i++) {
        if (deadlines_set(deadlines, codes[i],
                          INT64_C(1772582400000) + (int64_t)(next_random(&seed) % 2592000000u)) < 0)
            abort();
    }
    double filled_s = now_s() - t;
    printf("deadlines %zu\n", deadlines_count(deadlines));
    printf("bytes_each %.1f\n", (resident_bytes() - before_bytes) / (double)count);
    printf("fill_s_per_million %.3f\n", filled_s / (double)count * 1e6);
    enum { ARMINGS = 2000000 };
    t = now_s();
    for (int i = 0; i < ARMINGS; i++)
        deadlines_set(deadlines, codes[next_random(&seed) % count],
                      INT64_C(1772582400000) + (int64_t)(next_random(&seed) % 2592000000u));
    double each_s = (now_s() - t) / ARMINGS;
    printf("rearm_ns %.0f\nrearm_30000_per_s_percent_of_a_core %.2f\n", each_s * 1e9,
           each_s * 30000 * 100);
    static struct due due[2000];
    t = now_s();
    size_t taken = 0;
    for (int i = 0; i < 50; i++) {
        size_t n = deadlines_due(deadlines, INT64_MAX, due, 2000);
        for (size_t j = 0; j < n; j++)
            deadlines_set(deadlines, (struct str){due[j].code, due[j].len}, NO_TIME);
        taken += n;
    }
    printf("take_in_order_and_drop_us %.2f\n", (now_s() - t) / (double)taken * 1e6);
    deadlines_free(deadlines);
    return 0;
}
