/*
 * Dossiers as they stood at the end of a day: those whose history goes on after it are folded again (domain/as_of.h) into
 * hoso.dossier_past, where the SQL of the forms finds them. What stands there already and still holds is not done again.
 */
#ifndef HOSO_CLI_REPORT_PAST_H
#define HOSO_CLI_REPORT_PAST_H

#include "base/config.h"
#include "pg/pg.h"

/*
 * Inside the caller's transaction, for a period that begins on `from`. read_on: the last day that counts; known_at: what had been ingested by then, NO_TIME =
 * everything. *ret_folded = dossiers folded again now. 0; ERR_INPUT: a setting, or contradictory reference tables; ERR_FAILED:
 * a stored payload that this version cannot read; others as pg_exec.
 */
int report_past_fill(struct pg *pg, const struct config *config, int32_t from, int32_t read_on,
                     int64_t known_at, int64_t *ret_folded, struct error *err);

#endif
