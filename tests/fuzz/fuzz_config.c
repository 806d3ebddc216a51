/* links: ingest */
/*
 * Any bytes as a configuration file, and what ingest makes of its sources and keys. Seeds: tests/fuzz/config.
 * What is refused says where: the file's name stands first in the text.
 */
#include "base/config.h"
#include "ingest/key.h"

#include "fuzz.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void visit(void *arg, const char *section, const char *name, const char *key,
                  const char *value, const char *origin)
{
    (void)name;
    size_t *count = arg;
    must(section && key && value && origin);
    ++*count;
}

static void read_sources(const struct config *config)
{
    struct sources *sources = NULL;
    struct keys *keys = NULL;
    struct error err = {""};
    if (sources_load(config, &sources, &err) != 0) {
        must(*err.text);
        return;
    }
    if (keys_load(config, sources, &keys, &err) != 0)
        must(*err.text);
    keys_free(keys);
    sources_free(sources);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[64];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("config", MFD_CLOEXEC);
        must(fd >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    must(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    struct config *config = NULL;
    struct error err = {""};
    int result = config_load(path, NULL, 0, &config, &err);
    if (result) {
        must(result == ERR_INPUT && strncmp(err.text, path, strlen(path)) == 0);
        return 0;
    }
    size_t count = 0;
    config_visit(config, visit, &count);
    must(count > 0);
    read_sources(config);
    config_free(config);
    return 0;
}
