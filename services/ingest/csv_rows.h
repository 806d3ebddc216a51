/*
 * CSV records as the JSON rows that the mappers read: each field is text under its column's name; an empty field is an empty text, as
 * the portal sends it. Pure; one thread.
 */
#ifndef HOSO_INGEST_CSV_ROWS_H
#define HOSO_INGEST_CSV_ROWS_H

#include <stdbool.h>

#include "base/str.h"

struct csv_rows;
struct csv_rows *csv_rows_new(void); /* NULL when memory is short */
struct csv_rows *csv_rows_free(struct csv_rows *rows);

/*
 * Takes the names of the columns from the first record. false: they are no names (empty, twice the same, not ASCII letters, digits
 * and _, more than CSV_FIELDS_MAX, or memory is short); *ret_reason says why.
 */
bool csv_rows_names(struct csv_rows *rows, struct str record, const char **ret_reason);

/*
 * One record as the text of a JSON object, valid until the next call. false: not CSV, another number of fields than names, or memory is
 * short. Whether it is UTF-8 shows when the JSON is read.
 */
bool csv_rows_object(struct csv_rows *rows, struct str record, struct str *ret);

#endif
