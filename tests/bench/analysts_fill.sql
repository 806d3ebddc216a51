-- A city-year straight into hoso.dossier: 2,000,000 dossiers accepted from 2025-07-01 to 2026-06-30 by the 114 communes, as `hoso gen
-- --profile city-year` has them (78 % online, 0.25 % late, 0.5 % still open), ended within days, and heard of within minutes.
-- :dossiers is their number. Deterministic.
SELECT setseed(0.5);
CREATE TEMP TABLE commune AS
SELECT row_number() OVER (ORDER BY unit_id) - 1 AS n, unit_id, code FROM hoso.unit WHERE valid_to = 'infinity';
CREATE TEMP TABLE kind AS
SELECT * FROM (VALUES (0, '2.000815', 'G15-CT', 0, 600), (1, '2.000884', 'G15-CT', 0, 700), (2, '2.000635', 'G15-HT', 0, 750),
                      (3, '1.001193', 'G15-HT', 0, 800), (4, '1.004873', 'G15-HT', 3, 860), (5, '1.001776', 'G09-TGXH', 10, 920),
                      (6, '1.012753', 'G07-DD', 15, 960), (7, '1.012756', 'G07-DD', 30, 1001)) AS k (n, code, field, term, upto);
INSERT INTO hoso.dossier (code, partition, unit_id, erased, procedure_code, field_code, deciding_agency, receiving_agency, channel,
    subject, online_level, status, phase, status_at, status_basis, portal_status, portal_disagrees, submitted_at, accepted_at,
    original_due_at, due_at, promised_at, reappointments, supplement_rounds, ended_at, ended_known_at, returned_at, verdict, paid,
    paid_online, apology_sent, late_reason, rating, rated_at, officer, first_ingested_at, last_ingested_at)
SELECT 'H24.' || c.code || '-' || to_char(d.accepted_at, 'YYMMDD') || '-' || lpad(d.n::text, 7, '0'), d.n % 12, c.unit_id, false, k.code,
       k.field, 'H24.' || c.code, 'H24.' || c.code, CASE WHEN d.r < 0.78 THEN 'online' WHEN d.r < 0.792 THEN 'postal' ELSE 'counter' END,
       'citizen', CASE WHEN d.r < 0.78 THEN 'full' ELSE 'unknown' END, CASE WHEN d.open THEN 4 ELSE 10 END,
       CASE WHEN d.open THEN 'running' ELSE 'ended' END, coalesce(e.ended_at, d.accepted_at), 'source', 0, false, d.accepted_at, d.accepted_at,
       e.due_at, e.due_at, e.due_at, 0, 0, e.ended_at, e.ended_at + interval '5 minutes', e.ended_at,
       CASE WHEN NOT d.open THEN CASE WHEN e.ended_at::date < e.due_at::date THEN 'early' WHEN e.ended_at::date = e.due_at::date THEN 'on_time'
                                      ELSE 'late' END END,
       d.r < 0.5, d.r < 0.4, CASE WHEN d.late THEN d.r < 0.4 END, CASE WHEN d.late AND d.r < 0.3 THEN 'b' END,
       CASE WHEN NOT d.open AND d.r2 < 0.21 THEN CASE WHEN d.r2 < 0.005 THEN 2 ELSE 5 END ELSE 0 END,
       CASE WHEN NOT d.open AND d.r2 < 0.21 THEN e.ended_at + interval '1 day' END, decode(md5((d.n % 4000)::text), 'hex'), d.accepted_at,
       coalesce(e.ended_at, d.accepted_at) + interval '5 minutes'
FROM (SELECT n, random() AS r, random() AS r2, random() < 0.0025 AS late, (n > :dossiers * 0.98 AND random() < 0.25) AS open,
             (random() * 1000)::int AS draw, (random() * random() * 114)::int % 114 AS place,
             timestamptz '2025-07-01 08:00+07' + make_interval(secs => 31536000.0 * n / :dossiers) AS accepted_at
      FROM generate_series(1, :dossiers) n) d
JOIN commune c ON c.n = d.place
JOIN kind k ON d.draw < k.upto AND d.draw >= coalesce((SELECT max(l.upto) FROM kind l WHERE l.upto < k.upto), 0)
CROSS JOIN LATERAL (SELECT d.accepted_at + k.term * interval '34 hours' + interval '3 hours' AS due_at,
                           CASE WHEN NOT d.open THEN d.accepted_at + k.term * interval '24 hours' * d.r + interval '2 hours'
                                + CASE WHEN d.late THEN k.term * interval '40 hours' + interval '30 hours' ELSE interval '0' END END
                                AS ended_at) e;
VACUUM ANALYZE hoso.dossier;
