#include "codec_small.h"

/* A record with these fields, given as JSON. */
static struct codec_program *compile_fields(const char *fields)
{
    char json[2048];
    snprintf(json, sizeof json, "{\"type\":\"record\",\"name\":\"S\",\"fields\":[%s]}", fields);
    struct codec_program *program = NULL;
    struct error err = {""};
    if (codec_compile(str_of(json), &small_layout, &program, &err) != 0)
        fail_msg("%s refused: %s", json, err.text);
    return program;
}

/* Decodes from memory of exactly that size, so that ASan sees a byte too many. */
static enum codec_fault decode(const struct codec_program *program, struct str datum,
                               struct small *ret, size_t *ret_offset)
{
    char *exact = malloc(datum.len ? datum.len : 1);
    assert_non_null(exact);
    memcpy(exact, datum.data, datum.len);
    enum codec_fault fault = codec_decode(program, exact, datum.len, ret, ret_offset);
    free(exact);
    return fault;
}

static void assert_fault(const char *fields, struct str datum, enum codec_fault wanted,
                         size_t wanted_offset)
{
    struct codec_program *program = compile_fields(fields);
    struct small out;
    size_t offset = 9999;
    enum codec_fault fault = decode(program, datum, &out, &offset);
    codec_program_free(program);
    if (fault != wanted)
        fail_msg("%s: got %s, wanted %s", fields, codec_fault_name(fault),
                 codec_fault_name(wanted));
    if (wanted)
        assert_int_equal(offset, wanted_offset);
}

static void nothing_but_defaults(void **state)
{
    (void)state;
    struct codec_program *program = compile_fields("");
    struct small out;
    assert_int_equal(codec_decode(program, NULL, 0, &out, NULL), CODEC_OK);
    assert_true(out.at == INT64_MIN);
    assert_int_equal(out.number, 7);
    assert_int_equal(out.choice, 0);
    assert_int_equal(out.tri, -1);
    assert_int_equal(out.text.len, 0);
    assert_memory_equal(out.id, "\0\0\0\0", 4);
    codec_program_free(program);
    assert_fault("", STR("x"), CODEC_TRAILING_BYTES, 0);
}

static void null_gives_the_default(void **state)
{
    (void)state;
    struct codec_program *program = compile_fields(
        "{\"name\":\"number\",\"type\":[\"int\",\"null\"]},{\"name\":\"tri\",\"type\":\"null\"}");
    struct small out;
    assert_int_equal(decode(program, STR("\x02"), &out, NULL), CODEC_OK);
    assert_int_equal(out.number, 7);
    assert_int_equal(out.tri, -1);
    assert_int_equal(decode(program, STR("\x00\x04"), &out, NULL), CODEC_OK);
    assert_int_equal(out.number, 2);
    codec_program_free(program);
}

static void every_type_is_read(void **state)
{
    (void)state;
    struct codec_program *program = compile_fields(
        TEXT_FIELD "," AT_FIELD "," NUMBER_FIELD "," CHOICE_FIELD "," TRI_FIELD
                   ",{\"name\":\"id\",\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":4}},"
                   "{\"name\":\"raw\",\"type\":{\"type\":\"fixed\",\"name\":\"G\",\"size\":2}}");
    static const char data[] = "\x06"
                               "Đ!"
                               "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                               "\xff\xff\xff\xff\x0f"
                               "\x00\x01"
                               "id\0\xff"
                               "\xff\x00";
    struct small out;
    assert_int_equal(codec_decode(program, data, sizeof data - 1, &out, NULL), CODEC_OK);
    assert_true(str_eq(out.text, STR("Đ!")));
    assert_ptr_equal(out.text.data, data + 1); /* a view, no copy */
    assert_true(out.at == INT64_MIN);
    assert_int_equal(out.number, INT32_MIN);
    assert_int_equal(out.choice, 2);
    assert_int_equal(out.tri, 1);
    assert_memory_equal(out.id, "id\0\xff", 4);
    assert_true(str_eq(out.raw, STR("\xff\x00")));
    codec_program_free(program);
}

static void numbers(void **state)
{
    (void)state;
    struct codec_program *program = compile_fields(AT_FIELD);
    static const struct {
        struct str datum;
        int64_t value;
    } good[] = {
        {{"\x00", 1}, 0},
        {{"\x01", 1}, -1},
        {{"\x7f", 1}, -64},
        {{"\x80\x01", 2}, 64},
        {{"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10}, INT64_MAX},
        {{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10}, INT64_MIN},
    };
    struct small out;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(decode(program, good[i].datum, &out, NULL), CODEC_OK);
        assert_true(out.at == good[i].value);
    }
    codec_program_free(program);
    program = compile_fields("{\"name\":\"at\",\"type\":\"int\"}"); /* promoted */
    assert_int_equal(decode(program, STR("\xfe\xff\xff\xff\x0f"), &out, NULL), CODEC_OK);
    assert_true(out.at == INT32_MAX);
    codec_program_free(program);

    assert_fault(AT_FIELD, STR(""), CODEC_TRUNCATED, 0);
    assert_fault(AT_FIELD, STR("\x80"), CODEC_TRUNCATED, 0);
    assert_fault(AT_FIELD, STR("\x80\x00"), CODEC_BAD_VARINT, 0); /* longer than needed */
    assert_fault(AT_FIELD, STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), CODEC_BAD_VARINT, 0);
    assert_fault(AT_FIELD, STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00"), CODEC_BAD_VARINT,
                 0);
    assert_fault(NUMBER_FIELD, STR("\x80\x80\x80\x80\x10"), CODEC_OUT_OF_RANGE, 0);
    assert_fault(NUMBER_FIELD, STR("\x81\x80\x80\x80\x10"), CODEC_OUT_OF_RANGE, 0);
    assert_fault("{\"name\":\"at\",\"type\":\"int\"}", STR("\x80\x80\x80\x80\x10"),
                 CODEC_OUT_OF_RANGE, 0);
    assert_fault(NUMBER_FIELD "," TRI_FIELD, STR("\x00\x02"), CODEC_BAD_BOOLEAN, 1);
    assert_fault(TRI_FIELD, STR(""), CODEC_TRUNCATED, 0);
}

static const struct str good_texts[] = {
    {"", 0},
    {"12345678901234567", 17},
    {"\x7f", 1},
    {"\xc2\x80", 2},
    {"\xdf\xbf", 2},
    {"\xe0\xa0\x80", 3},
    {"\xed\x9f\xbf", 3},
    {"\xee\x80\x80", 3},
    {"\xef\xbf\xbf", 3},
    {"\xf0\x90\x80\x80", 4},
    {"\xf4\x8f\xbf\xbf", 4},
    {"12345678\xe1\xbb\x93", 11},
};
static const struct str bad_texts[] = {
    {"\x00", 1},              /* NUL */
    {"1234567\x00", 8},       /* in a whole word */
    {"123456789\x00", 10},    /* after one */
    {"\x80", 1},              /* continuation alone */
    {"\xbf", 1},              /* the same */
    {"\xc0\x80", 2},          /* overlong NUL */
    {"\xc1\xbf", 2},          /* overlong */
    {"\xe0\x9f\xbf", 3},      /* overlong */
    {"\xf0\x8f\xbf\xbf", 4},  /* overlong */
    {"\xed\xa0\x80", 3},      /* surrogate */
    {"\xed\xbf\xbf", 3},      /* surrogate */
    {"\xf4\x90\x80\x80", 4},  /* beyond U+10FFFF */
    {"\xf5\x80\x80\x80", 4},  /* beyond */
    {"\xff", 1},              /* never */
    {"\xc3", 1},              /* cut */
    {"\xe1\xbb", 2},          /* cut */
    {"\xf0\x9f\x98", 3},      /* cut */
    {"\xc3\x28", 2},          /* not continued */
    {"\xe1\xbb\x28", 3},      /* not continued */
    {"12345678\xe1\xbb", 10}, /* cut after a whole word */
    {"1234567\xe1\xbb", 9},   /* cut across words */
};

/* The text with its length before it. */
static struct str with_length(struct str text, char *out)
{
    out[0] = (char)(text.len * 2);
    memcpy(out + 1, text.data, text.len);
    return (struct str){out, text.len + 1};
}

static void texts(void **state)
{
    (void)state;
    struct codec_program *program = compile_fields(TEXT_FIELD);
    struct codec_program *skipping = compile_fields("{\"name\":\"new\",\"type\":\"string\"}");
    struct small out;
    char datum[32];
    for (size_t i = 0; i < sizeof good_texts / sizeof *good_texts; i++) {
        struct str whole = with_length(good_texts[i], datum);
        assert_int_equal(decode(program, whole, &out, NULL), CODEC_OK);
        assert_int_equal(out.text.len, good_texts[i].len);
        assert_int_equal(decode(skipping, whole, &out, NULL), CODEC_OK);
    }
    for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
        struct str whole = with_length(bad_texts[i], datum);
        if (decode(program, whole, &out, NULL) != CODEC_BAD_UTF8)
            fail_msg("bad text %zu was accepted", i);
        assert_int_equal(decode(skipping, whole, &out, NULL), CODEC_BAD_UTF8);
    }
    codec_program_free(program);
    codec_program_free(skipping);
    assert_fault(NUMBER_FIELD "," TEXT_FIELD, STR("\x00\x01"), CODEC_BAD_LENGTH, 1);
    assert_fault(NUMBER_FIELD "," TEXT_FIELD, STR("\x00\x04x"), CODEC_TRUNCATED, 1);
    assert_fault(TEXT_FIELD, STR("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01x"), CODEC_TRUNCATED, 0);
}

static void symbols(void **state)
{
    (void)state;
    struct codec_program *program = compile_fields(CHOICE_FIELD);
    struct small out;
    assert_int_equal(decode(program, STR("\x00"), &out, NULL), CODEC_OK);
    assert_int_equal(out.choice, 2); /* by name: green, not ordinal 0 */
    assert_int_equal(decode(program, STR("\x04"), &out, NULL), CODEC_OK);
    assert_int_equal(out.choice, 0);
    codec_program_free(program);
    assert_fault(CHOICE_FIELD, STR("\x02"), CODEC_UNKNOWN_SYMBOL, 0); /* blue */
    assert_fault(CHOICE_FIELD, STR("\x06"), CODEC_OUT_OF_RANGE, 0);
    assert_fault(CHOICE_FIELD, STR("\x01"), CODEC_OUT_OF_RANGE, 0);
    assert_fault("{\"name\":\"new\",\"type\":" ENUM_TYPE "}", STR("\x02"), CODEC_OK, 0);
    assert_fault("{\"name\":\"new\",\"type\":" ENUM_TYPE "}", STR("\x06"), CODEC_OUT_OF_RANGE, 0);
}

#define NEW(type) "{\"name\":\"new\",\"type\":" type "}," NUMBER_FIELD

static void unknown_fields_are_skipped(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        struct str datum;
    } rows[] = {
        {NEW("\"null\""), {"\x54", 1}},
        {NEW("\"boolean\""), {"\x01\x54", 2}},
        {NEW("\"int\""), {"\x80\x01\x54", 3}},
        {NEW("\"long\""), {"\x80\x80\x80\x80\x10\x54", 6}},
        {NEW("\"float\""), {"abcd\x54", 5}},
        {NEW("\"double\""), {"abcdefgh\x54", 9}},
        {NEW("\"bytes\""), {"\x04\xff\x00\x54", 4}},
        {NEW("\"string\""), {"\x04xy\x54", 4}},
        {NEW("{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}"), {"\xff\x00\x01\x54", 4}},
        {NEW("[\"null\",\"string\"]"), {"\x00\x54", 2}},
        {NEW("[\"null\",\"string\"]"), {"\x02\x02x\x54", 4}},
        {NEW(ARRAY("\"string\"")), {"\x00\x54", 2}},
        {NEW(ARRAY("\"string\"")), {"\x04\x02x\x02y\x02\x02z\x00\x54", 10}},
        {NEW(ARRAY("\"string\"")), {"\x03\x08\x02x\x02y\x02\x02z\x00\x54", 11}},
        {NEW(ARRAY("\"null\"")), {"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x54", 12}},
        {NEW("{\"type\":\"map\",\"values\":\"int\"}"), {"\x02\x02k\x08\x00\x54", 6}},
        {NEW("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},"
             "{\"name\":\"b\",\"type\":" ARRAY("[\"null\",\"boolean\"]") "}]}"),
         {"\x02\x04\x00\x02\x01\x00\x54", 7}},
    };
    struct small out;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct codec_program *program = compile_fields(rows[i].fields);
        enum codec_fault fault = decode(program, rows[i].datum, &out, NULL);
        if (fault || out.number != 42)
            fail_msg("row %zu: %s, number %d", i, codec_fault_name(fault), out.number);
        for (size_t cut = 0; cut < rows[i].datum.len; cut++)
            assert_int_not_equal(decode(program, (struct str){rows[i].datum.data, cut}, &out, NULL),
                                 CODEC_OK);
        codec_program_free(program);
    }
}

#define ENDLESS "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01" /* 2^63-1 */
#define EMPTY_RECORD "{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}"

static void hostile_arrays(void **state)
{
    (void)state;
    /* 2^63-1 items of no bytes: no loop */
    assert_fault(NEW(ARRAY(EMPTY_RECORD)), STR(ENDLESS "\x00\x54"), CODEC_OK, 0);
    assert_fault(NEW(ARRAY("\"null\"")), STR(ENDLESS), CODEC_TRUNCATED, 10);
    assert_fault(NEW(ARRAY("{\"type\":\"fixed\",\"name\":\"F\",\"size\":0}")), STR(ENDLESS ENDLESS),
                 CODEC_TRUNCATED, 20);
    /* items that take bytes: more than can be there */
    assert_fault(NEW(ARRAY("\"int\"")), STR(ENDLESS "\x00"), CODEC_TRUNCATED, 0);
    assert_fault(NEW(ARRAY("\"double\"")),
                 STR("\x04"
                     "1234567812345678"),
                 CODEC_TRUNCATED, 17);
    assert_fault(NEW(ARRAY("\"double\"")),
                 STR("\x06"
                     "1234567812345678"),
                 CODEC_TRUNCATED, 0);
    /* blocks by size: smallest count, negative size, size past the end */
    assert_fault(NEW(ARRAY("\"int\"")), STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"),
                 CODEC_BAD_LENGTH, 10);
    assert_fault(NEW(ARRAY("\"int\"")), STR("\x01\x01\x00"), CODEC_BAD_LENGTH, 1);
    assert_fault(NEW(ARRAY("\"int\"")), STR("\x01\x08\x00"), CODEC_TRUNCATED, 1);
    assert_fault(NEW("[\"null\",\"int\"]"), STR("\x04"), CODEC_BAD_BRANCH, 0);
    assert_fault(NEW("[\"null\",\"int\"]"), STR("\x01"), CODEC_BAD_BRANCH, 0);
    assert_fault("{\"name\":\"number\",\"type\":[\"null\",\"int\"]}", STR("\x04"), CODEC_BAD_BRANCH,
                 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_but_defaults),
        cmocka_unit_test(null_gives_the_default),
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts),
        cmocka_unit_test(symbols),
        cmocka_unit_test(unknown_fields_are_skipped),
        cmocka_unit_test(hostile_arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
