/*
 * Every statement with which the board reads the pipeline's tables: when those change, this file follows. Statements see what row-level
 * security lets them see (schemas/sql/0007_board.sql); none has a condition for that itself.
 */
#ifndef HOSO_BOARD_SQL_H
#define HOSO_BOARD_SQL_H

/* Has anything changed? Four small indexes; outside the readers' roles. */
#define SQL_MARK                                                                                   \
    "SELECT coalesce(sum(next_offset) FILTER (WHERE consumer = 'aggregator'), 0)::bigint, "        \
    "coalesce(sum(next_offset), 0)::bigint, "                                                      \
    "coalesce((SELECT max(id) FROM hoso.dlq_outbox), 0)::bigint, "                                 \
    "coalesce((SELECT max(updated_at) FROM hoso.alert), '-infinity'), "                            \
    "coalesce((SELECT max(audit_id) FROM hoso.alert_audit), 0)::bigint FROM hoso.kafka_offset"
#define SQL_SLOW_MARK                                                                              \
    "SELECT (SELECT count(*) FROM hoso.dlq_outbox)::bigint, "                                      \
    "(SELECT count(*) FROM hoso.dossier WHERE quarantine IS NOT NULL)::bigint"

/* The communes of day $1. Every statement of this part: unit_id first. */
#define SQL_UNITS                                                                                  \
    "SELECT unit_id, code, name, kind FROM hoso.unit "                                             \
    "WHERE $1 BETWEEN valid_from AND valid_to AND (hoso.board_all() OR unit_id = "                 \
    "hoso.board_unit()) ORDER BY code"
/* $1 today, $2 the last day that is "soon". waiting, running, paused, overdue, due today, due soon. */
#define SQL_OPEN                                                                                   \
    "SELECT unit_id, coalesce(sum(count) FILTER (WHERE phase = 'waiting'), 0)::bigint, "           \
    "coalesce(sum(count) FILTER (WHERE phase = 'running'), 0)::bigint, "                           \
    "coalesce(sum(count) FILTER (WHERE phase = 'paused'), 0)::bigint, "                            \
    "coalesce(sum(count) FILTER (WHERE phase = 'running' AND due_date < $1), 0)::bigint, "         \
    "coalesce(sum(count) FILTER (WHERE phase = 'running' AND due_date = $1), 0)::bigint, "         \
    "coalesce(sum(count) FILTER (WHERE phase = 'running' AND due_date > $1 AND due_date <= $2), "  \
    "0)::bigint FROM hoso.rollup_open GROUP BY unit_id"
/* $1 .. $2: accepted, settled, late, online, in time, late data, rated, satisfied. */
#define SQL_DAYS                                                                                   \
    "SELECT unit_id, sum(accepted)::bigint, sum(early + on_time + late)::bigint, "                 \
    "sum(late)::bigint, coalesce(sum(accepted) FILTER (WHERE channel = 'online'), 0)::bigint, "    \
    "sum(early + on_time + withdrawn)::bigint, sum(late_data)::bigint, sum(rated)::bigint, "       \
    "sum(satisfied)::bigint FROM hoso.rollup_daily WHERE day BETWEEN $1 AND $2 GROUP BY unit_id"
#define SQL_ALERT_COUNTS                                                                           \
    "SELECT unit_id, count(*) FROM hoso.alert WHERE state = 'firing' AND NOT silent "              \
    "GROUP BY unit_id"

/* The newest events after $1, at most $2. CODE: the dossier's code, or NULL for those who may not know it. */
#define SQL_FEED_COLUMNS(CODE)                                                                     \
    "SELECT e.event_id, e.occurred_at, e.ingested_at, d.unit_id, e.status::integer, "              \
    "e.kind::text, "                                                                               \
    "d.channel::text, coalesce(d.procedure_code, ''), e.source::text, " CODE " FROM "
#define SQL_FEED(CODE)                                                                             \
    "WITH newest AS MATERIALIZED (SELECT dossier_id, event_id, occurred_at, ingested_at, status, " \
    "kind, source FROM hoso.dossier_event WHERE ingested_at > $1 ORDER BY ingested_at DESC "       \
    "LIMIT $2) " SQL_FEED_COLUMNS(CODE) "newest e JOIN hoso.dossier d USING (dossier_id) "         \
                                        "ORDER BY e.ingested_at DESC"
/* The same of unit $3: the newest events are of the dossiers that were heard of last. */
#define SQL_UNIT_FEED                                                                              \
    "WITH heard AS MATERIALIZED (SELECT dossier_id, unit_id, channel, procedure_code, code "       \
    "FROM hoso.dossier WHERE unit_id = $3 AND last_ingested_at > $1 "                              \
    "ORDER BY last_ingested_at DESC LIMIT $2) " SQL_FEED_COLUMNS(                                  \
        "d.code::text") "heard d JOIN hoso.dossier_event e USING (dossier_id) WHERE "              \
                        "e.ingested_at > $1 "                                                      \
                        "ORDER BY e.ingested_at DESC LIMIT $2"
#define SQL_ALERTS(CODE)                                                                           \
    "SELECT alert_id, unit_id, rule, episode, coalesce(procedure_code, ''), due_at, fired_at, "    \
    "updated_at, " CODE ", left(coalesce(acked_by, ''), 40), snoozed_until, last_event_at, "       \
    "last_ingested_at, portal_status FROM hoso.alert "                                             \
    "WHERE state = 'firing' AND NOT silent ORDER BY fired_at DESC, alert_id LIMIT $1"
/* Whether the viewer may know of alert $1. */
#define SQL_ALERT_SEEN "SELECT FROM hoso.alert WHERE alert_id = $1"
/* $1 alert, $2 what, $3 who, $4 until. Outside the readers' roles. */
#define SQL_ALERT_ACT "SELECT hoso.alert_act($1, $2, $3, 'board', $4)"

/* ---- one commune's page; $1 unit_id ---- */
/* $2 .. $3, every day of it. */
#define SQL_TREND                                                                                  \
    "SELECT d.day::date, coalesce(sum(r.accepted), 0)::bigint, "                                   \
    "coalesce(sum(r.early + r.on_time + r.withdrawn), 0)::bigint, coalesce(sum(r.late), "          \
    "0)::bigint, coalesce(sum(r.late_data), 0)::bigint "                                           \
    "FROM generate_series($2::timestamp, $3::timestamp, interval '1 day') AS d (day) "             \
    "LEFT JOIN hoso.rollup_daily r ON r.day = d.day::date AND r.unit_id = $1 "                     \
    "GROUP BY d.day ORDER BY d.day"
#define SQL_OPEN_BY_DUE                                                                            \
    "SELECT nullif(due_date, 'infinity'), coalesce(sum(count) FILTER (WHERE phase = 'running'), "  \
    "0)::bigint, coalesce(sum(count) FILTER (WHERE phase = 'paused'), 0)::bigint "                 \
    "FROM hoso.rollup_open WHERE unit_id = $1 AND phase <> 'waiting' GROUP BY due_date "           \
    "HAVING sum(count) <> 0 ORDER BY due_date LIMIT 400"
/* $2 today, $3 .. $4 the period. */
#define SQL_BY_PROCEDURE                                                                           \
    "SELECT procedure_code::text, sum(running)::bigint, sum(overdue)::bigint, "                    \
    "sum(received)::bigint, sum(in_time)::bigint, sum(late)::bigint, sum(late_data)::bigint FROM " \
    "(SELECT procedure_code, count AS running, CASE WHEN due_date < $2 THEN count ELSE 0 END AS "  \
    "overdue, 0 AS received, 0 AS in_time, 0 AS late, 0 AS late_data FROM hoso.rollup_open "       \
    "WHERE unit_id = $1 AND phase = 'running' UNION ALL SELECT procedure_code, 0, 0, accepted, "   \
    "early + on_time + withdrawn, late, late_data FROM hoso.rollup_daily WHERE unit_id = $1 AND "  \
    "day BETWEEN $3 AND $4) AS cells GROUP BY procedure_code "                                     \
    "ORDER BY 3 DESC, 2 DESC, 4 DESC, 1 LIMIT 500"
#define SQL_BY_CHANNEL                                                                             \
    "SELECT channel::text, sum(accepted)::bigint, sum(early + on_time + withdrawn)::bigint, "      \
    "sum(late)::bigint FROM hoso.rollup_daily WHERE unit_id = $1 AND day BETWEEN $2 AND $3 "       \
    "GROUP BY channel ORDER BY 2 DESC, 1"
/* Open ones, the most urgent first. $2 today. */
#define SQL_DOSSIERS                                                                               \
    "SELECT code::text, procedure_code::text, status::integer, phase::text, accepted_at, due_at, " \
    "(phase = 'running' AND due_at < $2::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh') AS overdue, "  \
    "portal_disagrees FROM hoso.dossier WHERE unit_id = $1 AND phase IN ('running', 'paused') "    \
    "AND alias_of IS NULL AND NOT erased ORDER BY (phase = 'running') DESC, due_at NULLS LAST, "   \
    "code LIMIT 500"

/* ---- one dossier; $1 code ---- */
#define SQL_DOSSIER                                                                                \
    "SELECT d.code::text, u.code, u.name, d.procedure_code::text, d.channel::text, "               \
    "d.status::integer, d.phase::text, d.submitted_at, d.accepted_at, d.original_due_at, "         \
    "d.due_at, d.promised_at, d.ended_at, d.returned_at, d.verdict::text, d.reappointments, "      \
    "d.supplement_rounds, d.portal_disagrees, d.portal_status::integer, d.deciding_agency::text, " \
    "d.receiving_agency::text FROM hoso.dossier d LEFT JOIN hoso.unit u "                          \
    "USING (unit_id) WHERE d.code = $1"

#endif
