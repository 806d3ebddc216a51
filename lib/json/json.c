#include "json/json.h"

#include <jansson.h>

#include <stdint.h>

#include <stdlib.h>

struct json_doc {
    json_t *root;
};

/* struct json is jansson's json_t under a name of ours; it is never defined. */
static const json_t *value_of(const struct json *value)
{
    return (const json_t *)value;
}

static const struct json *json_of(const json_t *value)
{
    return (const struct json *)value;
}

/* Jansson recurses and allocates as the text tells it to, so the text is measured first. Strings are skipped over. */
static int check_size(struct str text, struct error *err)
{
    size_t depth = 0;
    size_t values = 0;
    size_t line = 1;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        line += c == '\n';
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
            continue;
        }
        in_string = c == '"';
        values += c == ',' || c == '{' || c == '[';
        depth += c == '{' || c == '[';
        depth -= (c == '}' || c == ']') && depth > 0;
        if (depth > JSON_DEPTH_MAX)
            return error_set(err, ERR_INPUT, "line %zu: nested deeper than %d", line,
                             JSON_DEPTH_MAX);
        if (values > JSON_VALUES_MAX)
            return error_set(err, ERR_INPUT, "line %zu: more than %d values; send fewer at a time",
                             line, JSON_VALUES_MAX);
    }
    return 0;
}

/* Jansson's own texts quote the input, which may be somebody's name; these never do. */
static const char *fault_text(enum json_error_code code)
{
    switch (code) {
    case json_error_invalid_utf8: return "text is not UTF-8";
    case json_error_premature_end_of_input: return "ends too early";
    case json_error_end_of_input_expected: return "something follows the end";
    case json_error_null_character:
    case json_error_null_byte_in_key: return "a NUL character";
    case json_error_duplicate_key: return "a key stands twice in one object";
    case json_error_numeric_overflow: return "a number is too large";
    default: return "not JSON";
    }
}

int json_parse(struct str text, struct json_doc **ret, struct error *err)
{
    int result = check_size(text, err);
    if (result)
        return result;
    struct json_doc *doc = malloc(sizeof *doc);
    if (!doc)
        return error_set(err, ERR_NOMEM, "out of memory");
    json_error_t fault;
    doc->root = json_loadb(text.len ? text.data : "", text.len,
                           JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (doc->root) {
        *ret = doc;
        return 0;
    }
    free(doc);
    enum json_error_code code = json_error_code(&fault);
    if (code == json_error_out_of_memory)
        return error_set(err, ERR_NOMEM, "out of memory");
    return error_set(err, ERR_INPUT, "line %d, column %d: %s", fault.line, fault.column,
                     fault_text(code));
}

struct json_doc *json_doc_free(struct json_doc *doc)
{
    if (doc)
        json_decref(doc->root);
    free(doc);
    return NULL;
}

const struct json *json_root(const struct json_doc *doc)
{
    return json_of(doc->root);
}

enum json_kind json_kind_of(const struct json *value)
{
    if (!value)
        return JSON_NULL_;
    switch (json_typeof(value_of(value))) {
    case JSON_OBJECT: return JSON_OBJECT_;
    case JSON_ARRAY: return JSON_ARRAY_;
    case JSON_STRING: return JSON_STRING_;
    case JSON_INTEGER: return JSON_INTEGER_;
    case JSON_REAL: return JSON_REAL_;
    case JSON_TRUE:
    case JSON_FALSE: return JSON_BOOL;
    case JSON_NULL: break;
    }
    return JSON_NULL_;
}

const struct json *json_get(const struct json *object, const char *key)
{
    return json_of(json_object_get(value_of(object), key));
}

size_t json_size(const struct json *array_or_object)
{
    const json_t *value = value_of(array_or_object);
    return json_is_array(value) ? json_array_size(value) : json_object_size(value);
}

const struct json *json_at(const struct json *array, size_t index)
{
    return json_of(json_array_get(value_of(array), index));
}

bool json_next(const struct json *object, struct json_cursor *cursor, struct str *ret_key,
               const struct json **ret_value)
{
    /* Jansson's iterators take a mutable object although they only read. */
    json_t *mutable_object = (json_t *)(uintptr_t)object;
    cursor->at = cursor->begun ? json_object_iter_next(mutable_object, cursor->at)
                               : json_object_iter(mutable_object);
    cursor->begun = true;
    if (!cursor->at)
        return false;
    *ret_key = (struct str){json_object_iter_key(cursor->at), json_object_iter_key_len(cursor->at)};
    *ret_value = json_of(json_object_iter_value(cursor->at));
    return true;
}

struct str json_text(const struct json *value)
{
    if (!json_is_string(value_of(value)))
        return STR_NONE;
    return (struct str){json_string_value(value_of(value)), json_string_length(value_of(value))};
}

bool json_to_real(const struct json *value, double *ret)
{
    if (!json_is_number(value_of(value)))
        return false;
    *ret = json_number_value(value_of(value));
    return true;
}

bool json_to_integer(const struct json *value, int64_t *ret)
{
    if (!json_is_integer(value_of(value)))
        return false;
    *ret = json_integer_value(value_of(value));
    return true;
}

bool json_to_bool(const struct json *value, bool *ret)
{
    if (!json_is_boolean(value_of(value)))
        return false;
    *ret = json_is_true(value_of(value));
    return true;
}

size_t json_canonical(const struct json *value, char *buffer, size_t size)
{
    return json_dumpb(value_of(value), buffer, size,
                      JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);
}
