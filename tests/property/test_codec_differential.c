/*
 * Random structs: Avro-C encodes, our decoder must give the struct back, and Avro-C's own decoder must see the
 * same in the same bytes.
 */
#include "codec/codec.h"

#include <avro.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../unit/codec_compare.h"

#define ROUNDS 3000

/* xorshift64*: a failure is repeated by its seed. */
static uint64_t seed;

static uint64_t draw(uint64_t bound)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * UINT64_C(0x2545f4914f6cdd1d) % bound;
}

union any {
    max_align_t align;
    char bytes[1024];
};

/* Memory for the random texts of one struct. */
static char pool[16384];
static size_t pool_used;

static struct str random_text(void)
{
    static const char *const pieces[] = {
        "a", "H24.11713-260701-0001", "Đ", "漢", "😀", "\x7f", "\n", "ộ", "0", " "};
    char *begin = pool + pool_used;
    size_t len = 0;
    for (uint64_t i = draw(8); i > 0; i--) {
        const char *piece = pieces[draw(sizeof pieces / sizeof *pieces)];
        memcpy(begin + len, piece, strlen(piece));
        len += strlen(piece);
    }
    pool_used += len;
    return (struct str){len > 0 ? begin : NULL, len};
}

static struct str random_bytes_of(size_t size)
{
    char *begin = pool + pool_used;
    for (size_t i = 0; i < size; i++)
        begin[i] = (char)draw(256);
    pool_used += size;
    return (struct str){begin, size};
}

static int64_t random_number(const struct codec_field *field)
{
    static const int64_t edges[] = {0, 1, -1, 63, 64, -64, -65, INT32_MAX, INT32_MIN};
    int count = 0;
    switch (field->type) {
    case CODEC_TRI: return (int64_t)draw(3) - 1;
    case CODEC_ENUM:
        while (field->symbols[count])
            count++;
        return (int64_t)draw((uint64_t)count);
    default: break;
    }
    if (draw(4) == 0)
        return field->default_number;
    if (draw(2) == 0)
        return edges[draw(sizeof edges / sizeof *edges)];
    if (field->type == CODEC_INT32)
        return (int32_t)draw(UINT32_MAX);
    return (int64_t)(draw(UINT64_MAX) >> draw(64));
}

static void random_struct(const struct codec_layout *layout, union any *ret)
{
    pool_used = 0;
    *ret = (union any){.bytes = {0}};
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct codec_field *field = &layout->fields[i];
        char *to = ret->bytes + field->offset;
        struct str text = STR_NONE;
        if (field->type == CODEC_FIXED) {
            memcpy(to, random_bytes_of(field->size).data, field->size);
        } else if (field->type == CODEC_STR) {
            if (draw(3) > 0)
                text = field->size > 0 ? random_bytes_of(field->size) : random_text();
            memcpy(to, &text, sizeof text);
        } else {
            int64_t wide = random_number(field);
            int32_t narrow = (int32_t)wide;
            bool is_wide = field->type == CODEC_INT64;
            memcpy(to, is_wide ? (void *)&wide : &narrow, is_wide ? sizeof wide : sizeof narrow);
        }
    }
}

/* The number that Avro-C holds in a value which is not null. */
static int64_t avro_number(const struct codec_field *field, const avro_value_t *value)
{
    int64_t wide = 0;
    int32_t narrow = 0;
    int number = 0;
    const char *symbol;
    switch (field->type) {
    case CODEC_INT64: assert_int_equal(avro_value_get_long(value, &wide), 0); return wide;
    case CODEC_INT32: assert_int_equal(avro_value_get_int(value, &narrow), 0); return narrow;
    case CODEC_TRI: assert_int_equal(avro_value_get_boolean(value, &number), 0); return number;
    default: break;
    }
    assert_int_equal(avro_value_get_enum(value, &number), 0);
    symbol = avro_schema_enum_get(avro_value_get_schema(value), number);
    for (int i = 0; field->symbols[i]; i++) {
        if (strcmp(field->symbols[i], symbol) == 0)
            return i;
    }
    fail_msg("symbol %s", symbol);
    return -1;
}

/* true when Avro-C holds in its record what our struct holds in this field. */
static bool avro_agrees(const struct codec_field *field, const avro_value_t *record,
                        const union any *ours)
{
    avro_value_t value;
    assert_int_equal(avro_value_get_by_name(record, field->name, &value, NULL), 0);
    if (avro_value_get_type(&value) == AVRO_UNION) {
        avro_value_t branch = {0}; /* clang cannot see that Avro-C sets it */
        assert_int_equal(avro_value_get_current_branch(&value, &branch), 0);
        value = branch;
    }
    bool null = avro_value_get_type(&value) == AVRO_NULL;
    const void *data = NULL;
    size_t size = 0;
    if (field->type != CODEC_STR && field->type != CODEC_FIXED)
        return field_number(field, ours) ==
               (null ? field->default_number : avro_number(field, &value));
    struct str held = field->type == CODEC_STR ? field_text(field, ours)
                                               : (struct str){field_of(field, ours), field->size};
    if (!null && avro_value_get_type(&value) == AVRO_FIXED) {
        assert_int_equal(avro_value_get_fixed(&value, &data, &size), 0);
    } else if (!null) {
        const char *text = NULL;
        assert_int_equal(avro_value_get_string(&value, &text, &size), 0);
        data = text;
        size--; /* Avro-C counts the NUL */
    }
    return str_eq(held, (struct str){data, size});
}

static void check_layout(const struct codec_layout *layout, uint32_t schema_id)
{
    struct codec *codec = NULL;
    struct codec_writer *writer = NULL;
    struct error err = {""};
    assert_int_equal(codec_new(layout, &codec, &err), 0);
    assert_int_equal(codec_writer_new(layout, &writer, &err), 0);
    struct str json = codec_schema_json(schema_id);
    avro_schema_t schema;
    assert_int_equal(avro_schema_from_json_length(json.data, json.len, &schema), 0);
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_value_t record;
    assert_int_equal(avro_generic_value_new(class, &record), 0);

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t round_seed = seed;
        union any in;
        union any out;
        struct str framed;
        random_struct(layout, &in);
        if (codec_write(writer, &in, &framed, &err) != 0)
            fail_msg("seed %llu: %s", (unsigned long long)round_seed, err.text);
        enum codec_fault fault = codec_read(codec, framed.data, framed.len, &out, NULL);
        const char *wrong = fault ? codec_fault_name(fault) : first_difference(layout, &in, &out);
        avro_reader_t reader = avro_reader_memory(framed.data + CODEC_FRAME_SIZE,
                                                  (int64_t)(framed.len - CODEC_FRAME_SIZE));
        assert_int_equal(avro_value_read(reader, &record), 0);
        avro_reader_free(reader);
        for (size_t i = 0; i < layout->field_count && !wrong; i++)
            wrong = avro_agrees(&layout->fields[i], &record, &out) ? NULL : layout->fields[i].name;
        if (wrong)
            fail_msg("seed %llu: %s", (unsigned long long)round_seed, wrong);
    }
    avro_value_decref(&record);
    avro_value_iface_decref(class);
    avro_schema_decref(schema);
    codec_writer_free(writer);
    codec_free(codec);
}

static void events_survive_the_wire(void **state)
{
    (void)state;
    check_layout(&codec_event_layout, CODEC_SCHEMA_EVENT_V1);
}

static void alerts_survive_the_wire(void **state)
{
    (void)state;
    check_layout(&codec_alert_layout, CODEC_SCHEMA_ALERT_V1);
}

int main(void)
{
    const char *given = getenv("HOSO_SEED");
    seed = given ? strtoull(given, NULL, 10) : 20260701;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_survive_the_wire),
        cmocka_unit_test(alerts_survive_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
