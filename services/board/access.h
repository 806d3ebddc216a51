/*
 * Who somebody is and what they may do: accounts and sessions of PostgreSQL, or the header of the city's SSO proxy. What a role may
 * see is PostgreSQL's to enforce: every read happens under a role of the database's (access_begin).
 */
#ifndef HOSO_BOARD_ACCESS_H
#define HOSO_BOARD_ACCESS_H

#include "base/config.h"
#include "board/throttle.h"
#include "http/server.h"
#include "pg/pg.h"

enum role {
    ROLE_CITY,     /* all communes, without dossier codes; may acknowledge */
    ROLE_COMMUNE,  /* its own dossiers; may acknowledge */
    ROLE_ANALYST,  /* figures of all communes */
    ROLE_OPERATOR, /* the same, and looks after the pipeline */
    ROLE_COUNT
};
extern const char *const role_names[ROLE_COUNT];

enum { NAME_SIZE = 65, CSRF_SIZE = 65, TOKEN_SIZE = 32 };
#define SESSION_COOKIE "hoso_session"

struct identity {
    uint8_t key[TOKEN_SIZE]; /* names the session; SHA-256 of the cookie */
    char name[NAME_SIZE];
    enum role role;
    int32_t unit_id; /* 0 unless ROLE_COMMUNE */
    char unit_code[16];
    char csrf[CSRF_SIZE]; /* what a changing request carries in X-CSRF-Token */
    bool sso;
};

/* Positive results. */
enum { ACCESS_NONE = 1 /* nobody is signed in */ };

/* May acknowledge and snooze the alerts that it sees. */
bool access_may_act(const struct identity *identity);

struct access;
int access_new(const struct config *config, struct access **ret, struct error *err);
struct access *access_free(struct access *access); /* NULL is fine */

/*
 * Who sent this request. ACCESS_NONE, or as pg_exec. pg NULL (PostgreSQL is away): sessions seen within ten minutes are still
 * known, others are ERR_UNAVAILABLE.
 */
int access_identify(struct access *access, struct pg *pg, const struct http_exchange *exchange,
                    struct identity *ret, struct error *err);
/* The client's address; of X-Forwarded-For where the peer is one of [board] proxies. out has HTTP_PEER_SIZE bytes; returned. */
const char *access_address(const struct access *access, const struct http_exchange *exchange,
                           char *out);
/* Does this changing request come from our own page? token: of the session; "" = there is none yet (sign-in). */
bool access_same_origin(const struct http_exchange *exchange, const char *token);

/*
 * Begins a read-only transaction of one moment that sees what unit_id (0 = the whole city) may see. End it with pg_commit, or
 * pg_rollback on failure. As pg_exec.
 */
int access_begin(struct pg *pg, int32_t unit_id, struct error *err);

/* Seconds to wait before another try with this name, from this address; 0 = now. */
int access_wait_s(const struct access *access, struct str name, const char *address);
void access_failed(struct access *access, struct str name, const char *address);
/*
 * Opens a session: token_hex (2 * TOKEN_SIZE + 1 bytes) goes into the cookie. ACCESS_NONE: the account is gone or disabled
 * meanwhile. As pg_exec.
 */
int access_open(struct access *access, struct pg *pg, struct str name, const char *address,
                char *token_hex, struct error *err);
int access_close(struct access *access, struct pg *pg, const struct identity *identity,
                 struct error *err);
/* The stored hash of an account that may sign in with a password; "" = none. out has PASSWORD_HASH_SIZE bytes. As pg_exec. */
int access_password(struct pg *pg, struct str name, char *out, struct error *err);

/*
 * Of `count` session keys, one after another in `keys`, sets valid[i] for those that still hold, and marks them as used. As pg_exec.
 */
int access_check(struct access *access, struct pg *pg, const uint8_t *keys, size_t count,
                 bool *valid, struct error *err);

/* Writes down who did what; as pg_exec. */
int access_audit(struct pg *pg, const char *actor, const char *address, const char *action,
                 const char *object, struct error *err);

#endif
