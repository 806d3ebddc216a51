/* The dossiers behind a report's figures, and why a figure is another one than it was. */
#ifndef HOSO_CLI_REPORT_LIST_H
#define HOSO_CLI_REPORT_LIST_H

#include <stdio.h>

#include "report_table.h"

/*
 * Those that count as `class` (a class or a place of analytics.report_list; NULL = all), one line each, as a table or CSV; with
 * their codes where the role may read them and with_codes says so. *ret_rows = how many. Inside the report's transaction.
 */
int report_list(struct pg *pg, const struct report_scope *scope, const char *class, bool with_codes,
                bool csv, FILE *out, int64_t *ret_rows, struct error *err);

/*
 * What differs between what was known at scope->known_at and now; dossiers at both moments must have been folded
 * (report_past_fill). As a table.
 */
int report_changes(struct pg *pg, const struct report_scope *scope, FILE *out, struct error *err);

#endif
