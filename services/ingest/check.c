#include "ingest/check.h"

#include <sys/stat.h>

#include "ingest/key.h"
#include "ingest/poll_feed.h"

/* Not file_feed's open, which makes folders: they must belong to the service, not to whoever checks. */
static int check_folder(const struct config *config, const char *name, struct error *err)
{
    const char *folder = config_text(config, "source", name, "folder");
    struct stat about;
    if (stat(folder, &about) == 0 && S_ISDIR(about.st_mode))
        return 0;
    return error_set(err, ERR_INPUT, "folder: \"%s\" is no folder", folder);
}

static int check_poll(const struct config *config, const char *name, struct error *err)
{
    void *state = NULL;
    int result = poll_feed_kind.open(NULL, config, name, &state, err);
    if (state)
        poll_feed_kind.close(state);
    return result;
}

static int check_source(const struct config *config, const struct source *source, struct error *err)
{
    const char *name = source->name.data;
    int result = 0;
    if (source->kind == SOURCE_POLL)
        result = check_poll(config, name, err);
    else if (source->kind == SOURCE_FILE)
        result = check_folder(config, name, err);
    return result ? error_prefix(err, result, "[source.%s]", name) : 0;
}

static bool is_given(const struct config *config, const char *key)
{
    return str_given(str_of(config_text(config, "ingest", NULL, key)));
}

int ingest_check(const struct config *config, struct error *err)
{
    struct sources *sources = NULL;
    struct keys *keys = NULL;
    if (!config_name(config, "source", 0))
        return 0;
    if (!is_given(config, "event_key") || !is_given(config, "officer_key"))
        return error_set(err, ERR_INPUT,
                         "[ingest] event_key and officer_key must be set, 32 bytes or more each");
    int result = sources_load(config, &sources, err);
    if (!result)
        result = keys_load(config, sources, &keys, err);
    for (size_t i = 0; !result && i < sources_count(sources); i++)
        result = check_source(config, sources_at(sources, i), err);
    keys_free(keys);
    sources_free(sources);
    return result;
}
