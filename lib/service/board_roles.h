/* The roles under which the board reads (0007_board.sql). They belong to the whole server, and not every owner of a database may make them. */
#ifndef HOSO_SERVICE_BOARD_ROLES_H
#define HOSO_SERVICE_BOARD_ROLES_H

#include <stdbool.h>

#include "base/error.h"
#include "pg/pg.h"

/* Whether they exist and are ours to take, in *ret. 0, or as pg_exec. */
int board_roles_ours(struct pg *pg, bool *ret, struct error *err);

#endif
