#include "report_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"

static void read_row(const struct form *form, const struct pg_result *rows, size_t i,
                     struct report_row *row)
{
    row->code = pg_get_text(rows, i, 0);
    row->name = pg_get_text(rows, i, 1);
    for (size_t c = 0; c < form->column_count; c++) {
        int column = 2 + (int)c;
        row->cells[c] = (struct report_cell){.none = pg_is_null(rows, i, column),
                                             .value = pg_get_int64(rows, i, column)};
    }
}

static bool adds_up(const struct form_column *column)
{
    return !column->is_share && !column->is_mean;
}

static void add_to_total(const struct form *form, const struct report_row *row,
                         struct report_row *total)
{
    for (size_t c = 0; c < form->column_count; c++) {
        total->cells[c].value += row->cells[c].value;
        if (!adds_up(&form->columns[c]) || row->cells[c].none)
            total->cells[c].none = true;
    }
}

int report_table_init(struct report_table *table, const struct form *form,
                      const struct pg_result *rows)
{
    *table = (struct report_table){.form = form, .row_count = pg_rows(rows)};
    table->has_total = table->row_count > 1;
    table->total.name = str_of(cli_text("Tổng số", "Total"));
    table->rows = calloc(table->row_count + 1, sizeof *table->rows);
    if (!table->rows)
        return ERR_NOMEM;
    for (size_t i = 0; i < table->row_count; i++) {
        read_row(form, rows, i, &table->rows[i]);
        add_to_total(form, &table->rows[i], &table->total);
    }
    return 0;
}

void report_table_deinit(struct report_table *table)
{
    free(table->rows);
    *table = (struct report_table){.rows = NULL};
}

static bool holds(const struct report_row *row, const struct form_sum *sum)
{
    int64_t parts = 0;
    for (uint32_t c = 0; c < FORM_COLUMNS_MAX; c++) {
        if (sum->parts >> c & 1)
            parts += row->cells[c].value;
    }
    return row->cells[sum->whole].value == parts;
}

const struct report_row *report_table_broken(const struct report_table *table,
                                             const struct form_sum **ret_sum)
{
    for (size_t i = 0; i < table->row_count; i++) {
        for (size_t s = 0; s < table->form->sum_count; s++) {
            if (holds(&table->rows[i], &table->form->sums[s]))
                continue;
            *ret_sum = &table->form->sums[s];
            return &table->rows[i];
        }
    }
    return NULL;
}

static char *group_digits(int64_t value, char *out)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRId64, value);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && digits[i - 1] != '-' && (length - i) % 3 == 0)
            out[used++] = cli_english() ? ',' : '.';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

char *report_cell_text(const struct form_column *column, const struct report_cell *cell,
                       bool grouped, char *out)
{
    if (cell->hidden)
        snprintf(out, REPORT_CELL_SIZE, "…");
    else if (cell->none)
        snprintf(out, REPORT_CELL_SIZE, "%s", grouped ? "–" : "");
    else if (column->is_share)
        snprintf(out, REPORT_CELL_SIZE, "%" PRId64 "%c%02" PRId64, cell->value / 100,
                 grouped && !cli_english() ? ',' : '.', cell->value % 100);
    else if (grouped)
        group_digits(cell->value, out);
    else
        snprintf(out, REPORT_CELL_SIZE, "%" PRId64, cell->value);
    return out;
}
