/* pure */
#include "base/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct csv csv;
static struct error err;

static void assert_field(size_t i, const char *want)
{
    assert_string_equal(csv.fields[i].data, want);
    assert_int_equal(csv.fields[i].len, strlen(want));
}

static void test_plain_and_quoted(void **state)
{
    (void)state;
    struct str text = STR("a,b\n1,\"x, \"\"y\"\"\nz\"\r\n\n,\n\"\",last");
    assert_int_equal(csv_open(&csv, text, "a,b", &err), 0);
    assert_int_equal(csv_next(&csv, &err), 1);
    assert_int_equal(csv.line, 2);
    assert_field(0, "1");
    assert_field(1, "x, \"y\"\nz");
    assert_int_equal(csv_next(&csv, &err), 1);
    assert_int_equal(csv.line, 5);
    assert_field(0, "");
    assert_field(1, "");
    assert_int_equal(csv_next(&csv, &err), 1);
    assert_field(0, "");
    assert_field(1, "last");
    assert_int_equal(csv_next(&csv, &err), 0);
    assert_int_equal(csv_next(&csv, &err), 0);
}

static void test_byte_order_mark(void **state)
{
    (void)state;
    assert_int_equal(csv_open(&csv,
                              STR("\xEF\xBB\xBF"
                                  "a\r\n1\r\n"),
                              "a", &err),
                     0);
    assert_int_equal(csv_next(&csv, &err), 1);
    assert_field(0, "1");
    assert_int_equal(csv_next(&csv, &err), 0);
}

static void test_header_must_match(void **state)
{
    (void)state;
    const char *const wrong[] = {"", "a", "a,b,c\n", "a,c\n", "b,a\n", "a, b\n", "a,bb\n", "a,\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(csv_open(&csv, str_of(wrong[i]), "a,b", &err), ERR_INPUT);
        assert_string_equal(err.text, "line 1: the header must be a,b");
    }
}

static void test_bad_records_name_their_line(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        const char *want;
    } cases[] = {
        {STR("a,b\n1,2\n1\n"), "line 3: 1 fields, must be 2"},
        {STR("a,b\n1,2,3\n"), "line 2: more than 2 fields"},
        {STR("a,b\n1,\"2\n\n"), "line 2: a quote is not closed"},
        {STR("a,b\n1,\"2\"x\n"), "line 2: text after a closing quote"},
        {STR("a,b\n1,2\"\n"), "line 2: a quote in the middle of a field"},
        {STR("a,b\n1,\0\n"), "line 2: NUL byte"},
        {STR("a,b\n1,\"\0\"\n"), "line 2: NUL byte"},
        {STR("a,b\n\"1\n\",2\n3\n"), "line 4: 1 fields, must be 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(csv_open(&csv, cases[i].text, "a,b", &err), 0);
        int r;
        do
            r = csv_next(&csv, &err);
        while (r > 0);
        assert_int_equal(r, ERR_INPUT);
        assert_string_equal(err.text, cases[i].want);
    }
}

/* A record fits with its NULs into CSV_RECORD_MAX bytes and not into one less. */
static void test_record_is_bounded(void **state)
{
    (void)state;
    for (int quoted = 0; quoted < 2; quoted++) {
        for (size_t size = CSV_RECORD_MAX - 3; size < CSV_RECORD_MAX + 2; size++) {
            char *text = malloc(size + 6);
            assert_non_null(text);
            memcpy(text, quoted ? "a\n\"" : "a\n", 3);
            memset(text + 2 + quoted, 'x', size);
            text[2 + (size_t)quoted + size] = quoted ? '"' : '\n';
            struct str view = {text, size + 3 + (size_t)quoted};
            assert_int_equal(csv_open(&csv, view, "a", &err), 0);
            int want = size < CSV_RECORD_MAX ? 1 : ERR_INPUT;
            assert_int_equal(csv_next(&csv, &err), want);
            free(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_and_quoted),
        cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_header_must_match),
        cmocka_unit_test(test_bad_records_name_their_line),
        cmocka_unit_test(test_record_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
