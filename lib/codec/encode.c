/* Encodes structs through Avro-C's generic values. */
#include "codec/codec.h"

#include "codec/program.h"

#include <avro.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A layout's field in the schema. */
struct slot {
    size_t index;    /* in the record */
    int null_branch; /* -1: cannot be null */
    int branch;      /* of the value, -1: not a union */
    int *ordinals;   /* CODEC_ENUM: the schema's symbol for each of ours */
    int symbol_count;
};

struct codec_writer {
    const struct codec_layout *layout;
    uint32_t schema_id;
    avro_schema_t schema;
    avro_value_iface_t *class;
    avro_value_t value;
    avro_writer_t memory;
    struct slot *slots; /* one per field of the layout */
    char *buffer;
    size_t capacity;
};

static int find_ordinals(struct slot *slot, avro_schema_t type, const struct codec_field *field,
                         struct error *err)
{
    int count = 0;
    while (field->symbols[count])
        count++;
    slot->ordinals = calloc((size_t)count, sizeof *slot->ordinals);
    if (!slot->ordinals)
        return error_set(err, ERR_NOMEM, "out of memory");
    slot->symbol_count = count;
    for (int i = 0; i < count; i++) {
        slot->ordinals[i] = avro_schema_enum_get_by_name(type, field->symbols[i]);
        if (slot->ordinals[i] < 0)
            return error_set(err, ERR_INPUT, "field %s: the schema has no symbol %s", field->name,
                             field->symbols[i]);
    }
    return 0;
}

static int find_slot(struct slot *slot, avro_schema_t record, const struct codec_field *field,
                     struct error *err)
{
    int index = avro_schema_record_field_get_index(record, field->name);
    if (index < 0)
        return error_set(err, ERR_INPUT, "field %s: not in the schema", field->name);
    avro_schema_t type = avro_schema_record_field_get_by_index(record, index);
    *slot = (struct slot){.index = (size_t)index, .null_branch = -1, .branch = -1};
    if (is_avro_union(type)) {
        size_t count = avro_schema_union_size(type);
        for (int i = 0; i < (int)count; i++)
            *(is_avro_null(avro_schema_union_branch(type, i)) ? &slot->null_branch
                                                              : &slot->branch) = i;
        type = avro_schema_union_branch(type, slot->branch);
    }
    return field->type == CODEC_ENUM ? find_ordinals(slot, type, field, err) : 0;
}

static int open_writer(struct codec_writer *writer, struct error *err)
{
    const struct codec_layout *layout = writer->layout;
    struct str json = codec_layout_schema(layout, &writer->schema_id);
    if (avro_schema_from_json_length(json.data, json.len, &writer->schema))
        return error_set(err, ERR_INPUT, "%s", avro_strerror());
    if (avro_schema_record_size(writer->schema) != layout->field_count)
        return error_set(err, ERR_INPUT, "has other fields than the program");
    writer->slots = calloc(layout->field_count, sizeof *writer->slots);
    writer->class = avro_generic_class_from_schema(writer->schema);
    writer->memory = avro_writer_memory(NULL, 0);
    if (!writer->slots || !writer->class || !writer->memory ||
        avro_generic_value_new(writer->class, &writer->value))
        return error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < layout->field_count; i++) {
        int result = find_slot(&writer->slots[i], writer->schema, &layout->fields[i], err);
        if (result)
            return result;
    }
    return 0;
}

int codec_writer_new(const struct codec_layout *layout, struct codec_writer **ret,
                     struct error *err)
{
    struct codec_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return error_set(err, ERR_NOMEM, "out of memory");
    writer->layout = layout;
    int result = open_writer(writer, err);
    if (result) {
        codec_writer_free(writer);
        return error_prefix(err, result, "schema of %s", layout->name);
    }
    *ret = writer;
    return 0;
}

struct codec_writer *codec_writer_free(struct codec_writer *writer)
{
    if (!writer)
        return NULL;
    if (writer->value.self)
        avro_value_decref(&writer->value);
    if (writer->class)
        avro_value_iface_decref(writer->class);
    if (writer->memory)
        avro_writer_free(writer->memory);
    if (writer->schema)
        avro_schema_decref(writer->schema);
    for (size_t i = 0; writer->slots && i < writer->layout->field_count; i++)
        free(writer->slots[i].ordinals);
    free(writer->slots);
    free(writer->buffer);
    free(writer);
    return NULL;
}

static bool at_default(const struct codec_field *field, const void *value)
{
    int64_t wide;
    int32_t narrow;
    struct str text;
    switch (field->type) {
    case CODEC_FIXED: return false;
    case CODEC_STR: memcpy(&text, value, sizeof text); return text.len == 0;
    case CODEC_INT64: memcpy(&wide, value, sizeof wide); return wide == field->default_number;
    default: memcpy(&narrow, value, sizeof narrow); return narrow == field->default_number;
    }
}

/* Hands an Avro-C result up in our own terms. */
static int checked(int avro_result, const struct codec_field *field, struct error *err)
{
    return avro_result ? error_set(err, avro_result == ENOMEM ? ERR_NOMEM : ERR_FAILED, "%s: %s",
                                   field->name, avro_strerror())
                       : 0;
}

static int put_text(const struct codec_field *field, avro_value_t *to, struct str text,
                    struct error *err)
{
    if (field->size > 0) {
        if (text.len != field->size)
            return error_set(err, ERR_INPUT, "%s has %zu bytes, must have %zu", field->name,
                             text.len, field->size);
        /* Avro-C only copies from the pointer, but its type says mutable. */
        return checked(avro_value_set_fixed(to, (void *)(uintptr_t)text.data, text.len), field,
                       err);
    }
    if (!text_valid((const unsigned char *)text.data, text.len))
        return error_set(err, ERR_INPUT, "%s is not valid UTF-8, or holds a NUL", field->name);
    /* Lent, not copied. The length that Avro-C wants counts a NUL, which it neither reads nor writes. */
    avro_wrapped_buffer_t lent;
    int result = avro_wrapped_buffer_new(&lent, text.data ? text.data : "", text.len + 1);
    return checked(result ? result : avro_value_give_string_len(to, &lent), field, err);
}

static int put_number(const struct codec_field *field, const struct slot *slot, avro_value_t *to,
                      int32_t number, struct error *err)
{
    if (field->type == CODEC_INT32)
        return checked(avro_value_set_int(to, number), field, err);
    int32_t count = field->type == CODEC_ENUM ? slot->symbol_count : 2;
    if (number < 0 || number >= count)
        return error_set(err, ERR_INPUT, "%s is %d, must be 0 to %d", field->name, number,
                         count - 1);
    if (field->type == CODEC_ENUM)
        return checked(avro_value_set_enum(to, slot->ordinals[number]), field, err);
    return checked(avro_value_set_boolean(to, number), field, err);
}

static int put_field(const struct codec_writer *writer, size_t index, const void *in_struct,
                     struct error *err)
{
    const struct codec_field *field = &writer->layout->fields[index];
    const struct slot *slot = &writer->slots[index];
    const char *value = (const char *)in_struct + field->offset;
    avro_value_t to;
    int result = avro_value_get_by_index(&writer->value, slot->index, &to, NULL);
    if (result == 0 && slot->branch >= 0) {
        bool null = slot->null_branch >= 0 && at_default(field, value);
        avro_value_t branch;
        result = avro_value_set_branch(&to, null ? slot->null_branch : slot->branch, &branch);
        if (result == 0 && null)
            return checked(avro_value_set_null(&branch), field, err);
        to = branch;
    }
    if (result)
        return checked(result, field, err);
    int64_t wide;
    int32_t narrow;
    struct str text;
    switch (field->type) {
    case CODEC_STR: memcpy(&text, value, sizeof text); return put_text(field, &to, text, err);
    case CODEC_FIXED:
        text = (struct str){value, field->size};
        return put_text(field, &to, text, err);
    case CODEC_INT64:
        memcpy(&wide, value, sizeof wide);
        return checked(avro_value_set_long(&to, wide), field, err);
    default:
        memcpy(&narrow, value, sizeof narrow);
        return put_number(field, slot, &to, narrow, err);
    }
}

/* Writes the filled value behind room for the frame. */
static int write_value(struct codec_writer *writer, struct str *ret, struct error *err)
{
    size_t size;
    if (avro_value_sizeof(&writer->value, &size))
        return error_set(err, ERR_FAILED, "%s", avro_strerror());
    size += CODEC_FRAME_SIZE;
    if (size > writer->capacity) {
        char *grown = realloc(writer->buffer, size * 2);
        if (!grown)
            return error_set(err, ERR_NOMEM, "out of memory");
        writer->buffer = grown;
        writer->capacity = size * 2;
    }
    const uint32_t id = writer->schema_id;
    const char frame[CODEC_FRAME_SIZE] = {0, (char)(id >> 24), (char)(id >> 16), (char)(id >> 8),
                                          (char)id};
    memcpy(writer->buffer, frame, sizeof frame);
    avro_writer_memory_set_dest(writer->memory, writer->buffer + sizeof frame,
                                (int64_t)(size - sizeof frame));
    if (avro_value_write(writer->memory, &writer->value))
        return error_set(err, ERR_FAILED, "%s", avro_strerror());
    *ret = (struct str){writer->buffer, size};
    return 0;
}

int codec_write(struct codec_writer *writer, const void *in_struct, struct str *ret,
                struct error *err)
{
    int result = 0;
    for (size_t i = 0; i < writer->layout->field_count && result == 0; i++)
        result = put_field(writer, i, in_struct, err);
    return result ? result : write_value(writer, ret, err);
}
