/*
 * The official forms of `hoso report`: which columns each has, what they are called on paper, and which sums must hold. The
 * figures come from the functions analytics.form_* (schemas/sql/0003_analytics.sql), in the order of the columns here.
 */
#ifndef HOSO_CLI_REPORT_FORM_H
#define HOSO_CLI_REPORT_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FORM_COLUMNS_MAX = 32, FORM_SUMS_MAX = 8 };

struct form_text {
    const char *vi;
    const char *en;
};

/* On paper column i has the number i + FORM_FIRST_NUMBER: 1 is the row's number, 2 its name. */
enum { FORM_FIRST_NUMBER = 3 };
struct form_column {
    const char *key;        /* in the SQL function, CSV and JSON */
    struct form_text group; /* heading over several columns; vi NULL = none */
    struct form_text title;
    bool is_share; /* in ten-thousandths of a whole, and not to be added up */
    bool is_mean;  /* not to be added up either */
};

/* columns[whole] = the sum of the columns in `parts`. Checked in every row, and kept when small cells are hidden. */
struct form_sum {
    uint32_t whole;
    uint32_t parts; /* bit i = column i */
};

struct form {
    const char *name; /* on the command line */
    const char *code; /* on paper: "Biểu số II.06a/VPCP/KSTT" */
    struct form_text title;
    struct form_text row_title; /* of the first column */
    const char *
        sql; /* $1 unit code or NULL, $2 first day, $3 last day, $4 day that is read, $5 known at or NULL */
    const struct form_column *columns;
    size_t column_count;
    struct form_sum sums[FORM_SUMS_MAX];
    size_t sum_count;
    struct form_text note;
};

/* NULL = no such form. */
const struct form *form_find(const char *name);
/* All of them, ended by one without name. */
extern const struct form report_forms[];

const char *form_text(struct form_text text); /* in the reader's language */

#endif
