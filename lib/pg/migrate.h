/*
 * Migrations: the numbered files of schemas/sql, compiled in, in dbmate's format (`-- migrate:up`, `-- migrate:down`; only the up
 * part is ever run), and the reference tables of schemas/reference.
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
 * applied, in the order of their names, each in a transaction of its own with its row (version, SHA-256, time), all under one advisory
 * lock: several at once wait for one another.
 *
 * Then loads hoso.unit, hoso.agency and hoso.work_calendar, once per content of their file: only rows that are missing are inserted,
 * and none whose key, or whose code on some day, an existing row covers. So what a city changed, added or removed
 * survives every later run; a release with a changed file again adds only what is missing.
 *
 * ERR_CONFLICT: an applied file has changed since. ERR_INPUT: a newer program has migrated this database, or a file is not in the
 * format. Others as pg_exec. Files before the failed one stay applied. Not inside a transaction.
 */
int migrate_up(struct pg *pg, struct migrate_report *ret, struct error *err);

/* How a database stands to this program. */
struct migrate_state {
    int known;      /* migrations that were applied */
    int pending;    /* not yet */
    int changed;    /* applied with another content */
    int references; /* reference tables whose newest content was not loaded */
};
/* Only looks. ERR_INPUT: a newer program has migrated it. Others as pg_exec. */
int migrate_look(struct pg *pg, struct migrate_state *ret, struct error *err);

#endif
