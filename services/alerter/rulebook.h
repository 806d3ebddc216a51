/*
 * Which rules hold for whom: hoso.alert_rule over the defaults of the configuration. A row may name a unit, a procedure, both or
 * neither; what names more is stronger (unit and procedure, then procedure, then unit), and says only what it gives.
 *
 *   rule                          enabled   amount                setting
 *   a name of the ladder          on/off    as below              -
 *   overdue                       on/off    -                     date | timestamp
 *   due_soon_1..3                 on/off    working days, hours   days | hours
 *   acceptance                    on/off    working hours         -
 *   supplement_late, apology_…    on/off    working days          -
 *   resume                        -         -                     issued | extend | restart
 *   escalation                    on/off    working hours         -
 */
#ifndef HOSO_ALERTER_RULEBOOK_H
#define HOSO_ALERTER_RULEBOOK_H

#include "domain/ladder.h"
#include "pg/pg.h"

/* What holds for one dossier. */
struct rule_set {
    struct ladder_rules ladder;
    int escalate_hours; /* working hours without acknowledgement until the next level is told; 0 = never */
};

enum { RULES_DIGEST_SIZE = 16 };

struct rulebook; /* one thread */

/* Reads the table. ERR_INPUT names a row that cannot be; otherwise as pg_exec. */
int rulebook_load(struct pg *pg, const struct rule_set *defaults, struct rulebook **ret,
                  struct error *err);
struct rulebook *rulebook_free(struct rulebook *book); /* NULL is fine; returns NULL */

/*
 * Stands for everything that deadlines are judged by: the table, the calendar, and `configured`, what the configuration says. Taken
 * before the tables are loaded, so that a change in between is seen again, not missed. Errors as pg_exec.
 */
int rulebook_digest(struct pg *pg, struct str configured, uint8_t ret[RULES_DIGEST_SIZE],
                    struct error *err);

/* unit_code and procedure_code may be empty. Linear in the rows of the table, which people write by hand. */
struct rule_set rulebook_for(const struct rulebook *book, struct str unit_code,
                             struct str procedure_code);

#endif
