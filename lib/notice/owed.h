/* What a recipient is owed, read from PostgreSQL: for the message that tells it, and for whoever wants to see it beforehand. */
#ifndef HOSO_NOTICE_OWED_H
#define HOSO_NOTICE_OWED_H

#include "notice/message.h"
#include "pg/pg.h"

/* The views of groups and items live as long as it does. */
struct owed {
    struct message_group *groups;
    struct message_item *items;
    size_t group_count;
    size_t item_count;
    struct pg_result *group_rows; /* their text */
    struct pg_result *item_rows;
};
/*
 * What is new to them, or over; `everything`: what is still late too. A section of more than detail_max alerts has no items. Writes
 * nothing. Errors as pg_exec, ERR_NOMEM; released by owed_deinit, also after an error.
 */
int owed_load(struct pg *pg, int32_t recipient_id, int64_t now_at, bool everything,
              int32_t detail_max, struct owed *ret, struct error *err);
void owed_deinit(struct owed *owed);

#endif
