/* Framing, and the schemas that are compiled in. */
#include "codec/codec.h"

#include <stdlib.h>

#include "base/embedded.h"
#include "codec/program.h"

/* Newest last within a layout. An id is never given to another schema: records keep it for their whole retention. */
static const struct known_schema {
    uint32_t id;
    const char *file;
    const struct codec_layout *layout;
} known_schemas[] = {
    {CODEC_SCHEMA_EVENT_V1, "avro/dossier_event.v1.avsc", &codec_event_layout},
    {CODEC_SCHEMA_ALERT_V1, "avro/alert.v1.avsc", &codec_alert_layout},
};
#define KNOWN_SCHEMAS (sizeof known_schemas / sizeof *known_schemas)

struct codec {
    struct codec_program *programs[KNOWN_SCHEMAS]; /* NULL: of another layout */
};

struct str codec_schema_json(uint32_t schema_id)
{
    for (size_t i = 0; i < KNOWN_SCHEMAS; i++) {
        if (known_schemas[i].id == schema_id)
            return embedded(known_schemas[i].file);
    }
    return STR_NONE;
}

struct str codec_layout_schema(const struct codec_layout *layout, uint32_t *ret_schema_id)
{
    for (size_t i = KNOWN_SCHEMAS; i-- > 0;) {
        if (known_schemas[i].layout == layout) {
            *ret_schema_id = known_schemas[i].id;
            return embedded(known_schemas[i].file);
        }
    }
    return STR_NONE;
}

int codec_new(const struct codec_layout *layout, struct codec **ret, struct error *err)
{
    struct codec *codec = calloc(1, sizeof *codec);
    if (!codec)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < KNOWN_SCHEMAS; i++) {
        if (known_schemas[i].layout != layout)
            continue;
        int result =
            codec_compile(embedded(known_schemas[i].file), layout, &codec->programs[i], err);
        if (result) {
            codec_free(codec);
            return result;
        }
    }
    *ret = codec;
    return 0;
}

struct codec *codec_free(struct codec *codec)
{
    for (size_t i = 0; codec && i < KNOWN_SCHEMAS; i++)
        codec_program_free(codec->programs[i]);
    free(codec);
    return NULL;
}

enum codec_fault codec_unframe(const void *data, size_t size, uint32_t *ret_schema_id,
                               struct str *ret_datum)
{
    const unsigned char *bytes = data;
    if (size > 0 && bytes[0] != 0)
        return CODEC_BAD_FRAME;
    if (size < CODEC_FRAME_SIZE)
        return CODEC_TRUNCATED;
    *ret_schema_id =
        (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 8 | bytes[4];
    *ret_datum = (struct str){(const char *)bytes + CODEC_FRAME_SIZE, size - CODEC_FRAME_SIZE};
    return CODEC_OK;
}

enum codec_fault codec_read(const struct codec *codec, const void *data, size_t size,
                            void *ret_struct, size_t *ret_offset)
{
    uint32_t id;
    struct str datum;
    size_t offset = 0;
    enum codec_fault fault = codec_unframe(data, size, &id, &datum);
    const struct codec_program *program = NULL;
    for (size_t i = 0; i < KNOWN_SCHEMAS && fault == CODEC_OK; i++) {
        if (known_schemas[i].id == id)
            program = codec->programs[i];
    }
    if (fault == CODEC_OK && !program)
        fault = CODEC_UNKNOWN_SCHEMA;
    if (fault == CODEC_OK) {
        fault = codec_decode(program, datum.data, datum.len, ret_struct, &offset);
        offset += CODEC_FRAME_SIZE;
    }
    if (fault && ret_offset)
        *ret_offset = offset;
    return fault;
}

const char *codec_fault_name(enum codec_fault fault)
{
    static const char *const names[CODEC_FAULT_COUNT] = {
        [CODEC_OK] = "ok",
        [CODEC_TRUNCATED] = "truncated",
        [CODEC_TRAILING_BYTES] = "trailing_bytes",
        [CODEC_BAD_VARINT] = "bad_varint",
        [CODEC_BAD_LENGTH] = "bad_length",
        [CODEC_BAD_UTF8] = "bad_utf8",
        [CODEC_BAD_BOOLEAN] = "bad_boolean",
        [CODEC_BAD_BRANCH] = "bad_branch",
        [CODEC_UNKNOWN_SYMBOL] = "unknown_symbol",
        [CODEC_OUT_OF_RANGE] = "out_of_range",
        [CODEC_BAD_FRAME] = "bad_frame",
        [CODEC_UNKNOWN_SCHEMA] = "unknown_schema",
    };
    return (size_t)fault < CODEC_FAULT_COUNT ? names[fault] : NULL;
}
