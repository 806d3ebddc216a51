#include "base/password.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/hash.h"

/* OWASP's advice for scrypt, 2023, in its 32 MiB form. */
enum { LOG_N = 15, BLOCK = 8, PARALLEL = 1, SALT_SIZE = 16, KEY_SIZE = 32 };
enum { MEMORY_MAX = 64 << 20 };
#define PREFIX "scrypt$15$8$1$"

static bool derive(struct str password, const uint8_t salt[SALT_SIZE], uint8_t out[KEY_SIZE])
{
    return EVP_PBE_scrypt(password.data ? password.data : "", password.len, salt, SALT_SIZE,
                          UINT64_C(1) << LOG_N, BLOCK, PARALLEL, MEMORY_MAX, out, KEY_SIZE) == 1;
}

bool password_hash(struct str password, char out[PASSWORD_HASH_SIZE])
{
    uint8_t salt[SALT_SIZE];
    uint8_t key[KEY_SIZE];
    char salt_hex[2 * SALT_SIZE + 1];
    char key_hex[2 * KEY_SIZE + 1];
    random_bytes(salt, sizeof salt);
    if (!derive(password, salt, key))
        return false;
    snprintf(out, PASSWORD_HASH_SIZE, PREFIX "%s$%s", hex_encode(salt, sizeof salt, salt_hex),
             hex_encode(key, sizeof key, key_hex));
    return true;
}

/* false = not one of ours; then salt and key are zeros. */
static bool parse(struct str hash, uint8_t salt[SALT_SIZE], uint8_t key[KEY_SIZE])
{
    const size_t prefix = sizeof PREFIX - 1;
    memset(salt, 0, SALT_SIZE);
    memset(key, 0, KEY_SIZE);
    if (hash.len != prefix + 2 * SALT_SIZE + 1 + 2 * KEY_SIZE ||
        memcmp(hash.data, PREFIX, prefix) != 0 || hash.data[prefix + 2 * SALT_SIZE] != '$')
        return false;
    return hex_decode((struct str){hash.data + prefix, 2 * SALT_SIZE}, salt, SALT_SIZE) &&
           hex_decode((struct str){hash.data + prefix + 2 * SALT_SIZE + 1, 2 * KEY_SIZE}, key,
                      KEY_SIZE);
}

bool password_verify(struct str password, struct str hash)
{
    uint8_t salt[SALT_SIZE];
    uint8_t expected[KEY_SIZE];
    uint8_t key[KEY_SIZE];
    bool ours = parse(hash, salt, expected);
    return derive(password, salt, key) && hash_equal(key, expected, KEY_SIZE) && ours;
}
