/*
 * Reading the fields of one row. The first field that is wrong refuses the row; after that every reader gives "nothing", so
 * that a mapper reads straight through and looks once at the end. For mappers only. Pure.
 */
#ifndef HOSO_INGEST_ROW_H
#define HOSO_INGEST_ROW_H

#include "ingest/map.h"

struct row {
    const struct map_input *input;
    struct mapped *out;
    struct refusal *refusal;
    const struct json *object;
    char prefix[40];  /* "DanhSachHoSoBoSung[2]" or "" */
    int64_t ahead_at; /* the furthest of the flagged times; NO_TIME = none */
};

/* Begins a row: *out and *refusal are emptied. A row that is not an object is refused. */
struct row row_begin(const struct map_input *input, const struct json *object, struct mapped *out,
                     struct refusal *refusal);
/* Element `index` of the row's list `field` as a row of its own; problems refuse the whole. */
struct row row_part(const struct row *row, const char *field, size_t index,
                    const struct json *object);
/* 0, or MAP_REFUSED after a problem. Every mapper's last line; checks the events as well. */
int row_end(struct row *row);
bool row_refused(const struct row *row);
void row_refuse(struct row *row, enum refusal_code code, const char *field);

/* An event of this kind with source, trust, ingested_at and the code, appended to the row's events. */
struct event *row_add_event(struct row *row, enum event_kind kind, struct str dossier_code);
/* occurred_at, time_basis and occurred_original_at from a source's time, NO_TIME = undated. */
void row_set_occurred(const struct row *row, struct event *event, int64_t at);

/* Text without blanks at the ends; whole numbers and yes/no (1/0) become text; null and absent are empty. */
struct str row_text(struct row *row, const char *field);
/* Letters, digits and . _ - / only, at most CODE_MAX bytes; not nine digits in a row, which would be a person's number. */
struct str row_code(struct row *row, const char *field);
/* Any code of up to CODE_MAX bytes that text_is_code takes, in NFC. */
struct str row_dossier_code(struct row *row, const char *field);
/* The same, and refused when empty. */
struct str row_own_code(struct row *row, const char *field);
/* A time, which may lie ahead; NO_TIME = none given. */
int64_t row_time(struct row *row, const char *field);
/* The time of something that has happened: what lies ahead of us comes back as ingested_at and is noted in ahead_at. */
int64_t row_past_time(struct row *row, const char *field);
/* 1..10, or 0 when none is given. */
int32_t row_status(struct row *row, const char *field);
/* "1" yes, "0" no, everything else unknown. */
enum tri row_flag(struct row *row, const char *field);
/* NULL when absent, null or "". */
const struct json *row_list(struct row *row, const char *field);

/* Letters, digits and . _ - / only, at least one; not nine digits in a row. */
bool is_plain_code(struct str text);
/* "H24.11713", "000.00.01.H22", "G09.20", not "UBND xã …", not nine digits in a row. */
bool is_agency_code(struct str text);
/* "<agency>-yyMMdd-NNNN" or "<agency>-yyyyMMdd-NNNNNNN" (domain notes 1.6): the agency; any other form tells nothing. */
struct str agency_in_code(struct str dossier_code);

#endif
