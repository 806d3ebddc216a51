/* Signed links: whoever has the mail may acknowledge what it told of, and nothing else. */
#include "alerter/people.h"

#include "base/hash.h"

#define PATH "/xac-nhan/"

static void sign(struct str key, const uint8_t delivery_id[EVENT_ID_SIZE],
                 uint8_t out[EVENT_ID_SIZE])
{
    uint8_t hash[HASH_SIZE];
    const struct str parts[] = {STR("acknowledge"), {(const char *)delivery_id, EVENT_ID_SIZE}};
    hash_hmac_parts(key, parts, 2, hash);
    memcpy(out, hash, EVENT_ID_SIZE);
}

char *link_path(struct str key, const uint8_t delivery_id[EVENT_ID_SIZE], char *out)
{
    uint8_t both[2 * EVENT_ID_SIZE];
    memcpy(both, delivery_id, EVENT_ID_SIZE);
    sign(key, delivery_id, both + EVENT_ID_SIZE);
    memcpy(out, PATH, sizeof PATH);
    hex_encode(both, sizeof both, out + strlen(PATH));
    return out;
}

bool link_read(struct str key, struct str path, uint8_t ret_delivery_id[EVENT_ID_SIZE])
{
    uint8_t both[2 * EVENT_ID_SIZE], wanted[EVENT_ID_SIZE];
    size_t head = strlen(PATH);
    if (path.len != head + 4 * EVENT_ID_SIZE || memcmp(path.data, PATH, head) != 0 ||
        !hex_decode((struct str){path.data + head, path.len - head}, both, sizeof both))
        return false;
    sign(key, both, wanted);
    if (!hash_equal(wanted, both + EVENT_ID_SIZE, EVENT_ID_SIZE))
        return false;
    memcpy(ret_delivery_id, both, EVENT_ID_SIZE);
    return true;
}
