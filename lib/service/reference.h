/*
 * What aggregator and alerter must see alike: the reference tables (hoso.unit, hoso.agency,
 * hoso.work_calendar), the rules of the configuration, and who answers for a dossier.
 */
#ifndef HOSO_SERVICE_REFERENCE_H
#define HOSO_SERVICE_REFERENCE_H

#include "base/config.h"
#include "domain/calendar.h"
#include "domain/fold.h"
#include "domain/units.h"
#include "pg/pg.h"

/* Read-only after reference_load. */
struct reference {
    struct units *units;
    struct calendar *calendar;
    int64_t map_version; /* of hoso.map_change; these units are that new, or newer */
};

/*
 * Reads the tables; empty ones are fine. *ret is filled only on success and released by reference_deinit. ERR_INPUT: rows
 * that contradict each other, or [calendar] hours; otherwise as pg_exec.
 */
int reference_load(struct pg *pg, const struct config *config, struct reference *ret,
                   struct error *err);
enum { REFERENCE_CHANGED = 1 };
/*
 * Loads anew when hoso.map_change has a version that *reference has not: REFERENCE_CHANGED, and what pointed into the old tables is
 * gone. 0 = as before. On failure *reference stays as it is. Errors as reference_load.
 */
int reference_refresh(struct pg *pg, const struct config *config, struct reference *reference,
                      struct error *err);
void reference_deinit(struct reference *reference); /* fine on a zeroed one; zeroes it */

/* [rules] paused and due_change. ERR_INPUT names the option. */
int reference_rules(const struct config *config, struct fold_rules *ret, struct error *err);
/* [calendar] hours, "07:30-11:30,13:00-17:00". ERR_INPUT names the option. */
int reference_hours(const struct config *config, struct work_hours *ret, struct error *err);

/* When it counts as filed: accepted, else submitted, else first heard of. NO_TIME = nothing is known. */
int64_t reference_filed_at(const struct dossier *dossier);
/*
 * units_resolve for a folded dossier: filed on the day of reference_filed_at; held until it ended, or still. *ret_unit_id is 0 unless UNIT_FOUND.
 */
enum unit_answer reference_unit(const struct reference *reference, const struct dossier *dossier,
                                int32_t *ret_unit_id);

#endif
