#include "report_write.h"

#include <inttypes.h>
#include <string.h>

#include "commands.h"
#include "json/json.h"

char *report_period_line(const struct report_scope *scope, char *out)
{
    char from[CLI_TIME_SIZE], to[CLI_TIME_SIZE], day[CLI_TIME_SIZE], known[CLI_TIME_SIZE];
    int used = snprintf(out, REPORT_LINE_SIZE,
                        cli_text("Từ ngày %s đến ngày %s, tính đến hết ngày %s",
                                 "From %s to %s, read at the end of %s"),
                        cli_date(scope->from, from), cli_date(scope->to, to),
                        cli_date(scope->read_on, day));
    if (scope->known_at != NO_TIME)
        snprintf(out + used, (size_t)(REPORT_LINE_SIZE - used),
                 cli_text(", theo những gì đã biết lúc %s", ", from what was known at %s"),
                 cli_time(scope->known_at, known));
    return out;
}

char *report_unit_line(const struct report_scope *scope, char *out)
{
    if (scope->unit_code)
        snprintf(out, REPORT_LINE_SIZE, "%s (%s)", scope->unit_name, scope->unit_code);
    else
        snprintf(out, REPORT_LINE_SIZE, "%s", cli_text("Toàn thành phố", "The whole city"));
    return out;
}

static int letters(struct str text)
{
    int count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += (text.data[i] & 0xc0) != 0x80;
    return count;
}

void report_pad(FILE *out, struct str text, int width, bool right)
{
    int gap = width - letters(text);
    gap = gap > 0 ? gap : 0;
    if (right)
        fprintf(out, "%*s%.*s", gap, "", STR_ARG(text));
    else
        fprintf(out, "%.*s%*s", STR_ARG(text), gap, "");
}

static int number_of(size_t column)
{
    return FORM_FIRST_NUMBER + (int)column;
}

static char *column_title(const struct form_column *column, char *out)
{
    if (column->group.vi)
        snprintf(out, REPORT_LINE_SIZE, "%s: %s", form_text(column->group),
                 form_text(column->title));
    else
        snprintf(out, REPORT_LINE_SIZE, "%s", form_text(column->title));
    return out;
}

/* ---- a table on a terminal ---- */

static void write_upright(const struct report_table *table, FILE *out)
{
    enum { TITLE_WIDTH = 48 };
    char title[REPORT_LINE_SIZE], text[REPORT_CELL_SIZE];
    for (size_t c = 0; c < table->form->column_count; c++) {
        const struct form_column *column = &table->form->columns[c];
        fprintf(out, "(%2d) ", number_of(c));
        report_pad(out, str_of(column_title(column, title)), TITLE_WIDTH, false);
        report_pad(out, str_of(report_cell_text(column, &table->rows[0].cells[c], true, text)), 10,
                   true);
        fputc('\n', out);
    }
}

static void write_lying_row(const struct report_table *table, const struct report_row *row,
                            int name_width, FILE *out)
{
    char text[REPORT_CELL_SIZE];
    report_pad(out, row->name, name_width, false);
    for (size_t c = 0; c < table->form->column_count; c++)
        report_pad(out,
                   str_of(report_cell_text(&table->form->columns[c], &row->cells[c], true, text)),
                   9, true);
    fputc('\n', out);
}

static void write_lying(const struct report_table *table, FILE *out)
{
    char title[REPORT_LINE_SIZE];
    int name_width = letters(str_of(form_text(table->form->row_title)));
    for (size_t i = 0; i < table->row_count; i++) {
        int width = letters(table->rows[i].name);
        name_width = width > name_width ? width : name_width;
    }
    report_pad(out, str_of(form_text(table->form->row_title)), name_width, false);
    for (size_t c = 0; c < table->form->column_count; c++) {
        snprintf(title, sizeof title, "(%d)", number_of(c));
        report_pad(out, str_of(title), 9, true);
    }
    fputc('\n', out);
    for (size_t i = 0; i < table->row_count; i++)
        write_lying_row(table, &table->rows[i], name_width, out);
    if (table->has_total)
        write_lying_row(table, &table->total, name_width, out);
    fputc('\n', out);
    for (size_t c = 0; c < table->form->column_count; c++)
        fprintf(out, "(%d) %s\n", number_of(c), column_title(&table->form->columns[c], title));
}

void report_write_table(const struct report_table *table, FILE *out)
{
    char line[REPORT_LINE_SIZE];
    fprintf(out, "%s. %s\n", table->form->code, form_text(table->form->title));
    fprintf(out, "%s\n", report_unit_line(&table->scope, line));
    fprintf(out, "%s\n\n", report_period_line(&table->scope, line));
    if (table->row_count == 1)
        write_upright(table, out);
    else
        write_lying(table, out);
    if (table->form->note.vi)
        fprintf(out, "\n%s\n", form_text(table->form->note));
}

/* ---- CSV ---- */

void report_csv_cell(FILE *out, struct str text)
{
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++)
        quoted |= text.data[i] == ',' || text.data[i] == '"' || text.data[i] == '\n';
    if (!quoted) {
        fprintf(out, "%.*s", STR_ARG(text));
        return;
    }
    fputc('"', out);
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            fputc('"', out);
        fputc(text.data[i], out);
    }
    fputc('"', out);
}

static void write_csv_row(const struct report_table *table, const struct report_row *row, FILE *out)
{
    char text[REPORT_CELL_SIZE];
    report_csv_cell(out, row->code);
    fputc(',', out);
    report_csv_cell(out, row->name);
    for (size_t c = 0; c < table->form->column_count; c++)
        fprintf(out, ",%s",
                report_cell_text(&table->form->columns[c], &row->cells[c], false, text));
    fputs("\r\n", out);
}

void report_write_csv(const struct report_table *table, FILE *out)
{
    fputs("code,name", out);
    for (size_t c = 0; c < table->form->column_count; c++)
        fprintf(out, ",%s", table->form->columns[c].key);
    fputs("\r\n", out);
    for (size_t i = 0; i < table->row_count; i++)
        write_csv_row(table, &table->rows[i], out);
}

/* ---- JSON ---- */

static void put_row(struct json_out *out, const char *key, const struct report_table *table,
                    const struct report_row *row)
{
    json_begin_object(out, key);
    if (str_given(row->code))
        json_put_text(out, "code", row->code);
    else
        json_put_null(out, "code");
    json_put_text(out, "name", row->name);
    for (size_t c = 0; c < table->form->column_count; c++) {
        const struct report_cell *cell = &row->cells[c];
        const char *column = table->form->columns[c].key;
        if (cell->hidden)
            json_put_text(out, column, STR("hidden"));
        else if (cell->none)
            json_put_null(out, column);
        else
            json_put_integer(out, column, cell->value);
    }
    json_end_object(out);
}

static void put_scope(struct json_out *out, const struct report_table *table)
{
    char text[TIME_TEXT_SIZE];
    const struct report_scope *scope = &table->scope;
    json_put_text(out, "form", str_of(table->form->name));
    json_put_text(out, "title", str_of(form_text(table->form->title)));
    if (scope->unit_code)
        json_put_text(out, "unit_code", str_of(scope->unit_code));
    else
        json_put_null(out, "unit_code");
    json_put_text(out, "from", str_of(day_format(scope->from, text)));
    json_put_text(out, "to", str_of(day_format(scope->to, text)));
    json_put_text(out, "read_on", str_of(day_format(scope->read_on, text)));
    if (scope->known_at != NO_TIME)
        json_put_text(out, "known_at", str_of(time_format(scope->known_at, text)));
    else
        json_put_null(out, "known_at");
    json_put_bool(out, "public", scope->is_public);
}

void report_write_json(const struct report_table *table, FILE *out)
{
    char title[REPORT_LINE_SIZE];
    const struct form_sum *sum;
    struct json_out *json = json_out_new();
    if (!json)
        return;
    json_begin_object(json, NULL);
    put_scope(json, table);
    json_begin_array(json, "columns");
    for (size_t c = 0; c < table->form->column_count; c++) {
        json_begin_object(json, NULL);
        json_put_text(json, "key", str_of(table->form->columns[c].key));
        json_put_integer(json, "number", number_of(c));
        json_put_text(json, "title", str_of(column_title(&table->form->columns[c], title)));
        json_end_object(json);
    }
    json_end_array(json);
    json_begin_array(json, "rows");
    for (size_t i = 0; i < table->row_count; i++)
        put_row(json, NULL, table, &table->rows[i]);
    json_end_array(json);
    put_row(json, "total", table, &table->total);
    json_put_bool(json, "adds_up", !report_table_broken(table, &sum));
    json_end_object(json);
    struct str text = json_out_text(json);
    fprintf(out, "%.*s\n", STR_ARG(text));
    json_out_free(json);
}
