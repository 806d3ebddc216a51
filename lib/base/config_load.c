#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "base/config_internal.h"

enum { WHERE_SIZE = 1024, NAME_SIZE = 128, SECRET_FILE_MAX = 4096 };

struct reading {
    struct config *config;
    const char *path;
    FILE *file;
    int line;      /* of the text that inih has now */
    bool too_long; /* inih would cut the line silently */
    int result;
    struct error *err;
    char seen[NAME_SIZE]; /* section and key of the last line, for a repeated one */
};

/* inih does not tell its handler the line, so the reader counts. */
static char *read_line(char *text, int size, void *stream)
{
    struct reading *reading = stream;
    char *got = fgets(text, size, reading->file);
    if (!got)
        return NULL;
    reading->line++;
    size_t len = strlen(text);
    if (len + 1 == (size_t)size && text[len - 1] != '\n')
        reading->too_long = true;
    return got;
}

static int fail(struct reading *reading, int code, const char *why)
{
    reading->result = error_set(reading->err, code, "%s:%d: %s", reading->path, reading->line, why);
    return 0;
}

static int take_line(void *user, const char *section, const char *key, const char *value)
{
    struct reading *reading = user;
    if (reading->result)
        return 0;
    if (reading->too_long)
        return fail(reading, ERR_INPUT,
                    "the line is longer than 198 bytes; use the environment or KEY_FILE");
    char head[NAME_SIZE];
    char name[NAME_SIZE];
    if (strlen(section) > 48 || strlen(key) > 48)
        return fail(reading, ERR_INPUT, "section and key may have 48 bytes");
    snprintf(head, sizeof head, "%s", section);
    char *dot = strchr(head, '.');
    if (dot) {
        *dot = '\0';
        snprintf(name, sizeof name, "%s", dot + 1);
    }
    char here[NAME_SIZE];
    snprintf(here, sizeof here, "%s|%s", section, key);
    if (strcmp(here, reading->seen) == 0)
        return fail(reading, ERR_INPUT, "the key is given twice, or the line begins with a space");
    memcpy(reading->seen, here, sizeof here);
    char where[WHERE_SIZE];
    snprintf(where, sizeof where, "%s:%d", reading->path, reading->line);
    reading->result =
        config_put(reading->config, where, head, dot ? name : NULL, key, value, reading->err);
    return reading->result == 0;
}

static int load_file(struct config *config, const char *path, struct error *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    struct reading reading = {.config = config, .path = path, .file = file, .err = err};
    int bad_line = ini_parse_stream(read_line, &reading, take_line, &reading);
    fclose(file);
    if (reading.result)
        return reading.result;
    if (bad_line > 0 || reading.too_long)
        return error_set(err, ERR_INPUT, "%s:%d: neither [section], key = value nor a comment",
                         path, bad_line > 0 ? bad_line : reading.line);
    return 0;
}

/* HOSO_SECTION_NAME_KEY: upper case, everything that is not a letter or digit becomes '_'. */
static void variable_name(char *out, size_t size, const char *section, const char *name,
                          const char *key)
{
    snprintf(out, size, "HOSO_%s%s%s_%s", section, name ? "_" : "", name ? name : "", key);
    for (; *out; out++)
        *out = isalnum((unsigned char)*out) ? (char)toupper((unsigned char)*out) : '_';
}

static int read_secret(const char *path, char *out, size_t size, struct error *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    size_t len = fread(out, 1, size - 1, file);
    bool whole = feof(file) || fgetc(file) == EOF;
    fclose(file);
    if (!whole)
        return error_set(err, ERR_INPUT, "%s: longer than %zu bytes", path, size - 1);
    out[len] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    return 0;
}

static int load_variable(struct config *config, const struct config_option *option,
                         const char *name, struct error *err)
{
    char variable[256];
    char where[WHERE_SIZE];
    variable_name(variable, sizeof variable - 5, option->section, name, option->key);
    const char *text = getenv(variable);
    char secret[SECRET_FILE_MAX];
    snprintf(where, sizeof where, "env %s", variable);
    if (!text && option->secret) {
        strcat(variable, "_FILE");
        const char *path = getenv(variable);
        if (!path)
            return 0;
        snprintf(where, sizeof where, "env %s", variable);
        int result = read_secret(path, secret, sizeof secret, err);
        if (result)
            return error_prefix(err, result, "%s", where);
        text = secret;
    }
    if (!text)
        return 0;
    return config_put(config, where, option->section, name, option->key, text, err);
}

static int load_environment(struct config *config, struct error *err)
{
    for (const struct config_option *option = config_options; option->section; option++) {
        int result = 0;
        if (!option->named)
            result = load_variable(config, option, NULL, err);
        for (size_t i = 0; option->named && !result; i++) {
            const char *name = config_name(config, option->section, i);
            if (!name)
                break;
            result = load_variable(config, option, name, err);
        }
        if (result)
            return result;
    }
    return 0;
}

/* "section.key=value", "section.name.key=value", or "kafka.any.librdkafka.property=value". */
static int load_override(struct config *config, const char *text, struct error *err)
{
    char path[512];
    const char *equals = strchr(text, '=');
    const char *dot = strchr(text, '.');
    if (!equals || !dot || dot > equals || (size_t)(equals - text) >= sizeof path)
        return error_set(err, ERR_INPUT, "--set wants section.key=value");
    snprintf(path, sizeof path, "%.*s", (int)(equals - text), text);
    char *rest = path + (dot - text);
    *rest++ = '\0';
    char *last = strrchr(rest, '.');
    bool named = last && strcmp(path, "kafka") != 0;
    if (named)
        *last = '\0';
    return config_put(config, "flag --set", path, named ? rest : NULL, named ? last + 1 : rest,
                      equals + 1, err);
}

int config_load(const char *path, const char *const *overrides, size_t override_count,
                struct config **ret, struct error *err)
{
    struct config *config = calloc(1, sizeof *config);
    if (!config)
        return error_set(err, ERR_NOMEM, "out of memory");
    int result = path ? load_file(config, path, err) : 0;
    if (!result)
        result = load_environment(config, err);
    for (size_t i = 0; i < override_count && !result; i++)
        result = load_override(config, overrides[i], err);
    if (result) {
        config_free(config);
        return result;
    }
    *ret = config;
    return 0;
}
