/* links: ingest */
#include "ingest/file_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "domain/checkpoint.h"
#include "ingest/csv_rows.h"

static int fd = -1;
static struct file_reader *reader;

static void open_text(struct str text, enum file_framing framing)
{
    fd = memfd_create("input", 0);
    assert_int_equal(write(fd, text.data, text.len), text.len);
    assert_int_equal(file_reader_new(fd, framing, 0, 1, &reader, NULL), 0);
}

static int close_all(void **state)
{
    (void)state;
    reader = file_reader_free(reader);
    close(fd);
    return 0;
}

static void assert_record(const char *text, int64_t line, int64_t begin, int64_t end)
{
    struct file_record record;
    assert_int_equal(file_reader_next(reader, &record, NULL), 1);
    assert_int_equal(record.text.len, strlen(text));
    assert_memory_equal(record.text.data ? record.text.data : "", text, strlen(text));
    assert_int_equal(record.line, line);
    assert_int_equal(record.begin, begin);
    assert_int_equal(record.end, end);
}

static void assert_end(void)
{
    struct file_record record;
    assert_int_equal(file_reader_next(reader, &record, NULL), 0);
}

static void test_lines(void **state)
{
    (void)state;
    open_text(STR("\xEF\xBB\xBFone\r\n\ntwo \"x\nthree"), FRAMING_LINES);
    assert_record("one", 1, 3, 8);
    assert_record("", 2, 8, 9);
    assert_record("two \"x", 3, 9, 16);
    assert_record("three", 4, 16, 21);
    assert_end();
}

static void test_csv_records_hold_line_breaks(void **state)
{
    (void)state;
    open_text(STR("a,b\n1,\"x\n\"\"y\"\n2,z\n"), FRAMING_CSV);
    assert_record("a,b", 1, 0, 4);
    assert_record("1,\"x\n\"\"y\"", 2, 4, 14);
    assert_record("2,z", 4, 14, 18);
    assert_end();
}

static void test_a_quote_that_is_not_closed_costs_one_line(void **state)
{
    (void)state;
    struct file_record record;
    open_text(STR("\"1,x\n2,y\n3,z"), FRAMING_CSV);
    assert_int_equal(file_reader_next(reader, &record, NULL), 1);
    assert_int_equal(record.end, 12);
    file_reader_resync(reader, &record);
    assert_int_equal(record.text.len, 4);
    assert_int_equal(record.end, 5);
    assert_record("2,y", 2, 5, 9);
    assert_record("3,z", 3, 9, 12);
    assert_end();
}

static void test_long_lines_are_passed_over(void **state)
{
    (void)state;
    size_t size = 3 * FILE_LINE_MAX;
    char *text = malloc(size);
    memset(text, 'x', size);
    text[1] = text[2 + FILE_LINE_MAX] = text[size - 2] =
        '\n'; /* of 1, of exactly the most, of too many bytes, of 1 */
    open_text((struct str){text, size}, FRAMING_LINES);
    struct file_record record;
    assert_record("x", 1, 0, 2);
    assert_int_equal(file_reader_next(reader, &record, NULL), 1);
    assert_false(record.too_long);
    assert_int_equal(record.text.len, FILE_LINE_MAX);
    assert_int_equal(file_reader_next(reader, &record, NULL), 1);
    assert_true(record.too_long && record.line == 3);
    assert_record("x", 4, (int64_t)size - 1, (int64_t)size);
    assert_end();
    free(text);
}

static void test_the_whole(void **state)
{
    (void)state;
    open_text(STR("[1,\n2]\n"), FRAMING_WHOLE);
    assert_record("[1,\n2]\n", 1, 0, 7);
    assert_end();
}

static void test_csv_rows(void **state)
{
    (void)state;
    struct csv_rows *rows = csv_rows_new();
    const char *reason;
    struct str text;
    static const char *const wrong[] = {"", ",", "a,a", "a b", "ă", "\"a"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(csv_rows_names(rows, str_of(wrong[i]), &reason));
    assert_true(csv_rows_names(rows, STR("MaHoSo, GhiChu"), &reason));
    assert_true(csv_rows_object(rows, STR("1,\"hai\ndòng \"\"x\"\"\""), &text));
    assert_string_equal(strndupa(text.data, text.len),
                        "{\"MaHoSo\":\"1\",\"GhiChu\":\"hai\\u000adòng \\\"x\\\"\"}");
    assert_false(csv_rows_object(rows, STR("1"), &text));
    assert_false(csv_rows_object(rows, STR("1,2,3"), &text));
    csv_rows_free(rows);
}

static void test_checkpoint_text(void **state)
{
    (void)state;
    const struct checkpoint written = {100, 50, 3, 2, 1, 40, INT64_C(1780300000000)};
    struct checkpoint read;
    char text[CHECKPOINT_SIZE];
    struct str whole = checkpoint_format(&written, text);
    assert_true(checkpoint_parse(whole, &read));
    assert_memory_equal(&read, &written, sizeof read);
    for (size_t len = 0; len < whole.len; len++)
        assert_false(checkpoint_parse((struct str){text, len}, &read));
    struct checkpoint wrong = written;
    wrong.offset = 101;
    assert_false(checkpoint_parse(checkpoint_format(&wrong, text), &read));
    wrong = written;
    wrong.line = 0;
    assert_false(checkpoint_parse(checkpoint_format(&wrong, text), &read));
    wrong = written;
    wrong.size = -1;
    assert_false(checkpoint_parse(checkpoint_format(&wrong, text), &read));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_lines, close_all),
        cmocka_unit_test_teardown(test_csv_records_hold_line_breaks, close_all),
        cmocka_unit_test_teardown(test_a_quote_that_is_not_closed_costs_one_line, close_all),
        cmocka_unit_test_teardown(test_long_lines_are_passed_over, close_all),
        cmocka_unit_test_teardown(test_the_whole, close_all),
        cmocka_unit_test(test_csv_rows),
        cmocka_unit_test(test_checkpoint_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
