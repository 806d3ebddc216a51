/*
 * From what a request shows to the key that it was sent with. Pure but for the table of sessions.
 *
 * The key is found by the API key (X-API-Key, Authorization: Bearer), a session (in the body, or as the bearer), the ID beside a
 * signature (X-Key-Id), or the client certificate; then everything that the key's section names must be there.
 */
#ifndef HOSO_INGEST_IDENTIFY_H
#define HOSO_INGEST_IDENTIFY_H

#include "ingest/key.h"
#include "ingest/session.h"
#include "ingest/signature.h"

/* All views; empty = not shown. */
struct credentials {
    struct str api_key;
    struct str authorization;
    struct str session;
    struct str key_id;
    struct signature signature;
    struct str client_dn; /* only where a trusted proxy says that it verified it */
    struct str body;
};

enum identify_result {
    IDENTIFY_OK,
    IDENTIFY_NOTHING,    /* nothing was shown */
    IDENTIFY_UNKNOWN,    /* nobody's */
    IDENTIFY_EXPIRED,    /* the key's last day is over */
    IDENTIFY_SIGNATURE,  /* the key wants a signature, and there is none or a wrong one */
    IDENTIFY_STALE,      /* the signature's time is not now */
    IDENTIFY_INCOMPLETE, /* the key wants its API key or its client certificate as well */
};
const char *identify_advice(enum identify_result result); /* Vietnamese: what to do */

/* Whether something is shown in the headers, so that the body need not be read to find a session. */
bool identify_shown(const struct credentials *credentials);

/* *ret is set only with IDENTIFY_OK. now_at wall clock, now monotonic. */
enum identify_result identify(struct keys *keys, const struct sessions *sessions,
                              const struct credentials *credentials, int64_t now_at,
                              struct mono now, struct key **ret);

/*
 * A login: the ID of a key (or the name of a source) and its API key, sent beside what else the key wants. As identify; a key
 * without an API key cannot log in.
 */
enum identify_result identify_login(struct keys *keys, const struct credentials *credentials,
                                    struct str user, struct str secret, int64_t now_at,
                                    struct key **ret);

#endif
