/*
 * JSON through jansson; the only folder that includes jansson.h. Reading is strict: duplicate keys are refused, nesting
 * is bounded, numbers keep to 64 bits, text is UTF-8 without NUL. Values are borrowed from the document.
 */
#ifndef HOSO_JSON_JSON_H
#define HOSO_JSON_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct json_doc;
struct json; /* a value inside a document; valid until json_doc_free */

#define JSON_DEPTH_MAX 16
/* Members and elements in one document: 8 MiB of "[{},{},…" must not become a gigabyte of objects. */
#define JSON_VALUES_MAX 500000

/* ERR_INPUT with line and column, never with content. ERR_NOMEM. */
int json_parse(struct str text, struct json_doc **ret, struct error *err);
struct json_doc *json_doc_free(struct json_doc *doc); /* NULL is fine */
const struct json *json_root(const struct json_doc *doc);

enum json_kind {
    JSON_NULL_,
    JSON_BOOL,
    JSON_INTEGER_,
    JSON_REAL_,
    JSON_STRING_,
    JSON_ARRAY_,
    JSON_OBJECT_
};
enum json_kind json_kind_of(const struct json *value); /* NULL counts as JSON_NULL_ */
/* NULL when not an object or no such key. */
const struct json *json_get(const struct json *object, const char *key);
size_t json_size(const struct json *array_or_object);
const struct json *json_at(const struct json *array, size_t index);
/* Walks the members of an object in the order of the text; begin with a zeroed cursor. false past the end or not an object. */
struct json_cursor {
    void *at;
    bool begun;
};
bool json_next(const struct json *object, struct json_cursor *cursor, struct str *ret_key,
               const struct json **ret_value);
struct str json_text(const struct json *value); /* empty unless a string */
/* false unless a number; integers are widened. */
bool json_to_real(const struct json *value, double *ret);
bool json_to_integer(const struct json *value, int64_t *ret); /* false unless an integer */
bool json_to_bool(const struct json *value, bool *ret);

/*
 * The value as text that does not depend on how it was written: members sorted by key, no blanks. Returns the bytes
 * needed; buffer is filled only when that is <= size. 0 = memory is short.
 */
size_t json_canonical(const struct json *value, char *buffer, size_t size);

/* ---- writing: grows a buffer, escapes text, keeps commas ---- */
struct json_out;
struct json_out *json_out_new(void); /* NULL when memory is short */
struct json_out *json_out_free(struct json_out *out);
void json_out_clear(struct json_out *out);
/* key NULL inside arrays and at the top. Running out of memory is remembered: json_out_text then gives the empty view. */
void json_begin_object(struct json_out *out, const char *key);
void json_end_object(struct json_out *out);
void json_begin_array(struct json_out *out, const char *key);
void json_end_array(struct json_out *out);
void json_put_text(struct json_out *out, const char *key, struct str value);
void json_put_integer(struct json_out *out, const char *key, int64_t value);
void json_put_bool(struct json_out *out, const char *key, bool value);
void json_put_null(struct json_out *out, const char *key);
/* Valid until the next change. Not NUL-terminated. */
struct str json_out_text(const struct json_out *out);

#endif
