/* Numbers for new dossiers, taken from PostgreSQL in blocks (hoso.dossier_id). What a failed transaction took is a gap. */
#ifndef HOSO_AGGREGATOR_IDS_H
#define HOSO_AGGREGATOR_IDS_H

#include "pg/pg.h"

/* Zeroed = none yet. */
struct ids {
    int64_t next;
    int64_t end;              /* of the block in use */
    struct pg_result *blocks; /* further ones */
    size_t block;             /* of them, the next to use */
};
void ids_deinit(struct ids *ids);
/* Queues a request if there are fewer than `count`; when the queue has run there are enough. As pg_queue_exec. */
int ids_queue(struct ids *ids, struct pg *pg, size_t count, struct error *err);
/* There must be one. */
int64_t ids_take(struct ids *ids);

#endif
