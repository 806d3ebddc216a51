#include "base/hash.h"
#include "codec/codec.h"
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec_compare.h"
#include "golden.h"

/* Room for a struct of either layout. */
union any {
    max_align_t align;
    char bytes[1024];
};

/* One golden case, open. */
struct golden {
    const char *path;
    const struct codec_layout *layout;
    struct json_doc *doc;
    struct str data;               /* the whole .bin */
    struct codec *codec;           /* framed, compiled-in schema … */
    struct codec_program *program; /* … or bare, evolved schema */
};

static void open_golden(const char *path, struct golden *ret)
{
    struct error err = {""};
    struct str json = read_whole(path);
    *ret = (struct golden){.path = path};
    if (json_parse(json, &ret->doc, &err) != 0)
        fail_msg("%s: %s", path, err.text);
    free((void *)(uintptr_t)json.data);
    struct str layout = json_text(json_get(json_root(ret->doc), "layout"));
    ret->layout = str_eq(layout, STR("event")) ? &codec_event_layout : &codec_alert_layout;
    assert_true(ret->layout->struct_size <= sizeof(union any));
    ret->data = read_beside(path, ".bin");
    assert_non_null(ret->data.data);

    struct str schema = read_beside(path, ".avsc");
    int result = schema.data ? codec_compile(schema, ret->layout, &ret->program, &err)
                             : codec_new(ret->layout, &ret->codec, &err);
    if (result != 0)
        fail_msg("%s: %s", path, err.text);
    free((void *)(uintptr_t)schema.data);
}

static void close_golden(struct golden *golden)
{
    json_doc_free(golden->doc);
    codec_free(golden->codec);
    codec_program_free(golden->program);
    free((void *)(uintptr_t)golden->data.data);
}

static enum codec_fault decode(const struct golden *golden, const void *data, size_t size,
                               union any *ret, size_t *ret_offset)
{
    return golden->program ? codec_decode(golden->program, data, size, ret, ret_offset)
                           : codec_read(golden->codec, data, size, ret, ret_offset);
}

/* What the JSON says a field holds, as a number: enumerations by their place, nothing by the default. */
static int64_t wanted_number(const struct codec_field *field, const struct json *value)
{
    int64_t number = field->default_number;
    bool yes;
    if (json_to_bool(value, &yes))
        return yes;
    if (json_kind_of(value) == JSON_STRING_) {
        int i = 0;
        while (field->symbols[i] && !str_eq(json_text(value), str_of(field->symbols[i])))
            i++;
        assert_non_null(field->symbols[i]);
        return i;
    }
    json_to_integer(value, &number);
    return number;
}

/* true when the field holds what the JSON says; bytes are in hex there. */
static bool field_agrees(const struct codec_field *field, const union any *got,
                         const struct json *value)
{
    uint8_t bytes[64] = {0};
    if (field->type != CODEC_STR && field->type != CODEC_FIXED)
        return field_number(field, got) == wanted_number(field, value);
    if (field->size == 0)
        return str_eq(field_text(field, got), json_text(value));
    struct str held = field->type == CODEC_STR ? field_text(field, got)
                                               : (struct str){field_of(field, got), field->size};
    if (json_kind_of(value) == JSON_NULL_)
        return held.len == 0;
    return hex_decode(json_text(value), bytes, field->size) && held.len == field->size &&
           memcmp(held.data, bytes, field->size) == 0;
}

static void check_case(const struct golden *golden)
{
    const struct json *root = json_root(golden->doc);
    const struct json *fields = json_get(root, "fields");
    struct str wanted_fault = json_text(json_get(root, "fault"));
    union any got;
    size_t offset = 0;
    enum codec_fault fault = decode(golden, golden->data.data, golden->data.len, &got, &offset);
    if (str_given(wanted_fault)) {
        if (!str_eq(wanted_fault, str_of(codec_fault_name(fault))))
            fail_msg("%s: %s, wanted %.*s", golden->path, codec_fault_name(fault),
                     STR_ARG(wanted_fault));
        return;
    }
    if (fault)
        fail_msg("%s: %s at byte %zu", golden->path, codec_fault_name(fault), offset);
    assert_non_null(fields);
    for (size_t i = 0; i < golden->layout->field_count; i++) {
        const struct codec_field *field = &golden->layout->fields[i];
        if (!field_agrees(field, &got, json_get(fields, field->name)))
            fail_msg("%s: field %s is not what was written", golden->path, field->name);
    }
    assert_true(views_inside(golden->layout, &got, golden->data.data, golden->data.len));
}

/* Each beginning of the data, in memory of exactly that size. */
static void check_truncations(const struct golden *golden)
{
    union any got;
    for (size_t size = 0; size < golden->data.len; size++) {
        char *cut = malloc(size ? size : 1);
        assert_non_null(cut);
        memcpy(cut, golden->data.data, size);
        size_t offset = SIZE_MAX;
        enum codec_fault fault = decode(golden, cut, size, &got, &offset);
        free(cut);
        if (fault == CODEC_OK)
            fail_msg("%s: accepted when cut to %zu bytes", golden->path, size);
        assert_true(offset <= size);
    }
}

/* Each byte with each other value: a fault within the data, or a struct whose text lies within the data. */
static void check_mutations(const struct golden *golden)
{
    size_t size = golden->data.len;
    char *data = malloc(size);
    assert_non_null(data);
    memcpy(data, golden->data.data, size);
    union any got;
    for (size_t i = 0; i < size; i++) {
        char kept = data[i];
        for (int bits = 1; bits < 256; bits++) {
            data[i] = (char)(kept ^ bits);
            size_t offset = 0;
            enum codec_fault fault = decode(golden, data, size, &got, &offset);
            if (fault ? offset > size : !views_inside(golden->layout, &got, data, size))
                fail_msg("%s: byte %zu ^ %d leads outside", golden->path, i, bits);
        }
        data[i] = kept;
    }
    free(data);
}

static void for_each_case(void (*check)(const struct golden *golden))
{
    glob_t files = golden_files();
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct golden golden;
        open_golden(files.gl_pathv[i], &golden);
        check(&golden);
        close_golden(&golden);
    }
    globfree(&files);
}

static void golden_files_are_read(void **state)
{
    (void)state;
    for_each_case(check_case);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for_each_case(check_truncations);
}

static void every_mutation_is_survived(void **state)
{
    (void)state;
    for_each_case(check_mutations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_files_are_read),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_mutation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
