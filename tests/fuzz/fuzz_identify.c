/* links: ingest */
/*
 * Any bytes as what a request shows of who it is: headers by lines, in the order of struct credentials, then the path and method.
 * Seeds: tests/fuzz/identify. Nobody gets in by chance: who is let in showed a right secret, which stands in the seeds.
 */
#include "base/config.h"
#include "ingest/identify.h"
#include "ingest/route.h"

#include "fuzz.h"

#define NOW INT64_C(1782882000000)

static struct keys *make_keys(void)
{
    /* A hash of something else; 32 bytes 'k'. */
    static const char *const options[] = {
        "source.a.trust=local",
        "key.k001.source=a",
        "key.k001.sha256=ce9c84e7a024517400bbbbb6dbfd0276e418b981c588ab7ae4c7532a8cda2a3b",
        "key.k002.source=a",
        "key.k002.signing_secret=whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
        "key.k003.source=a",
        "key.k003.client_dn=CN=motcua"};
    static struct config
        *config; /* views into both live in the keys, which live as long as the program */
    static struct sources *sources;
    struct keys *keys = NULL;
    must(config_load(NULL, options, sizeof options / sizeof *options, &config, NULL) == 0);
    must(sources_load(config, &sources, NULL) == 0);
    must(keys_load(config, sources, &keys, NULL) == 0);
    return keys;
}

/* What the signature covers, computed a second time. */
static bool holds(const struct credentials *shown, struct str secret)
{
    struct str parts[] = {shown->signature.id, STR("."), shown->signature.timestamp, STR("."),
                          shown->body};
    uint8_t mac[HASH_SIZE];
    hash_hmac(secret, parts, sizeof parts / sizeof *parts, mac);
    for (size_t i = 0; i + 44 <= shown->signature.values.len; i++) {
        uint8_t given[HASH_SIZE];
        size_t len;
        struct str base64 = {shown->signature.values.data + i, 44};
        if (base64_decode(base64, given, sizeof given, &len) && len == HASH_SIZE &&
            memcmp(given, mac, HASH_SIZE) == 0)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct keys *keys;
    static struct sessions *sessions;
    if (!keys) {
        keys = make_keys();
        must(sessions_new(4, 1000, &sessions) == 0);
    }
    struct str rest = {(const char *)data, size};
    struct str client_dn = next_line(&rest);
    struct credentials shown = {.api_key = next_line(&rest),
                                .authorization = next_line(&rest),
                                .session = next_line(&rest),
                                .key_id = next_line(&rest),
                                .client_dn = client_dn};
    shown.signature.id = next_line(&rest);
    shown.signature.timestamp = next_line(&rest);
    shown.signature.values = next_line(&rest);
    struct str path = next_line(&rest);
    shown.body = rest;
    struct route route = route_find(STR("POST"), path);
    must(route.call != CALL_NONE || !route.method_fits);
    struct key *key = NULL;
    enum identify_result result = identify(keys, sessions, &shown, NOW, (struct mono){0}, &key);
    must((result == IDENTIFY_OK) == (key != NULL));
    if (!key)
        return 0;
    must(!key->has_hash); /* the preimage of its hash is not among the seeds */
    if (key->signing_len)
        must(holds(&shown, (struct str){(const char *)key->signing, key->signing_len}));
    else
        must(str_eq(shown.client_dn, key->client_dn));
    return 0;
}
