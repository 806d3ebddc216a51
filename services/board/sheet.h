/*
 * A table on its way to a client: rows of cells, as a JSON array of objects or as CSV (RFC 4180, UTF-8 with a byte order mark, which
 * Excel wants). A cell that a spreadsheet would take for a formula gets an apostrophe in front. Pure; one thread.
 */
#ifndef HOSO_BOARD_SHEET_H
#define HOSO_BOARD_SHEET_H

#include <stdio.h>

#include "base/clock.h"
#include "json/json.h"

struct sheet {
    bool csv;
    struct json_out *json; /* written into where not CSV: one member or the whole */
    FILE *file;            /* CSV */
    char *text;
    size_t size;
    const char *const *names; /* of the columns, ended by NULL */
    size_t cell;
};

/* key: as in json_begin_array. names must outlive it. false = memory is short. CSV begins with the names. */
bool sheet_open(struct sheet *sheet, bool csv, struct json_out *json, const char *key,
                const char *const *names);
void sheet_row(struct sheet *sheet);
void sheet_row_end(struct sheet *sheet);
/* Cells in the order of the names; the empty view is null or an empty cell. */
void sheet_text(struct sheet *sheet, struct str value);
void sheet_integer(struct sheet *sheet, int64_t value);
void sheet_bool(struct sheet *sheet, bool value);
/* JSON: Unix milliseconds; CSV: local time with its zone. NO_TIME = null. */
void sheet_time(struct sheet *sheet, int64_t at);
/* yyyy-MM-dd. NO_DAY = null. */
void sheet_day(struct sheet *sheet, int32_t day);
/* The CSV text, valid until sheet_close; the empty view when memory was short. JSON: ends the array. */
struct str sheet_end(struct sheet *sheet);
void sheet_close(struct sheet *sheet);

#endif
