#include "board/throttle.h"

#include "base/hash.h"

static size_t find(const struct throttle *throttle, struct str word, uint8_t key[16])
{
    uint8_t hash[HASH_SIZE];
    size_t i = 0;
    hash_sha256(word, hash);
    memcpy(key, hash, 16);
    while (i < THROTTLE_ENTRIES &&
           (throttle->entries[i].failures == 0 || memcmp(throttle->entries[i].key, key, 16) != 0))
        i++;
    return i;
}

int throttle_wait_s(const struct throttle *throttle, struct str word, struct mono now)
{
    uint8_t key[16];
    size_t i = find(throttle, word, key);
    if (i == THROTTLE_ENTRIES)
        return 0;
    int over = throttle->entries[i].failures - THROTTLE_FREE_FAILURES;
    int64_t passed_ms = mono_diff_ms(throttle->entries[i].last, now);
    if (over < 0 || passed_ms >= THROTTLE_FORGET_MS)
        return 0;
    int wait_s = over < 8 ? 2 << over : THROTTLE_WAIT_MAX_S;
    if (wait_s > THROTTLE_WAIT_MAX_S)
        wait_s = THROTTLE_WAIT_MAX_S;
    int64_t left_ms = wait_s * MS_PER_SECOND - passed_ms;
    return left_ms > 0 ? (int)((left_ms + MS_PER_SECOND - 1) / MS_PER_SECOND) : 0;
}

void throttle_failed(struct throttle *throttle, struct str word, struct mono now)
{
    uint8_t key[16];
    size_t i = find(throttle, word, key);
    if (i < THROTTLE_ENTRIES && mono_diff_ms(throttle->entries[i].last, now) >= THROTTLE_FORGET_MS)
        throttle->entries[i].failures = 0;
    if (i == THROTTLE_ENTRIES) {
        i = 0; /* a free entry, else the one that has been quiet longest */
        for (size_t at = 0; at < THROTTLE_ENTRIES && throttle->entries[i].failures > 0; at++) {
            if (throttle->entries[at].failures == 0 ||
                throttle->entries[at].last.us < throttle->entries[i].last.us)
                i = at;
        }
        throttle->entries[i].failures = 0;
        memcpy(throttle->entries[i].key, key, 16);
    }
    throttle->entries[i].failures++;
    throttle->entries[i].last = now;
}

void throttle_succeeded(struct throttle *throttle, struct str word)
{
    uint8_t key[16];
    size_t i = find(throttle, word, key);
    if (i < THROTTLE_ENTRIES)
        throttle->entries[i].failures = 0;
}
