/*
 * Sessions of senders that log in first: generation A's `session`, generation B's bearer token. A bounded table in memory; only
 * the tokens' SHA-256 are kept. A restart forgets them and senders log in again, as they do every time. One thread.
 */
#ifndef HOSO_INGEST_SESSION_H
#define HOSO_INGEST_SESSION_H

#include "base/clock.h"
#include "ingest/key.h"

#define SESSION_TOKEN_SIZE 65 /* 64 hex digits and NUL */

struct sessions;

/* capacity >= 1; ttl_ms > 0: how long a session lasts from its beginning. ERR_NOMEM. */
int sessions_new(size_t capacity, int64_t ttl_ms, struct sessions **ret);
struct sessions *sessions_free(struct sessions *sessions); /* NULL is fine; returns NULL */

/*
 * A new session of this key. Where the table is full, one that is over makes room, else the oldest of the same key, else the oldest
 * of all: who logs in without end pushes out himself first.
 */
void session_open(struct sessions *sessions, struct key *key, struct mono now,
                  char ret_token[SESSION_TOKEN_SIZE]);
/* The key whose session this is; NULL when there is no such session or it is over. */
struct key *session_find(const struct sessions *sessions, struct str token, struct mono now);
/* Sessions that are not over. */
size_t sessions_count(const struct sessions *sessions, struct mono now);

#endif
