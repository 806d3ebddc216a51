/* links: ingest */
/* Sources and keys as the configuration gives them; who a request comes from. */
#include "ingest/identify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* 2026-07-01T12:00:00+07:00 */
#define NOON INT64_C(1782882000000)
/* openssl: 32 bytes 'k', and HMAC-SHA-256 of "msg_1.1782882000.{}" under them. */
#define WHSEC "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
#define MAC "bVdiDTvkCvyLGjhVGhykI+69NvljG1JY+Zy57CRzaGM="

static struct error err;

static const char *hash_of(const char *option, const char *key)
{
    static char texts[8][160];
    static int next;
    char *text = texts[next++ % 8];
    uint8_t digest[HASH_SIZE];
    char hex[2 * HASH_SIZE + 1];
    hash_sha256(str_of(key), digest);
    snprintf(text, sizeof texts[0], "%s=%s", option, hex_encode(digest, HASH_SIZE, hex));
    return text;
}

struct world {
    struct config *config;
    struct sources *sources;
    struct keys *keys;
    struct sessions *sessions;
};

static int load(struct world *w, const char *const *options, size_t count)
{
    *w = (struct world){0};
    if (config_load(NULL, options, count, &w->config, &err) != 0)
        fail_msg("%s", err.text);
    int result = sources_load(w->config, &w->sources, &err);
    if (!result)
        result = keys_load(w->config, w->sources, &w->keys, &err);
    if (!result)
        assert_int_equal(sessions_new(3, 1000, &w->sessions), 0);
    return result;
}

static void unload(struct world *w)
{
    assert_null(sessions_free(w->sessions));
    assert_null(keys_free(w->keys));
    assert_null(sources_free(w->sources));
    config_free(w->config);
}

#define LOAD(w, ...)                                                                               \
    do {                                                                                           \
        const char *const options_[] = {__VA_ARGS__};                                              \
        if (load(&(w), options_, sizeof options_ / sizeof *options_) != 0)                         \
            fail_msg("%s", err.text);                                                              \
    } while (0)

#define LOAD_FAILS(says, ...)                                                                      \
    do {                                                                                           \
        struct world w_;                                                                           \
        const char *const options_[] = {__VA_ARGS__};                                              \
        assert_int_equal(load(&w_, options_, sizeof options_ / sizeof *options_), ERR_INPUT);      \
        if (!strstr(err.text, says))                                                               \
            fail_msg("\"%s\" does not say \"%s\"", err.text, says);                                \
        unload(&w_);                                                                               \
    } while (0)

/* ---- configuration ---- */

static void bad_configuration_is_explained(void **state)
{
    (void)state;
    struct world w;
    assert_int_equal(load(&w, NULL, 0), ERR_INPUT);
    assert_non_null(strstr(err.text, "[source.NAME]"));
    unload(&w);
    const char *a = hash_of("source.a.key_sha256", "k");
    LOAD_FAILS("\"a\" and \"b\" are the same", a, hash_of("source.b.key_sha256", "k"));
    LOAD_FAILS("[source.b] has no key", a, "source.b.trust=portal");
    LOAD_FAILS("64 hex digits", "source.a.key_sha256="
                                "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz");
    const char *key = hash_of("key.k001.sha256", "hoso_k001_x");
    LOAD_FAILS("[key.k001]: source", a, key);
    LOAD_FAILS("[key.k001]: source", a, key, "key.k001.source=b");
    LOAD_FAILS("[key.k001]: give sha256", a, "key.k001.source=a");
    LOAD_FAILS("[key.K001]: the ID", a, "key.K001.source=a");
    LOAD_FAILS("expires must be a date", a, key, "key.k001.source=a", "key.k001.expires=2026-13-1");
    LOAD_FAILS("no kind \"all\"", a, key, "key.k001.source=a", "key.k001.kinds=record, all");
    LOAD_FAILS("\"xã\" is no agency code", a, key, "key.k001.source=a", "key.k001.units=H24, xã");
    LOAD_FAILS("signing_secret must be", a, "key.k001.source=a", "key.k001.signing_secret=abc");
    LOAD_FAILS("signing_secret must be", a, "key.k001.source=a",
               "key.k001.signing_secret=whsec_c2hvcnQ=");
    LOAD_FAILS("are the same", a, "key.k001.source=a", "key.k001.client_dn=CN=x",
               "key.k002.source=a", "key.k002.client_dn=CN=x");
    LOAD_FAILS("source must name a section", "source.p.kind=poll", key, "key.k001.source=p");
}

static void a_source_needs_no_key_of_its_own(void **state)
{
    (void)state;
    struct world w;
    LOAD(w, "source.a.trust=portal", "source.a.subject_map=ministry", "source.f.kind=file",
         "source.a.secret_procedures=1.1,2.2", "key.k001.source=a",
         hash_of("key.k001.sha256", "hoso_k001_x"));
    assert_int_equal(sources_count(w.sources), 2);
    const struct source *source = sources_at(w.sources, 0);
    assert_int_equal(source->trust, TRUST_PORTAL);
    assert_int_equal(source->subject_map, SUBJECT_MAP_MINISTRY);
    assert_int_equal(source->kind, SOURCE_PUSH);
    assert_true(str_eq(source->secret_procedures, STR("1.1,2.2")));
    assert_int_equal(sources_at(w.sources, 1)->kind, SOURCE_FILE);
    assert_int_equal(sources_at(w.sources, 1)->index, 1);
    unload(&w);
}

/* ---- who it is ---- */

static enum identify_result ask(struct world *w, const struct credentials *shown,
                                const char *wanted)
{
    struct key *key = NULL;
    enum identify_result result =
        identify(w->keys, w->sessions, shown, NOON, (struct mono){0}, &key);
    if (wanted ? !key || !str_eq(key->id, str_of(wanted)) : key != NULL)
        fail_msg("it is %.*s, wanted %s", key ? (int)key->id.len : 6, key ? key->id.data : "nobody",
                 wanted ? wanted : "nobody");
    assert_int_equal(result == IDENTIFY_OK, key != NULL);
    assert_non_null(identify_advice(result));
    return result;
}

static void by_api_key(void **state)
{
    (void)state;
    struct world w;
    LOAD(w, hash_of("source.motcua.key_sha256", "first key"),
         hash_of("source.cong.key_sha256", "second key"), "key.k001.source=cong",
         hash_of("key.k001.sha256", "hoso_k001_secret"), "key.k002.source=cong",
         hash_of("key.k002.sha256", "hoso_k002_secret"), "key.k002.expires=2026-06-30",
         "key.k003.source=cong", hash_of("key.k003.sha256", "hoso_k003_secret"),
         "key.k003.expires=2026-07-01");
    static const struct {
        const char *api_key;
        const char *authorization;
        const char *wanted;
        enum identify_result result;
    } cases[] = {
        {"first key", NULL, "motcua", IDENTIFY_OK},
        {"second key", NULL, "cong", IDENTIFY_OK},
        {NULL, "Bearer first key", "motcua", IDENTIFY_OK},
        {NULL, "bearer  second key", "cong", IDENTIFY_OK},
        {"second key", "Bearer first key", "cong", IDENTIFY_OK},
        {"hoso_k001_secret", NULL, "k001", IDENTIFY_OK},
        {NULL, "Bearer hoso_k001_secret", "k001", IDENTIFY_OK},
        {"hoso_k003_secret", NULL, "k003", IDENTIFY_OK}, /* the last day still counts */
        {"hoso_k002_secret", NULL, NULL, IDENTIFY_EXPIRED},
        {"hoso_k001_Secret", NULL, NULL, IDENTIFY_UNKNOWN},
        {"hoso_k002_Secret", NULL, NULL,
         IDENTIFY_UNKNOWN}, /* no word of expiry to who knows no secret */
        {"hoso_k009_secret", NULL, NULL, IDENTIFY_UNKNOWN},
        {"hoso_k001_", NULL, NULL, IDENTIFY_UNKNOWN},
        {"hoso_", NULL, NULL, IDENTIFY_UNKNOWN},
        {"k001", NULL, NULL, IDENTIFY_UNKNOWN},
        {"first ke", NULL, NULL, IDENTIFY_UNKNOWN},
        {"First key", NULL, NULL, IDENTIFY_UNKNOWN},
        {NULL, NULL, NULL, IDENTIFY_NOTHING},
        {"", "", NULL, IDENTIFY_NOTHING},
        {NULL, "first key", NULL, IDENTIFY_NOTHING},
        {NULL, "Bearer", NULL, IDENTIFY_NOTHING},
        {NULL, "Bearer ", NULL, IDENTIFY_NOTHING},
        {NULL, "Basic first key", NULL, IDENTIFY_NOTHING},
        {"wrong", "Bearer first key", NULL, IDENTIFY_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct credentials shown = {.api_key = str_of(cases[i].api_key),
                                    .authorization = str_of(cases[i].authorization)};
        assert_int_equal(ask(&w, &shown, cases[i].wanted), cases[i].result);
    }
    /* The hash itself opens nothing. */
    struct credentials hash = {.api_key = str_of(strchr(hash_of("x", "first key"), '=') + 1)};
    ask(&w, &hash, NULL);
    unload(&w);
}

static struct credentials signed_with(const char *timestamp, const char *values)
{
    return (struct credentials){.key_id = STR("k001"),
                                .body = STR("{}"),
                                .signature = {STR("msg_1"), str_of(timestamp), str_of(values)}};
}

static void by_signature(void **state)
{
    (void)state;
    struct world w;
    LOAD(w, "source.a.trust=local", "key.k001.source=a", "key.k001.signing_secret=" WHSEC);
    static const struct {
        const char *timestamp;
        const char *values;
        enum identify_result result;
    } cases[] = {
        {"1782882000", "v1," MAC, IDENTIFY_OK},
        {"1782882000", "v1,AAAA v2,x v1," MAC, IDENTIFY_OK},
        {"1782882000", "v1a," MAC, IDENTIFY_SIGNATURE},
        {"1782882000", MAC, IDENTIFY_SIGNATURE},
        {"1782882000", "v1,", IDENTIFY_SIGNATURE},
        {"1782882000", "v1,bVdiDTvkCvyLGjhVGhykI+69NvljG1JY+Zy57CRzaGI=", IDENTIFY_SIGNATURE},
        /* the same 32 bytes, but bits are left over: no second text for one signature */
        {"1782882000", "v1,bVdiDTvkCvyLGjhVGhykI+69NvljG1JY+Zy57CRzaGP=", IDENTIFY_SIGNATURE},
        {"1782882001", "v1," MAC, IDENTIFY_SIGNATURE},
        {"1782882300", "v1," MAC, IDENTIFY_SIGNATURE}, /* five minutes are still now */
        {"1782882301", "v1," MAC, IDENTIFY_STALE},
        {"1782881699", "v1," MAC, IDENTIFY_STALE},
        {"-1782882000", "v1," MAC, IDENTIFY_SIGNATURE},
        {"1782882000 ", "v1," MAC, IDENTIFY_SIGNATURE},
        {"99999999999999999999", "v1," MAC, IDENTIFY_SIGNATURE},
        {"", "v1," MAC, IDENTIFY_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct credentials shown = signed_with(cases[i].timestamp, cases[i].values);
        assert_int_equal(ask(&w, &shown, cases[i].result == IDENTIFY_OK ? "k001" : NULL),
                         cases[i].result);
    }
    struct credentials shown = signed_with("1782882000", "v1," MAC);
    shown.body = STR("{} ");
    assert_int_equal(ask(&w, &shown, NULL), IDENTIFY_SIGNATURE);
    shown = signed_with("1782882000", "v1," MAC);
    shown.signature.id = STR("msg_2");
    assert_int_equal(ask(&w, &shown, NULL), IDENTIFY_SIGNATURE);
    shown.key_id = STR("k002");
    assert_int_equal(ask(&w, &shown, NULL), IDENTIFY_UNKNOWN);
    shown.key_id = STR_NONE;
    assert_int_equal(ask(&w, &shown, NULL), IDENTIFY_UNKNOWN);
    unload(&w);
}

static void all_that_a_key_names_is_required(void **state)
{
    (void)state;
    struct world w;
    LOAD(w, "source.a.trust=local", "key.k001.source=a", "key.k001.signing_secret=" WHSEC,
         hash_of("key.k001.sha256", "hoso_k001_x"), "key.k001.client_dn=CN=motcua",
         "key.k002.source=a", "key.k002.client_dn=CN=other");
    struct credentials all = signed_with("1782882000", "v1," MAC);
    all.api_key = STR("hoso_k001_x");
    all.client_dn = STR("CN=motcua");
    assert_int_equal(ask(&w, &all, "k001"), IDENTIFY_OK);
    struct credentials shown = all;
    shown.api_key = STR_NONE;
    assert_int_equal(ask(&w, &shown, NULL), IDENTIFY_INCOMPLETE);
    shown = all;
    shown.client_dn = STR("CN=other");
    assert_int_equal(ask(&w, &shown, NULL), IDENTIFY_INCOMPLETE);
    shown = all;
    shown.signature.values = STR_NONE;
    assert_int_equal(ask(&w, &shown, NULL), IDENTIFY_SIGNATURE);
    shown = (struct credentials){.client_dn = STR("CN=motcua")};
    assert_int_equal(ask(&w, &shown, NULL), IDENTIFY_INCOMPLETE);
    shown.client_dn = STR("CN=other");
    assert_int_equal(ask(&w, &shown, "k002"), IDENTIFY_OK);
    shown.client_dn = STR("CN=nobody");
    assert_int_equal(ask(&w, &shown, NULL), IDENTIFY_UNKNOWN);
    unload(&w);
}

/* ---- sessions ---- */

static void by_session(void **state)
{
    (void)state;
    struct world w;
    LOAD(w, hash_of("source.a.key_sha256", "ka"), hash_of("source.b.key_sha256", "kb"),
         "key.k001.source=a", hash_of("key.k001.sha256", "hoso_k001_x"),
         "key.k001.expires=2026-06-30");
    struct credentials none = {0};
    struct key *a = NULL;
    struct key *b = NULL;
    struct key *x = NULL;
    assert_int_equal(identify_login(w.keys, &none, STR("a"), STR("ka"), NOON, &a), IDENTIFY_OK);
    assert_int_equal(identify_login(w.keys, &none, STR("b"), STR("kb"), NOON, &b), IDENTIFY_OK);
    assert_int_equal(identify_login(w.keys, &none, STR("b"), STR("ka"), NOON, &x),
                     IDENTIFY_UNKNOWN);
    assert_int_equal(identify_login(w.keys, &none, STR_NONE, STR("ka"), NOON, &x),
                     IDENTIFY_NOTHING);
    assert_int_equal(identify_login(w.keys, &none, STR("k001"), STR("hoso_k001_x"), NOON, &x),
                     IDENTIFY_EXPIRED);
    assert_null(x);
    char tokens[4][SESSION_TOKEN_SIZE];
    session_open(w.sessions, b, (struct mono){0}, tokens[0]);
    session_open(w.sessions, a, (struct mono){10}, tokens[1]);
    session_open(w.sessions, a, (struct mono){20}, tokens[2]);
    char bearer[SESSION_TOKEN_SIZE + 8];
    snprintf(bearer, sizeof bearer, "Bearer %s", tokens[0]);
    struct credentials shown = {.authorization = str_of(bearer)};
    assert_int_equal(ask(&w, &shown, "b"), IDENTIFY_OK);
    shown = (struct credentials){.session = str_of(tokens[1])};
    assert_int_equal(ask(&w, &shown, "a"), IDENTIFY_OK);
    tokens[1][0] = tokens[1][0] == '0' ? '1' : '0';
    assert_int_equal(ask(&w, &shown, NULL), IDENTIFY_UNKNOWN);
    shown.api_key = STR("wrong");
    shown.session = str_of(tokens[2]);
    assert_int_equal(ask(&w, &shown, NULL), IDENTIFY_UNKNOWN);
    /* Full: a's oldest makes room, b's older one stays. */
    session_open(w.sessions, a, (struct mono){30}, tokens[3]);
    assert_int_equal(sessions_count(w.sessions, (struct mono){30}), 3);
    assert_ptr_equal(session_find(w.sessions, str_of(tokens[0]), (struct mono){40}), b);
    assert_ptr_equal(session_find(w.sessions, str_of(tokens[2]), (struct mono){40}), a);
    assert_ptr_equal(session_find(w.sessions, str_of(tokens[3]), (struct mono){40}), a);
    /* Over after 1000 ms, and then the first to make room. */
    assert_null(session_find(w.sessions, str_of(tokens[0]), (struct mono){1000000}));
    assert_ptr_equal(session_find(w.sessions, str_of(tokens[3]), (struct mono){1000000}), a);
    session_open(w.sessions, b, (struct mono){1000025}, tokens[1]);
    assert_null(session_find(w.sessions, str_of(tokens[0]), (struct mono){0}));
    assert_ptr_equal(session_find(w.sessions, str_of(tokens[3]), (struct mono){1000025}), a);
    assert_null(session_find(w.sessions, STR("short"), (struct mono){0}));
    unload(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_configuration_is_explained),
        cmocka_unit_test(a_source_needs_no_key_of_its_own),
        cmocka_unit_test(by_api_key),
        cmocka_unit_test(by_signature),
        cmocka_unit_test(all_that_a_key_names_is_required),
        cmocka_unit_test(by_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
