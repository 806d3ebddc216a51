#include "xlsx/xlsx.h"

#include <stdbool.h>
#include <stdlib.h>

#include <xlsxwriter.h>

struct xlsx {
    lxw_workbook *book;
    lxw_worksheet *sheet;
    lxw_format *styles[XLSX_STYLE_COUNT];
    lxw_error failure;
};

enum {
    LEFT = 1,
    CENTER = 2,
    RIGHT = 4,
    BOLD = 8,
    ITALIC = 16,
    WRAP = 32,
    BORDER = 64,
    SHADE = 128
};

enum { PAPER_A3 = 8, PAPER_A4 = 9 }; /* as Excel numbers them */

static const struct {
    unsigned look;
    double size;
    const char *number_format;
} looks[XLSX_STYLE_COUNT] = {
    [XLSX_PLAIN] = {LEFT, 11, NULL},
    [XLSX_BOLD] = {CENTER | BOLD, 11, NULL},
    [XLSX_TITLE] = {CENTER | BOLD, 14, NULL},
    [XLSX_ITALIC] = {CENTER | ITALIC, 11, NULL},
    [XLSX_NOTE] = {LEFT | ITALIC | WRAP, 10, NULL},
    [XLSX_HEAD] = {CENTER | BOLD | WRAP | BORDER | SHADE, 10, NULL},
    [XLSX_NUMBER_HEAD] = {CENTER | ITALIC | BORDER, 9, NULL},
    [XLSX_TEXT] = {LEFT | WRAP | BORDER, 11, NULL},
    [XLSX_CENTER] = {CENTER | BORDER, 11, NULL},
    [XLSX_COUNT] = {RIGHT | BORDER, 11, "#,##0"},
    [XLSX_SHARE] = {RIGHT | BORDER, 11, "0.00"},
    [XLSX_TEXT_TOTAL] = {CENTER | BOLD | BORDER, 11, NULL},
    [XLSX_COUNT_TOTAL] = {RIGHT | BOLD | BORDER, 11, "#,##0"},
};

static lxw_format *style_new(lxw_workbook *book, enum xlsx_style style)
{
    unsigned look = looks[style].look;
    lxw_format *format = workbook_add_format(book);
    if (!format)
        return NULL;
    format_set_font_name(format, "Times New Roman");
    format_set_font_size(format, looks[style].size);
    format_set_align(format, LXW_ALIGN_VERTICAL_CENTER);
    format_set_align(format, look & LEFT     ? LXW_ALIGN_LEFT
                             : look & CENTER ? LXW_ALIGN_CENTER
                                             : LXW_ALIGN_RIGHT);
    if (look & BOLD)
        format_set_bold(format);
    if (look & ITALIC)
        format_set_italic(format);
    if (look & WRAP)
        format_set_text_wrap(format);
    if (look & BORDER)
        format_set_border(format, LXW_BORDER_THIN);
    if (look & SHADE)
        format_set_bg_color(format, 0xEDEDED);
    if (looks[style].number_format)
        format_set_num_format(format, looks[style].number_format);
    return format;
}

int xlsx_new(const char *path, const char *sheet_name, struct xlsx **ret, struct error *err)
{
    struct xlsx *xlsx = calloc(1, sizeof *xlsx);
    if (!xlsx)
        return error_set(err, ERR_NOMEM, "workbook: out of memory");
    xlsx->book = workbook_new(path);
    xlsx->sheet = xlsx->book ? workbook_add_worksheet(xlsx->book, sheet_name) : NULL;
    bool complete = xlsx->sheet != NULL;
    for (int i = 0; i < XLSX_STYLE_COUNT && complete; i++) {
        xlsx->styles[i] = style_new(xlsx->book, (enum xlsx_style)i);
        complete = xlsx->styles[i] != NULL;
    }
    if (!complete) {
        if (xlsx->book)
            lxw_workbook_free(xlsx->book);
        free(xlsx);
        return error_set(err, ERR_NOMEM, "workbook: out of memory");
    }
    worksheet_set_landscape(xlsx->sheet);
    worksheet_set_paper(xlsx->sheet, PAPER_A4);
    worksheet_fit_to_pages(xlsx->sheet, 1, 0);
    worksheet_set_margins(xlsx->sheet, 0.4, 0.4, 0.5, 0.5);
    worksheet_center_horizontally(xlsx->sheet);
    worksheet_set_footer(xlsx->sheet, "&C&P/&N");
    *ret = xlsx;
    return 0;
}

int xlsx_close(struct xlsx *xlsx, struct error *err)
{
    lxw_error failure = xlsx->failure;
    lxw_error closing = workbook_close(xlsx->book); /* frees it, whatever the answer */
    if (failure == LXW_NO_ERROR)
        failure = closing;
    free(xlsx);
    if (failure != LXW_NO_ERROR)
        return error_set(err, ERR_INPUT, "workbook: %s", lxw_strerror(failure));
    return 0;
}

static void remember(struct xlsx *xlsx, lxw_error answer)
{
    if (xlsx->failure == LXW_NO_ERROR)
        xlsx->failure = answer;
}

void xlsx_text(struct xlsx *xlsx, int row, int column, const char *text, enum xlsx_style style)
{
    remember(xlsx, worksheet_write_string(xlsx->sheet, (lxw_row_t)row, (lxw_col_t)column, text,
                                          xlsx->styles[style]));
}

void xlsx_number(struct xlsx *xlsx, int row, int column, double number, enum xlsx_style style)
{
    remember(xlsx, worksheet_write_number(xlsx->sheet, (lxw_row_t)row, (lxw_col_t)column, number,
                                          xlsx->styles[style]));
}

void xlsx_merged(struct xlsx *xlsx, int first_row, int first_column, int last_row, int last_column,
                 const char *text, enum xlsx_style style)
{
    remember(xlsx, worksheet_merge_range(xlsx->sheet, (lxw_row_t)first_row, (lxw_col_t)first_column,
                                         (lxw_row_t)last_row, (lxw_col_t)last_column, text,
                                         xlsx->styles[style]));
}

void xlsx_column_width(struct xlsx *xlsx, int first_column, int last_column, double width)
{
    remember(xlsx, worksheet_set_column(xlsx->sheet, (lxw_col_t)first_column,
                                        (lxw_col_t)last_column, width, NULL));
}

void xlsx_row_height(struct xlsx *xlsx, int row, double height)
{
    remember(xlsx, worksheet_set_row(xlsx->sheet, (lxw_row_t)row, height, NULL));
}

void xlsx_large_paper(struct xlsx *xlsx)
{
    worksheet_set_paper(xlsx->sheet, PAPER_A3);
}

void xlsx_repeat_rows(struct xlsx *xlsx, int first_row, int last_row)
{
    remember(xlsx, worksheet_repeat_rows(xlsx->sheet, (lxw_row_t)first_row, (lxw_row_t)last_row));
    worksheet_freeze_panes(xlsx->sheet, (lxw_row_t)(last_row + 1), 2);
}
