/*
 * A printed form as an Excel workbook, through libxlsxwriter; the only folder that includes its headers. One sheet, landscape A4,
 * fitted to the width of the page. Cells are set in any order; rows and columns count from 0. One thread per workbook.
 */
#ifndef HOSO_XLSX_XLSX_H
#define HOSO_XLSX_XLSX_H

#include <stdint.h>

#include "base/error.h"

struct xlsx;

enum xlsx_style {
    XLSX_PLAIN,       /* no border, left */
    XLSX_BOLD,        /* no border, centred, bold */
    XLSX_TITLE,       /* no border, centred, bold, large */
    XLSX_ITALIC,      /* no border, centred, italic */
    XLSX_NOTE,        /* no border, left, italic, wrapped */
    XLSX_HEAD,        /* border, centred, bold, wrapped, shaded */
    XLSX_NUMBER_HEAD, /* border, centred, italic: the numbers under the headings */
    XLSX_TEXT,        /* border, left, wrapped */
    XLSX_CENTER,      /* border, centred */
    XLSX_COUNT,       /* border, right, thousands */
    XLSX_SHARE,       /* border, right, two decimals */
    XLSX_TEXT_TOTAL,
    XLSX_COUNT_TOTAL,
    XLSX_STYLE_COUNT
};

/* Writes to `path` when closed. ERR_NOMEM. */
int xlsx_new(const char *path, const char *sheet_name, struct xlsx **ret, struct error *err);
/*
 * Writes the file and frees. ERR_INPUT: it could not be written, or an earlier call failed; the text says why. The file may then be
 * half there.
 */
int xlsx_close(struct xlsx *xlsx, struct error *err);

/* Text is UTF-8, copied. What fails is remembered until xlsx_close. */
void xlsx_text(struct xlsx *xlsx, int row, int column, const char *text, enum xlsx_style style);
void xlsx_number(struct xlsx *xlsx, int row, int column, double number, enum xlsx_style style);
/* One text over the cells first..last, corners included; at least two cells. */
void xlsx_merged(struct xlsx *xlsx, int first_row, int first_column, int last_row, int last_column,
                 const char *text, enum xlsx_style style);
/* In characters of the font; in points. */
void xlsx_column_width(struct xlsx *xlsx, int first_column, int last_column, double width);
void xlsx_row_height(struct xlsx *xlsx, int row, double height);
/* Prints on A3 instead of A4. */
void xlsx_large_paper(struct xlsx *xlsx);
/* The rows are printed again on top of every page, and stay in sight. */
void xlsx_repeat_rows(struct xlsx *xlsx, int first_row, int last_row);

#endif
