#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json_doc *parse(const char *text)
{
    struct json_doc *doc = NULL;
    struct error err = {""};
    if (json_parse(str_of(text), &doc, &err) != 0)
        fail_msg("%s: %s", text, err.text);
    return doc;
}

static void values_are_read(void **state)
{
    (void)state;
    struct json_doc *doc = parse("{\"t\":\"Nghi D\\u01b0\\u01a1ng\",\"n\":-42,\"r\":1.5,\"y\":true,"
                                 "\"z\":null,\"a\":[1,[],{}],\"o\":{\"k\":\"v\"},\"e\":\"\"}");
    const struct json *root = json_root(doc);
    int64_t number = 0;
    double real = 0;
    bool yes = false;
    assert_int_equal(json_kind_of(root), JSON_OBJECT_);
    assert_int_equal(json_size(root), 8);
    assert_true(str_eq(json_text(json_get(root, "t")), STR("Nghi Dương")));
    assert_true(json_to_integer(json_get(root, "n"), &number) && number == -42);
    assert_true(json_to_real(json_get(root, "r"), &real) && real == 1.5);
    assert_true(json_to_real(json_get(root, "n"), &real) && real == -42);
    assert_true(json_to_bool(json_get(root, "y"), &yes) && yes);
    assert_int_equal(json_kind_of(json_get(root, "z")), JSON_NULL_);
    assert_int_equal(json_kind_of(json_get(root, "r")), JSON_REAL_);
    assert_int_equal(json_kind_of(json_get(root, "y")), JSON_BOOL);
    assert_int_equal(json_kind_of(json_get(root, "e")), JSON_STRING_);
    assert_int_equal(json_kind_of(json_get(root, "absent")), JSON_NULL_);
    const struct json *array = json_get(root, "a");
    assert_int_equal(json_size(array), 3);
    assert_int_equal(json_kind_of(json_at(array, 0)), JSON_INTEGER_);
    assert_int_equal(json_kind_of(json_at(array, 1)), JSON_ARRAY_);
    assert_null(json_at(array, 3));
    json_doc_free(doc);
}

static void asking_the_wrong_kind_gives_nothing(void **state)
{
    (void)state;
    struct json_doc *doc = parse("[\"7\",7,1.5,{}]");
    const struct json *root = json_root(doc);
    int64_t number = 99;
    double real = 99;
    bool yes = true;
    struct str key;
    const struct json *value;
    struct json_cursor cursor = {0};
    assert_false(json_to_integer(json_at(root, 0), &number));
    assert_false(json_to_integer(json_at(root, 2), &number));
    assert_false(json_to_real(json_at(root, 0), &real));
    assert_false(json_to_bool(json_at(root, 1), &yes));
    assert_true(number == 99 && real == 99 && yes);
    assert_false(str_given(json_text(json_at(root, 1))));
    assert_null(json_get(root, "a"));
    assert_null(json_get(NULL, "a"));
    assert_null(json_at(json_at(root, 3), 0));
    assert_int_equal(json_size(NULL), 0);
    assert_int_equal(json_size(json_at(root, 1)), 0);
    assert_false(json_next(root, &cursor, &key, &value));
    assert_false(str_given(json_text(NULL)));
    json_doc_free(doc);
    assert_null(json_doc_free(NULL));
}

static void members_come_in_the_order_of_the_text(void **state)
{
    (void)state;
    struct json_doc *doc = parse("{\"z\":1,\"a\":2,\"m\":3,\"b\":4,\"\":5}");
    static const char *const keys[] = {"z", "a", "m", "b", ""};
    struct json_cursor cursor = {0};
    struct str key;
    const struct json *value;
    int64_t number;
    size_t i = 0;
    for (; json_next(json_root(doc), &cursor, &key, &value); i++) {
        assert_true(str_eq(key, str_of(keys[i])));
        assert_true(json_to_integer(value, &number) && number == (int64_t)i + 1);
    }
    assert_int_equal(i, 5);
    json_doc_free(doc);
}

static void canonical_text_ignores_order_and_blanks(void **state)
{
    (void)state;
    static const char *const same[] = {
        "{\"b\":[1,{\"d\":null,\"c\":\"\\u00ea\"}],\"a\":1.5}",
        " {\"a\" : 1.50,\n\"b\":[ 1 ,{\"c\":\"\xc3\xaa\",\"d\":null}]}",
    };
    static const char wanted[] = "{\"a\":1.5,\"b\":[1,{\"c\":\"\xc3\xaa\",\"d\":null}]}";
    char buffer[64] = "";
    for (size_t i = 0; i < 2; i++) {
        struct json_doc *doc = parse(same[i]);
        assert_int_equal(json_canonical(json_root(doc), NULL, 0), sizeof wanted - 1);
        assert_int_equal(json_canonical(json_root(doc), buffer, sizeof buffer), sizeof wanted - 1);
        assert_memory_equal(buffer, wanted, sizeof wanted - 1);
        json_doc_free(doc);
    }
}

static void bad_text_is_refused_without_quoting_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"", "ends too early"},
        {"{\"CANARY\":1", "ends too early"},
        {"{\"CANARY\":1,}", "not JSON"},
        {"{\"CANARY\":1,\"CANARY\":2}", "twice"},
        {"{\"a\":{\"CANARY\":1,\"CANARY\":1}}", "twice"},
        {"[\"CANARY\xff\"]", "not UTF-8"},
        {"[\"CANARY\xc0\x80\"]", "not UTF-8"},
        {"[\"CANARY\xed\xa0\x80\"]", "not UTF-8"},
        {"[\"CANARY\\u0000\"]", "NUL"},
        {"{\"CANARY\\u0000\":1}", "NUL"},
        {"[\"CANARY\\ud800\"]", "not JSON"},
        {"[9223372036854775808]", "too large"},
        {"[1e999]", "too large"},
        {"[\"CANARY\"] CANARY", "follows"},
        {"\n\n[CANARY]", "line 3"},
        {"[\"CANARY\n\"]", "line 1"},
        {"[01]", "not JSON"},
        {"[NaN]", "not JSON"},
        {"{'CANARY':1}", "not JSON"},
        {"\xef\xbb\xbf[]", "not JSON"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct json_doc *doc = NULL;
        struct error err = {""};
        if (json_parse(str_of(rows[i].text), &doc, &err) != ERR_INPUT)
            fail_msg("row %zu was taken", i);
        if (!strstr(err.text, rows[i].says) || strstr(err.text, "CANARY"))
            fail_msg("row %zu says \"%s\"", i, err.text);
    }
    struct json_doc *doc = NULL;
    struct error err;
    assert_int_equal(json_parse((struct str){"[1]\0", 4}, &doc, &err), ERR_INPUT);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,\"\\u00e9\\\\\",{\"b\":null}],\"c\":\"Ngh\xe1\xbb\x8b\"}";
    for (size_t len = 0; len < sizeof text - 1; len++) {
        struct json_doc *doc = NULL;
        struct error err;
        char *copy = malloc(len + 1); /* exact size, so that a read past the end is seen */
        assert_non_null(copy);
        memcpy(copy, text, len);
        assert_int_equal(json_parse((struct str){copy, len}, &doc, &err), ERR_INPUT);
        free(copy);
    }
    json_doc_free(parse(text));
}

static void depth_and_number_of_values_are_bounded(void **state)
{
    (void)state;
    struct json_doc *doc = NULL;
    struct error err = {""};
    char deep[2 * (JSON_DEPTH_MAX + 1)];
    memset(deep, '[', JSON_DEPTH_MAX + 1);
    memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    assert_int_equal(json_parse((struct str){deep, sizeof deep}, &doc, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "deeper than 16"));
    assert_int_equal(json_parse((struct str){deep + 1, sizeof deep - 2}, &doc, &err), 0);
    json_doc_free(doc);
    /* Brackets inside strings do not count, also behind escaped quotes. */
    json_doc_free(parse("[\"[[[[[[[[[[[[[[[[[[[[ \\\" [[[[[[[[[[[[ \\\\\"]"));

    size_t size = 2 * (size_t)JSON_VALUES_MAX + 3;
    char *wide = malloc(size);
    assert_non_null(wide);
    for (size_t i = 0; i < size; i++)
        wide[i] = i % 2 ? '1' : ',';
    wide[0] = '[';
    wide[size - 1] = ']';
    assert_int_equal(json_parse((struct str){wide, size}, &doc, &err), ERR_INPUT);
    assert_non_null(strstr(err.text, "more than 500000"));
    wide[size - 3] = ']';
    assert_int_equal(json_parse((struct str){wide, size - 2}, &doc, &err), 0);
    json_doc_free(doc);
    free(wide);
}

static void writing_keeps_commas_and_escapes(void **state)
{
    (void)state;
    struct json_out *out = json_out_new();
    assert_non_null(out);
    json_begin_object(out, NULL);
    json_put_text(out, "t", STR("a\"b\\c\n\x01 Dương [{"));
    json_put_integer(out, "n", INT64_MIN);
    json_begin_array(out, "a");
    json_put_bool(out, NULL, true);
    json_put_bool(out, NULL, false);
    json_put_null(out, NULL);
    json_begin_object(out, NULL);
    json_end_object(out);
    json_begin_array(out, NULL);
    json_end_array(out);
    json_end_array(out);
    json_put_text(out, "e\"", STR_NONE);
    json_end_object(out);
    struct str text = json_out_text(out);
    static const char wanted[] =
        "{\"t\":\"a\\\"b\\\\c\\u000a\\u0001 Dương [{\",\"n\":-9223372036854775808,"
        "\"a\":[true,false,null,{},[]],\"e\\\"\":\"\"}";
    assert_int_equal(text.len, sizeof wanted - 1);
    assert_memory_equal(text.data, wanted, text.len);
    struct json_doc *doc = NULL;
    struct error err;
    assert_int_equal(json_parse(text, &doc, &err), 0);
    assert_true(str_eq(json_text(json_get(json_root(doc), "t")), STR("a\"b\\c\n\x01 Dương [{")));
    json_doc_free(doc);

    json_out_clear(out);
    for (int i = 0; i < 10000; i++)
        json_put_integer(out, NULL, i);
    assert_int_equal(json_out_text(out).len, 10 + 180 + 2700 + 36000 + 9999); /* digits, commas */
    assert_null(json_out_free(out));
    assert_null(json_out_free(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(asking_the_wrong_kind_gives_nothing),
        cmocka_unit_test(members_come_in_the_order_of_the_text),
        cmocka_unit_test(canonical_text_ignores_order_and_blanks),
        cmocka_unit_test(bad_text_is_refused_without_quoting_it),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(depth_and_number_of_values_are_bounded),
        cmocka_unit_test(writing_keeps_commas_and_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
