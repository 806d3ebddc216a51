/*
 * A report as a table in memory: what a form's query gave, its total, what does not add up, and what may not be shown. Views
 * into the query's result; valid while that lives.
 */
#ifndef HOSO_CLI_REPORT_TABLE_H
#define HOSO_CLI_REPORT_TABLE_H

#include "pg/pg.h"
#include "report_form.h"

struct report_cell {
    int64_t value;
    bool none;   /* the source has no such figure, or there is nothing to divide by */
    bool hidden; /* too small to be published, or it would tell such a one */
};

struct report_row {
    struct str code; /* empty = none */
    struct str name;
    struct report_cell cells[FORM_COLUMNS_MAX];
};

/* What the figures are about. */
struct report_scope {
    const char *unit_code; /* NULL = the whole city */
    const char *unit_name; /* "xã Nghi Dương" */
    int32_t from;
    int32_t to;
    int32_t read_on;  /* the last day that counts */
    int64_t known_at; /* NO_TIME = everything that is known */
    bool is_public;
};

struct report_table {
    const struct form *form;
    struct report_scope scope;
    struct report_row *rows;
    size_t row_count;
    bool has_total; /* more than one row */
    struct report_row total;
};

/* Rows as the query gave them: code, name, then the form's columns. 0 or ERR_NOMEM; released by report_table_deinit. */
int report_table_init(struct report_table *table, const struct form *form,
                      const struct pg_result *rows);
void report_table_deinit(struct report_table *table);

/* The first sum that does not hold: its row (NULL = all hold) and, in *ret_sum, which. */
const struct report_row *report_table_broken(const struct report_table *table,
                                             const struct form_sum **ret_sum);

/*
 * Hides every count from 1 to 4, and then as many others as it takes that no hidden one follows from what is shown: neither by one
 * sum (of a row, or of a column down to the total) nor by several together. Shares and means beside a hidden count go too.
 * 0 or ERR_NOMEM.
 */
int report_table_hide_small(struct report_table *table);

/* "1.234", "98,51", "–" for none, "…" for hidden; out has 32 bytes. `grouped`: with thousands' marks. Returns out. */
enum { REPORT_CELL_SIZE = 32 };
char *report_cell_text(const struct form_column *column, const struct report_cell *cell,
                       bool grouped, char *out);

#endif
