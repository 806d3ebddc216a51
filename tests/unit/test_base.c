/* pure */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/backoff.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"

static void test_error_text_is_cut_between_characters(void **state)
{
    (void)state;
    struct error err = {.text = "untouched"};
    char longest[700] = "";
    for (int i = 0; i < 200; i++)
        strcat(longest, "ế"); /* three bytes each */
    assert_int_equal(error_set(&err, ERR_INPUT, "%s", longest), ERR_INPUT);
    assert_int_equal(strlen(err.text), 510);
    assert_memory_equal(err.text, longest, 510);
    assert_int_equal(error_set(NULL, ERR_FAILED, "x"), ERR_FAILED);
}

static void test_error_prefix_keeps_both_texts(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, ERR_INPUT, "no such %s", "file");
    assert_int_equal(error_prefix(&err, ERR_INPUT, "a.conf:%d", 3), ERR_INPUT);
    assert_string_equal(err.text, "a.conf:3: no such file");
    char longest[600];
    memset(longest, 'x', sizeof longest);
    longest[599] = '\0';
    error_prefix(&err, ERR_INPUT, "%s", longest);
    assert_int_equal(strlen(err.text), 511);
}

static void test_backoff_doubles_and_keeps_its_bounds(void **state)
{
    (void)state;
    struct backoff backoff = {.first_ms = 100, .max_ms = 1500};
    static const int64_t whole[] = {100, 200, 400, 800, 1500, 1500, 1500};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        struct backoff low = backoff;
        assert_int_equal(backoff_next_ms(&low, 0), whole[i] / 2);
        struct backoff high = backoff;
        assert_int_equal(backoff_next_ms(&high, (uint32_t)(whole[i] - whole[i] / 2)), whole[i]);
        backoff_next_ms(&backoff, 7);
    }
    backoff_reset(&backoff);
    assert_int_equal(backoff_next_ms(&backoff, 0), 50);
    backoff.attempts = 1000000;
    assert_in_range(backoff_next_ms(&backoff, UINT32_MAX), 750, 1500);
}

/* RFC 4231 feeds the message as it is; ours feeds lengths too, so the standard vector is built by hand. */
static void test_hmac_is_the_standard_one_over_framed_parts(void **state)
{
    (void)state;
    uint8_t got[HASH_SIZE];
    uint8_t want[HASH_SIZE];
    char hex[65];
    /* HMAC-SHA-256("key", 00..02 "ab" 00..01 "c"), from Python's hmac module. */
    struct str parts[] = {STR("ab"), STR("c")};
    hash_hmac_parts(STR("key"), parts, 2, got);
    assert_string_equal(hex_encode(got, 32, hex),
                        "6792a685701881d31208bf28ad5cbe35d0ea5cc4f15c4689af94fe1602c421e3");
    struct str other[] = {STR("a"), STR("bc")};
    hash_hmac_parts(STR("key"), other, 2, want);
    assert_memory_not_equal(got, want, HASH_SIZE);
    char long_key[200];
    memset(long_key, 0xAA, sizeof long_key);
    hash_hmac_parts((struct str){long_key, 131}, parts, 2, got);
    assert_string_equal(hex_encode(got, 32, hex),
                        "b834b91cff34d26a52f45a0a18962244fd1aab43ac65ebc7556885b876337cf2");
}

static void test_sha256_and_hex(void **state)
{
    (void)state;
    uint8_t digest[HASH_SIZE];
    uint8_t back[HASH_SIZE];
    char hex[65];
    hash_sha256(STR("abc"), digest);
    assert_string_equal(hex_encode(digest, 32, hex),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(hex_decode(str_of(hex), back, 32));
    assert_true(hash_equal(digest, back, 32));
    back[31] ^= 1;
    assert_false(hash_equal(digest, back, 32));
    assert_false(hex_decode(STR("zz"), back, 1));
    assert_false(hex_decode(STR("abc"), back, 1));
    assert_true(hex_decode(STR("aF"), back, 1));
    assert_int_equal(back[0], 0xAF);
}

static void test_log_quote_leaves_no_break(void **state)
{
    (void)state;
    char out[8];
    assert_string_equal(log_quote("a\"b\nc\\", out, sizeof out), "a'b c'");
    assert_string_equal(log_quote("123456789", out, sizeof out), "1234567");
    assert_string_equal(log_quote(NULL, out, sizeof out), "");
}

static void read_log(void (*write_it)(void), char *out, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int kept = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    write_it();
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(ends[1]);
    ssize_t n = read(ends[0], out, size - 1);
    close(ends[0]);
    out[n > 0 ? n : 0] = '\0';
}

static void write_two_lines(void)
{
    log_debug("hidden", "");
    log_warn("batch", "partition=%d error=\"%s\" n=1", 3, "no route");
}

static void test_log_lines(void **state)
{
    (void)state;
    char line[512];
    log_setup("hoso-test", LOG_LEVEL_INFO, false);
    read_log(write_two_lines, line, sizeof line);
    assert_non_null(strstr(
        line, "level=warn program=hoso-test event=batch partition=3 error=\"no route\" n=1\n"));
    assert_null(strstr(line, "hidden"));
    log_setup("hoso-test", LOG_LEVEL_INFO, true);
    read_log(write_two_lines, line, sizeof line);
    assert_non_null(strstr(
        line, "\"event\":\"batch\",\"partition\":\"3\",\"error\":\"no route\",\"n\":\"1\"}\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_text_is_cut_between_characters),
        cmocka_unit_test(test_error_prefix_keeps_both_texts),
        cmocka_unit_test(test_backoff_doubles_and_keeps_its_bounds),
        cmocka_unit_test(test_hmac_is_the_standard_one_over_framed_parts),
        cmocka_unit_test(test_sha256_and_hex),
        cmocka_unit_test(test_log_quote_leaves_no_break),
        cmocka_unit_test(test_log_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
