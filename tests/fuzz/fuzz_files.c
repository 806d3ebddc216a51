/* links: ingest */
/*
 * Any bytes as a dropped file, its checkpoint, or the cursor of a poll. The first byte chooses which and how it is split. Seeds:
 * tests/fuzz/files.
 *
 *   cmake --preset fuzz && cmake --build --preset fuzz --target fuzz_files
 *   build/fuzz/bin/fuzz_files -max_total_time=60 build/fuzz/corpus-files tests/fuzz/files
 *
 * The records of a file lie one behind the other, cover it, and a reader that begins at any of them goes on with the same ones;
 * what a checkpoint or a cursor says can be written again and is the same.
 */
#include "domain/checkpoint.h"
#include "domain/poll_cursor.h"
#include "ingest/csv_rows.h"
#include "ingest/document.h"
#include "ingest/file_reader.h"

#include "fuzz.h"
#include <sys/mman.h>
#include <unistd.h>

static int file_of(struct str bytes)
{
    int fd = memfd_create("input", 0);
    must(fd >= 0 && write(fd, bytes.data, bytes.len) == (ssize_t)bytes.len);
    return fd;
}

/* Reads a record as the file source does; true where it is rows. */
static bool check_record(struct csv_rows *csv, struct file_reader *reader,
                         struct file_record *record)
{
    struct document document = {0};
    struct str text = record->text;
    enum refusal_code code;
    if (record->too_long || !str_given(text))
        return false;
    if (csv && !csv_rows_object(csv, text, &text)) {
        file_reader_resync(reader, record);
        return false;
    }
    int r = document_open(text, document_mapper("hoso"), STR("H24.11713"), &document, &code);
    must(r == 0 || r == MAP_REFUSED);
    /* Each row has a position of its own inside the record. */
    must((int64_t)document.count <= record->end - record->begin);
    for (size_t i = 0; i < document.count; i++)
        must(document_row(&document, i) != NULL);
    document_close(&document);
    return r == 0;
}

/* The first record that a reader gives from there on must be `expected`. */
static void check_again(int fd, enum file_framing framing, const struct file_record *expected)
{
    struct file_reader *reader;
    struct file_record record;
    must(file_reader_new(fd, framing, expected->begin, expected->line, &reader, NULL) == 0);
    must(file_reader_next(reader, &record, NULL) == 1);
    must(record.begin == expected->begin && record.line == expected->line);
    file_reader_free(reader);
}

static void check_file(struct str bytes, enum file_framing framing)
{
    struct file_reader *reader;
    struct file_record record;
    const char *reason;
    int fd = file_of(bytes);
    struct csv_rows *csv = NULL;
    int64_t end = 0;
    int64_t line = 0;
    must(file_reader_new(fd, framing, 0, 1, &reader, NULL) == 0);
    for (size_t count = 0; file_reader_next(reader, &record, NULL) == 1; count++) {
        if (count == 0 && framing == FRAMING_CSV) {
            csv = csv_rows_new();
            if (!csv_rows_names(csv, record.text, &reason)) {
                must(reason && *reason);
                break;
            }
        } else {
            check_record(csv, reader, &record);
        }
        must(record.begin >= end && record.end > record.begin && record.line > line);
        must(record.begin == end || end == 0); /* a byte order mark stands before the first */
        end = record.end;
        line = record.line;
        if (count > 0 && count < 4) {
            int again = dup(fd);
            off_t at = lseek(fd, 0, SEEK_CUR);
            check_again(again, framing, &record);
            lseek(fd, at, SEEK_SET);
            close(again);
        }
    }
    must(end <= (int64_t)bytes.len);
    csv_rows_free(csv);
    file_reader_free(reader);
    close(fd);
}

static void check_checkpoint(struct str bytes)
{
    struct checkpoint checkpoint;
    char text[CHECKPOINT_SIZE];
    if (checkpoint_parse(bytes, &checkpoint))
        must(str_eq(checkpoint_format(&checkpoint, text), bytes));
}

static void check_cursor(struct str bytes)
{
    struct poll_cursor cursor;
    char text[POLL_CURSOR_SIZE];
    char url[4096];
    if (!poll_cursor_parse(bytes, &cursor))
        return;
    must(str_eq(poll_cursor_format(&cursor, text), bytes));
    if (poll_cursor_url(&cursor, "https://cong.example/x?a=1", 0, "since", "page", url, sizeof url))
        must(strpbrk(url, " \r\n\"<>") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct str bytes = {(const char *)data + 1, size - 1};
    switch (data[0] % 5) {
    case 3: check_checkpoint(bytes); break;
    case 4: check_cursor(bytes); break;
    default: check_file(bytes, (enum file_framing)(data[0] % 5));
    }
    return 0;
}
