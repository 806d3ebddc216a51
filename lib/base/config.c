#include "base/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config_internal.h"

const struct config_option *config_find_option(const char *section, const char *key)
{
    for (const struct config_option *option = config_options; option->section; option++) {
        if (strcmp(option->section, section) == 0 && strcmp(option->key, key) == 0)
            return option;
    }
    return NULL;
}

static bool parse_bool(const char *text, int64_t *ret)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret = (int64_t)(i % 2);
            return true;
        }
    }
    return false;
}

/* Decimal with an optional sign; *ret_rest is what follows the digits. */
static bool parse_number(const char *text, int64_t *ret, const char **ret_rest)
{
    bool negative = *text == '-';
    text += negative || *text == '+';
    if (*text < '0' || *text > '9')
        return false;
    int64_t number = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        if (number > (INT64_MAX - 9) / 10)
            return false;
        number = number * 10 + (*text - '0');
    }
    *ret = negative ? -number : number;
    *ret_rest = text;
    return true;
}

static bool parse_duration(const char *text, int64_t *ret)
{
    static const struct {
        const char *suffix;
        int64_t ms;
    } units[] = {{"ms", 1},
                 {"s", MS_PER_SECOND},
                 {"m", MS_PER_MINUTE},
                 {"h", MS_PER_HOUR},
                 {"d", MS_PER_DAY}};
    const char *rest;
    int64_t number;
    if (!parse_number(text, &number, &rest))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(rest, units[i].suffix) == 0)
            return !__builtin_mul_overflow(number, units[i].ms, ret);
    }
    return false;
}

static bool is_choice(const char *choices, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = choices; len > 0 && *at;) {
        size_t choice = strcspn(at, "|");
        if (choice == len && strncmp(at, word, len) == 0)
            return true;
        at += choice + (at[choice] == '|');
    }
    return false;
}

/* Checks a text against its option. A secret's value never enters the error. */
static int parse_value(const struct config_option *option, const char *text, int64_t *ret_number,
                       struct error *err)
{
    const char *shown = option->secret ? "***" : text;
    const char *rest = "";
    int64_t size = (int64_t)strlen(text);
    switch (option->type) {
    case CONFIG_TEXT:
        if (size < option->min || size > option->max)
            return error_set(err, ERR_INPUT,
                             "%s must have %" PRId64 " to %" PRId64 " bytes, has %" PRId64,
                             option->key, option->min, option->max, size);
        return 0;
    case CONFIG_CHOICE:
        if (!is_choice(option->choices, text))
            return error_set(err, ERR_INPUT, "%s is \"%s\", must be one of %s", option->key, shown,
                             option->choices);
        return 0;
    case CONFIG_BOOL:
        if (!parse_bool(text, ret_number))
            return error_set(err, ERR_INPUT, "%s is \"%s\", must be yes or no", option->key, shown);
        return 0;
    case CONFIG_INTEGER:
        if (!parse_number(text, ret_number, &rest) || *rest)
            return error_set(err, ERR_INPUT, "%s is \"%s\", must be a whole number", option->key,
                             shown);
        break;
    case CONFIG_DURATION:
        if (!parse_duration(text, ret_number))
            return error_set(err, ERR_INPUT, "%s is \"%s\", must be a number with ms, s, m, h or d",
                             option->key, shown);
        break;
    }
    if (*ret_number < option->min || *ret_number > option->max)
        return error_set(err, ERR_INPUT, "%s is %s, must be %" PRId64 " to %" PRId64 " %s",
                         option->key, shown, option->min, option->max, option->unit);
    return 0;
}

static bool same_name(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct config_value *find_value(const struct config *config,
                                       const struct config_option *option, const char *name)
{
    for (size_t i = 0; i < config->count; i++) {
        if (config->values[i].option == option && same_name(config->values[i].name, name))
            return &config->values[i];
    }
    return NULL;
}

static struct config_value *add_value(struct config *config)
{
    if (config->count == config->capacity) {
        size_t capacity = config->capacity ? config->capacity * 2 : 64;
        struct config_value *grown = realloc(config->values, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        config->values = grown;
        config->capacity = capacity;
    }
    config->values[config->count] = (struct config_value){0};
    return &config->values[config->count++];
}

int config_put(struct config *config, const char *where, const char *section, const char *name,
               const char *key, const char *text, struct error *err)
{
    bool property = strcmp(section, "kafka") == 0 && !name && strchr(key, '.');
    const struct config_option *option = property ? NULL : config_find_option(section, key);
    if (!property && !option)
        return error_set(err, ERR_INPUT, "%s: unknown option %s.%s", where, section, key);
    if (option && option->named != (name != NULL))
        return error_set(err, ERR_INPUT, "%s: %s belongs into [%s%s]", where, key, section,
                         option->named ? ".NAME" : "");
    int64_t number = 0;
    int result = option ? parse_value(option, text, &number, err) : 0;
    if (result)
        return error_prefix(err, result, "%s", where);

    const char *stored_name = property ? key : name;
    struct config_value *value = find_value(config, option, stored_name);
    if (!value)
        value = add_value(config);
    if (!value)
        return error_set(err, ERR_NOMEM, "out of memory");
    char *new_name = stored_name ? strdup(stored_name) : NULL;
    char *new_text = strdup(text);
    char *new_origin = strdup(where);
    free(value->name);
    free(value->text);
    free(value->origin);
    *value = (struct config_value){option, new_name, new_text, new_origin, number};
    if ((stored_name && !new_name) || !new_text || !new_origin)
        return error_set(err, ERR_NOMEM, "out of memory");
    return 0;
}

struct config *config_free(struct config *config)
{
    if (!config)
        return NULL;
    for (size_t i = 0; i < config->count; i++) {
        free(config->values[i].name);
        free(config->values[i].text);
        free(config->values[i].origin);
    }
    free(config->values);
    free(config);
    return NULL;
}

/* The set value, or the option's default parsed on the fly; aborts for an option that does not exist. */
static const char *lookup(const struct config *config, const char *section, const char *name,
                          const char *key, int64_t *ret_number)
{
    const struct config_option *option = config_find_option(section, key);
    if (!option) {
        fprintf(stderr, "no such option in config_options.c: %s.%s\n", section, key);
        abort();
    }
    const struct config_value *value = find_value(config, option, name);
    *ret_number = 0;
    if (value) {
        *ret_number = value->number;
        return value->text;
    }
    if (!option->fallback)
        return "";
    parse_value(option, option->fallback, ret_number, NULL);
    return option->fallback;
}

const char *config_text(const struct config *config, const char *section, const char *name,
                        const char *key)
{
    int64_t number;
    return lookup(config, section, name, key, &number);
}

int64_t config_integer(const struct config *config, const char *section, const char *name,
                       const char *key)
{
    int64_t number;
    lookup(config, section, name, key, &number);
    return number;
}

bool config_bool(const struct config *config, const char *section, const char *name,
                 const char *key)
{
    return config_integer(config, section, name, key) != 0;
}

int64_t config_duration_ms(const struct config *config, const char *section, const char *name,
                           const char *key)
{
    return config_integer(config, section, name, key);
}

const char *config_name(const struct config *config, const char *section, size_t index)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct config_value *value = &config->values[i];
        if (!value->option || !value->option->named || strcmp(value->option->section, section) != 0)
            continue;
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++)
            seen = config->values[j].option && config->values[j].option->named &&
                   strcmp(config->values[j].option->section, section) == 0 &&
                   same_name(config->values[j].name, value->name);
        if (!seen && index-- == 0)
            return value->name;
    }
    return NULL;
}

bool config_kafka_property(const struct config *config, size_t index, const char **ret_name,
                           const char **ret_value)
{
    for (size_t i = 0; i < config->count; i++) {
        if (config->values[i].option || index-- > 0)
            continue;
        *ret_name = config->values[i].name;
        *ret_value = config->values[i].text;
        return true;
    }
    return false;
}

void config_visit(const struct config *config,
                  void (*visit)(void *arg, const char *section, const char *name, const char *key,
                                const char *value, const char *origin),
                  void *arg)
{
    for (const struct config_option *option = config_options; option->section; option++) {
        bool any = false;
        for (size_t i = 0; i < config->count; i++) {
            const struct config_value *value = &config->values[i];
            if (value->option != option)
                continue;
            any = true;
            visit(arg, option->section, value->name, option->key,
                  option->secret ? "***" : value->text, value->origin);
        }
        if (!any && !option->named)
            visit(arg, option->section, NULL, option->key,
                  option->secret     ? "***"
                  : option->fallback ? option->fallback
                                     : "",
                  "default");
    }
    for (size_t i = 0; i < config->count; i++) {
        const struct config_value *value = &config->values[i];
        /* A pass-through property may be a password; librdkafka names those so. */
        if (!value->option)
            visit(arg, "kafka", NULL, value->name,
                  strstr(value->name, "password") ? "***" : value->text, value->origin);
    }
}
