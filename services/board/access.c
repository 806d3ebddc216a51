#include "board/access.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/password.h"

const char *const role_names[ROLE_COUNT] = {"city", "commune", "analyst", "operator"};

enum { CACHE_SIZE = 1024, CACHE_FRESH_MS = 5000, CACHE_KEPT_MS = 600000 };

struct cached {
    bool used;
    struct mono checked;
    struct identity identity;
};

struct access {
    const char *proxies; /* "a, b" */
    const char *sso_header;
    int64_t idle_ms;
    uint8_t sso_key[TOKEN_SIZE]; /* of the CSRF tokens of those without a cookie of ours */
    struct throttle throttle;
    struct cached cache[CACHE_SIZE];
};

bool access_may_act(const struct identity *identity)
{
    return identity->role == ROLE_CITY || identity->role == ROLE_COMMUNE;
}

int access_new(const struct config *config, struct access **ret, struct error *err)
{
    struct access *access = calloc(1, sizeof *access);
    if (!access)
        return error_set(err, ERR_NOMEM, "out of memory");
    access->proxies = config_text(config, "board", NULL, "proxies");
    access->sso_header = config_text(config, "board", NULL, "sso_header");
    access->idle_ms = config_duration_ms(config, "board", NULL, "session_idle");
    random_bytes(access->sso_key, sizeof access->sso_key);
    if (*access->sso_header && !*access->proxies) {
        access_free(access);
        return error_set(err, ERR_INPUT,
                         "[board] sso_header is set without proxies: name the addresses that may "
                         "send it, or anybody could");
    }
    *ret = access;
    return 0;
}

struct access *access_free(struct access *access)
{
    free(access);
    return NULL;
}

/* Is the word one of the list's, which are separated by commas and blanks? */
static bool listed(const char *list, struct str word)
{
    for (const char *at = list; *at;) {
        at += strspn(at, ", \t");
        size_t len = strcspn(at, ", \t");
        if (len && str_eq((struct str){at, len}, word))
            return true;
        at += len;
    }
    return false;
}

const char *access_address(const struct access *access, const struct http_exchange *exchange,
                           char *out)
{
    http_peer(exchange, out);
    struct str forwarded = http_header(exchange, "X-Forwarded-For");
    if (!forwarded.len || !listed(access->proxies, str_of(out)))
        return out;
    /* The last one was written by our own proxy; those before it by anybody. */
    size_t begin = forwarded.len;
    while (begin > 0 && forwarded.data[begin - 1] != ',' && forwarded.data[begin - 1] != ' ')
        begin--;
    snprintf(out, HTTP_PEER_SIZE, "%.*s", (int)(forwarded.len - begin), forwarded.data + begin);
    return out;
}

bool access_same_origin(const struct http_exchange *exchange, const char *token)
{
    struct str site = http_header(exchange, "Sec-Fetch-Site");
    struct str origin = http_header(exchange, "Origin");
    struct str host = http_header(exchange, "Host");
    struct str given = http_header(exchange, "X-CSRF-Token");
    if (site.len && !str_eq(site, STR("same-origin")))
        return false;
    if (origin.len && (origin.len <= host.len + 3 ||
                       !str_eq((struct str){origin.data + origin.len - host.len, host.len}, host) ||
                       memcmp(origin.data + origin.len - host.len - 3, "://", 3) != 0))
        return false;
    if (!*token) /* a header that no form can send */
        return given.len > 0;
    return given.len == strlen(token) &&
           hash_equal((const uint8_t *)given.data, (const uint8_t *)token, given.len);
}

static struct cached *cache_find(struct access *access, const uint8_t key[TOKEN_SIZE])
{
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        if (access->cache[i].used && hash_equal(access->cache[i].identity.key, key, TOKEN_SIZE))
            return &access->cache[i];
    }
    return NULL;
}

static struct cached *cache_slot(struct access *access)
{
    struct cached *oldest = &access->cache[0];
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        if (!access->cache[i].used)
            return &access->cache[i];
        if (access->cache[i].checked.us < oldest->checked.us)
            oldest = &access->cache[i];
    }
    return oldest;
}

/* The session's key. false = none is named. */
static bool request_key(const struct access *access, const struct http_exchange *exchange,
                        uint8_t key[TOKEN_SIZE], struct str *ret_sso)
{
    char peer[HTTP_PEER_SIZE];
    uint8_t token[TOKEN_SIZE];
    *ret_sso = STR_NONE;
    if (*access->sso_header && listed(access->proxies, str_of(http_peer(exchange, peer)))) {
        struct str name = http_header(exchange, access->sso_header);
        if (name.len > 0 && name.len < NAME_SIZE) {
            char text[NAME_SIZE + 4];
            int len = snprintf(text, sizeof text, "sso:%.*s", STR_ARG(name));
            for (int i = 0; i < len; i++)
                text[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
            hash_sha256((struct str){text, (size_t)len}, key);
            *ret_sso = name;
            return true;
        }
    }
    struct str cookie = http_cookie(exchange, SESSION_COOKIE);
    if (!hex_decode(cookie, token, sizeof token))
        return false;
    hash_sha256((struct str){(const char *)token, sizeof token}, key);
    return true;
}

static void csrf_token(const struct access *access, struct identity *identity)
{
    uint8_t out[HASH_SIZE];
    struct str parts[] = {STR("csrf"), {(const char *)identity->key, TOKEN_SIZE}};
    hash_hmac_parts(
        (struct str){(const char *)(identity->sso ? access->sso_key : identity->key), TOKEN_SIZE},
        parts, 2, out);
    hex_encode(out, sizeof out, identity->csrf);
}

#define SQL_UNIT_ID                                                                                \
    "(SELECT unit_id FROM hoso.unit n WHERE n.code = u.unit_code AND $2 BETWEEN valid_from AND "   \
    "valid_to)"
static const char sql_session[] =
    "SELECT u.name, u.role, coalesce(u.unit_code, ''), coalesce(" SQL_UNIT_ID ", 0) "
    "FROM hoso.board_session s JOIN hoso.board_user u USING (user_id) "
    "WHERE s.token_hash = $1 AND NOT u.disabled AND s.seen_at > $3";
static const char sql_sso[] =
    "SELECT u.name, u.role, coalesce(u.unit_code, ''), coalesce(" SQL_UNIT_ID ", 0) "
    "FROM hoso.board_user u WHERE u.name = lower($1) AND NOT u.disabled AND $3 IS NOT NULL";

static int look_up(struct access *access, struct pg *pg, const uint8_t key[TOKEN_SIZE],
                   struct str sso, struct identity *ret, struct error *err)
{
    struct pg_result *rows = NULL;
    struct pg_param params[] = {
        sso.len ? pg_text(sso) : pg_bytes((struct str){(const char *)key, TOKEN_SIZE}),
        pg_day(day_of(clock_now())), pg_time(clock_now() - clock_offset() - access->idle_ms)};
    int r = pg_exec(pg, sso.len ? sql_sso : sql_session, params, 3, &rows, err);
    if (r < 0)
        return r;
    r = pg_rows(rows) == 1 ? 0 : ACCESS_NONE;
    if (r == 0) {
        *ret = (struct identity){.role = ROLE_ANALYST, .sso = sso.len > 0};
        memcpy(ret->key, key, TOKEN_SIZE);
        snprintf(ret->name, sizeof ret->name, "%.*s", STR_ARG(pg_get_text(rows, 0, 0)));
        snprintf(ret->unit_code, sizeof ret->unit_code, "%.*s", STR_ARG(pg_get_text(rows, 0, 2)));
        ret->unit_id = pg_get_int32(rows, 0, 3);
        for (int i = 0; i < ROLE_COUNT; i++) {
            if (str_eq(pg_get_text(rows, 0, 1), str_of(role_names[i])))
                ret->role = (enum role)i;
        }
        /* A commune that is no more sees nothing; unit 0 would be the whole city. */
        if (ret->role == ROLE_COMMUNE && ret->unit_id == 0)
            ret->unit_id = -1;
        csrf_token(access, ret);
    }
    pg_result_free(rows);
    return r;
}

int access_identify(struct access *access, struct pg *pg, const struct http_exchange *exchange,
                    struct identity *ret, struct error *err)
{
    uint8_t key[TOKEN_SIZE];
    struct str sso;
    if (!request_key(access, exchange, key, &sso))
        return ACCESS_NONE;
    struct cached *cached = cache_find(access, key);
    int64_t age_ms = cached ? mono_diff_ms(cached->checked, mono_now()) : INT64_MAX;
    if (age_ms < (pg ? CACHE_FRESH_MS : CACHE_KEPT_MS)) {
        *ret = cached->identity;
        return 0;
    }
    if (!pg)
        return error_set(err, ERR_UNAVAILABLE, "PostgreSQL is away");
    int r = look_up(access, pg, key, sso, ret, err);
    if (r == ACCESS_NONE && cached)
        cached->used = false;
    if (r == 0) {
        cached = cached ? cached : cache_slot(access);
        *cached = (struct cached){.used = true, .checked = mono_now(), .identity = *ret};
    }
    return r;
}

int access_begin(struct pg *pg, int32_t unit_id, struct error *err)
{
    char units[16] = "all";
    if (unit_id)
        snprintf(units, sizeof units, "%d", (int)unit_id);
    int r =
        pg_script(pg,
                  unit_id ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                            "SET LOCAL ROLE hoso_board_unit; SET LOCAL statement_timeout = 5000; "
                            "SET LOCAL jit = off"
                          : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                            "SET LOCAL ROLE hoso_board_city; SET LOCAL statement_timeout = 5000; "
                            "SET LOCAL jit = off",
                  err);
    struct pg_param param = pg_text(str_of(units));
    if (r == 0)
        r = pg_exec(pg, "SELECT set_config('hoso.units', $1, true)", &param, 1, NULL, err);
    if (r < 0)
        pg_rollback(pg);
    return r;
}

int access_wait_s(const struct access *access, struct str name, const char *address)
{
    struct mono now = mono_now();
    int by_name = throttle_wait_s(&access->throttle, name, now);
    int by_address = throttle_wait_s(&access->throttle, str_of(address), now);
    return by_name > by_address ? by_name : by_address;
}

void access_failed(struct access *access, struct str name, const char *address)
{
    throttle_failed(&access->throttle, name, mono_now());
    throttle_failed(&access->throttle, str_of(address), mono_now());
}

int access_open(struct access *access, struct pg *pg, struct str name, const char *address,
                char *token_hex, struct error *err)
{
    uint8_t token[TOKEN_SIZE];
    uint8_t key[HASH_SIZE];
    random_bytes(token, sizeof token);
    hash_sha256((struct str){(const char *)token, sizeof token}, key);
    hex_encode(token, sizeof token, token_hex);
    struct pg_result *rows = NULL;
    struct pg_param params[] = {pg_bytes((struct str){(const char *)key, sizeof key}),
                                pg_text(name)};
    struct pg_param idle = pg_time(clock_now() - clock_offset() - access->idle_ms);
    int r = pg_exec(pg, "DELETE FROM hoso.board_session WHERE seen_at < $1", &idle, 1, NULL, err);
    if (r < 0)
        return r;
    r = pg_exec(pg,
                "INSERT INTO hoso.board_session (token_hash, user_id) SELECT $1, user_id "
                "FROM hoso.board_user WHERE name = $2 AND NOT disabled RETURNING user_id",
                params, 2, &rows, err);
    if (r == 0 && pg_rows(rows) == 0)
        r = ACCESS_NONE;
    pg_result_free(rows);
    if (r == 0) {
        throttle_succeeded(&access->throttle, name);
        throttle_succeeded(&access->throttle, str_of(address));
    }
    return r;
}

int access_close(struct access *access, struct pg *pg, const struct identity *identity,
                 struct error *err)
{
    struct cached *cached = cache_find(access, identity->key);
    if (cached)
        cached->used = false;
    struct pg_param param = pg_bytes((struct str){(const char *)identity->key, TOKEN_SIZE});
    return pg_exec(pg, "DELETE FROM hoso.board_session WHERE token_hash = $1", &param, 1, NULL,
                   err);
}

int access_password(struct pg *pg, struct str name, char *out, struct error *err)
{
    struct pg_result *rows = NULL;
    struct pg_param param = pg_text(name);
    int r = pg_exec(pg,
                    "SELECT password FROM hoso.board_user WHERE name = $1 AND NOT disabled AND "
                    "password IS NOT NULL",
                    &param, 1, &rows, err);
    *out = '\0';
    if (r == 0 && pg_rows(rows) == 1)
        snprintf(out, PASSWORD_HASH_SIZE, "%.*s", STR_ARG(pg_get_text(rows, 0, 0)));
    pg_result_free(rows);
    return r;
}

int access_check(struct access *access, struct pg *pg, const uint8_t *keys, size_t count,
                 bool *valid, struct error *err)
{
    struct pg_array array;
    struct pg_result *rows = NULL;
    pg_array_init(&array, PG_BYTEA);
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        valid[i] = false;
        r = pg_array_text(&array, (struct str){(const char *)keys + i * TOKEN_SIZE, TOKEN_SIZE});
    }
    struct pg_param params[] = {pg_array_param(&array),
                                pg_time(clock_now() - clock_offset() - access->idle_ms)};
    if (r == 0)
        r = pg_exec(pg,
                    "WITH used AS (UPDATE hoso.board_session s SET seen_at = now() "
                    "FROM hoso.board_user u WHERE u.user_id = s.user_id AND NOT u.disabled "
                    "AND s.seen_at > $2 AND s.token_hash = ANY ($1) RETURNING s.token_hash) "
                    "SELECT token_hash FROM used UNION ALL SELECT h.hash FROM hoso.board_user, "
                    "LATERAL (SELECT sha256(convert_to('sso:' || name, 'UTF8')) AS hash) h "
                    "WHERE NOT disabled AND h.hash = ANY ($1)",
                    params, 2, &rows, err);
    for (size_t row = 0; r == 0 && row < pg_rows(rows); row++) {
        struct str key = pg_get_text(rows, row, 0);
        for (size_t i = 0; i < count; i++)
            valid[i] = valid[i] ||
                       hash_equal(keys + i * TOKEN_SIZE, (const uint8_t *)key.data, TOKEN_SIZE);
    }
    pg_result_free(rows);
    pg_array_deinit(&array);
    return r;
}

int access_audit(struct pg *pg, const char *actor, const char *address, const char *action,
                 const char *object, struct error *err)
{
    struct pg_param params[] = {pg_text(str_of(actor)), pg_text(str_of(address)),
                                pg_text(str_of(action)), pg_text(str_of(object))};
    return pg_exec(pg,
                   "INSERT INTO hoso.board_audit (actor, address, action, object) "
                   "VALUES ($1, $2, $3, $4)",
                   params, 4, NULL, err);
}
