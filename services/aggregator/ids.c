#include "aggregator/ids.h"

enum { IDS_IN_BLOCK = 1024 }; /* INCREMENT BY of hoso.dossier_id */

void ids_deinit(struct ids *ids)
{
    pg_result_free(ids->blocks);
    *ids = (struct ids){0};
}

static size_t left(const struct ids *ids)
{
    size_t blocks = ids->blocks ? pg_rows(ids->blocks) - ids->block : 0;
    return (size_t)(ids->end - ids->next) + blocks * IDS_IN_BLOCK;
}

int ids_queue(struct ids *ids, struct pg *pg, size_t count, struct error *err)
{
    if (left(ids) >= count)
        return 0;
    ids->blocks = pg_result_free(ids->blocks); /* the few that are left in it are lost */
    ids->block = 0;
    const struct pg_param params[] = {
        pg_int32((int32_t)((count + IDS_IN_BLOCK - 1) / IDS_IN_BLOCK))};
    return pg_queue_exec(pg, "SELECT nextval('hoso.dossier_id') FROM generate_series(1, $1)",
                         params, 1, PG_ANY, &ids->blocks, err);
}

int64_t ids_take(struct ids *ids)
{
    if (ids->next == ids->end) {
        ids->next = pg_get_int64(ids->blocks, ids->block++, 0);
        ids->end = ids->next + IDS_IN_BLOCK;
    }
    return ids->next++;
}
