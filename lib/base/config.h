/*
 * Configuration: one table of options, one INI file (libinih). Precedence: flag > environment
 * (HOSO_SECTION_KEY; for secrets also HOSO_SECTION_KEY_FILE) > file > default. An unknown key, trailing junk or
 * a number out of range is an error with file:line, exit 78.
 *
 * Sections may be named: an option of section "source" also stands for [source.NAME]. Keys under [kafka] that contain
 * a dot are librdkafka properties and are passed through.
 */
#ifndef HOSO_BASE_CONFIG_H
#define HOSO_BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum config_type {
    CONFIG_TEXT,    /* min..max = length in bytes */
    CONFIG_INTEGER, /* decimal, min..max */
    CONFIG_BOOL,    /* yes/no, true/false, on/off, 1/0 */
    CONFIG_DURATION, /* 250ms, 5s, 10m, 8h, 400d; stored in ms; min..max in ms; a sign is allowed when min < 0 */
    CONFIG_CHOICE, /* one of the words in `choices`, separated by | */
};

struct config_option {
    const char *section;
    const char *key;
    enum config_type type;
    const char *unit; /* "ms", "bytes", "" */
    int64_t min;
    int64_t max;
    const char *fallback; /* default as text; NULL = must be given where it is used */
    const char *help;     /* one English sentence */
    const char *choices;
    bool secret; /* masked when shown; also readable from KEY_FILE */
    bool named;  /* belongs to [section.NAME] sections only */
};
/* The whole product's table (config_options.c), ended by section == NULL. */
extern const struct config_option config_options[];

struct config;

/*
 * path NULL = no file. overrides: "section.key=value" texts from flags. ERR_INPUT (exit EXIT_CONFIG): the text begins
 * with file:line, the variable's or the flag's name. ERR_UNAVAILABLE: file not readable.
 */
int config_load(const char *path, const char *const *overrides, size_t override_count,
                struct config **ret, struct error *err);
struct config *config_free(struct config *config); /* NULL is fine */

/*
 * Values; name NULL for plain sections, else the NAME of [section.NAME]. Asking for an option that the table does not
 * have aborts: a bug. config_text gives "" where nothing is set and there is no default. Views live as long as config.
 */
const char *config_text(const struct config *config, const char *section, const char *name,
                        const char *key);
int64_t config_integer(const struct config *config, const char *section, const char *name,
                       const char *key);
bool config_bool(const struct config *config, const char *section, const char *name,
                 const char *key);
int64_t config_duration_ms(const struct config *config, const char *section, const char *name,
                           const char *key);

/* The NAMEs of [section.NAME], in file order; index from 0; NULL past the last. */
const char *config_name(const struct config *config, const char *section, size_t index);

/* librdkafka properties in file order: false past the last. */
bool config_kafka_property(const struct config *config, size_t index, const char **ret_name,
                           const char **ret_value);

/* Visits every effective value: origin is "default", "file:12", "env HOSO_X_Y", "flag"; secrets read "***". */
void config_visit(const struct config *config,
                  void (*visit)(void *arg, const char *section, const char *name, const char *key,
                                const char *value, const char *origin),
                  void *arg);

#endif
