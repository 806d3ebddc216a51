#include "base/hash.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

/*
 * HMAC is built from two digests (RFC 2104), because OpenSSL 3's EVP_MAC fetches by name on every use and costs several
 * times the hash itself. OpenSSL fails here only when memory is short or the library is broken: nothing to go on with.
 */
static void must(int ok)
{
    if (ok != 1)
        abort();
}

static EVP_MD_CTX *digest_begin(void)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    must(digest != NULL);
    must(EVP_DigestInit_ex(digest, EVP_sha256(), NULL));
    return digest;
}

static void digest_end(EVP_MD_CTX *digest, uint8_t out[HASH_SIZE])
{
    must(EVP_DigestFinal_ex(digest, out, NULL));
    EVP_MD_CTX_free(digest);
}

static void digest_parts(EVP_MD_CTX *digest, const struct str *parts, size_t count,
                         bool with_lengths)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t length[8];
        for (int b = 0; b < 8; b++)
            length[b] = (uint8_t)((uint64_t)parts[i].len >> (56 - 8 * b));
        if (with_lengths)
            must(EVP_DigestUpdate(digest, length, sizeof length));
        if (parts[i].len > 0)
            must(EVP_DigestUpdate(digest, parts[i].data, parts[i].len));
    }
}

static void hmac(struct str key, const struct str *parts, size_t count, bool with_lengths,
                 uint8_t out[HASH_SIZE])
{
    enum { BLOCK = 64 };
    uint8_t block[BLOCK] = {0};
    if (key.len > BLOCK)
        hash_sha256(key, block);
    else if (key.len > 0)
        memcpy(block, key.data, key.len);

    for (int i = 0; i < BLOCK; i++)
        block[i] ^= 0x36;
    EVP_MD_CTX *inner = digest_begin();
    must(EVP_DigestUpdate(inner, block, BLOCK));
    digest_parts(inner, parts, count, with_lengths);
    digest_end(inner, out);

    for (int i = 0; i < BLOCK; i++)
        block[i] ^= 0x36 ^ 0x5C;
    EVP_MD_CTX *outer = digest_begin();
    must(EVP_DigestUpdate(outer, block, BLOCK));
    must(EVP_DigestUpdate(outer, out, HASH_SIZE));
    digest_end(outer, out);
    OPENSSL_cleanse(block, sizeof block);
}

void hash_hmac_parts(struct str key, const struct str *parts, size_t count, uint8_t out[HASH_SIZE])
{
    hmac(key, parts, count, true, out);
}

void hash_hmac(struct str key, const struct str *parts, size_t count, uint8_t out[HASH_SIZE])
{
    hmac(key, parts, count, false, out);
}

void hash_parts(const struct str *parts, size_t count, uint8_t out[HASH_SIZE])
{
    EVP_MD_CTX *digest = digest_begin();
    digest_parts(digest, parts, count, true);
    digest_end(digest, out);
}

void hash_sha256(struct str bytes, uint8_t out[HASH_SIZE])
{
    EVP_MD_CTX *digest = digest_begin();
    if (bytes.len > 0)
        must(EVP_DigestUpdate(digest, bytes.data, bytes.len));
    digest_end(digest, out);
}

bool hash_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}

void random_bytes(uint8_t *out, size_t size)
{
    must(RAND_bytes(out, (int)size));
}

char *hex_encode(const uint8_t *bytes, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = '\0';
    return out;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(struct str hex, uint8_t *out, size_t size)
{
    if (hex.len != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(hex.data[2 * i]);
        int low = hex_value(hex.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct str text, uint8_t *out, size_t size, size_t *ret_len)
{
    if (text.len == 0 || text.len % 4 != 0)
        return false;
    size_t padding = (size_t)(text.data[text.len - 1] == '=') + (text.data[text.len - 2] == '=');
    size_t len = text.len / 4 * 3 - padding;
    if (len > size)
        return false;
    for (size_t i = 0; i < text.len; i += 4) {
        bool last = i + 4 == text.len;
        uint32_t bits = 0;
        for (size_t j = 0; j < 4; j++) {
            bool padded = last && j >= 4 - padding;
            int value = padded ? 0 : base64_value(text.data[i + j]);
            if (value < 0)
                return false;
            bits = bits << 6 | (uint32_t)value;
        }
        if (last && (bits & ((1u << (8 * padding)) - 1)))
            return false;
        for (size_t j = 0; j < 3 && i / 4 * 3 + j < len; j++)
            out[i / 4 * 3 + j] = (uint8_t)(bits >> (16 - 8 * j));
    }
    *ret_len = len;
    return true;
}
