/*
 * The decoder. Bytes from the wire are hostile: every length is held against what is left, nothing is
 * allocated, recursion is as deep as the schema (bounded when it was compiled) and never as the data says.
 */
#include "codec/codec.h"

#include <string.h>

#include "codec/program.h"

struct input {
    const unsigned char *at; /* on a fault: where the refused value begins */
    const unsigned char *end;
};

static size_t left(const struct input *in)
{
    return (size_t)(in->end - in->at);
}

static enum codec_fault take_long_slow(struct input *in, int64_t *ret)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < 10; i++) {
        if (i == left(in))
            return CODEC_TRUNCATED;
        unsigned char byte = in->at[i];
        bits |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        /* A last byte of zero adds nothing; in the tenth there is room for one bit. */
        if ((byte == 0 && i > 0) || (i == 9 && byte > 1))
            return CODEC_BAD_VARINT;
        in->at += i + 1;
        *ret = (int64_t)(bits >> 1 ^ -(bits & 1));
        return CODEC_OK;
    }
    return CODEC_BAD_VARINT;
}

/* Zigzag varint. Most are branches and lengths of one byte. */
static inline enum codec_fault take_long(struct input *in, int64_t *ret)
{
    if (in->at == in->end || *in->at & 0x80)
        return take_long_slow(in, ret);
    unsigned bits = *in->at++;
    *ret = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
    return CODEC_OK;
}

static enum codec_fault take_int(struct input *in, int32_t *ret)
{
    const unsigned char *begin = in->at;
    int64_t wide;
    enum codec_fault fault = take_long(in, &wide);
    if (fault)
        return fault;
    if (wide < INT32_MIN || wide > INT32_MAX) {
        in->at = begin;
        return CODEC_OUT_OF_RANGE;
    }
    *ret = (int32_t)wide;
    return CODEC_OK;
}

/* An ordinal of `count` branches or symbols; `wrong` when it is none. */
static inline enum codec_fault take_ordinal(struct input *in, uint32_t count,
                                            enum codec_fault wrong, uint32_t *ret)
{
    const unsigned char *begin = in->at;
    int64_t ordinal;
    enum codec_fault fault = take_long(in, &ordinal);
    if (fault)
        return fault;
    if (ordinal < 0 || ordinal >= count) {
        in->at = begin;
        return wrong;
    }
    *ret = (uint32_t)ordinal;
    return CODEC_OK;
}

static inline enum codec_fault take_fixed(struct input *in, uint64_t size,
                                          const unsigned char **ret)
{
    if (size > left(in))
        return CODEC_TRUNCATED;
    *ret = in->at;
    in->at += size;
    return CODEC_OK;
}

static inline enum codec_fault take_bytes(struct input *in, struct str *ret)
{
    const unsigned char *begin = in->at;
    int64_t size;
    enum codec_fault fault = take_long(in, &size);
    if (fault)
        return fault;
    if (size < 0 || (uint64_t)size > left(in)) {
        in->at = begin;
        return size < 0 ? CODEC_BAD_LENGTH : CODEC_TRUNCATED;
    }
    *ret = (struct str){size > 0 ? (const char *)in->at : NULL, (size_t)size};
    in->at += size;
    return CODEC_OK;
}

static inline enum codec_fault take_text(struct input *in, struct str *ret)
{
    const unsigned char *begin = in->at;
    enum codec_fault fault = take_bytes(in, ret);
    if (fault)
        return fault;
    if (!text_valid((const unsigned char *)ret->data, ret->len)) {
        in->at = begin;
        return CODEC_BAD_UTF8;
    }
    return CODEC_OK;
}

static enum codec_fault take_boolean(struct input *in, int *ret)
{
    const unsigned char *byte;
    enum codec_fault fault = take_fixed(in, 1, &byte);
    if (fault)
        return fault;
    if (*byte > 1) {
        in->at = byte;
        return CODEC_BAD_BOOLEAN;
    }
    *ret = *byte;
    return CODEC_OK;
}

static enum codec_fault take_symbol(const struct codec_program *program, const struct step *step,
                                    struct input *in, int *ret)
{
    const unsigned char *begin = in->at;
    uint32_t ordinal;
    enum codec_fault fault = take_ordinal(in, step->count, CODEC_OUT_OF_RANGE, &ordinal);
    if (fault)
        return fault;
    *ret = program->values[step->first + ordinal];
    if (*ret < 0) {
        in->at = begin;
        return CODEC_UNKNOWN_SYMBOL;
    }
    return CODEC_OK;
}

static enum codec_fault skip(const struct codec_program *program, const struct step *step,
                             struct input *in);

/*
 * Blocks of items until an empty one; a negative count is followed by the block's size in bytes. Items of no bytes are
 * not visited at all, all others use up input: so the loops end, whatever the counts say.
 */
static enum codec_fault skip_array(const struct codec_program *program, const struct step *step,
                                   struct input *in)
{
    const struct step *item = &program->steps[step->first];
    for (;;) {
        const unsigned char *begin = in->at;
        int64_t count;
        enum codec_fault fault = take_long(in, &count);
        if (fault || count == 0)
            return fault;
        if (count < 0) {
            struct str block;
            fault = count == INT64_MIN ? CODEC_BAD_LENGTH : take_bytes(in, &block);
            if (fault)
                return fault;
            continue;
        }
        if (item->least == 0)
            continue;
        if ((uint64_t)count > left(in) / item->least) {
            in->at = begin;
            return CODEC_TRUNCATED;
        }
        for (int64_t i = 0; i < count; i++) {
            fault = skip(program, item, in);
            if (fault)
                return fault;
        }
    }
}

/* Checks and passes over a value that the reader does not know. */
static enum codec_fault skip(const struct codec_program *program, const struct step *step,
                             struct input *in)
{
    const unsigned char *bytes;
    struct str text;
    int64_t wide;
    int32_t narrow;
    uint32_t ordinal;
    enum codec_fault fault;
    switch (step->op) {
    case STEP_NOTHING: return CODEC_OK;
    case STEP_SKIP_TEXT: return take_text(in, &text);
    case STEP_SKIP_BYTES: return take_bytes(in, &text);
    case STEP_SKIP_FIXED: return take_fixed(in, step->size, &bytes);
    case STEP_SKIP_INT: return take_int(in, &narrow);
    case STEP_SKIP_LONG: return take_long(in, &wide);
    case STEP_SKIP_SYMBOL: return take_ordinal(in, step->count, CODEC_OUT_OF_RANGE, &ordinal);
    case STEP_SKIP_BOOLEAN: return take_boolean(in, &narrow);
    case STEP_SKIP_ARRAY: return skip_array(program, step, in);
    case STEP_UNION:
        fault = take_ordinal(in, step->count, CODEC_BAD_BRANCH, &ordinal);
        return fault ? fault : skip(program, &program->steps[step->first + ordinal], in);
    default: break;
    }
    for (uint32_t i = 0; i < step->count; i++) { /* STEP_RECORD */
        fault = skip(program, &program->steps[step->first + i], in);
        if (fault)
            return fault;
    }
    return CODEC_OK;
}

/* One field of the record, into the struct. */
static inline enum codec_fault read_field(const struct codec_program *program,
                                          const struct step *step, struct input *in, void *out)
{
    enum codec_fault fault;
    if (step->op == STEP_UNION) {
        /* Most fields are null: one byte, and nothing to do. */
        if (in->at < in->end && *in->at == step->size) {
            in->at++;
            return CODEC_OK;
        }
        uint32_t branch;
        fault = take_ordinal(in, step->count, CODEC_BAD_BRANCH, &branch);
        if (fault)
            return fault;
        step = &program->steps[step->first + branch];
    }
    const unsigned char *bytes;
    int32_t narrow;
    void *field = (unsigned char *)out + step->offset;
    switch (step->op) {
    case STEP_NOTHING: return CODEC_OK;
    case STEP_READ_TEXT: return take_text(in, field);
    case STEP_READ_LONG: return take_long(in, field);
    case STEP_READ_INT: return take_int(in, field);
    case STEP_READ_TRI: return take_boolean(in, field);
    case STEP_READ_SYMBOL: return take_symbol(program, step, in, field);
    case STEP_READ_WIDE:
        fault = take_int(in, &narrow);
        if (fault == CODEC_OK)
            *(int64_t *)field = narrow;
        return fault;
    case STEP_READ_FIXED:
    case STEP_READ_VIEW:
        fault = take_fixed(in, step->size, &bytes);
        if (fault == CODEC_OK && step->op == STEP_READ_FIXED)
            memcpy(field, bytes, step->size);
        else if (fault == CODEC_OK)
            *(struct str *)field = (struct str){(const char *)bytes, step->size};
        return fault;
    default: return skip(program, step, in);
    }
}

enum codec_fault codec_decode(const struct codec_program *program, const void *data, size_t size,
                              void *ret_struct, size_t *ret_offset)
{
    /* An empty datum may be NULL, with which there is no arithmetic. */
    const unsigned char *begin = size > 0 ? data : (const unsigned char *)"";
    struct input in = {.at = begin, .end = begin + size};
    memcpy(ret_struct, program->defaults, program->struct_size);

    const struct step *fields = program->steps + program->steps->first;
    const struct step *end = fields + program->steps->count;
    enum codec_fault fault = CODEC_OK;
    for (const struct step *step = fields; step < end && fault == CODEC_OK; step++)
        fault = read_field(program, step, &in, ret_struct);
    if (fault == CODEC_OK && in.at != in.end)
        fault = CODEC_TRAILING_BYTES;
    if (fault && ret_offset)
        *ret_offset = (size_t)(in.at - begin);
    return fault;
}
