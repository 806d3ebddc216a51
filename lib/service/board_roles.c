#include "service/board_roles.h"

int board_roles_ours(struct pg *pg, bool *ret, struct error *err)
{
    struct pg_result *rows = NULL;
    int r = pg_exec(pg,
                    "SELECT count(*) = 2 FROM pg_roles WHERE rolname IN ('hoso_board_city', "
                    "'hoso_board_unit') AND pg_has_role(oid, 'MEMBER')",
                    NULL, 0, &rows, err);
    if (r == 0)
        *ret = pg_get_bool(rows, 0, 0);
    pg_result_free(rows);
    return r;
}
