#include "ingest/key.h"

#include <stdlib.h>

#include "base/text.h"
#include "ingest/row.h"

#define KEY_PREFIX STR("hoso_")
#define SIGNING_PREFIX STR("whsec_")

struct keys {
    size_t count;
    struct key items[];
};

static bool starts_with(struct str text, struct str prefix)
{
    return text.len >= prefix.len && memcmp(text.data, prefix.data, prefix.len) == 0;
}

/* Takes the next of the words separated by commas off *rest; false past the last. */
static bool next_word(struct str *rest, struct str *ret)
{
    while (rest->len > 0) {
        const char *comma = memchr(rest->data, ',', rest->len);
        size_t len = comma ? (size_t)(comma - rest->data) : rest->len;
        size_t step = comma ? len + 1 : len;
        *ret = text_trim((struct str){rest->data, len});
        *rest = (struct str){rest->data + step, rest->len - step};
        if (str_given(*ret))
            return true;
    }
    return false;
}

static bool is_id(struct str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
            return false;
    }
    return id.len >= 4 && id.len <= KEY_ID_MAX;
}

static int read_kinds(struct str words, unsigned *ret, struct error *err)
{
    struct str word;
    *ret = 0;
    while (next_word(&words, &word)) {
        int kind = 0;
        while (kind < EVENT_KIND_COUNT && !str_eq(word, str_of(event_kind_names[kind])))
            kind++;
        if (kind == EVENT_KIND_COUNT)
            return error_set(err, ERR_INPUT, "kinds: there is no kind \"%.*s\"", STR_ARG(word));
        *ret |= 1u << kind;
    }
    if (*ret == 0)
        *ret = (1u << EVENT_KIND_COUNT) - 1;
    return 0;
}

static int check_units(struct str words, struct error *err)
{
    struct str word;
    while (next_word(&words, &word)) {
        if (!is_agency_code(word))
            return error_set(err, ERR_INPUT, "units: \"%.*s\" is no agency code like H24.11713",
                             STR_ARG(word));
    }
    return 0;
}

static int read_secrets(const struct config *config, const char *id, struct key *key,
                        struct error *err)
{
    struct str hex = str_of(config_text(config, "key", id, "sha256"));
    struct str signing = str_of(config_text(config, "key", id, "signing_secret"));
    key->has_hash = str_given(hex);
    if (key->has_hash && !hex_decode(hex, key->sha256, HASH_SIZE))
        return error_set(err, ERR_INPUT, "sha256 must have 64 hex digits");
    if (str_given(signing)) {
        struct str base64 = {signing.data + SIGNING_PREFIX.len, signing.len - SIGNING_PREFIX.len};
        if (!starts_with(signing, SIGNING_PREFIX) ||
            !base64_decode(base64, key->signing, sizeof key->signing, &key->signing_len) ||
            key->signing_len < 24)
            return error_set(err, ERR_INPUT,
                             "signing_secret must be whsec_ and 24 to 64 bytes in base64");
        key->seen = seen_new();
        if (!key->seen)
            return error_set(err, ERR_NOMEM, "out of memory");
    }
    key->client_dn = str_of(config_text(config, "key", id, "client_dn"));
    if (!key->has_hash && key->signing_len == 0 && !str_given(key->client_dn))
        return error_set(err, ERR_INPUT, "give sha256, signing_secret or client_dn");
    return 0;
}

static int read_limits(const struct config *config, const char *id, struct key *key,
                       struct error *err)
{
    const char *expires = config_text(config, "key", id, "expires");
    int32_t day;
    key->expires_at = NO_TIME;
    if (*expires) {
        if (!date_parse(str_of(expires), &day))
            return error_set(err, ERR_INPUT, "expires must be a date like 2027-06-30");
        key->expires_at = day_start(day + 1);
    }
    key->units = str_of(config_text(config, "key", id, "units"));
    key->bucket = bucket_make(config_integer(config, "key", id, "rate"),
                              config_integer(config, "key", id, "burst"), mono_now());
    int result = check_units(key->units, err);
    if (!result)
        result = read_kinds(str_of(config_text(config, "key", id, "kinds")), &key->kinds, err);
    return result;
}

static int load_key(const struct config *config, const struct sources *sources, const char *id,
                    struct key *ret, struct error *err)
{
    struct str name = str_of(config_text(config, "key", id, "source"));
    *ret = (struct key){.id = str_of(id)};
    if (!is_id(ret->id))
        return error_set(err, ERR_INPUT, "the ID must have 4 to %d lower-case letters and digits",
                         KEY_ID_MAX);
    for (size_t i = 0; i < sources_count(sources); i++) {
        const struct source *source = sources_at(sources, i);
        if (source->kind == SOURCE_PUSH && str_eq(source->name, name))
            ret->source = source;
    }
    if (!ret->source)
        return error_set(err, ERR_INPUT, "source must name a section [source.NAME] of kind push");
    int result = read_secrets(config, id, ret, err);
    return result ? result : read_limits(config, id, ret, err);
}

static struct key own_key(const struct source *source)
{
    struct key key = {.id = source->name,
                      .source = source,
                      .has_hash = true,
                      .expires_at = NO_TIME,
                      .kinds = (1u << EVENT_KIND_COUNT) - 1};
    memcpy(key.sha256, source->key_sha256, HASH_SIZE);
    return key;
}

/* What would make two keys one, or leave a source without any. */
static int check_all(const struct keys *keys, const struct sources *sources, struct error *err)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct key *a = &keys->items[i];
        for (size_t j = 0; j < i; j++) {
            const struct key *b = &keys->items[j];
            bool same_hash =
                a->has_hash && b->has_hash && memcmp(a->sha256, b->sha256, HASH_SIZE) == 0;
            bool same_dn = str_given(a->client_dn) && str_eq(a->client_dn, b->client_dn);
            if (same_hash || same_dn || str_eq(a->id, b->id))
                return error_set(err, ERR_INPUT, "keys \"%.*s\" and \"%.*s\" are the same",
                                 STR_ARG(b->id), STR_ARG(a->id));
        }
    }
    for (size_t i = 0; i < sources_count(sources); i++) {
        const struct source *source = sources_at(sources, i);
        bool found = source->kind != SOURCE_PUSH;
        for (size_t j = 0; j < keys->count && !found; j++)
            found = keys->items[j].source == source;
        if (!found)
            return error_set(err, ERR_INPUT,
                             "[source.%.*s] has no key: give key_sha256, the SHA-256 of its API "
                             "key, or a section [key.ID]",
                             STR_ARG(source->name));
    }
    return 0;
}

int keys_load(const struct config *config, const struct sources *sources, struct keys **ret,
              struct error *err)
{
    size_t most = sources_count(sources);
    for (size_t i = 0; config_name(config, "key", i); i++)
        most++;
    struct keys *keys = calloc(1, sizeof *keys + most * sizeof keys->items[0]);
    if (!keys)
        return error_set(err, ERR_NOMEM, "out of memory");
    int result = 0;
    const char *id;
    for (size_t i = 0; !result && (id = config_name(config, "key", i)); i++) {
        result = load_key(config, sources, id, &keys->items[keys->count++], err);
        if (result)
            error_prefix(err, result, "[key.%s]", id);
    }
    for (size_t i = 0; i < sources_count(sources); i++) {
        const struct source *source = sources_at(sources, i);
        if (source->has_key)
            keys->items[keys->count++] = own_key(source);
    }
    if (!result)
        result = check_all(keys, sources, err);
    if (result) {
        keys_free(keys);
        return result;
    }
    *ret = keys;
    return 0;
}

struct keys *keys_free(struct keys *keys)
{
    for (size_t i = 0; keys && i < keys->count; i++)
        seen_free(keys->items[i].seen);
    free(keys);
    return NULL;
}

struct key *keys_by_id(struct keys *keys, struct str id)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (str_given(id) && str_eq(keys->items[i].id, id))
            return &keys->items[i];
    }
    return NULL;
}

/* "hoso_ID_SECRET": the ID; any other text has none. */
static struct str id_in(struct str text)
{
    if (!starts_with(text, KEY_PREFIX))
        return STR_NONE;
    struct str rest = {text.data + KEY_PREFIX.len, text.len - KEY_PREFIX.len};
    const char *end = rest.len ? memchr(rest.data, '_', rest.len) : NULL;
    struct str id = {rest.data, end ? (size_t)(end - rest.data) : 0};
    return is_id(id) ? id : STR_NONE;
}

struct key *keys_by_text(struct keys *keys, struct str text)
{
    uint8_t digest[HASH_SIZE];
    struct str id = id_in(text);
    if (!str_given(text))
        return NULL;
    hash_sha256(text, digest);
    struct key *named = keys_by_id(keys, id);
    if (named)
        return named->has_hash && hash_equal(named->sha256, digest, HASH_SIZE) ? named : NULL;
    struct key *found = NULL;
    for (size_t i = 0; i < keys->count; i++) {
        struct key *key = &keys->items[i];
        if (key->source->has_key && str_eq(key->id, key->source->name) &&
            hash_equal(key->sha256, digest, HASH_SIZE))
            found = key;
    }
    return found;
}

struct key *keys_by_client_dn(struct keys *keys, struct str dn)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (str_given(dn) && str_eq(keys->items[i].client_dn, dn))
            return &keys->items[i];
    }
    return NULL;
}

static bool is_below(struct str agency, struct str unit)
{
    if (agency.len <= unit.len)
        return str_eq(agency, unit);
    size_t more = agency.len - unit.len;
    return (starts_with(agency, unit) && agency.data[unit.len] == '.') ||
           (memcmp(agency.data + more, unit.data, unit.len) == 0 && agency.data[more - 1] == '.');
}

bool key_allows_agency(const struct key *key, struct str agency)
{
    struct str rest = key->units;
    struct str unit;
    bool any = false;
    while (next_word(&rest, &unit)) {
        any = true;
        if (is_below(agency, unit))
            return true;
    }
    return !any;
}
