/* A report in each of its formats. */
#ifndef HOSO_CLI_REPORT_WRITE_H
#define HOSO_CLI_REPORT_WRITE_H

#include <stdio.h>

#include "report_table.h"

/*
 * For people on a terminal: one row stands upright, several lie with the columns' numbers as headings and a legend. CSV
 * (RFC 4180): a header line of keys, plain digits, hidden cells as "…". JSON: one object. HTML: one page that prints well.
 */
void report_write_table(const struct report_table *table, FILE *out);
void report_write_csv(const struct report_table *table, FILE *out);
void report_write_json(const struct report_table *table, FILE *out);
void report_write_html(const struct report_table *table, FILE *out);
/* As the printed form. ERR_INPUT: the file could not be written. */
int report_write_xlsx(const struct report_table *table, const char *path, struct error *err);

/* "Từ ngày 01/07/2026 đến ngày 31/07/2026 (đọc vào cuối ngày …)"; out has REPORT_LINE_SIZE bytes. Returns out. */
enum { REPORT_LINE_SIZE = 256 };
char *report_period_line(const struct report_scope *scope, char *out);
/* "xã Nghi Dương (11713)", or the whole city. */
char *report_unit_line(const struct report_scope *scope, char *out);

/* A CSV cell, quoted where it must be. */
void report_csv_cell(FILE *out, struct str text);
/* Spaces after `text` up to `width` letters (bytes are not letters); before it when right. */
void report_pad(FILE *out, struct str text, int width, bool right);

#endif
