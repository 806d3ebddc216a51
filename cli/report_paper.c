/* The forms as they are printed: HTML and XLSX. */
#include <string.h>

#include "commands.h"
#include "report_write.h"
#include "xlsx/xlsx.h"

static size_t group_end(const struct form *form, size_t first)
{
    size_t end = first + 1;
    const char *group = form->columns[first].group.vi;
    while (group && end < form->column_count && form->columns[end].group.vi &&
           strcmp(form->columns[end].group.vi, group) == 0)
        end++;
    return end;
}

/* ---- HTML ---- */

/* Forms with more columns are printed on A3. */
enum { A4_COLUMNS_MAX = 15 };

static const char style[] =
    "@page { margin: 12mm }\n"
    "body { font: 11pt/1.35 'Times New Roman', 'Liberation Serif', serif; margin: 1em }\n"
    "header { text-align: center } header p { margin: .2em } h1 { font-size: 14pt; margin: .3em }\n"
    ".code { text-align: left; font-weight: bold } .period { font-style: italic }\n"
    "table { border-collapse: collapse; width: 100%; margin-top: 1em }\n"
    "th, td { border: 1px solid #000; padding: .2em .4em } thead { display: table-header-group }\n"
    "th { background: #ededed } tr.number th { font-weight: normal; font-style: italic; font-size: "
    "9pt }\n"
    "td { text-align: right } td.text { text-align: left; min-width: 9em } tr { break-inside: "
    "avoid }\n"
    "tfoot td { font-weight: bold } .note { font-style: italic; font-size: 10pt }\n"
    "footer { display: flex; justify-content: space-around; text-align: center; margin-top: 1.5em "
    "}\n";

static void html_text(FILE *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.data[i]) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc(text.data[i], out);
        }
    }
}

static void html_head(const struct form *form, FILE *out)
{
    fprintf(out, "<thead>\n<tr><th rowspan=2>%s<th rowspan=2>%s", cli_text("TT", "No."),
            form_text(form->row_title));
    for (size_t c = 0; c < form->column_count; c = group_end(form, c)) {
        if (form->columns[c].group.vi)
            fprintf(out, "<th colspan=%zu>%s", group_end(form, c) - c,
                    form_text(form->columns[c].group));
        else
            fprintf(out, "<th rowspan=2>%s", form_text(form->columns[c].title));
    }
    fputs("\n<tr>", out);
    for (size_t c = 0; c < form->column_count; c++) {
        if (form->columns[c].group.vi)
            fprintf(out, "<th>%s", form_text(form->columns[c].title));
    }
    fputs("\n<tr class=number>", out);
    for (size_t c = 1; c < form->column_count + FORM_FIRST_NUMBER; c++)
        fprintf(out, "<th>(%zu)", c);
    fputs("\n</thead>\n", out);
}

static void html_cells(const struct report_table *table, const struct report_row *row, FILE *out)
{
    char text[REPORT_CELL_SIZE];
    for (size_t c = 0; c < table->form->column_count; c++)
        fprintf(out, "<td>%s",
                report_cell_text(&table->form->columns[c], &row->cells[c], true, text));
    fputc('\n', out);
}

static void html_body(const struct report_table *table, FILE *out)
{
    fputs("<tbody>\n", out);
    for (size_t i = 0; i < table->row_count; i++) {
        fprintf(out, "<tr><td>%zu<td class=text>", i + 1);
        html_text(out, table->rows[i].name);
        html_cells(table, &table->rows[i], out);
    }
    fputs("</tbody>\n", out);
    if (!table->has_total)
        return;
    fprintf(out, "<tfoot><tr><td><td class=text>%.*s", STR_ARG(table->total.name));
    html_cells(table, &table->total, out);
    fputs("</tfoot>\n", out);
}

void report_write_html(const struct report_table *table, FILE *out)
{
    char line[REPORT_LINE_SIZE];
    const struct form *form = table->form;
    fprintf(out,
            "<!doctype html>\n<html lang=%s>\n<meta charset=utf-8>\n<title>%s</title>\n"
            "<style>\n%s@page { size: %s landscape }\n</style>\n<p class=code>%s</p>\n"
            "<header><h1>%s</h1>\n<p>",
            cli_text("vi", "en"), form->code, style,
            form->column_count > A4_COLUMNS_MAX ? "A3" : "A4", form->code, form_text(form->title));
    html_text(out, str_of(report_unit_line(&table->scope, line)));
    fprintf(out, "</p>\n<p class=period>%s</p></header>\n<table>\n",
            report_period_line(&table->scope, line));
    html_head(form, out);
    html_body(table, out);
    fputs("</table>\n", out);
    if (table->scope.is_public)
        fprintf(out, "<p class=note>%s</p>\n",
                cli_text("… : ô dưới 5 hồ sơ, hoặc ô có thể làm lộ ô đó",
                         "… : fewer than 5 dossiers, or what would tell such a figure"));
    if (form->note.vi)
        fprintf(out, "<p class=note>%s</p>\n", form_text(form->note));
    fprintf(out,
            "<footer><div><b>%s</b><br><i>%s</i></div><div><b>%s</b><br><i>%s</i></div></footer>\n"
            "</html>\n",
            cli_text("NGƯỜI LẬP BIỂU", "PREPARED BY"),
            cli_text("(ký, ghi rõ họ tên)", "(signature, name)"),
            cli_text("THỦ TRƯỞNG ĐƠN VỊ", "HEAD OF UNIT"),
            cli_text("(ký, đóng dấu)", "(signature, seal)"));
}

/* ---- XLSX ---- */

enum {
    ROW_CODE = 0,
    ROW_TITLE = 1,
    ROW_UNIT = 2,
    ROW_PERIOD = 3,
    ROW_GROUP = 5,
    ROW_HEAD = 6,
    ROW_NUMBER = 7,
    ROW_FIRST = 8,
    FIRST_COLUMN = 2
};

static void sheet_heading(struct xlsx *xlsx, const struct report_table *table)
{
    char line[REPORT_LINE_SIZE];
    const struct form *form = table->form;
    int last = FIRST_COLUMN + (int)form->column_count - 1;
    xlsx_text(xlsx, ROW_CODE, 0, form->code, XLSX_PLAIN);
    xlsx_merged(xlsx, ROW_TITLE, 0, ROW_TITLE, last, form_text(form->title), XLSX_TITLE);
    xlsx_merged(xlsx, ROW_UNIT, 0, ROW_UNIT, last, report_unit_line(&table->scope, line),
                XLSX_BOLD);
    xlsx_merged(xlsx, ROW_PERIOD, 0, ROW_PERIOD, last, report_period_line(&table->scope, line),
                XLSX_ITALIC);
    xlsx_row_height(xlsx, ROW_TITLE, 22);
}

static void sheet_columns(struct xlsx *xlsx, const struct form *form)
{
    char number[16];
    xlsx_merged(xlsx, ROW_GROUP, 0, ROW_HEAD, 0, cli_text("TT", "No."), XLSX_HEAD);
    xlsx_merged(xlsx, ROW_GROUP, 1, ROW_HEAD, 1, form_text(form->row_title), XLSX_HEAD);
    for (size_t c = 0; c < form->column_count; c++) {
        int column = FIRST_COLUMN + (int)c;
        if (!form->columns[c].group.vi)
            xlsx_merged(xlsx, ROW_GROUP, column, ROW_HEAD, column,
                        form_text(form->columns[c].title), XLSX_HEAD);
        else
            xlsx_text(xlsx, ROW_HEAD, column, form_text(form->columns[c].title), XLSX_HEAD);
    }
    for (size_t c = 0; c < form->column_count; c = group_end(form, c)) {
        int first = FIRST_COLUMN + (int)c;
        int last = FIRST_COLUMN + (int)group_end(form, c) - 1;
        if (form->columns[c].group.vi && last > first)
            xlsx_merged(xlsx, ROW_GROUP, first, ROW_GROUP, last, form_text(form->columns[c].group),
                        XLSX_HEAD);
        else if (form->columns[c].group.vi)
            xlsx_text(xlsx, ROW_GROUP, first, form_text(form->columns[c].group), XLSX_HEAD);
    }
    for (int c = 1; c < (int)form->column_count + FORM_FIRST_NUMBER; c++) {
        snprintf(number, sizeof number, "(%d)", c);
        xlsx_text(xlsx, ROW_NUMBER, c - 1, number, XLSX_NUMBER_HEAD);
    }
    bool wide = form->column_count > A4_COLUMNS_MAX;
    xlsx_column_width(xlsx, 0, 0, 5);
    xlsx_column_width(xlsx, 1, 1, wide ? 22 : 28);
    xlsx_column_width(xlsx, FIRST_COLUMN, FIRST_COLUMN + (int)form->column_count - 1,
                      wide ? 7.2 : 11);
    xlsx_row_height(xlsx, ROW_GROUP, 20);
    xlsx_row_height(xlsx, ROW_HEAD, wide ? 84 : 48);
    if (wide)
        xlsx_large_paper(xlsx);
    xlsx_repeat_rows(xlsx, ROW_GROUP, ROW_NUMBER);
}

static void sheet_cells(struct xlsx *xlsx, const struct report_table *table,
                        const struct report_row *row, int at, bool total)
{
    char text[REPORT_CELL_SIZE];
    for (size_t c = 0; c < table->form->column_count; c++) {
        const struct form_column *column = &table->form->columns[c];
        const struct report_cell *cell = &row->cells[c];
        int place = FIRST_COLUMN + (int)c;
        enum xlsx_style look = total              ? XLSX_COUNT_TOTAL
                               : column->is_share ? XLSX_SHARE
                                                  : XLSX_COUNT;
        if (cell->hidden || cell->none)
            xlsx_text(xlsx, at, place, report_cell_text(column, cell, true, text), look);
        else
            xlsx_number(xlsx, at, place,
                        column->is_share ? (double)cell->value / 100 : (double)cell->value, look);
    }
}

/* The rows, and below them note and signatures. */
static void sheet_rows(struct xlsx *xlsx, const struct report_table *table)
{
    char name[512];
    int at = ROW_FIRST;
    int last = FIRST_COLUMN + (int)table->form->column_count - 1;
    for (size_t i = 0; i < table->row_count; i++, at++) {
        snprintf(name, sizeof name, "%.*s", STR_ARG(table->rows[i].name));
        xlsx_row_height(xlsx, at, 20);
        xlsx_number(xlsx, at, 0, (double)(i + 1), XLSX_CENTER);
        xlsx_text(xlsx, at, 1, name, XLSX_TEXT);
        sheet_cells(xlsx, table, &table->rows[i], at, false);
    }
    if (table->has_total) {
        snprintf(name, sizeof name, "%.*s", STR_ARG(table->total.name));
        xlsx_merged(xlsx, at, 0, at, 1, name, XLSX_TEXT_TOTAL);
        sheet_cells(xlsx, table, &table->total, at++, true);
    }
    at++;
    if (table->form->note.vi) {
        xlsx_merged(xlsx, at, 0, at, last, form_text(table->form->note), XLSX_NOTE);
        xlsx_row_height(xlsx, at++, 28);
    }
    if (table->scope.is_public)
        xlsx_merged(xlsx, at, 0, at, last,
                    cli_text("… : ô dưới 5 hồ sơ, hoặc ô có thể làm lộ ô đó",
                             "… : fewer than 5 dossiers, or what would tell such a figure"),
                    XLSX_NOTE);
    at += 2;
    xlsx_text(xlsx, at, 1, cli_text("NGƯỜI LẬP BIỂU", "PREPARED BY"), XLSX_BOLD);
    xlsx_text(xlsx, at + 1, 1, cli_text("(ký, ghi rõ họ tên)", "(signature, name)"), XLSX_ITALIC);
    xlsx_merged(xlsx, at, last - 3, at, last, cli_text("THỦ TRƯỞNG ĐƠN VỊ", "HEAD OF UNIT"),
                XLSX_BOLD);
    xlsx_merged(xlsx, at + 1, last - 3, at + 1, last,
                cli_text("(ký, đóng dấu)", "(signature, seal)"), XLSX_ITALIC);
}

int report_write_xlsx(const struct report_table *table, const char *path, struct error *err)
{
    struct xlsx *xlsx = NULL;
    int r = xlsx_new(path, table->form->name, &xlsx, err);
    if (r < 0)
        return r;
    sheet_heading(xlsx, table);
    sheet_columns(xlsx, table->form);
    sheet_rows(xlsx, table);
    return xlsx_close(xlsx, err);
}
