/*
 * Signatures of requests as Standard Webhooks has them (standardwebhooks.com, version 1.0.0): HMAC-SHA-256 under the sender's
 * secret over "id.timestamp.body", in base64 after "v1,". Pure.
 */
#ifndef HOSO_INGEST_SIGNATURE_H
#define HOSO_INGEST_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* A request may be this much older or newer than our clock. */
#define SIGNATURE_TOLERANCE_S 300

/* The headers webhook-id, webhook-timestamp, webhook-signature. */
struct signature {
    struct str id;
    struct str timestamp; /* Unix seconds */
    struct str
        values; /* "v1,BASE64", several separated by blanks; other versions are passed over */
};

enum signature_check {
    SIGNATURE_OK,
    SIGNATURE_MALFORMED, /* a header is missing or not what it must be */
    SIGNATURE_STALE,     /* the timestamp is more than SIGNATURE_TOLERANCE_S from now */
    SIGNATURE_WRONG,
};

/* now_at: wall clock, Unix ms. Compares in constant time. At most 8 values are looked at. */
enum signature_check signature_check(const struct signature *signature, struct str secret,
                                     struct str body, int64_t now_at);

#endif
