#include "ingest/session.h"

#include <stdlib.h>

enum { TOKEN_BYTES = (SESSION_TOKEN_SIZE - 1) / 2 };

struct session {
    struct key *key; /* NULL = free */
    uint8_t token_sha256[HASH_SIZE];
    struct mono began;
};

struct sessions {
    size_t capacity;
    int64_t ttl_ms;
    struct session items[];
};

int sessions_new(size_t capacity, int64_t ttl_ms, struct sessions **ret)
{
    struct sessions *sessions = calloc(1, sizeof *sessions + capacity * sizeof sessions->items[0]);
    if (!sessions)
        return ERR_NOMEM;
    sessions->capacity = capacity;
    sessions->ttl_ms = ttl_ms;
    *ret = sessions;
    return 0;
}

struct sessions *sessions_free(struct sessions *sessions)
{
    free(sessions);
    return NULL;
}

static bool is_over(const struct sessions *sessions, const struct session *session, struct mono now)
{
    return !session->key || mono_diff_ms(session->began, now) >= sessions->ttl_ms;
}

static struct session *older(struct session *a, struct session *b)
{
    return !a || b->began.us < a->began.us ? b : a;
}

static struct session *make_room(struct sessions *sessions, const struct key *key, struct mono now)
{
    struct session *own = NULL;
    struct session *any = NULL;
    for (size_t i = 0; i < sessions->capacity; i++) {
        struct session *session = &sessions->items[i];
        if (is_over(sessions, session, now))
            return session;
        any = older(any, session);
        if (session->key == key)
            own = older(own, session);
    }
    return own ? own : any;
}

void session_open(struct sessions *sessions, struct key *key, struct mono now,
                  char ret_token[SESSION_TOKEN_SIZE])
{
    uint8_t random[TOKEN_BYTES];
    struct session *session = make_room(sessions, key, now);
    random_bytes(random, sizeof random);
    hex_encode(random, sizeof random, ret_token);
    session->key = key;
    session->began = now;
    hash_sha256((struct str){ret_token, SESSION_TOKEN_SIZE - 1}, session->token_sha256);
}

struct key *session_find(const struct sessions *sessions, struct str token, struct mono now)
{
    uint8_t digest[HASH_SIZE];
    if (token.len != SESSION_TOKEN_SIZE - 1)
        return NULL;
    hash_sha256(token, digest);
    /* A digest of a random token tells nothing that could be guessed from how long the comparison takes. */
    for (size_t i = 0; i < sessions->capacity; i++) {
        const struct session *session = &sessions->items[i];
        if (session->key && memcmp(session->token_sha256, digest, HASH_SIZE) == 0)
            return is_over(sessions, session, now) ? NULL : session->key;
    }
    return NULL;
}

size_t sessions_count(const struct sessions *sessions, struct mono now)
{
    size_t count = 0;
    for (size_t i = 0; i < sessions->capacity; i++)
        count += !is_over(sessions, &sessions->items[i], now);
    return count;
}
