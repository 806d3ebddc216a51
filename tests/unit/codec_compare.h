/* Structs of a codec layout, looked at field by field. */
#ifndef HOSO_TESTS_CODEC_COMPARE_H
#define HOSO_TESTS_CODEC_COMPARE_H

#include "codec/codec.h"

#include <string.h>

static inline const void *field_of(const struct codec_field *field, const void *in_struct)
{
    return (const char *)in_struct + field->offset;
}

static inline struct str field_text(const struct codec_field *field, const void *in_struct)
{
    struct str text;
    memcpy(&text, field_of(field, in_struct), sizeof text);
    return text;
}

/* Any field that holds a number. */
static inline int64_t field_number(const struct codec_field *field, const void *in_struct)
{
    int64_t wide;
    int32_t narrow;
    if (field->type == CODEC_INT64) {
        memcpy(&wide, field_of(field, in_struct), sizeof wide);
        return wide;
    }
    memcpy(&narrow, field_of(field, in_struct), sizeof narrow);
    return narrow;
}

/* Name of the first field in which two structs differ, NULL when they are the same. */
static inline const char *first_difference(const struct codec_layout *layout, const void *a,
                                           const void *b)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct codec_field *field = &layout->fields[i];
        bool same;
        if (field->type == CODEC_STR)
            same = str_eq(field_text(field, a), field_text(field, b));
        else if (field->type == CODEC_FIXED)
            same = memcmp(field_of(field, a), field_of(field, b), field->size) == 0;
        else
            same = field_number(field, a) == field_number(field, b);
        if (!same)
            return field->name;
    }
    return NULL;
}

/* Every text is empty or a view into data[0..size). */
static inline bool views_inside(const struct codec_layout *layout, const void *in_struct,
                                const void *data, size_t size)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        if (layout->fields[i].type != CODEC_STR)
            continue;
        struct str text = field_text(&layout->fields[i], in_struct);
        size_t from = (size_t)(text.data - (const char *)data);
        if (text.len > 0 && (from > size || text.len > size - from))
            return false;
    }
    return true;
}

#endif
