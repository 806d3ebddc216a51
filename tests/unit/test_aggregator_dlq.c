/* links: aggregator */
#include "aggregator/dlq.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void took(struct str *bytes, const char *name, struct str value)
{
    struct kafka_header header;
    assert_true(header_take(bytes, &header));
    assert_string_equal(header.name, name);
    assert_true(str_eq(header.value, value));
}

static struct str bytes_of(const struct header_buffer *buffer)
{
    return (struct str){buffer->data, buffer->size};
}

static void headers_come_back_as_they_were(void **state)
{
    (void)state;
    static char large[70000]; /* a length of three bytes */
    memset(large, 'x', sizeof large);
    struct header_buffer buffer = {0};
    assert_int_equal(header_buffer_add(&buffer, "ce_id", STR("\0\xff\0")), 0);
    assert_int_equal(header_buffer_add(&buffer, "", STR_NONE), 0);
    assert_int_equal(header_buffer_add(&buffer, "large", (struct str){large, sizeof large}), 0);
    assert_int_equal(header_buffer_add(&buffer, "ce_id", STR("again")), 0);
    struct str bytes = bytes_of(&buffer);
    took(&bytes, "ce_id", STR("\0\xff\0"));
    took(&bytes, "", STR_NONE);
    took(&bytes, "large", (struct str){large, sizeof large});
    took(&bytes, "ce_id", STR("again"));
    struct kafka_header header;
    assert_int_equal(bytes.len, 0);
    assert_false(header_take(&bytes, &header));
    free(buffer.data);
}

/* The written layout: name, NUL, length in four bytes, most significant first, value. */
static void the_layout_is_the_one_that_the_table_names(void **state)
{
    (void)state;
    struct header_buffer buffer = {0};
    assert_int_equal(header_buffer_add(&buffer, "ab", STR("xyz")), 0);
    assert_true(str_eq(bytes_of(&buffer), STR("ab\0\0\0\0\3xyz")));
    free(buffer.data);
}

/* Every beginning of two headers, in memory of exactly its size: whole ones are taken, the rest is no header. */
static void a_cut_header_is_no_header(void **state)
{
    (void)state;
    static const char whole[] = "ab\0\0\0\0\3xyzc\0\0\0\0\1v";
    const size_t first = 10, both = sizeof whole - 1;
    for (size_t size = 0; size <= both; size++) {
        char *copy = malloc(size ? size : 1);
        assert_non_null(copy);
        memcpy(copy, whole, size);
        struct str bytes = {copy, size};
        struct kafka_header header;
        size_t taken = 0;
        while (header_take(&bytes, &header))
            taken++;
        assert_int_equal(taken, size < first ? 0 : size < both ? 1 : 2);
        assert_int_equal(bytes.len, size < first ? size : size < both ? size - first : 0);
        free(copy);
    }
}

static void a_length_beyond_the_end_is_no_header(void **state)
{
    (void)state;
    struct str bytes = STR("ab\0\xff\xff\xff\xfexyz");
    struct kafka_header header;
    assert_false(header_take(&bytes, &header));
    struct str all_ones = STR("ab\0\xff\xff\xff\xff"); /* no value at all */
    assert_true(header_take(&all_ones, &header));
    assert_null(header.value.data);
    struct str none = STR_NONE;
    assert_false(header_take(&none, &header));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_come_back_as_they_were),
        cmocka_unit_test(the_layout_is_the_one_that_the_table_names),
        cmocka_unit_test(a_cut_header_is_no_header),
        cmocka_unit_test(a_length_beyond_the_end_is_no_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
