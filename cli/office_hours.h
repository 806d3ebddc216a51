/* The working hours of the configuration, where SQL finds them: what "chờ tiếp nhận quá hạn" is judged by. */
#ifndef HOSO_CLI_OFFICE_HOURS_H
#define HOSO_CLI_OFFICE_HOURS_H

#include "base/config.h"
#include "pg/pg.h"

/*
 * Writes [calendar] hours into hoso.office_hours where another value stands there; `hoso db migrate` and `hoso report` do it, so that the
 * figures follow the configuration. ERR_INPUT: they are not hours; others as pg_exec.
 */
int office_hours_store(struct pg *pg, const struct config *config, struct error *err);

#endif
