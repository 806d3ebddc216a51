-- Is every rollup the sum of its dossiers? Recomputes the cells from hoso.dossier alone and compares them one by one.
-- One row per table: cells compared, cells that differ. Exact at any moment (one statement sees one snapshot).
-- The rules are those of lib/domain/contribution.h; in_table is its "in the table". What the dossier row does not hold (days of
-- supplements, working minutes) is compared per commune as far as it does; late_data not at all (`hoso doctor --deep` folds anew).
WITH placed AS (
    SELECT d.*, coalesce(d.procedure_code, '') AS proc,
           (submitted_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS submitted_day,
           (accepted_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS accepted_day,
           (ended_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS ended_day,
           (rated_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS rated_day,
           (due_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS due_day,
           accepted_at IS NOT NULL AND phase <> 'waiting' AND NOT (phase = 'ended' AND status = 3) AS in_table
    FROM hoso.dossier d
    WHERE unit_id IS NOT NULL AND alias_of IS NULL AND NOT erased
),
counted AS (
    SELECT partition, unit_id, proc, channel, submitted_day AS day, 'submitted' AS measure, 1 AS n
    FROM placed WHERE submitted_day IS NOT NULL
    UNION ALL
    SELECT p.partition, p.unit_id, p.proc, p.channel, p.accepted_day, m.measure, 1
    FROM placed p CROSS JOIN LATERAL (VALUES
        ('accepted', true),
        ('level_full', p.online_level = 'full'),
        ('level_partial', p.online_level = 'partial'),
        ('level_information', p.online_level = 'information'),
        ('non_territorial', p.non_territorial),
        ('digitised', p.digitised),
        ('paid', p.paid),
        ('paid_online', p.paid_online)) AS m (measure, counts)
    WHERE p.in_table AND m.counts
    UNION ALL
    SELECT p.partition, p.unit_id, p.proc, p.channel, p.ended_day, m.measure, 1
    FROM placed p CROSS JOIN LATERAL (VALUES
        ('refused', p.status = 3),
        ('withdrawn', p.status IN (7, 8)),
        ('early', p.status IN (9, 10) AND p.ended_day < p.due_day),
        ('on_time', p.status IN (9, 10) AND (p.due_day IS NULL OR p.ended_day = p.due_day)),
        ('late', p.status IN (9, 10) AND p.ended_day > p.due_day),
        ('late_apology', p.status IN (9, 10) AND p.ended_day > p.due_day AND p.apology_sent)) AS m (measure, counts)
    WHERE p.phase = 'ended' AND (p.in_table OR p.status = 3) AND m.counts
    UNION ALL
    SELECT p.partition, p.unit_id, p.proc, p.channel, p.rated_day, m.measure, 1
    FROM placed p CROSS JOIN LATERAL (VALUES ('rated', true), ('satisfied', p.rating >= 4)) AS m (measure, counts)
    WHERE p.rating > 0 AND m.counts
),
daily_wanted AS (
    SELECT partition, unit_id, day, proc, channel, measure, count(*) AS n
    FROM counted GROUP BY 1, 2, 3, 4, 5, 6
),
daily_stored AS (
    SELECT r.partition, r.unit_id, r.day, r.procedure_code AS proc, r.channel, m.measure, m.n
    FROM hoso.rollup_daily r CROSS JOIN LATERAL (VALUES
        ('submitted', submitted), ('accepted', accepted), ('refused', refused), ('early', early),
        ('on_time', on_time), ('late', late), ('late_apology', late_apology), ('withdrawn', withdrawn),
        ('level_full', level_full), ('level_partial', level_partial), ('level_information', level_information),
        ('non_territorial', non_territorial), ('digitised', digitised), ('paid', paid),
        ('paid_online', paid_online), ('rated', rated), ('satisfied', satisfied)) AS m (measure, n)
    WHERE m.n <> 0
),
open_wanted AS (
    SELECT partition, unit_id, coalesce(due_day, 'infinity'::date) AS due_date, proc, channel,
           CASE WHEN in_table THEN phase ELSE 'waiting' END AS phase, count(*) AS n
    FROM placed WHERE phase <> 'ended' AND status <> 0 GROUP BY 1, 2, 3, 4, 5, 6
),
open_stored AS (
    SELECT partition, unit_id, due_date, procedure_code AS proc, channel, phase, count AS n
    FROM hoso.rollup_open WHERE count <> 0
),
totals_wanted AS (
    SELECT unit_id, sum(supplement_rounds)::bigint AS supplements,
           count(*) FILTER (WHERE status IN (9, 10) AND phase = 'ended' AND in_table) AS measured
    FROM placed GROUP BY 1
),
totals_stored AS (
    SELECT unit_id, sum(supplements)::bigint AS supplements,
           sum(work_4h + work_1d + work_3d + work_5d + work_10d + work_20d + work_more)::bigint AS measured
    FROM hoso.rollup_daily GROUP BY 1
)
SELECT 'rollup_daily' AS rollup, count(*) AS cells,
       count(*) FILTER (WHERE w.n IS DISTINCT FROM s.n) AS differ
FROM daily_wanted w FULL JOIN daily_stored s USING (partition, unit_id, day, proc, channel, measure)
UNION ALL
SELECT 'rollup_open', count(*), count(*) FILTER (WHERE w.n IS DISTINCT FROM s.n)
FROM open_wanted w FULL JOIN open_stored s USING (partition, unit_id, due_date, proc, channel, phase)
UNION ALL
SELECT 'totals per commune', 2 * count(*),
       count(*) FILTER (WHERE coalesce(w.supplements, 0) <> coalesce(s.supplements, 0)) +
       count(*) FILTER (WHERE coalesce(w.measured, 0) <> coalesce(s.measured, 0))
FROM totals_wanted w FULL JOIN totals_stored s USING (unit_id);
