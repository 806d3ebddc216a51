/*
 * A string view: bytes that somebody else owns. Used wherever text passes through without being
 * kept: decoded records, JSON values, rows of a query. Never NUL-terminated by promise.
 */
#ifndef HOSO_BASE_STR_H
#define HOSO_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* data may be NULL only when len is 0. The empty view stands for "not given". */
struct str {
    const char *data;
    size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* For printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).len, ((s).data ? (s).data : "")

static inline struct str str_of(const char *text)
{
    return text ? (struct str){text, strlen(text)} : STR_NONE;
}

static inline bool str_given(struct str s)
{
    return s.len > 0;
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Byte order, shorter first on a common prefix: <0, 0, >0 as memcmp. */
static inline int str_cmp(struct str a, struct str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

#endif
