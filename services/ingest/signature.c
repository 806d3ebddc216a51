#include "ingest/signature.h"

#include "base/clock.h"
#include "base/hash.h"

enum { ID_MAX = 256, TIMESTAMP_MAX = 12, VALUES_MAX = 8 };

static bool read_timestamp(struct str text, int64_t *ret)
{
    int64_t number = 0;
    if (text.len == 0 || text.len > TIMESTAMP_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    *ret = number;
    return true;
}

/* Whether one of the values is this MAC. */
static bool any_matches(struct str values, const uint8_t mac[HASH_SIZE])
{
    static const struct str version = {"v1,", 3};
    bool matches = false;
    for (int i = 0; i < VALUES_MAX && values.len > 0; i++) {
        const char *blank = memchr(values.data, ' ', values.len);
        size_t len = blank ? (size_t)(blank - values.data) : values.len;
        size_t step = blank ? len + 1 : len;
        struct str value = {values.data, len};
        values = (struct str){values.data + step, values.len - step};
        uint8_t given[HASH_SIZE];
        size_t given_len;
        if (value.len <= version.len || memcmp(value.data, version.data, version.len) != 0)
            continue;
        value = (struct str){value.data + version.len, value.len - version.len};
        if (base64_decode(value, given, sizeof given, &given_len) && given_len == HASH_SIZE &&
            hash_equal(given, mac, HASH_SIZE))
            matches = true;
    }
    return matches;
}

enum signature_check signature_check(const struct signature *signature, struct str secret,
                                     struct str body, int64_t now_at)
{
    int64_t seconds;
    if (!str_given(signature->id) || signature->id.len > ID_MAX ||
        memchr(signature->id.data, '.', signature->id.len) || !str_given(signature->values) ||
        !read_timestamp(signature->timestamp, &seconds))
        return SIGNATURE_MALFORMED;
    int64_t now_s = now_at / MS_PER_SECOND;
    if (seconds < now_s - SIGNATURE_TOLERANCE_S || seconds > now_s + SIGNATURE_TOLERANCE_S)
        return SIGNATURE_STALE;
    const struct str parts[] = {signature->id, STR("."), signature->timestamp, STR("."), body};
    uint8_t mac[HASH_SIZE];
    hash_hmac(secret, parts, sizeof parts / sizeof *parts, mac);
    return any_matches(signature->values, mac) ? SIGNATURE_OK : SIGNATURE_WRONG;
}
