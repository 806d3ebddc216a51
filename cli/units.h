/* `hoso units import`, inside: units.c the command, units_file.c the file, units_rules.c what each kind of file means in SQL. */
#ifndef HOSO_CLI_UNITS_H
#define HOSO_CLI_UNITS_H

#include "pg/pg.h"

#define UNITS_CHECKS_MAX 10

/* A query that finds what is wrong: rows (line integer, what text). */
struct units_check {
    bool after; /* to be asked once the rows are in place */
    const char *sql;
    const char *message_vi;
    const char *message_en;
};

/*
 * One kind of file. Its rows come into a temporary table `given`: line integer, then the columns. Columns by letter: i = whole number
 * or empty, t = text, d = day or empty, b = 0 or 1.
 */
struct units_kind {
    const char *header;
    const char *columns;
    const char *create;                          /* makes `given` */
    const char *fill;                            /* into it: $1 line numbers, $2 … the columns */
    struct units_check checks[UNITS_CHECKS_MAX]; /* ended by sql == NULL */
    /* What is going to change: rows (mark "+" "~" "-", what text, agency text or NULL). $1 = also remove what is not in the file. */
    const char *changes;
    const char *apply;
    const char *remove; /* NULL = this kind only adds and changes */
    bool moves_units;   /* a change may move any dossier, not only those of the agencies named */
};
extern const struct units_kind units_kinds[]; /* ended by header == NULL */

/*
 * Reads text into the temporary table of the transaction that is open. *ret_kind: by its header. 0, or ERR_INPUT with the line; else as
 * pg_exec.
 */
int units_file_load(struct pg *pg, struct str text, const struct units_kind **ret_kind,
                    size_t *ret_rows, struct error *err);

#endif
