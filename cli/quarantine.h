/* Dossiers that no commune answers for: the agency is unknown, was known at another time only, or its unit was divided. */
#ifndef HOSO_CLI_QUARANTINE_H
#define HOSO_CLI_QUARANTINE_H

#include "base/config.h"
#include "pg/pg.h"

/* How many dossiers wait, and how many of them the tables as this transaction sees them would give a unit. As pg_exec. */
int quarantine_would_find(struct pg *pg, const struct config *config, int64_t *ret_waiting,
                          int64_t *ret_found, struct error *err);

#endif
