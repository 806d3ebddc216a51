/*
 * Migrations: the numbered files of schemas/sql, compiled in, in dbmate's format (`-- migrate:up`, `-- migrate:down`).
 */
#ifndef HOSO_PG_MIGRATE_H
#define HOSO_PG_MIGRATE_H

#include "pg/pg.h"

struct migrate_report {
    int applied;            /* files applied now */
    int known;              /* files that had been applied before */
    int64_t reference_rows; /* rows added to unit, agency and work_calendar */
};

/*
 * Brings the database to the newest version: schema hoso and table hoso.schema_migration if missing, then every file not yet
 * applied, in the order of their names, each in a transaction of its own, all under one advisory lock (several at once wait for one
 * another). Then adds the rows of schemas/reference that are missing; rows that are there stay as they are, because a city may
 * have changed them. ERR_CONFLICT: an applied file has changed since (its SHA-256 is kept); others as pg_exec.
 */
int migrate_up(struct pg *pg, struct migrate_report *ret, struct error *err);

#endif
