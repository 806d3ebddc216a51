/*
 * Avro on the wire. Layout of a record's value (Confluent framing):
 *
 *   0x00 | schema id, 4 bytes big-endian | Avro binary datum
 *
 * Schemas are compiled into the program under fixed ids (schemas/avro): id 1 = dossier_event.v1,
 * id 2 = alert.v1. Avro-C owns schemas and encoding (schema.c, encode.c). It never decodes bytes from
 * the wire: a few bytes make it allocate gigabytes or recurse to death, and it resolves enumerations by
 * ordinal. decode.c does that: bounded, table-driven, without allocation, and without avro.h.
 */
#ifndef HOSO_CODEC_CODEC_H
#define HOSO_CODEC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

#define CODEC_FRAME_SIZE 5
#define CODEC_DEPTH_MAX 32
#define CODEC_SCHEMA_EVENT_V1 1
#define CODEC_SCHEMA_ALERT_V1 2

/* What a field of a C struct is, for the reader's side of schema resolution. */
enum codec_type {
    CODEC_STR, /* struct str; size 0: text, from Avro string or bytes; else from Avro fixed of that size */
    CODEC_FIXED, /* uint8_t[size]; Avro fixed of that size */
    CODEC_INT32, /* int32_t; Avro int */
    CODEC_INT64, /* int64_t; Avro long, int promoted */
    CODEC_ENUM,  /* int; Avro enum by name through `symbols` */
    CODEC_TRI,   /* int (enum tri); Avro boolean */
};

/* One field. A writer's null, or a field the writer does not have, gives the default. */
struct codec_field {
    const char *name;
    enum codec_type type;
    size_t offset;
    size_t size;                /* CODEC_FIXED, CODEC_STR: bytes */
    const char *const *symbols; /* CODEC_ENUM: name of value i, ended by NULL */
    int64_t default_number;     /* INT32, INT64, ENUM, TRI; STR defaults to empty */
    bool required;              /* absent from the writer's schema = the schema is refused */
};

struct codec_layout {
    const char *name; /* of the record, for error texts */
    const struct codec_field *fields;
    size_t field_count;
    size_t struct_size;
};
extern const struct codec_layout codec_event_layout; /* struct event */
extern const struct codec_layout codec_alert_layout; /* struct alert_notice, alert_notice.h */

/*
 * A writer's schema compiled against a reader's layout: a flat program of copy / skip / default /
 * promote / enum-by-name steps. Immutable, any thread.
 */
struct codec_program;

/*
 * ERR_INPUT: not Avro JSON, not a record, nested deeper than CODEC_DEPTH_MAX or recursive, a required field is not
 * there, or a type (any branch of a union) cannot become the reader's; the text names the field. ERR_NOMEM. json need not be NUL-terminated. *ret is freed with codec_program_free.
 */
int codec_compile(struct str schema_json, const struct codec_layout *layout,
                  struct codec_program **ret, struct error *err);
struct codec_program *codec_program_free(struct codec_program *program); /* NULL is fine */

/* Reasons of a refused datum; also the hoso_error_code of its dead letter. */
enum codec_fault {
    CODEC_OK = 0,
    CODEC_TRUNCATED, /* ends inside a value, or a length points past the end */
    CODEC_TRAILING_BYTES,
    CODEC_BAD_VARINT, /* more than 64 bits, or longer than needed */
    CODEC_BAD_LENGTH, /* negative */
    CODEC_BAD_UTF8,   /* or a NUL, which no text here may hold */
    CODEC_BAD_BOOLEAN,
    CODEC_BAD_BRANCH,
    CODEC_UNKNOWN_SYMBOL, /* one that the writer has and we do not */
    CODEC_OUT_OF_RANGE,   /* an int beyond 32 bits, or no symbol of the writer's */
    CODEC_BAD_FRAME,
    CODEC_UNKNOWN_SCHEMA,
    CODEC_FAULT_COUNT
};
const char *codec_fault_name(enum codec_fault fault); /* "truncated", …; NULL when out of range */

/*
 * Decodes exactly one datum that fills data[0..size). Fills *ret_struct (of the layout given at compile time);
 * text are views into data. Never allocates, never reads outside data, and all bytes must be used.
 * CODEC_OK or the fault; then *ret_struct is unspecified and *ret_offset (may be NULL) is the byte where it was seen.
 */
enum codec_fault codec_decode(const struct codec_program *program, const void *data, size_t size,
                              void *ret_struct, size_t *ret_offset);

/* The framing alone: CODEC_OK with the schema id and the datum, CODEC_BAD_FRAME, or CODEC_TRUNCATED. */
enum codec_fault codec_unframe(const void *data, size_t size, uint32_t *ret_schema_id,
                               struct str *ret_datum);

/* The compiled-in schemas, each for its layout: what a service decodes records with. */
struct codec; /* opaque; immutable after codec_new, any thread */
int codec_new(const struct codec_layout *layout, struct codec **ret, struct error *err);
struct codec *codec_free(struct codec *codec);
/* Unframe, find the program by id, decode. As codec_decode; CODEC_UNKNOWN_SCHEMA for an id not compiled in. */
enum codec_fault codec_read(const struct codec *codec, const void *data, size_t size,
                            void *ret_struct, size_t *ret_offset);

/* An encoder for one layout and its newest schema. One thread. */
struct codec_writer;
int codec_writer_new(const struct codec_layout *layout, struct codec_writer **ret,
                     struct error *err);
struct codec_writer *codec_writer_free(struct codec_writer *writer);
/*
 * Encodes a struct of the layout, framed. *ret is owned by the writer and valid until its next call. Fields at
 * their default become null where the schema has a null branch. ERR_INPUT: a value that codec_decode would refuse
 * (text that is not UTF-8, an enumerator out of range); the text names the field. ERR_NOMEM.
 */
int codec_write(struct codec_writer *writer, const void *in_struct, struct str *ret,
                struct error *err);

/* The compiled-in text of a schema by id, empty when unknown. */
struct str codec_schema_json(uint32_t schema_id);

#endif
