/* links: ingest */
#include "ingest/auth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The key's hash as the configuration has it. */
static const char *key_option(const char *name, const char *key)
{
    static char texts[4][160];
    static int next;
    char *text = texts[next++ % 4];
    uint8_t digest[HASH_SIZE];
    char hex[2 * HASH_SIZE + 1];
    hash_sha256(str_of(key), digest);
    snprintf(text, sizeof texts[0], "source.%s.key_sha256=%s", name,
             hex_encode(digest, HASH_SIZE, hex));
    return text;
}

static int load(const char *const *options, size_t count, struct config **ret_config,
                struct sources **ret, struct error *err)
{
    *ret_config = NULL;
    if (config_load(NULL, options, count, ret_config, err) != 0)
        fail_msg("%s", err->text);
    int result = sources_load(*ret_config, ret, err);
    if (result)
        *ret_config = config_free(*ret_config);
    return result;
}

static void assert_source(const struct sources *sources, const char *api_key,
                          const char *authorization, const char *wanted)
{
    const struct source *source =
        sources_authenticate(sources, str_of(api_key), str_of(authorization));
    if (wanted ? !source || !str_eq(source->name, str_of(wanted)) : source != NULL)
        fail_msg("key \"%s\" \"%s\" is %.*s's, wanted %s", api_key ? api_key : "",
                 authorization ? authorization : "", source ? (int)source->name.len : 6,
                 source ? source->name.data : "nobody", wanted ? wanted : "nobody");
}

static void keys_name_their_source(void **state)
{
    (void)state;
    const char *const options[] = {key_option("motcua", "first key"),
                                   key_option("cong", "second key"), "source.cong.trust=portal",
                                   "source.cong.subject_map=ministry",
                                   "source.cong.secret_procedures=1.1,2.2"};
    struct config *config;
    struct sources *sources = NULL;
    struct error err = {""};
    assert_int_equal(load(options, sizeof options / sizeof *options, &config, &sources, &err), 0);
    assert_source(sources, "first key", NULL, "motcua");
    assert_source(sources, "second key", NULL, "cong");
    assert_source(sources, NULL, "Bearer first key", "motcua");
    assert_source(sources, NULL, "bearer  second key", "cong");
    assert_source(sources, "second key", "Bearer first key", "cong");

    assert_source(sources, NULL, NULL, NULL);
    assert_source(sources, "", "", NULL);
    assert_source(sources, "first ke", NULL, NULL);
    assert_source(sources, "First key", NULL, NULL);
    assert_source(sources, NULL, "first key", NULL);
    assert_source(sources, NULL, "Bearer", NULL);
    assert_source(sources, NULL, "Bearer ", NULL);
    assert_source(sources, NULL, "Basic first key", NULL);
    /* The hash itself opens nothing. */
    assert_source(sources, strchr(key_option("x", "first key"), '=') + 1, NULL, NULL);

    const struct source *source = sources_authenticate(sources, STR("second key"), STR_NONE);
    assert_int_equal(source->trust, TRUST_PORTAL);
    assert_int_equal(source->subject_map, SUBJECT_MAP_MINISTRY);
    assert_true(str_eq(source->secret_procedures, STR("1.1,2.2")));
    source = sources_authenticate(sources, STR("first key"), STR_NONE);
    assert_int_equal(source->trust, TRUST_LOCAL);
    assert_int_equal(source->subject_map, SUBJECT_MAP_TD);
    assert_null(sources_free(sources));
    config_free(config);
}

static void assert_load_fails(const char *const *options, size_t count, const char *says)
{
    struct config *config;
    struct sources *sources = NULL;
    struct error err = {""};
    assert_int_equal(load(options, count, &config, &sources, &err), ERR_INPUT);
    if (!strstr(err.text, says))
        fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void bad_configuration_is_explained(void **state)
{
    (void)state;
    assert_load_fails(NULL, 0, "[source.NAME]");
    const char *const same[] = {key_option("a", "k"), key_option("b", "k")};
    assert_load_fails(same, 2, "[source.a] and [source.b]");
    const char *const keyless[] = {key_option("a", "k"), "source.b.trust=portal"};
    assert_load_fails(keyless, 2, "[source.b]");
    static const char *const not_hex[] = {
        "source.a.key_sha256=zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"};
    assert_load_fails(not_hex, 1, "64 hex digits");
    assert_null(sources_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_name_their_source),
        cmocka_unit_test(bad_configuration_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
