/* What a recipient is owed: one query for the counts, one for the details of sections that are small enough. */
#include "notice/owed.h"

#include <stdlib.h>

/*
 * $1 recipient, $2 now, $3 everything. section 0 new, 1 still late, 2 over; what only time has ended is not worth a word.
 */
#define OWED                                                                                       \
    "WITH here AS MATERIALIZED (SELECT alert_id FROM hoso.alert_audience($2, "                     \
    "    ($2 AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) WHERE recipient_id = $1), "                   \
    "owed AS (SELECT 0 AS section, alert_id FROM here WHERE NOT EXISTS (SELECT 1 FROM "            \
    "    hoso.alert_told t WHERE t.recipient_id = $1 AND t.alert_id = here.alert_id) "             \
    "  UNION ALL SELECT 1, alert_id FROM here JOIN hoso.alert_told t USING (alert_id) "            \
    "    JOIN hoso.alert a USING (alert_id) WHERE t.recipient_id = $1 AND $3 "                     \
    "    AND a.rule NOT IN ('due_soon_1', 'due_soon_2', 'due_soon_3', 'apology_missing') "         \
    "  UNION ALL SELECT 2, alert_id FROM hoso.alert_told t JOIN hoso.alert a USING (alert_id) "    \
    "    WHERE t.recipient_id = $1 AND a.state <> 'firing' "                                       \
    "    AND a.reason NOT IN ('time_passed', 'superseded')) "

static int load_groups(struct pg *pg, const struct pg_param *params, struct owed *ret,
                       struct error *err)
{
    int r = pg_exec(pg,
                    OWED "SELECT section, coalesce(u.code, ''), coalesce(u.name, ''), a.rule, "
                         "count(*) FROM owed JOIN hoso.alert a USING (alert_id) "
                         "LEFT JOIN hoso.unit u USING (unit_id) GROUP BY 1, 2, 3, 4 "
                         "ORDER BY 1, 5 DESC, 2, 4",
                    params, 3, &ret->group_rows, err);
    size_t count = r == 0 ? pg_rows(ret->group_rows) : 0;
    ret->groups = calloc(count + 1, sizeof *ret->groups);
    if (!ret->groups)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        ret->groups[i] = (struct message_group){
            .section = (enum section)pg_get_int32(ret->group_rows, i, 0),
            .unit_code = pg_get_text(ret->group_rows, i, 1),
            .unit_name = pg_get_text(ret->group_rows, i, 2),
            .rule = alert_rule_of(pg_get_text(ret->group_rows, i, 3)),
            .count = pg_get_int64(ret->group_rows, i, 4),
        };
    ret->group_count = count;
    return r;
}

static struct told_alert told_of(const struct pg_result *rows, size_t i)
{
    struct str state = pg_get_text(rows, i, 3);
    return (struct told_alert){
        .id = pg_get_uuid(rows, i, 1),
        .rule = alert_rule_of(pg_get_text(rows, i, 2)),
        .state = str_eq(state, STR("firing"))      ? ALERT_FIRING
                 : str_eq(state, STR("retracted")) ? ALERT_RETRACTED
                                                   : ALERT_RESOLVED,
        .reason = pg_get_text(rows, i, 4),
        .unit_code = pg_get_text(rows, i, 5),
        .unit_name = pg_get_text(rows, i, 6),
        .dossier_code = pg_get_text(rows, i, 7),
        .procedure_code = pg_get_text(rows, i, 8),
        .due_at = pg_get_time(rows, i, 9),
        .deadline_at = pg_get_time(rows, i, 10),
        .began_at = pg_get_time(rows, i, 11),
        .ended_at = pg_get_time(rows, i, 12),
        .last_event_at = pg_get_time(rows, i, 13),
        .last_ingested_at = pg_get_time(rows, i, 14),
        .portal_status = pg_get_int32(rows, i, 15),
        .acked_by = pg_get_text(rows, i, 16),
    };
}

static int load_items(struct pg *pg, const struct pg_param *params, struct owed *ret,
                      struct error *err)
{
    int r = pg_exec(
        pg,
        OWED ", sized AS (SELECT *, count(*) OVER (PARTITION BY section) AS size FROM owed) "
             "SELECT section, a.alert_id, a.rule, a.state, a.reason, coalesce(u.code, ''), "
             "coalesce(u.name, ''), a.dossier_code, coalesce(a.procedure_code, ''), a.due_at, "
             "a.deadline_at, a.began_at, a.ended_at, a.last_event_at, a.last_ingested_at, "
             "a.portal_status, coalesce(a.acked_by, '') FROM sized JOIN hoso.alert a "
             "USING (alert_id) LEFT JOIN hoso.unit u USING (unit_id) WHERE size <= $4 "
             "ORDER BY section, a.began_at, a.dossier_code, a.rule",
        params, 4, &ret->item_rows, err);
    size_t count = r == 0 ? pg_rows(ret->item_rows) : 0;
    ret->items = calloc(count + 1, sizeof *ret->items);
    if (!ret->items)
        return error_set(err, ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        ret->items[i] =
            (struct message_item){.section = (enum section)pg_get_int32(ret->item_rows, i, 0),
                                  .alert = told_of(ret->item_rows, i)};
    ret->item_count = count;
    return r;
}

int owed_load(struct pg *pg, int32_t recipient_id, int64_t now_at, bool everything,
              int32_t detail_max, struct owed *ret, struct error *err)
{
    const struct pg_param params[] = {pg_int32(recipient_id), pg_time(now_at), pg_bool(everything),
                                      pg_int32(detail_max)};
    *ret = (struct owed){0};
    int r = load_groups(pg, params, ret, err);
    if (r == 0)
        r = load_items(pg, params, ret, err);
    if (r < 0)
        owed_deinit(ret);
    return r;
}

void owed_deinit(struct owed *owed)
{
    free(owed->groups);
    free(owed->items);
    pg_result_free(owed->group_rows);
    pg_result_free(owed->item_rows);
    *owed = (struct owed){0};
}
