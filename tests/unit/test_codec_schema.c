#include "codec_small.h"

#include "domain/event.h"

static void assert_compile_refused(const char *json, const char *said)
{
    struct codec_program *program = NULL;
    struct error err = {""};
    assert_int_equal(codec_compile(str_of(json), &small_layout, &program, &err), ERR_INPUT);
    assert_null(program);
    if (!strstr(err.text, said))
        fail_msg("error \"%s\" does not say %s", err.text, said);
}

static void schemas_refused(void **state)
{
    (void)state;
#define RECORD(fields) "{\"type\":\"record\",\"name\":\"S\",\"fields\":[" fields "]}"
    assert_compile_refused("", "Small");
    assert_compile_refused("{", "Small");
    assert_compile_refused("\"int\"", "not a record");
    assert_compile_refused(RECORD("{\"name\":\"text\",\"type\":\"int\"}"), "field text");
    assert_compile_refused(RECORD("{\"name\":\"text\",\"type\":" ENUM_TYPE "}"), "field text");
    assert_compile_refused(RECORD("{\"name\":\"number\",\"type\":\"long\"}"), "field number");
    assert_compile_refused(RECORD("{\"name\":\"at\",\"type\":\"double\"}"), "field at");
    assert_compile_refused(RECORD("{\"name\":\"choice\",\"type\":\"int\"}"), "field choice");
    assert_compile_refused(RECORD("{\"name\":\"tri\",\"type\":[\"null\",\"boolean\",\"int\"]}"),
                           "field tri");
    assert_compile_refused(RECORD("{\"name\":\"text\",\"type\":" ARRAY("\"string\"") "}"),
                           "field text");
    assert_compile_refused(RECORD("{\"name\":\"raw\",\"type\":\"string\"}"), "field raw");
    assert_compile_refused(
        RECORD("{\"name\":\"id\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":5}}"),
        "field id");
    assert_compile_refused(
        RECORD("{\"name\":\"text\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":5}}"),
        "field text");
    assert_compile_refused(RECORD("{\"name\":\"next\",\"type\":[\"null\",\"S\"]}"), "recursive");
    assert_compile_refused(RECORD("{\"name\":\"all\",\"type\":" ARRAY("\"S\"") "}"), "recursive");
    assert_compile_refused(
        RECORD("{\"name\":\"a\",\"type\":\"S\"},{\"name\":\"b\",\"type\":\"S\"}"), "recursive");
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char json[4096];
    for (int depth = 1; depth < 60; depth++) {
        size_t at = (size_t)snprintf(json, sizeof json,
                                     "{\"type\":\"record\",\"name\":\"S\",\"fields\":["
                                     "{\"name\":\"new\",\"type\":");
        for (int i = 1; i < depth; i++)
            at += (size_t)snprintf(json + at, sizeof json - at, "{\"type\":\"array\",\"items\":");
        at += (size_t)snprintf(json + at, sizeof json - at, "\"int\"");
        for (int i = 1; i < depth; i++)
            at += (size_t)snprintf(json + at, sizeof json - at, "}");
        snprintf(json + at, sizeof json - at, "}]}");
        struct codec_program *program = NULL;
        int result = codec_compile(str_of(json), &small_layout, &program, NULL);
        assert_int_equal(result, depth + 1 <= CODEC_DEPTH_MAX ? 0 : ERR_INPUT);
        codec_program_free(program);
    }
}

/* Records R0 to R<levels>, each with four fields of the one before: 4^levels steps and more. */
static void nested_doublings(int levels, char *json, size_t size)
{
    size_t at = (size_t)snprintf(json, size,
                                 "{\"type\":\"record\",\"name\":\"S\",\"fields\":["
                                 "{\"name\":\"n\",\"type\":{\"type\":\"record\",\"name\":\"R0\","
                                 "\"fields\":[]}}");
    for (int i = 1; i <= levels; i++)
        at += (size_t)snprintf(
            json + at, size - at,
            ",{\"name\":\"n%d\",\"type\":{\"type\":\"record\",\"name\":\"R%d\",\"fields\":["
            "{\"name\":\"a\",\"type\":\"R%d\"},{\"name\":\"b\",\"type\":\"R%d\"},"
            "{\"name\":\"c\",\"type\":\"R%d\"},{\"name\":\"d\",\"type\":\"R%d\"}]}}",
            i, i, i - 1, i - 1, i - 1, i - 1);
    snprintf(json + at, size - at, "]}");
}

static void size_is_bounded(void **state)
{
    (void)state;
    char json[4096];
    struct codec_program *program = NULL;
    nested_doublings(7, json, sizeof json);
    assert_int_equal(codec_compile(str_of(json), &small_layout, &program, NULL), 0);
    codec_program_free(program);
    nested_doublings(8, json, sizeof json);
    assert_compile_refused(json, "too large");
}

static void required_fields(void **state)
{
    (void)state;
    struct codec_program *program = NULL;
    struct error err = {""};
    struct str json = STR("{\"type\":\"record\",\"name\":\"DossierEvent\",\"fields\":[]}");
    assert_int_equal(codec_compile(json, &codec_event_layout, &program, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "event_id"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schemas_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(size_is_bounded),
        cmocka_unit_test(required_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
