/* Shared by config.c (values and reading them) and config_load.c (where they come from). */
#ifndef HOSO_BASE_CONFIG_INTERNAL_H
#define HOSO_BASE_CONFIG_INTERNAL_H

#include "base/config.h"

/* One value that was set, or the default of a plain option. */
struct config_value {
    const struct config_option *option; /* NULL = a librdkafka property */
    char *name;                         /* NAME of [section.NAME]; a property's name; else NULL */
    char *text;
    char *origin;
    int64_t number; /* integer, bool, duration in ms */
};

struct config {
    struct config_value *values;
    size_t count;
    size_t capacity;
};

/*
 * Sets a value, replacing an earlier one. where: "file:12", "env X", "flag"; it becomes the origin and the head of an
 * error. section and key as written; name may be NULL. ERR_INPUT, ERR_NOMEM.
 */
int config_put(struct config *config, const char *where, const char *section, const char *name,
               const char *key, const char *text, struct error *err);

/* NULL when the table has no such option. */
const struct config_option *config_find_option(const char *section, const char *key);

#endif
