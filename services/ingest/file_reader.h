/*
 * Splits a file into records while it is read, in bounded memory: lines, CSV records (whose quoted fields may hold line breaks), or
 * the whole as one. A byte order mark at its beginning is passed over, CR before LF as well.
 */
#ifndef HOSO_INGEST_FILE_READER_H
#define HOSO_INGEST_FILE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

enum file_framing { FRAMING_LINES, FRAMING_CSV, FRAMING_WHOLE };
/* Longest record: of lines and CSV, and of a whole file. */
#define FILE_LINE_MAX ((size_t)1 << 20)
#define FILE_WHOLE_MAX ((size_t)8 << 20)

struct file_record {
    struct str text; /* without its line break; valid until the next call */
    int64_t line;    /* on which it begins, from 1 */
    int64_t begin;   /* its place in the file … */
    int64_t end;     /* … and that of what comes after it */
    bool too_long;   /* text is empty: it was passed over */
};

struct file_reader;

/* Reads fd, which stays the caller's, from the offset on: the beginning of a line, the line-th. ERR_NOMEM, ERR_UNAVAILABLE. */
int file_reader_new(int fd, enum file_framing framing, int64_t offset, int64_t line,
                    struct file_reader **ret, struct error *err);
struct file_reader *file_reader_free(struct file_reader *reader); /* NULL is fine */

/* 1 = a record, which may be empty; 0 = the end of the file; ERR_NOMEM, ERR_UNAVAILABLE (the disk). */
int file_reader_next(struct file_reader *reader, struct file_record *ret, struct error *err);
/*
 * The CSV record just read makes no sense. A quote that is not closed takes whole lines along with it, so only the first line of it is
 * given up: *record becomes that line, and the next record begins behind it.
 */
void file_reader_resync(struct file_reader *reader, struct file_record *record);

#endif
