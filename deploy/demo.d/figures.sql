-- One commune's figures of one period, from the rollups alone, beside what its report published.
-- psql variables: unit (code), from, to (dates, both inside), english (true, false). Read at the end of the period: what is
-- open is open now, and overdue when due before that day. In time = early, on time, and withdrawn (column 9 of form II.06a); overdue = ended late, or still running
-- after its due day; both are shares of the two together.
WITH commune AS (
    SELECT unit_id FROM hoso.unit WHERE code = :'unit' AND :'to'::date BETWEEN valid_from AND valid_to
), period AS (
    SELECT coalesce(sum(accepted), 0) AS received,
           coalesce(sum(accepted) FILTER (WHERE channel = 'online'), 0) AS online,
           coalesce(sum(early + on_time + withdrawn), 0) AS in_time,
           coalesce(sum(late), 0) AS late,
           coalesce(sum(rated), 0) AS rated,
           coalesce(sum(satisfied), 0) AS satisfied
    FROM analytics.rollup_daily JOIN commune USING (unit_id)
    WHERE day BETWEEN :'from' AND :'to'
), backlog AS (
    SELECT coalesce(sum(count), 0) AS still_open,
           coalesce(sum(count) FILTER (WHERE phase = 'running' AND due_date < :'to'), 0) AS overdue
    FROM analytics.rollup_open JOIN commune USING (unit_id)
    WHERE phase <> 'waiting'
), lines (line, vietnamese, english, value, percent, published) AS (
    SELECT l.* FROM period, backlog, LATERAL (VALUES
        (1, 'Hồ sơ tiếp nhận', 'Dossiers received', received, false, '10.893'),
        (2, '  nộp trực tuyến', '  filed online', 100.0 * online / nullif(received, 0), true, '92,48 %'),
        (3, 'Giải quyết sớm và đúng hạn', 'Early or on time',
            100.0 * in_time / nullif(in_time + late + overdue, 0), true, '99,93 %'),
        (4, 'Quá hạn', 'Overdue',
            100.0 * (late + overdue) / nullif(in_time + late + overdue, 0), true, '0,07 %'),
        (5, '  số hồ sơ', '  dossiers', late + overdue, false, ''),
        (6, 'Hài lòng (đánh giá điện tử)', 'Satisfied (electronic ratings)',
            100.0 * satisfied / nullif(rated, 0), true, '> 98 %'),
        (7, 'Còn đang giải quyết', 'Still open', still_open, false, '')
    ) AS l
), texts AS (
    SELECT line, vietnamese, english, published,
           CASE WHEN percent THEN to_char(round(value, 2), 'FM990.00 %') ELSE to_char(value, 'FM999,999,990') END AS value
    FROM lines
)
SELECT CASE WHEN :'english' THEN english ELSE vietnamese END AS :"title",
       CASE WHEN :'english' THEN lpad(value, 12) ELSE lpad(translate(value, ',.', '.,'), 12) END AS :"computed",
       CASE WHEN :'english' THEN translate(published, ',.', '.,') ELSE published END AS :"published"
FROM texts ORDER BY line;
