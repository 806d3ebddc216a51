/*
 * A reader of CSV text (RFC 4180): quoted fields with doubled quotes and line breaks, LF or CRLF, an optional byte order
 * mark. Bounded: CSV_FIELDS_MAX fields and CSV_RECORD_MAX bytes per record. Never allocates. One thread.
 */
#ifndef HOSO_BASE_CSV_H
#define HOSO_BASE_CSV_H

#include "base/error.h"
#include "base/str.h"

#define CSV_FIELDS_MAX 64
#define CSV_RECORD_MAX 65536

/* Owned by the caller; no clean-up. Read `fields`, `field_count` and `line` only. */
struct csv {
    struct str fields[CSV_FIELDS_MAX]; /* each followed by a NUL; valid until the next csv_next */
    size_t field_count;                /* = number of names in the header */
    int line;                          /* on which the record began, from 1 */
    int next_line;
    struct str rest;
    char text[CSV_RECORD_MAX];
};

/*
 * Begins to read text, which must outlive csv. Its first record must be exactly `header` (names separated by commas): the
 * columns are then known by position. 0 or ERR_INPUT, which says what was expected.
 */
int csv_open(struct csv *csv, struct str text, const char *header, struct error *err);

/*
 * Reads text as one record by itself, without a header: 1..CSV_FIELDS_MAX fields, in field_count; `line` is what errors name. 0 or
 * ERR_INPUT, as csv_next; also when text holds more than one record.
 */
int csv_parse_record(struct csv *csv, struct str text, int line, struct error *err);

/*
 * The next record; empty lines are passed over. 1 = there is one, 0 = the end. ERR_INPUT, naming the line: too many bytes, another
 * number of fields than the header, a quote that is not closed or stands in the middle of a field, a NUL.
 */
int csv_next(struct csv *csv, struct error *err);

#endif
