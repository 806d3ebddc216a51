/*
 * Keyed and plain SHA-256 (OpenSSL), random bytes, hex. lib/base is the only folder that includes OpenSSL's headers.
 * Results never alias inputs. Thread: any, one hasher per thread.
 */
#ifndef HOSO_BASE_HASH_H
#define HOSO_BASE_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define HASH_SIZE 32

/*
 * HMAC-SHA-256 of `count` parts, each fed as its length (8 bytes, big-endian) and its bytes, so that ("ab","c") and
 * ("a","bc") differ.
 */
void hash_hmac_parts(struct str key, const struct str *parts, size_t count, uint8_t out[HASH_SIZE]);
/* HMAC-SHA-256 (RFC 2104) of the parts' bytes one after another, as other programs compute it. */
void hash_hmac(struct str key, const struct str *parts, size_t count, uint8_t out[HASH_SIZE]);
/* SHA-256 over parts, fed the same way as hash_hmac_parts. */
void hash_parts(const struct str *parts, size_t count, uint8_t out[HASH_SIZE]);
/* Plain SHA-256 of the bytes. */
void hash_sha256(struct str bytes, uint8_t out[HASH_SIZE]);
/* Constant time in the length. */
bool hash_equal(const uint8_t *a, const uint8_t *b, size_t size);
/* Cryptographically random; aborts when the system has none to give. */
void random_bytes(uint8_t *out, size_t size);

/* Lower-case hex, NUL-terminated; out has 2*size+1 bytes. Returns out. */
char *hex_encode(const uint8_t *bytes, size_t size, char *out);
/*
 * Base64 with the standard alphabet and padding (RFC 4648, section 4), nothing else in it, and one text only for the same bytes
 * (section 3.5: bits that are left over are 0). *ret_len bytes are in out; false: not that, or more than `size`.
 */
bool base64_decode(struct str text, uint8_t *out, size_t size, size_t *ret_len);
/* Exactly 2*size hex digits, either case. */
bool hex_decode(struct str hex, uint8_t *out, size_t size);

#endif
