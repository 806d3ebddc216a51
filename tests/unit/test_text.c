/* pure */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void nfc_makes_one_form_of_all(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *wanted;
    } rows[] = {
        {"", ""},
        {"H24.11713-260701-0001", "H24.11713-260701-0001"},
        {"Nghị", "Nghị"},
        {"Nghi\xcc\xa3", "Nghị"},         /* i, dot below */
        {"\xc3\xaa\xcc\xa3", "ệ"},        /* e with circumflex, dot below */
        {"e\xcc\xa3\xcc\x82", "ệ"},       /* e, dot below, circumflex */
        {"e\xcc\x82\xcc\xa3", "ệ"},       /* the same marks in the other order */
        {"\xe2\x84\xab", "\xc3\x85"},     /* angstrom sign */
        {"\xef\xac\x81", "\xef\xac\x81"}, /* a ligature is not a canonical equivalent */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[64];
        struct str got;
        assert_true(text_nfc(str_of(rows[i].text), out, sizeof out, &got));
        if (!str_eq(got, str_of(rows[i].wanted)))
            fail_msg("row %zu gives \"%.*s\"", i, STR_ARG(got));
    }
}

static void nfc_is_bounded(void **state)
{
    (void)state;
    char out[4];
    struct str got;
    assert_true(text_nfc(STR("abcd"), out, 4, &got));
    assert_false(text_nfc(STR("abcde"), out, 4, &got));
    assert_true(text_nfc(STR("ệa"), out, 4, &got));
    assert_false(text_nfc(STR("ệab"), out, 4, &got));
    assert_false(text_nfc(STR("\xff"), out, 4, &got));
    assert_false(text_nfc(STR("\xed\xa0\x80"), out, 4, &got));
    static char many[2 * TEXT_POINTS_MAX + 2];
    static char large[sizeof many];
    for (size_t i = 0; i < sizeof many; i += 2)
        memcpy(many + i, "đ", 2);
    assert_true(text_nfc((struct str){many, 2 * TEXT_POINTS_MAX}, large, sizeof large, &got));
    assert_false(text_nfc((struct str){many, sizeof many}, large, sizeof large, &got));
}

static void trim_takes_blanks_off_the_ends(void **state)
{
    (void)state;
    assert_true(str_eq(text_trim(STR(" \t\r\na b\n ")), STR("a b")));
    assert_int_equal(text_trim(STR(" \n ")).len, 0);
    assert_int_equal(text_trim(STR_NONE).len, 0);
}

static void codes_have_no_blanks_and_nothing_invisible(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "000.00.01.H22-260701-0001", "Mã/1#", "đ"};
    static const char *const bad[] = {"",
                                      "a b",
                                      "a\tb",
                                      "a\x7f",
                                      "a\xc2\xa0z",     /* no-break space */
                                      "a\xc2\x85z",     /* next line */
                                      "a\xe2\x80\x8bz", /* zero width space */
                                      "a\xe2\x80\xaez", /* right-to-left override */
                                      "a\xef\xbb\xbfz", /* byte order mark */
                                      "a\xee\x80\x80z", /* private use */
                                      "a\xef\xbf\xbfz", /* not a character */
                                      "a\xff",
                                      "\xe1\xbb"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(text_is_code(str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (text_is_code(str_of(bad[i])))
            fail_msg("bad code %zu was taken", i);
    }
    assert_false(text_is_code((struct str){"a\0b", 3}));
}

static void words_compare_in_any_case(void **state)
{
    (void)state;
    assert_true(text_same_word(STR("Application/JSON"), "application/json"));
    assert_false(text_same_word(STR("application/json "), "application/json"));
    assert_false(text_same_word(STR("application/jso"), "application/json"));
    assert_false(text_same_word(STR_NONE, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nfc_makes_one_form_of_all),
        cmocka_unit_test(nfc_is_bounded),
        cmocka_unit_test(trim_takes_blanks_off_the_ends),
        cmocka_unit_test(codes_have_no_blanks_and_nothing_invisible),
        cmocka_unit_test(words_compare_in_any_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
