#include "json/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct json_out {
    char *text;
    size_t len;
    size_t capacity;
    bool failed; /* memory was short once: the text has a hole and is not given out */
};

struct json_out *json_out_new(void)
{
    return calloc(1, sizeof(struct json_out));
}

struct json_out *json_out_free(struct json_out *out)
{
    if (out)
        free(out->text);
    free(out);
    return NULL;
}

void json_out_clear(struct json_out *out)
{
    out->len = 0;
    out->failed = false;
}

struct str json_out_text(const struct json_out *out)
{
    return out->failed ? STR_NONE : (struct str){out->text, out->len};
}

static void append(struct json_out *out, const char *bytes, size_t size)
{
    if (out->failed)
        return;
    if (size > out->capacity - out->len) {
        size_t capacity = out->capacity ? out->capacity * 2 : 512;
        while (capacity - out->len < size)
            capacity *= 2;
        char *grown = realloc(out->text, capacity);
        if (!grown) {
            out->failed = true;
            return;
        }
        out->text = grown;
        out->capacity = capacity;
    }
    memcpy(out->text + out->len, bytes, size);
    out->len += size;
}

static void append_quoted(struct json_out *out, struct str value)
{
    append(out, "\"", 1);
    size_t clean = 0; /* begin of the stretch that needs no escape */
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        char escape[8];
        int len = c < 0x20 ? snprintf(escape, sizeof escape, "\\u%04x", c)
                           : snprintf(escape, sizeof escape, "\\%c", c);
        append(out, value.data + clean, i - clean);
        append(out, escape, (size_t)len);
        clean = i + 1;
    }
    if (value.len > clean)
        append(out, value.data + clean, value.len - clean);
    append(out, "\"", 1);
}

/*
 * Comma, key and colon of what comes next. Whether a comma is due shows in the last byte: only an opening bracket
 * ends in one (texts end in a quote, numbers in a digit).
 */
static void begin_value(struct json_out *out, const char *key)
{
    char last = out->len ? out->text[out->len - 1] : '[';
    if (last != '[' && last != '{')
        append(out, ",", 1);
    if (!key)
        return;
    append_quoted(out, str_of(key));
    append(out, ":", 1);
}

static void put_raw(struct json_out *out, const char *key, const char *text)
{
    begin_value(out, key);
    append(out, text, strlen(text));
}

void json_begin_object(struct json_out *out, const char *key)
{
    put_raw(out, key, "{");
}

void json_end_object(struct json_out *out)
{
    append(out, "}", 1);
}

void json_begin_array(struct json_out *out, const char *key)
{
    put_raw(out, key, "[");
}

void json_end_array(struct json_out *out)
{
    append(out, "]", 1);
}

void json_put_text(struct json_out *out, const char *key, struct str value)
{
    begin_value(out, key);
    append_quoted(out, value);
}

void json_put_integer(struct json_out *out, const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    put_raw(out, key, text);
}

void json_put_bool(struct json_out *out, const char *key, bool value)
{
    put_raw(out, key, value ? "true" : "false");
}

void json_put_null(struct json_out *out, const char *key)
{
    put_raw(out, key, "null");
}
