#include "ingest/auth.h"

#include "base/text.h"
#include "ingest/row.h"

#include <stdlib.h>
#include <string.h>

struct sources {
    struct source *items;
    size_t count;
};

static enum subject_map subject_map_of(const char *word)
{
    if (strcmp(word, "opencps") == 0)
        return SUBJECT_MAP_OPENCPS;
    return strcmp(word, "ministry") == 0 ? SUBJECT_MAP_MINISTRY : SUBJECT_MAP_TD;
}

static enum source_kind kind_of(const char *word)
{
    if (strcmp(word, "poll") == 0)
        return SOURCE_POLL;
    return strcmp(word, "file") == 0 ? SOURCE_FILE : SOURCE_PUSH;
}

static int load_source(const struct config *config, const char *name, struct source *ret,
                       struct error *err)
{
    const char *trust = config_text(config, "source", name, "trust");
    *ret = (struct source){
        .name = str_of(name),
        .kind = kind_of(config_text(config, "source", name, "kind")),
        .in_flight_max = (size_t)config_integer(config, "source", name, "in_flight_max"),
        .trust = strcmp(trust, "portal") == 0 ? TRUST_PORTAL : TRUST_LOCAL,
        .subject_map = subject_map_of(config_text(config, "source", name, "subject_map")),
        .secret_procedures = str_of(config_text(config, "source", name, "secret_procedures")),
    };
    if (!text_is_code(ret->name) || ret->name.len > SOURCE_MAX)
        return error_set(err, ERR_INPUT, "[source.%s]: the name must have 1 to %d bytes, no spaces",
                         name, SOURCE_MAX);
    struct str agency = str_of(config_text(config, "source", name, "agency"));
    if (str_given(agency) && !is_agency_code(agency))
        return error_set(err, ERR_INPUT,
                         "[source.%s]: agency: \"%s\" is no agency code like H24.11713", name,
                         agency.data);
    struct str hex = str_of(config_text(config, "source", name, "key_sha256"));
    ret->has_key = str_given(hex) && ret->kind == SOURCE_PUSH;
    if (ret->has_key && !hex_decode(hex, ret->key_sha256, HASH_SIZE))
        return error_set(
            err, ERR_INPUT,
            "[source.%s]: key_sha256 must be the SHA-256 of the API key, 64 hex digits", name);
    return 0;
}

int sources_load(const struct config *config, struct sources **ret, struct error *err)
{
    size_t count = 0;
    while (config_name(config, "source", count))
        count++;
    if (count == 0)
        return error_set(err, ERR_INPUT,
                         "no source is configured; add a section [source.NAME] with key_sha256");
    struct sources *sources = calloc(1, sizeof *sources);
    if (sources)
        sources->items = calloc(count, sizeof *sources->items);
    if (!sources || !sources->items) {
        sources_free(sources);
        return error_set(err, ERR_NOMEM, "out of memory");
    }
    int result = 0;
    for (; !result && sources->count < count; sources->count++) {
        struct source *added = &sources->items[sources->count];
        result = load_source(config, config_name(config, "source", sources->count), added, err);
        added->index = sources->count;
    }
    if (result) {
        sources_free(sources);
        return result;
    }
    *ret = sources;
    return 0;
}

struct sources *sources_free(struct sources *sources)
{
    if (sources)
        free(sources->items);
    free(sources);
    return NULL;
}

size_t sources_count(const struct sources *sources)
{
    return sources->count;
}

const struct source *sources_at(const struct sources *sources, size_t index)
{
    return &sources->items[index];
}
