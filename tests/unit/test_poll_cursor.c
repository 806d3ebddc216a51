/* pure */
#include "domain/poll_cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#define NOW INT64_C(1780300000000)

static void test_a_sweep_of_pages_moves_the_cursor_at_its_end(void **state)
{
    (void)state;
    struct poll_cursor cursor = poll_cursor_begin(NOW - MS_PER_DAY);
    poll_cursor_sweep(&cursor, NOW - 5000, NOW);
    poll_cursor_page(&cursor, "p2", "\"a\"", true);
    assert_int_equal(cursor.since_at, NOW - MS_PER_DAY);
    assert_string_equal(cursor.page, "p2");
    poll_cursor_page(&cursor, "", "\"b\"", false);
    assert_int_equal(cursor.since_at, NOW - 5000); /* when it began, by the source's clock */
    assert_string_equal(cursor.page, "");
    assert_string_equal(cursor.etag, ""); /* of a part only */
    assert_true(cursor.sweep_at == NO_TIME && !cursor.rows_seen);
}

static void test_an_empty_sweep_keeps_its_question_and_its_etag(void **state)
{
    (void)state;
    struct poll_cursor cursor = poll_cursor_begin(NO_TIME);
    poll_cursor_sweep(&cursor, NOW, NOW);
    poll_cursor_page(&cursor, "", "\"a\"", false);
    assert_true(cursor.since_at == NO_TIME);
    assert_string_equal(cursor.etag, "\"a\"");
    poll_cursor_sweep(&cursor, NOW, NOW);
    poll_cursor_page(&cursor, "", "\"b\"", true);
    assert_int_equal(cursor.since_at, NOW);
    assert_string_equal(cursor.etag, "");
}

static void test_a_clock_that_cannot_be_is_not_believed_and_none_goes_back(void **state)
{
    (void)state;
    static const int64_t dates[] = {NO_TIME, NOW + 2 * MS_PER_DAY, NOW - 2 * MS_PER_DAY, 0};
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        struct poll_cursor cursor = poll_cursor_begin(NO_TIME);
        poll_cursor_sweep(&cursor, dates[i], NOW);
        assert_int_equal(cursor.sweep_at, NOW);
    }
    struct poll_cursor cursor = poll_cursor_begin(NOW);
    poll_cursor_sweep(&cursor, NOW - MS_PER_HOUR, NOW);
    poll_cursor_page(&cursor, "", "", true);
    assert_int_equal(cursor.since_at, NOW);
}

static void test_text_is_exactly_what_was_written(void **state)
{
    (void)state;
    struct poll_cursor cursor = {.since_at = NOW,
                                 .sweep_at = NO_TIME,
                                 .rows_seen = true,
                                 .page = "trang 2/&=",
                                 .etag = "\"e\""};
    char text[POLL_CURSOR_SIZE];
    char changed[POLL_CURSOR_SIZE];
    struct poll_cursor read;
    struct str whole = poll_cursor_format(&cursor, text);
    assert_true(poll_cursor_parse(whole, &read));
    assert_memory_equal(read.page, cursor.page, sizeof "trang 2/&=");
    assert_true(read.since_at == NOW && read.sweep_at == NO_TIME && read.rows_seen);
    for (size_t len = 0; len < whole.len; len++)
        assert_false(poll_cursor_parse((struct str){text, len}, &read));
    for (size_t i = 0; i < 2 * whole.len;
         i++) { /* a changed byte is refused, or is another cursor */
        memcpy(changed, text, whole.len);
        changed[i / 2] = i % 2 ? '\0' : changed[i / 2] ^ 1;
        char again[POLL_CURSOR_SIZE];
        if (poll_cursor_parse((struct str){changed, whole.len}, &read))
            assert_true(str_eq(poll_cursor_format(&read, again), (struct str){changed, whole.len}));
    }
}

static void test_urls(void **state)
{
    (void)state;
    char out[256];
    struct poll_cursor cursor = poll_cursor_begin(NO_TIME);
    assert_true(poll_cursor_url(&cursor, "https://x/y", 0, "since", "page", out, sizeof out));
    assert_string_equal(out, "https://x/y");
    cursor.since_at = INT64_C(1780275600000); /* 2026-06-01 08:00 */
    strcpy(cursor.page, "a b/&=%ệ");
    assert_true(poll_cursor_url(&cursor, "https://x/y?z=1", 60000, "tu", "trang", out, sizeof out));
    assert_string_equal(out, "https://x/y?z=1&tu=20260601075900&trang=a%20b%2F%26%3D%25%E1%BB%87");
    assert_false(poll_cursor_url(&cursor, "https://x/y?z=1", 0, "tu", "trang", out, 40));
    char token[POLL_TOKEN_MAX + 1];
    assert_false(poll_token_copy(STR("a\nb"), token));
    assert_true(poll_token_copy(STR_NONE, token));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sweep_of_pages_moves_the_cursor_at_its_end),
        cmocka_unit_test(test_an_empty_sweep_keeps_its_question_and_its_etag),
        cmocka_unit_test(test_a_clock_that_cannot_be_is_not_believed_and_none_goes_back),
        cmocka_unit_test(test_text_is_exactly_what_was_written),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
