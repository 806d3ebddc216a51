/* Between migrate.c (schema) and migrate_reference.c (reference tables). */
#ifndef HOSO_PG_MIGRATE_INTERNAL_H
#define HOSO_PG_MIGRATE_INTERNAL_H

#include "base/embedded.h"
#include "pg/migrate.h"

/* Inserts the missing rows of one reference/NAME.csv, in the caller's transaction. ERR_INPUT names the line. */
int migrate_reference_file(struct pg *pg, const struct embedded_file *file, int64_t *ret_inserted,
                           struct error *err);

#endif
