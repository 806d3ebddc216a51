/*
 * A compiled schema: what schema.c makes (with Avro-C) and decode.c runs (without). Private to lib/codec.
 */
#ifndef HOSO_CODEC_PROGRAM_H
#define HOSO_CODEC_PROGRAM_H

#include "codec/codec.h"

/* Reading steps first write into the struct at step.offset; skipping steps only check and move on. */
enum step_op {
    STEP_READ_TEXT,   /* string or bytes that must be UTF-8 -> struct str */
    STEP_READ_VIEW,   /* fixed of `size` -> struct str */
    STEP_READ_FIXED,  /* fixed of `size` -> uint8_t[size] */
    STEP_READ_INT,    /* int -> int32_t */
    STEP_READ_WIDE,   /* int -> int64_t */
    STEP_READ_LONG,   /* long -> int64_t */
    STEP_READ_SYMBOL, /* enum -> int, through program.values[first..first + count) */
    STEP_READ_TRI,    /* boolean -> int */
    STEP_NOTHING,     /* null: the default is there already */
    STEP_SKIP_TEXT,
    STEP_SKIP_BYTES,
    STEP_SKIP_FIXED, /* `size` bytes; float and double too */
    STEP_SKIP_INT,
    STEP_SKIP_LONG,
    STEP_SKIP_SYMBOL, /* ordinal < count */
    STEP_SKIP_BOOLEAN,
    STEP_SKIP_ARRAY, /* of steps[first]; a map is an array of (string, value) records */
    STEP_RECORD,     /* steps[first..first + count) one after another */
    STEP_UNION,      /* one of steps[first..first + count), the ordinal comes first */
};

struct step {
    enum step_op op;
    uint32_t offset;
    uint32_t first;
    uint32_t count;
    uint64_t size;
    uint64_t least; /* fewest bytes that a value can take; 0 = it never takes any */
};

struct codec_program {
    struct step *steps; /* steps[0] is the whole record; children lie after their parent */
    size_t step_count;
    size_t step_capacity;
    int32_t *values; /* of enumerations: the reader's value by the writer's ordinal, -1 = unknown */
    size_t value_count;
    size_t value_capacity;
    unsigned char *defaults; /* a struct in which every field holds its default */
    size_t struct_size;
};

/* Strict UTF-8: no overlong form, no surrogate, nothing above U+10FFFF; and no NUL. */
bool text_valid(const unsigned char *text, size_t size);

/* The compiled-in schema that belongs to a layout: its newest; the empty view when there is none. */
struct str codec_layout_schema(const struct codec_layout *layout, uint32_t *ret_schema_id);

#endif
