/*
 * Passwords of people: scrypt (RFC 7914) through OpenSSL. Slow and 32 MiB large on purpose, so never on a thread that serves
 * others. Thread: any.
 */
#ifndef HOSO_BASE_PASSWORD_H
#define HOSO_BASE_PASSWORD_H

#include <stdbool.h>

#include "base/str.h"

/* Bounds that people meet; bytes of UTF-8 (NFC is the caller's). */
#define PASSWORD_MIN 8
#define PASSWORD_MAX 256
/* "scrypt$15$8$1$SALT$HASH", with its NUL. */
#define PASSWORD_HASH_SIZE 128

/* A salted hash of the password, NUL-terminated. false = memory is short. */
bool password_hash(struct str password, char out[PASSWORD_HASH_SIZE]);
/*
 * Whether the password has this hash. A hash that is not one of ours ("" of an account that does not exist) costs as much time as
 * one that is, and is never right.
 */
bool password_verify(struct str password, struct str hash);

#endif
