-- migrate:up

-- What analysts read: schema analytics. Names in Vietnamese beside every code, dates beside instants, no json.
--
--   hoso.*                the services' tables
--   hoso.analyst_*        one thin layer over them; when a table changes its shape, only these are adapted
--   analytics.*           views (names, dates, calendar) and the official forms as functions
--
-- Every view runs with the rights of who asks (security_invoker), so the row-level security of the tables decides which communes are
-- seen, and column grants decide that nobody but hoso_case sees a dossier code.
CREATE SCHEMA analytics;
COMMENT ON SCHEMA analytics IS 'Dữ liệu cho phân tích và báo cáo: chỉ đọc, không có thông tin cá nhân';

-- ---- what the services do not have: names, office hours, who may read which commune ----

CREATE TABLE hoso.field (
    field_code text PRIMARY KEY,
    name       text NOT NULL
);
CREATE TABLE hoso.procedure (
    procedure_code text PRIMARY KEY,
    name           text NOT NULL,
    field_code     text REFERENCES hoso.field
);
-- A start: what communes see most. A city completes it from its own list of procedures; a code without a row is shown as it is.
INSERT INTO hoso.field VALUES
    ('G05-HKD', 'Hộ kinh doanh'), ('G07-DD', 'Đất đai'), ('G09-TGXH', 'Bảo trợ xã hội'), ('G15-CT', 'Chứng thực'),
    ('G15-HT', 'Hộ tịch');
INSERT INTO hoso.procedure VALUES
    ('2.000815', 'Chứng thực bản sao từ bản chính', 'G15-CT'),
    ('2.000884', 'Chứng thực chữ ký', 'G15-CT'),
    ('2.000635', 'Cấp bản sao trích lục hộ tịch', 'G15-HT'),
    ('1.001193', 'Đăng ký khai sinh', 'G15-HT'),
    ('1.000656', 'Đăng ký khai tử', 'G15-HT'),
    ('1.004873', 'Cấp giấy xác nhận tình trạng hôn nhân', 'G15-HT'),
    ('1.001612', 'Đăng ký thành lập hộ kinh doanh', 'G05-HKD'),
    ('1.004859', 'Thay đổi, cải chính hộ tịch', 'G15-HT'),
    ('1.001776', 'Trợ giúp xã hội hằng tháng', 'G09-TGXH'),
    ('1.012753', 'Đăng ký biến động đất đai', 'G07-DD'),
    ('1.012756', 'Đăng ký đất đai lần đầu', 'G07-DD'),
    ('2.002516', 'Tiếp nhận phản ánh về an sinh', 'G09-TGXH');

-- The list of the older form (TT 02/2017); which codes a source sends is its own business, so a city may change the rows.
CREATE TABLE hoso.late_reason (
    late_reason text PRIMARY KEY,
    name        text NOT NULL
);
INSERT INTO hoso.late_reason VALUES
    ('a', 'Do quy định của thủ tục hành chính'), ('b', 'Do phối hợp giữa các cơ quan'),
    ('c', 'Do năng lực, quá tải của cán bộ'), ('d', 'Nguyên nhân khác');

-- As [calendar] hours and the acceptance clock of 8 working hours: what "chờ tiếp nhận quá hạn" is judged by. One row.
CREATE TABLE hoso.office_hours (
    only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    morning_begin   time NOT NULL DEFAULT '07:30',
    morning_end     time NOT NULL DEFAULT '11:30',
    afternoon_begin time NOT NULL DEFAULT '13:00',
    afternoon_end   time NOT NULL DEFAULT '17:00',
    acceptance      interval NOT NULL DEFAULT '8 hours'
);
INSERT INTO hoso.office_hours DEFAULT VALUES;

-- The units of a commune reader; nothing here = no rows.
CREATE TABLE hoso.reader_unit (
    role_name name NOT NULL,
    unit_id   integer NOT NULL,
    PRIMARY KEY (role_name, unit_id)
);

-- Dossiers as they stood at the end of a day, folded again from their history by `hoso report`: only those whose history goes on after
-- that day. A row holds as long as the dossier has heard nothing new (seen_at = its last_ingested_at) and the map of units is the same.
-- unit_id NULL and accepted_at NULL: it was not there yet.
CREATE TABLE hoso.dossier_past (
    read_on         date NOT NULL,
    known_at        timestamptz NOT NULL,    -- infinity = everything that is known
    dossier_id      bigint NOT NULL,
    seen_at         timestamptz NOT NULL,
    map_version     bigint NOT NULL,
    present_unit_id integer,
    unit_id         integer,
    procedure_code  text,
    field_code      text,
    channel         text NOT NULL,
    subject         text NOT NULL,
    online_level    text NOT NULL,
    non_territorial boolean,
    status          smallint NOT NULL,
    phase           text NOT NULL,
    status_basis    text NOT NULL,
    submitted_at    timestamptz,
    accepted_at     timestamptz,
    due_at          timestamptz,
    ended_at        timestamptz,
    ended_known_at  timestamptz,
    verdict         text,
    fee_due         boolean,
    paid            boolean,
    paid_online     boolean,
    digitised       boolean,
    apology_sent    boolean,
    late_reason     text,
    rating          smallint NOT NULL,
    rated_at        timestamptz,
    PRIMARY KEY (read_on, known_at, dossier_id)
);

-- Every file that left by `hoso report`.
CREATE TABLE hoso.report_export (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    exported_at timestamptz NOT NULL DEFAULT now(),
    exported_by name NOT NULL DEFAULT session_user,
    form        text NOT NULL,
    unit_code   text,                        -- NULL = the whole city
    from_day    date NOT NULL,
    to_day      date NOT NULL,
    read_on     date NOT NULL,
    known_at    timestamptz,                 -- NULL = everything that is known
    format      text NOT NULL,
    public      boolean NOT NULL,            -- small cells suppressed
    codes       boolean NOT NULL,            -- with dossier codes
    rows        integer NOT NULL
);

-- ---- small functions ----

CREATE FUNCTION analytics.vn_day(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date $$;
-- The first instant of a Vietnamese day.
CREATE FUNCTION analytics.day_begin(day date) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT day::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh' $$;
CREATE FUNCTION analytics.channel_label(code text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE code WHEN 'online' THEN 'Trực tuyến' WHEN 'counter' THEN 'Trực tiếp' WHEN 'postal' THEN 'Bưu chính công ích'
               WHEN 'other' THEN 'Kênh khác' ELSE 'Không rõ' END $$;
CREATE FUNCTION analytics.subject_label(code text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE code WHEN 'citizen' THEN 'Công dân' WHEN 'business' THEN 'Doanh nghiệp' WHEN 'household' THEN 'Hộ kinh doanh'
               WHEN 'state' THEN 'Cơ quan nhà nước' WHEN 'other' THEN 'Tổ chức, đối tượng khác' ELSE 'Không rõ' END $$;
CREATE FUNCTION analytics.level_label(code text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE code WHEN 'full' THEN 'Toàn trình' WHEN 'partial' THEN 'Một phần' WHEN 'information' THEN 'Cung cấp thông tin'
               ELSE 'Không rõ' END $$;
CREATE FUNCTION analytics.phase_label(code text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE code WHEN 'waiting' THEN 'Chờ tiếp nhận' WHEN 'running' THEN 'Đang giải quyết' WHEN 'paused' THEN 'Tạm dừng'
               WHEN 'ended' THEN 'Đã kết thúc' END $$;
CREATE FUNCTION analytics.verdict_label(code text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE code WHEN 'early' THEN 'Trước hạn' WHEN 'on_time' THEN 'Đúng hạn' WHEN 'late' THEN 'Quá hạn' END $$;
CREATE FUNCTION analytics.place_label(code text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE code WHEN 'new' THEN 'Mới trong kỳ' WHEN 'carried' THEN 'Từ kỳ trước' END $$;
CREATE FUNCTION analytics.class_label(code text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE code WHEN 'early' THEN 'Trước hạn' WHEN 'on_time' THEN 'Đúng hạn' WHEN 'late' THEN 'Quá hạn' WHEN 'withdrawn' THEN 'Rút, trả lại'
               WHEN 'running' THEN 'Đang giải quyết' WHEN 'paused' THEN 'Tạm dừng' WHEN 'overdue' THEN 'Đang quá hạn'
               WHEN 'waiting' THEN 'Chờ tiếp nhận' WHEN 'refused' THEN 'Không tiếp nhận' WHEN 'unclear' THEN 'Không rõ' END $$;
CREATE FUNCTION analytics.quarantine_label(code text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE code WHEN 'unknown' THEN 'Chưa biết cơ quan thuộc đơn vị nào' WHEN 'expired' THEN 'Cơ quan hoặc đơn vị đã hết hiệu lực'
               WHEN 'split' THEN 'Đơn vị cũ chia về nhiều đơn vị mới' ELSE code END $$;
CREATE FUNCTION analytics.status_label(code integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (ARRAY['Mới đăng ký', 'Được tiếp nhận', 'Không được tiếp nhận', 'Đang xử lý', 'Yêu cầu bổ sung giấy tờ',
                 'Yêu cầu thực hiện nghĩa vụ tài chính', 'Công dân yêu cầu rút hồ sơ', 'Dừng xử lý', 'Đã xử lý xong',
                 'Đã trả kết quả'])[code] $$;
CREATE FUNCTION hoso.works(p_day date) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce((SELECT NOT off FROM hoso.work_calendar c WHERE c.day = p_day), extract(isodow FROM p_day) < 6) $$;

-- When a dossier filed online must have been accepted: 8 working hours after it was submitted.
CREATE FUNCTION hoso.acceptance_deadline(submitted_at timestamptz) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    hours   hoso.office_hours;
    stretch record;
    here    timestamp := submitted_at AT TIME ZONE 'Asia/Ho_Chi_Minh';
    day     date := here::date;
    left_over interval;
    opening timestamp;
BEGIN
    SELECT * INTO STRICT hours FROM hoso.office_hours;
    left_over := hours.acceptance;
    LOOP
        IF hoso.works(day) THEN
            FOR stretch IN SELECT * FROM (VALUES (hours.morning_begin, hours.morning_end),
                                                 (hours.afternoon_begin, hours.afternoon_end)) AS s (b, e) LOOP
                opening := greatest(day + stretch.b, here);
                IF opening + left_over <= day + stretch.e THEN
                    RETURN (opening + left_over) AT TIME ZONE 'Asia/Ho_Chi_Minh';
                END IF;
                left_over := left_over - greatest(day + stretch.e - opening, interval '0');
            END LOOP;
        END IF;
        day := day + 1;
    END LOOP;
END $$;

-- The units that the present role may read, and whether that is all.
CREATE FUNCTION hoso.readable_units() RETURNS integer[] LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog AS $$
    SELECT coalesce(array_agg(unit_id), '{}') FROM hoso.reader_unit WHERE role_name = coalesce(nullif(current_setting('role'), 'none'), session_user)
$$;

-- ---- the thin layer over the services' tables ----

CREATE VIEW hoso.analyst_dossier WITH (security_invoker = true) AS
SELECT dossier_id, partition, unit_id, quarantine, alias_of IS NOT NULL AS is_alias, erased, procedure_code, field_code,
       deciding_agency, receiving_agency, channel, subject, online_level, non_territorial, status, phase, status_at, status_basis,
       portal_status, portal_disagrees, submitted_at, accepted_at, original_due_at, due_at, promised_at, reappointments,
       supplement_rounds, step_due_at, ended_at, ended_known_at, returned_at, verdict, fee_due, paid, paid_online, digitised,
       apology_sent, late_reason, rating, rated_at, first_ingested_at, last_ingested_at
FROM hoso.dossier;
CREATE VIEW hoso.analyst_daily WITH (security_invoker = true) AS
SELECT unit_id, day, procedure_code, channel,
       sum(submitted)::bigint AS submitted, sum(accepted)::bigint AS accepted, sum(refused)::bigint AS refused,
       sum(early)::bigint AS early, sum(on_time)::bigint AS on_time, sum(late)::bigint AS late,
       sum(late_apology)::bigint AS late_apology, sum(withdrawn)::bigint AS withdrawn, sum(supplements)::bigint AS supplements,
       sum(level_full)::bigint AS level_full, sum(level_partial)::bigint AS level_partial,
       sum(level_information)::bigint AS level_information, sum(non_territorial)::bigint AS non_territorial,
       sum(digitised)::bigint AS digitised, sum(paid)::bigint AS paid, sum(paid_online)::bigint AS paid_online,
       sum(rated)::bigint AS rated, sum(satisfied)::bigint AS satisfied, sum(late_data)::bigint AS late_data,
       sum(work_minutes)::bigint AS work_minutes, sum(work_4h)::bigint AS work_4h, sum(work_1d)::bigint AS work_1d,
       sum(work_3d)::bigint AS work_3d, sum(work_5d)::bigint AS work_5d, sum(work_10d)::bigint AS work_10d,
       sum(work_20d)::bigint AS work_20d, sum(work_more)::bigint AS work_more
FROM hoso.rollup_daily GROUP BY unit_id, day, procedure_code, channel;
CREATE VIEW hoso.analyst_open WITH (security_invoker = true) AS
SELECT unit_id, due_date, procedure_code, channel, phase, sum(count)::bigint AS count
FROM hoso.rollup_open GROUP BY unit_id, due_date, procedure_code, channel, phase HAVING sum(count) <> 0;

-- ---- dimensions ----

CREATE VIEW analytics.unit WITH (security_invoker = true) AS
SELECT u.unit_id, u.code AS unit_code, u.name AS unit_name, u.kind AS unit_kind, u.kind || ' ' || u.name AS unit_full_name,
       nullif(u.valid_from, '-infinity') AS valid_from, nullif(u.valid_to, 'infinity') AS valid_to,
       u.valid_to = 'infinity' AS in_force, u.split AS split_up, s.unit_id AS successor_unit_id, s.code AS successor_code,
       s.kind || ' ' || s.name AS successor_name,
       (SELECT count(*) FROM hoso.unit p WHERE p.successor_id = u.unit_id) AS predecessors,
       (SELECT string_agg(p.kind || ' ' || p.name, ', ' ORDER BY p.name) FROM hoso.unit p
        WHERE p.successor_id = u.unit_id) AS predecessor_names
FROM hoso.unit u LEFT JOIN hoso.unit s ON s.unit_id = u.successor_id;
CREATE VIEW analytics.calendar WITH (security_invoker = true) AS
SELECT d.day, extract(year FROM d.day)::int AS year, extract(quarter FROM d.day)::int AS quarter,
       extract(month FROM d.day)::int AS month, extract(isoyear FROM d.day)::int AS week_year,
       extract(week FROM d.day)::int AS week, extract(isodow FROM d.day)::int AS weekday,
       (ARRAY['Thứ Hai', 'Thứ Ba', 'Thứ Tư', 'Thứ Năm', 'Thứ Sáu', 'Thứ Bảy', 'Chủ nhật'])[extract(isodow FROM d.day)::int]
           AS weekday_name,
       coalesce(NOT c.off, extract(isodow FROM d.day) < 6) AS is_working, c.name AS special_name, c.basis AS legal_basis,
       exists(SELECT FROM hoso.work_calendar l WHERE l.day BETWEEN make_date(extract(year FROM d.day)::int, 1, 1)
              AND make_date(extract(year FROM d.day)::int, 12, 31)) AS year_known
FROM (SELECT generate_series(date '2020-01-01', date '2035-12-31', interval '1 day')::date AS day) d
LEFT JOIN hoso.work_calendar c ON c.day = d.day;
CREATE VIEW analytics.procedure WITH (security_invoker = true) AS
SELECT p.procedure_code, p.name AS procedure_name, p.field_code, f.name AS field_name
FROM hoso.procedure p LEFT JOIN hoso.field f USING (field_code);
CREATE VIEW analytics.field WITH (security_invoker = true) AS SELECT field_code, name AS field_name FROM hoso.field;
CREATE VIEW analytics.late_reason WITH (security_invoker = true) AS
SELECT late_reason AS late_reason_code, name AS late_reason_name FROM hoso.late_reason;

-- ---- facts ----

CREATE VIEW analytics.dossier WITH (security_invoker = true) AS
SELECT d.dossier_id, d.unit_id, u.code AS unit_code, u.name AS unit_name, u.kind AS unit_kind,
       analytics.quarantine_label(d.quarantine) AS quarantine_reason,
       d.procedure_code, coalesce(p.name, d.procedure_code) AS procedure_name,
       coalesce(d.field_code, p.field_code) AS field_code, coalesce(f.name, d.field_code, p.field_code) AS field_name,
       d.deciding_agency AS deciding_agency_code, d.receiving_agency AS receiving_agency_code,
       (SELECT r.kind || ' ' || r.name FROM hoso.agency a JOIN hoso.unit r ON r.code = a.unit_code
        WHERE a.agency_code = d.receiving_agency AND coalesce(d.accepted_at, d.submitted_at, now()) >= analytics.day_begin(a.valid_from)
          AND analytics.vn_day(coalesce(d.accepted_at, d.submitted_at, now())) BETWEEN r.valid_from AND r.valid_to
        ORDER BY a.valid_from DESC LIMIT 1) AS receiving_unit_name,
       d.channel AS channel_code, analytics.channel_label(d.channel) AS channel_name,
       d.subject AS subject_code, analytics.subject_label(d.subject) AS subject_name,
       d.online_level AS online_level_code, analytics.level_label(d.online_level) AS online_level_name, d.non_territorial,
       nullif(d.status, 0) AS status_code, analytics.status_label(d.status) AS status_name,
       d.phase AS phase_code, analytics.phase_label(d.phase) AS phase_name,
       analytics.vn_day(d.status_at) AS status_on, d.status_at,
       analytics.vn_day(d.submitted_at) AS submitted_on, d.submitted_at, analytics.vn_day(d.accepted_at) AS accepted_on, d.accepted_at,
       analytics.vn_day(d.original_due_at) AS original_due_on, d.original_due_at, analytics.vn_day(d.due_at) AS due_on, d.due_at,
       analytics.vn_day(d.promised_at) AS promised_on, d.promised_at, d.reappointments, d.supplement_rounds,
       analytics.vn_day(d.ended_at) AS ended_on, d.ended_at, d.ended_known_at, analytics.vn_day(d.returned_at) AS returned_on, d.returned_at,
       d.verdict AS verdict_code, analytics.verdict_label(d.verdict) AS verdict_name,
       d.phase = 'running' AND d.due_at < analytics.day_begin(analytics.vn_day(now())) AS is_overdue,
       d.phase = 'ended' AND d.status_basis = 'ingest' AS late_data_possible,
       d.fee_due, d.paid, d.paid_online, d.digitised, d.apology_sent,
       d.late_reason AS late_reason_code, coalesce(l.name, d.late_reason) AS late_reason_name,
       nullif(d.rating, 0) AS rating, analytics.vn_day(d.rated_at) AS rated_on, d.rated_at,
       nullif(d.portal_status, 0) AS portal_status_code, analytics.status_label(d.portal_status) AS portal_status_name, d.portal_disagrees,
       d.first_ingested_at, d.last_ingested_at
FROM hoso.analyst_dossier d
LEFT JOIN hoso.unit u ON u.unit_id = d.unit_id
LEFT JOIN hoso.procedure p ON p.procedure_code = d.procedure_code
LEFT JOIN hoso.field f ON f.field_code = coalesce(d.field_code, p.field_code)
LEFT JOIN hoso.late_reason l ON l.late_reason = d.late_reason
WHERE NOT d.is_alias AND NOT d.erased;
CREATE VIEW analytics.dossier_code WITH (security_invoker = true) AS
SELECT dossier_id, code AS dossier_code, alternative_code, alias_of AS canonical_code, unit_id FROM hoso.dossier WHERE NOT erased;

CREATE VIEW analytics.rollup_daily WITH (security_invoker = true) AS
SELECT r.unit_id, u.code AS unit_code, u.name AS unit_name, r.day, r.procedure_code,
       coalesce(p.name, r.procedure_code) AS procedure_name, p.field_code, f.name AS field_name,
       r.channel, analytics.channel_label(r.channel) AS channel_name,
       submitted, accepted, refused, early, on_time, late, late_apology, withdrawn, supplements, level_full, level_partial,
       level_information, r.non_territorial, r.digitised, r.paid, r.paid_online, rated, satisfied, late_data, work_minutes, work_4h,
       work_1d, work_3d, work_5d, work_10d, work_20d, work_more
FROM hoso.analyst_daily r JOIN hoso.unit u USING (unit_id)
LEFT JOIN hoso.procedure p ON p.procedure_code = r.procedure_code LEFT JOIN hoso.field f ON f.field_code = p.field_code;
CREATE VIEW analytics.rollup_open WITH (security_invoker = true) AS
SELECT r.unit_id, u.code AS unit_code, u.name AS unit_name, r.due_date, r.procedure_code,
       coalesce(p.name, r.procedure_code) AS procedure_name, p.field_code, f.name AS field_name,
       r.channel, analytics.channel_label(r.channel) AS channel_name, r.phase, analytics.phase_label(r.phase) AS phase_name, r.count
FROM hoso.analyst_open r JOIN hoso.unit u USING (unit_id)
LEFT JOIN hoso.procedure p ON p.procedure_code = r.procedure_code LEFT JOIN hoso.field f ON f.field_code = p.field_code;

-- One line per unit, for a first look: what is open now.
CREATE VIEW analytics.unit_overview WITH (security_invoker = true) AS
SELECT u.unit_id, u.code AS unit_code, u.name AS unit_name, u.kind AS unit_kind,
       coalesce(sum(o.count) FILTER (WHERE o.phase = 'waiting'), 0)::bigint AS waiting,
       coalesce(sum(o.count) FILTER (WHERE o.phase IN ('running', 'paused')), 0)::bigint AS open,
       coalesce(sum(o.count) FILTER (WHERE o.phase = 'paused'), 0)::bigint AS paused,
       coalesce(sum(o.count) FILTER (WHERE o.phase = 'running' AND o.due_date < analytics.vn_day(now())), 0)::bigint AS overdue,
       coalesce(sum(o.count) FILTER (WHERE o.phase = 'running' AND o.due_date = analytics.vn_day(now())), 0)::bigint AS due_today,
       coalesce(sum(o.count) FILTER (WHERE o.phase = 'running' AND o.due_date > analytics.vn_day(now())
                                     AND o.due_date <= analytics.vn_day(now()) + 3), 0)::bigint AS due_in_3_days
FROM hoso.unit u LEFT JOIN hoso.rollup_open o ON o.unit_id = u.unit_id
WHERE analytics.vn_day(now()) BETWEEN u.valid_from AND u.valid_to OR o.count IS NOT NULL
GROUP BY u.unit_id, u.code, u.name, u.kind;

CREATE VIEW analytics.quarantine WITH (security_invoker = true) AS
SELECT deciding_agency AS deciding_agency_code, analytics.quarantine_label(quarantine) AS quarantine_reason, count(*) AS dossiers,
       min(analytics.vn_day(first_ingested_at)) AS first_heard_on
FROM hoso.analyst_dossier WHERE quarantine IS NOT NULL AND NOT is_alias AND NOT erased
GROUP BY deciding_agency, quarantine;

CREATE VIEW analytics.freshness WITH (security_invoker = true) AS
SELECT consumer AS consumer_code, CASE consumer WHEN 'aggregator' THEN 'Bộ tổng hợp' WHEN 'alerter' THEN 'Bộ cảnh báo' ELSE consumer END
           AS consumer_name,
       count(*) AS partitions, sum(next_offset)::bigint AS events_read, max(updated_at) AS written_at,
       analytics.vn_day(max(updated_at)) AS written_on, round(extract(epoch FROM now() - max(updated_at)))::bigint AS seconds_since
FROM hoso.kafka_offset GROUP BY consumer;

CREATE VIEW analytics.report_export WITH (security_invoker = true) AS
SELECT id AS export_id, analytics.vn_day(exported_at) AS exported_on, exported_at, exported_by::text AS exported_by, form, unit_code,
       from_day, to_day, read_on, known_at, format, public AS is_public, codes AS with_codes, rows AS row_count
FROM hoso.report_export;

-- ---- dossiers as they stood ----
-- The forms are read at the end of a day (p_read_on), from what was known at an instant (p_known_at; infinity = all). A dossier whose
-- history goes on after that day stands in hoso.dossier_past as `hoso report` folded it again; every other one stood as it
-- stands now (ingest lets nothing in that is told more than minutes before it happened). is_exact is false where it should stand there and does not: then its present row, cut at that instant, is given.
-- Bodies are parsed once (BEGIN ATOMIC), so who calls them needs no right to schema hoso; and they are inlined into the query around them.

CREATE FUNCTION analytics.today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE RETURN analytics.vn_day(now());
-- The day from which the youngest unit exists: a function, since PostgreSQL 15 runs no query level with an uncorrelated
-- sub-select in parallel workers (hashed ones, IN, it does: hence the forms below).
CREATE FUNCTION hoso.newest_unit_from() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC SELECT max(valid_from) FROM hoso.unit; END;
CREATE FUNCTION hoso.is_commune_reader() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN row_security_active('hoso.dossier'::regclass) AND NOT coalesce(pg_has_role(current_user, to_regrole('hoso_analyst'), 'USAGE'), false);

-- p_from: those that had ended and were last heard of before the period began are left out; they count nowhere in it and need no folding.
-- Nothing that happened is told more than 24 hours ahead (ingest refuses it), hence the two days.
CREATE FUNCTION analytics.dossier_at(p_read_on date, p_known_at timestamptz, p_from date DEFAULT '-infinity')
RETURNS TABLE (dossier_id bigint, unit_id integer, procedure_code text, field_code text, channel_code text, online_level_code text,
               non_territorial boolean, status_code smallint, phase_code text, submitted_at timestamptz, accepted_at timestamptz,
               due_at timestamptz, ended_at timestamptz, ended_known_at timestamptz, verdict_code text, paid boolean,
               paid_online boolean, digitised boolean, apology_sent boolean, late_reason_code text, rating smallint,
               rated_at timestamptz, is_exact boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT d.dossier_id, d.unit_id, d.procedure_code, d.field_code, d.channel, d.online_level, d.non_territorial,
           CASE WHEN d.ended_at >= analytics.day_begin(p_read_on + 1) THEN 4::smallint ELSE d.status END,
           CASE WHEN d.accepted_at >= analytics.day_begin(p_read_on + 1) THEN 'waiting'
                WHEN d.ended_at >= analytics.day_begin(p_read_on + 1) THEN 'running' ELSE d.phase END,
           d.submitted_at,
           CASE WHEN d.accepted_at < analytics.day_begin(p_read_on + 1) THEN d.accepted_at END,
           d.due_at,
           CASE WHEN d.ended_at < analytics.day_begin(p_read_on + 1) THEN d.ended_at END,
           d.ended_known_at,
           CASE WHEN d.ended_at < analytics.day_begin(p_read_on + 1) THEN d.verdict END,
           d.paid, d.paid_online, d.digitised, d.apology_sent, d.late_reason, d.rating,
           CASE WHEN d.rated_at < analytics.day_begin(p_read_on + 1) THEN d.rated_at END,
           coalesce(NOT (d.last_ingested_at > p_known_at
                         OR d.last_ingested_at >= analytics.day_begin(p_read_on + 1) - interval '10 minutes'
                         OR d.ended_at >= analytics.day_begin(p_read_on + 1)
                         OR d.status_at >= analytics.day_begin(p_read_on + 1)
                         OR d.rated_at >= analytics.day_begin(p_read_on + 1)
                         OR d.quarantine IS NOT NULL
                            AND p_read_on < hoso.newest_unit_from()
                         OR d.unit_id IN (SELECT u.unit_id FROM hoso.unit u WHERE u.valid_from > p_read_on)), true)
    FROM hoso.analyst_dossier d
    WHERE (d.submitted_at < analytics.day_begin(p_read_on + 1) OR d.accepted_at < analytics.day_begin(p_read_on + 1)
           OR d.rated_at < analytics.day_begin(p_read_on + 1) OR d.last_ingested_at > p_known_at)
      AND (NOT d.is_alias AND NOT d.erased OR d.last_ingested_at > p_known_at)
      AND coalesce(d.first_ingested_at, '-infinity') <= p_known_at
      AND (d.phase <> 'ended' OR d.last_ingested_at >= analytics.day_begin(p_from) - interval '2 days' OR d.last_ingested_at > p_known_at)
      -- hashed whatever the statistics say of a day that was folded just now
      AND d.dossier_id NOT IN (SELECT p.dossier_id FROM hoso.dossier_past p
                               WHERE p.read_on = p_read_on AND p.known_at = p_known_at)
    UNION ALL
    SELECT p.dossier_id, p.unit_id, p.procedure_code, p.field_code, p.channel, p.online_level, p.non_territorial, p.status, p.phase,
           p.submitted_at, p.accepted_at, p.due_at, p.ended_at, p.ended_known_at, p.verdict, p.paid, p.paid_online, p.digitised,
           p.apology_sent, p.late_reason, p.rating, p.rated_at,
           (d.dossier_id IS NULL OR p.seen_at = d.last_ingested_at)
           AND p.map_version IN (SELECT coalesce(max(m.version + 0), 0) FROM hoso.map_change m)
    FROM hoso.dossier_past p LEFT JOIN hoso.analyst_dossier d ON d.dossier_id = p.dossier_id
    WHERE p.read_on = p_read_on AND p.known_at = p_known_at
      -- a dossier that went to another commune is seen by that one's readers only
      AND coalesce(p.unit_id, 0) NOT IN (SELECT u.unit_id FROM hoso.unit u
                                         WHERE hoso.is_commune_reader() AND NOT u.unit_id = ANY (hoso.readable_units()));
END;

-- What a dossier counts as. place: new (accepted in the period), carried (before it, and open when it began). class: settled as early,
-- on_time, withdrawn, late; open as running, paused, overdue; outside the table waiting, refused; NULL = it counts nowhere.
-- accepted, settled: 0 = not (yet), 1 = before the period, 2 = in it.
CREATE FUNCTION analytics.is_in_table(accepted integer, phase text, status smallint) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN accepted > 0 AND phase <> 'waiting' AND NOT (phase = 'ended' AND status = 3);
CREATE FUNCTION analytics.place_of(accepted integer, settled integer, phase text, status smallint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN NOT analytics.is_in_table(accepted, phase, status) THEN NULL
            WHEN accepted = 2 THEN 'new'
            WHEN phase <> 'ended' OR settled = 2 THEN 'carried' END;
CREATE FUNCTION analytics.class_of(accepted integer, settled integer, phase text, status smallint, verdict text, is_filed boolean,
                                   is_past_due boolean) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN NOT analytics.is_in_table(accepted, phase, status) THEN
                CASE WHEN phase <> 'ended' THEN CASE WHEN is_filed THEN 'waiting' END
                     WHEN status = 3 AND settled = 2 THEN 'refused' END
            WHEN phase = 'ended' THEN
                CASE WHEN settled < 2 THEN NULL WHEN status IN (7, 8) THEN 'withdrawn' ELSE coalesce(verdict, 'unclear') END
            WHEN phase = 'paused' THEN 'paused'
            WHEN is_past_due THEN 'overdue'
            ELSE 'running' END;

-- Each dossier beside the marks of the period, without judging them yet: what is counted by kinds below need not be judged one by one.
CREATE FUNCTION analytics.report_mark(p_units integer[], p_from date, p_read_on date, p_known_at timestamptz)
RETURNS TABLE (dossier_id bigint, unit_id integer, procedure_code text, field_code text, channel_code text, online_level_code text,
               non_territorial boolean, status_code smallint, phase_code text, verdict_code text, submitted_at timestamptz,
               accepted_at timestamptz, due_at timestamptz, ended_at timestamptz, paid boolean, paid_online boolean, digitised boolean,
               apology_sent boolean, late_reason_code text, rating smallint, accepted integer, settled integer, is_filed boolean,
               is_past_due boolean, is_rated boolean, is_exact boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT a.dossier_id, a.unit_id, a.procedure_code, a.field_code, a.channel_code, a.online_level_code, a.non_territorial, a.status_code,
           a.phase_code, a.verdict_code, a.submitted_at, a.accepted_at, a.due_at, a.ended_at, a.paid, a.paid_online, a.digitised,
           a.apology_sent, a.late_reason_code, a.rating,
           CASE WHEN a.accepted_at >= analytics.day_begin(p_from) THEN 2 WHEN a.accepted_at IS NOT NULL THEN 1 ELSE 0 END,
           CASE WHEN a.phase_code <> 'ended' THEN 0
                WHEN a.ended_at >= analytics.day_begin(p_from) THEN 2
                WHEN a.status_code <> 3 AND a.accepted_at >= analytics.day_begin(p_from) THEN 2 ELSE 1 END,
           coalesce(a.submitted_at < analytics.day_begin(p_read_on + 1), false),
           coalesce(a.due_at < analytics.day_begin(p_read_on), false),
           coalesce(a.rating > 0 AND a.rated_at >= analytics.day_begin(p_from), false), a.is_exact
    FROM analytics.dossier_at(p_read_on, p_known_at, p_from) a
    WHERE a.unit_id = ANY (p_units) OR p_units IS NULL AND a.unit_id IS NOT NULL;
END;

-- The dossiers one by one, as they count.
CREATE FUNCTION analytics.report_dossier(p_units integer[], p_from date, p_read_on date, p_known_at timestamptz)
RETURNS TABLE (dossier_id bigint, unit_id integer, procedure_code text, field_code text, channel_code text, status_code smallint,
               accepted_at timestamptz, due_at timestamptz, ended_at timestamptz, apology_sent boolean, late_reason_code text, place text,
               class text, is_exact boolean, is_consistent boolean)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT m.dossier_id, m.unit_id, m.procedure_code, m.field_code, m.channel_code, m.status_code, m.accepted_at, m.due_at, m.ended_at,
           m.apology_sent, m.late_reason_code, analytics.place_of(m.accepted, m.settled, m.phase_code, m.status_code),
           analytics.class_of(m.accepted, m.settled, m.phase_code, m.status_code, m.verdict_code, m.is_filed, m.is_past_due), m.is_exact,
           NOT analytics.is_in_table(m.accepted, m.phase_code, m.status_code) OR m.phase_code <> 'ended'
           OR m.ended_at IS NOT NULL AND m.verdict_code IS NOT NULL
    FROM analytics.report_mark(p_units, p_from, p_read_on, p_known_at) m;
END;

-- The dossiers that a report must fold again: not exact as they stand. Where little has been heard since the day that is read, they are found by
-- that instead of by looking at every dossier.
CREATE FUNCTION hoso.dossiers_to_fold(p_from date, p_read_on date, p_known_at timestamptz) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    few   CONSTANT integer := 20000;
    since CONSTANT timestamptz := analytics.day_begin(p_read_on + 1) - interval '2 days';
    heard bigint[];
BEGIN
    IF p_known_at = 'infinity' AND p_read_on >= hoso.newest_unit_from()
       AND NOT EXISTS (SELECT FROM hoso.dossier_past p WHERE p.read_on = p_read_on AND p.known_at = p_known_at
                       AND p.map_version <> (SELECT coalesce(max(m.version), 0) FROM hoso.map_change m)) THEN
        heard := ARRAY(SELECT e.dossier_id FROM hoso.dossier_event e WHERE e.ingested_at >= since LIMIT few);
    END IF;
    IF cardinality(heard) < few THEN
        RETURN QUERY SELECT a.dossier_id FROM analytics.dossier_at(p_read_on, p_known_at, p_from) a
                     WHERE NOT a.is_exact AND a.dossier_id = ANY (heard) ORDER BY 1;
    ELSE
        RETURN QUERY SELECT a.dossier_id FROM analytics.dossier_at(p_read_on, p_known_at, p_from) a WHERE NOT a.is_exact ORDER BY 1;
    END IF;
END $$;

-- All measures of the forms, by unit, field and procedure; NULL = none. A form adds up what it shows. Two steps: dossiers are counted by what
-- makes them differ, and these few kinds are then told apart, so that a city-year costs one look at each dossier.
CREATE FUNCTION analytics.report_figures(p_units integer[], p_from date, p_read_on date, p_known_at timestamptz)
RETURNS TABLE (unit_id integer, field_code text, procedure_code text,
               new_counter bigint, new_online_full bigint, new_online_partial bigint, new_online_other bigint, new_postal bigint,
               new_other bigint, new_non_territorial bigint, new_digitised bigint, paid bigint, paid_online bigint, carried bigint,
               early bigint, on_time bigint, withdrawn bigint, late bigint, late_apology bigint, unclear bigint,
               running bigint, paused bigint, stopped bigint, overdue bigint, overdue_apology bigint,
               waiting bigint, waiting_overdue bigint, refused bigint, rated bigint, satisfied bigint,
               done bigint, done_seconds numeric, inexact bigint, inconsistent bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH counted AS MATERIALIZED (
        SELECT m.unit_id, m.field_code, m.procedure_code, m.channel_code, m.online_level_code, m.status_code, m.phase_code, m.verdict_code,
               m.accepted, m.settled,
               m.is_filed::int + 2 * m.is_past_due::int + 4 * m.is_rated::int + 8 * (m.rating >= 4)::int + 16 * (NOT m.is_exact)::int
               + CASE WHEN m.ended_at IS NULL THEN 32 ELSE 0 END
               + CASE WHEN m.non_territorial THEN 64 ELSE 0 END + CASE WHEN m.digitised THEN 128 ELSE 0 END
               + CASE WHEN m.paid THEN CASE WHEN m.paid_online THEN 768 ELSE 256 END ELSE 0 END
               + CASE WHEN m.apology_sent THEN 1024 ELSE 0 END
               + CASE WHEN m.is_filed AND m.phase_code <> 'ended' AND m.channel_code = 'online' AND (m.accepted = 0 OR m.phase_code = 'waiting') THEN
                      CASE WHEN hoso.acceptance_deadline(m.submitted_at) < analytics.day_begin(p_read_on + 1) THEN 2048 ELSE 0 END
                      ELSE 0 END AS flags,
               count(*)::int AS n, sum(m.ended_at - m.accepted_at) AS lasted
        FROM analytics.report_mark(p_units, p_from, p_read_on, p_known_at) m
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    ), kinds AS MATERIALIZED (
        SELECT c.*, analytics.place_of(c.accepted, c.settled, c.phase_code, c.status_code) AS place,
               analytics.class_of(c.accepted, c.settled, c.phase_code, c.status_code, c.verdict_code, c.flags & 1 > 0, c.flags & 2 > 0)
                   AS class,
               analytics.is_in_table(c.accepted, c.phase_code, c.status_code) AND c.phase_code = 'ended'
                   AND (c.flags & 32 > 0 OR c.verdict_code IS NULL) AS is_inconsistent
        FROM counted c
    )
    SELECT unit_id, field_code, procedure_code,
           sum(n) FILTER (WHERE place = 'new' AND channel_code = 'counter'),
           sum(n) FILTER (WHERE place = 'new' AND channel_code = 'online' AND online_level_code = 'full'),
           sum(n) FILTER (WHERE place = 'new' AND channel_code = 'online' AND online_level_code = 'partial'),
           sum(n) FILTER (WHERE place = 'new' AND channel_code = 'online' AND online_level_code NOT IN ('full', 'partial')),
           sum(n) FILTER (WHERE place = 'new' AND channel_code = 'postal'),
           sum(n) FILTER (WHERE place = 'new' AND channel_code NOT IN ('counter', 'online', 'postal')),
           sum(n) FILTER (WHERE place = 'new' AND flags & 64 > 0), sum(n) FILTER (WHERE place = 'new' AND flags & 128 > 0),
           sum(n) FILTER (WHERE place = 'new' AND flags & 256 > 0), sum(n) FILTER (WHERE place = 'new' AND flags & 512 > 0),
           sum(n) FILTER (WHERE place = 'carried'),
           sum(n) FILTER (WHERE class = 'early'), sum(n) FILTER (WHERE class = 'on_time'), sum(n) FILTER (WHERE class = 'withdrawn'),
           sum(n) FILTER (WHERE class = 'late'), sum(n) FILTER (WHERE class = 'late' AND flags & 1024 > 0),
           sum(n) FILTER (WHERE class = 'unclear'), sum(n) FILTER (WHERE class = 'running'), sum(n) FILTER (WHERE class = 'paused'),
           sum(n) FILTER (WHERE status_code = 8 AND class IN ('paused', 'withdrawn')),
           sum(n) FILTER (WHERE class = 'overdue'), sum(n) FILTER (WHERE class = 'overdue' AND flags & 1024 > 0),
           sum(n) FILTER (WHERE class = 'waiting'), sum(n) FILTER (WHERE class = 'waiting' AND flags & 2048 > 0), sum(n) FILTER (WHERE class = 'refused'),
           sum(n) FILTER (WHERE flags & 4 > 0), sum(n) FILTER (WHERE flags & 12 = 12),
           sum(n) FILTER (WHERE class IN ('early', 'on_time', 'late')),
           extract(epoch FROM sum(lasted) FILTER (WHERE class IN ('early', 'on_time', 'late'))),
           sum(n) FILTER (WHERE flags & 16 > 0), sum(n) FILTER (WHERE is_inconsistent)
    FROM kinds WHERE place IS NOT NULL OR class IS NOT NULL OR flags & 4 > 0 OR flags & 16 > 0
    GROUP BY unit_id, field_code, procedure_code;
END;

-- ---- the forms ----
-- p_unit: a commune's code on the day that is read, NULL = the whole city, one row per unit. p_read_on: the last day, or today while the
-- period lasts. They do not fail on a figure that is not exact, they warn: `hoso report` is what makes it exact.

CREATE FUNCTION analytics.report_read_on(p_to date) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
RETURN least(p_to, analytics.today());

CREATE FUNCTION analytics.report_units(p_unit text, p_read_on date) RETURNS integer[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    found_units integer[];
BEGIN
    IF p_unit IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(unit_id) INTO found_units FROM analytics.unit
    WHERE unit_code = p_unit AND coalesce(valid_from, '-infinity') <= p_read_on AND coalesce(valid_to, 'infinity') >= p_read_on;
    IF found_units IS NULL THEN
        RAISE EXCEPTION 'không có xã, phường, đặc khu nào mang mã % vào ngày %', p_unit, p_read_on USING ERRCODE = '22023';
    END IF;
    RETURN found_units;
END $$;

CREATE FUNCTION analytics.report_warn(p_inexact numeric, p_read_on date) RETURNS boolean LANGUAGE plpgsql PARALLEL RESTRICTED AS $$
BEGIN
    IF p_inexact > 0 THEN
        RAISE WARNING '% hồ sơ có diễn biến sau ngày % và chưa được đọc lại: số liệu là gần đúng', p_inexact, p_read_on
            USING HINT = 'chạy: hoso report … --to ' || p_read_on;
    END IF;
    RETURN true;
END $$;

-- All measures by 'unit', 'field' or 'procedure', with names. The whole city by unit: every unit in force has its row.
CREATE FUNCTION analytics.report_rows(p_by text, p_unit text, p_from date, p_to date, p_read_on date, p_known_at timestamptz)
RETURNS TABLE (row_code text, row_name text,
               new_counter bigint, new_online_full bigint, new_online_partial bigint, new_online_other bigint,
               new_postal bigint, new_other bigint, new_non_territorial bigint, new_digitised bigint, paid bigint,
               paid_online bigint, carried bigint, early bigint, on_time bigint, withdrawn bigint, late bigint,
               late_apology bigint, unclear bigint, running bigint, paused bigint, stopped bigint, overdue bigint,
               overdue_apology bigint, waiting bigint, waiting_overdue bigint, refused bigint, rated bigint, satisfied bigint,
               done bigint, done_seconds numeric, inconsistent bigint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    day   date := coalesce(p_read_on, analytics.report_read_on(p_to));
    units integer[] := analytics.report_units(p_unit, day);
BEGIN
    RETURN QUERY
    WITH f AS MATERIALIZED (
        SELECT * FROM analytics.report_figures(units, p_from, day, coalesce(p_known_at, 'infinity'))
    ), g AS (
        SELECT CASE p_by WHEN 'unit' THEN f.unit_id::text WHEN 'field' THEN coalesce(f.field_code, p.field_code, '')
                    ELSE coalesce(f.procedure_code, '') END AS key,
           sum(new_counter)::bigint AS new_counter, sum(new_online_full)::bigint AS new_online_full,
           sum(new_online_partial)::bigint AS new_online_partial, sum(new_online_other)::bigint AS new_online_other,
           sum(new_postal)::bigint AS new_postal, sum(new_other)::bigint AS new_other,
           sum(new_non_territorial)::bigint AS new_non_territorial, sum(new_digitised)::bigint AS new_digitised,
           sum(paid)::bigint AS paid, sum(paid_online)::bigint AS paid_online, sum(carried)::bigint AS carried,
           sum(early)::bigint AS early, sum(on_time)::bigint AS on_time, sum(withdrawn)::bigint AS withdrawn,
           sum(late)::bigint AS late, sum(late_apology)::bigint AS late_apology, sum(unclear)::bigint AS unclear,
           sum(running)::bigint AS running, sum(paused)::bigint AS paused, sum(stopped)::bigint AS stopped,
           sum(overdue)::bigint AS overdue, sum(overdue_apology)::bigint AS overdue_apology, sum(waiting)::bigint AS waiting,
           sum(waiting_overdue)::bigint AS waiting_overdue, sum(refused)::bigint AS refused, sum(rated)::bigint AS rated,
           sum(satisfied)::bigint AS satisfied, sum(done)::bigint AS done, sum(done_seconds) AS done_seconds,
           sum(inconsistent)::bigint AS inconsistent
        FROM f LEFT JOIN analytics.procedure p ON p.procedure_code = f.procedure_code
        GROUP BY 1
    ), named AS (
        SELECT u.unit_id::text AS key, u.unit_code AS code,
               u.unit_full_name || CASE WHEN u.valid_to < day THEN ' (đến ' || to_char(u.valid_to, 'DD/MM/YYYY') || ')'
                                        WHEN u.valid_from > day THEN ' (từ ' || to_char(u.valid_from, 'DD/MM/YYYY') || ')'
                                        ELSE '' END AS name,
               day BETWEEN coalesce(u.valid_from, '-infinity') AND coalesce(u.valid_to, 'infinity') AS shown
        FROM analytics.unit u
        WHERE p_by = 'unit' AND (u.unit_id = ANY (units) OR units IS NULL)
        UNION ALL
        SELECT k.key, nullif(k.key, ''),
               CASE WHEN k.key = '' THEN 'Không rõ' WHEN p_by = 'field' THEN coalesce(d.field_name, k.key)
                    ELSE coalesce(p.procedure_name, k.key) END, true
        FROM g k LEFT JOIN analytics.field d ON d.field_code = k.key LEFT JOIN analytics.procedure p ON p.procedure_code = k.key
        WHERE p_by <> 'unit'
    )
    SELECT n.code, n.name,
           coalesce(g.new_counter, 0), coalesce(g.new_online_full, 0), coalesce(g.new_online_partial, 0),
           coalesce(g.new_online_other, 0), coalesce(g.new_postal, 0), coalesce(g.new_other, 0),
           coalesce(g.new_non_territorial, 0), coalesce(g.new_digitised, 0), coalesce(g.paid, 0), coalesce(g.paid_online, 0),
           coalesce(g.carried, 0), coalesce(g.early, 0), coalesce(g.on_time, 0), coalesce(g.withdrawn, 0), coalesce(g.late, 0),
           coalesce(g.late_apology, 0), coalesce(g.unclear, 0), coalesce(g.running, 0), coalesce(g.paused, 0),
           coalesce(g.stopped, 0), coalesce(g.overdue, 0), coalesce(g.overdue_apology, 0), coalesce(g.waiting, 0),
           coalesce(g.waiting_overdue, 0), coalesce(g.refused, 0), coalesce(g.rated, 0), coalesce(g.satisfied, 0),
           coalesce(g.done, 0), coalesce(g.done_seconds, 0), coalesce(g.inconsistent, 0)
    FROM named n LEFT JOIN g ON g.key = n.key,
         (SELECT analytics.report_warn(coalesce(sum(f.inexact), 0), day) AS warned FROM f) w
    WHERE w.warned AND (n.shown AND p_by <> 'procedure' OR g.key IS NOT NULL)
    ORDER BY n.code, n.name;
END $$;

-- Form II.06 by 'unit' (II.06a) or 'field' (II.06b).
CREATE FUNCTION analytics.form_ii06(p_by text, p_unit text, p_from date, p_to date, p_read_on date, p_known_at timestamptz)
RETURNS TABLE (row_code text, row_name text,
               received bigint, new_online bigint, new_direct bigint, carried bigint, settled bigint, early bigint,
               on_time bigint, late bigint, open bigint, open_in_time bigint, open_overdue bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT row_code, row_name,
           new_counter + new_online_full + new_online_partial + new_online_other + new_postal + new_other + carried,
           new_online_full + new_online_partial + new_online_other, new_counter + new_postal + new_other, carried,
           early + on_time + withdrawn + late + unclear, early, on_time + withdrawn, late, running + paused + overdue,
           running + paused, overdue
    FROM analytics.report_rows(p_by, p_unit, p_from, p_to, p_read_on, p_known_at);
END;
COMMENT ON FUNCTION analytics.form_ii06 IS 'Biểu II.06/VPCP/KSTT theo unit (đơn vị) hoặc field (lĩnh vực)';
CREATE FUNCTION analytics.form_ii06a(p_unit text, p_from date, p_to date, p_read_on date DEFAULT NULL, p_known_at timestamptz DEFAULT 'infinity')
RETURNS TABLE (row_code text, row_name text,
               received bigint, new_online bigint, new_direct bigint, carried bigint, settled bigint, early bigint,
               on_time bigint, late bigint, open bigint, open_in_time bigint, open_overdue bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT * FROM analytics.form_ii06('unit', p_unit, p_from, p_to, p_read_on, p_known_at);
END;
COMMENT ON FUNCTION analytics.form_ii06a IS 'Biểu II.06a/VPCP/KSTT: tình hình, kết quả giải quyết thủ tục hành chính, theo đơn vị; cột 3 đến 13';
CREATE FUNCTION analytics.form_ii06b(p_unit text, p_from date, p_to date, p_read_on date DEFAULT NULL, p_known_at timestamptz DEFAULT 'infinity')
RETURNS TABLE (row_code text, row_name text,
               received bigint, new_online bigint, new_direct bigint, carried bigint, settled bigint, early bigint,
               on_time bigint, late bigint, open bigint, open_in_time bigint, open_overdue bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT * FROM analytics.form_ii06('field', p_unit, p_from, p_to, p_read_on, p_known_at);
END;
COMMENT ON FUNCTION analytics.form_ii06b IS 'Biểu II.06b/VPCP/KSTT: như II.06a, theo lĩnh vực';

CREATE FUNCTION analytics.form_07a_week(p_unit text, p_from date, p_to date, p_read_on date DEFAULT NULL, p_known_at timestamptz DEFAULT 'infinity')
RETURNS TABLE (row_code text, row_name text,
               received bigint, new_counter bigint, new_online_full bigint, new_online_partial bigint, new_other bigint,
               new_postal bigint, non_territorial bigint, carried bigint, settled bigint, early bigint, on_time bigint,
               late_apology bigint, late_no_apology bigint, open bigint, not_due bigint, overdue_apology bigint,
               overdue_no_apology bigint, paid bigint, paid_online bigint, paid_direct bigint, stopped bigint,
               waiting_in_time bigint, waiting_overdue bigint, refused bigint, withdrawn bigint, electronic_results bigint,
               receipts bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT row_code, row_name,
           new_counter + new_online_full + new_online_partial + new_online_other + new_postal + new_other + carried,
           new_counter, new_online_full, new_online_partial, new_online_other + new_other, new_postal, new_non_territorial,
           carried, early + on_time + withdrawn + late + unclear, early, on_time + withdrawn, late_apology,
           late - late_apology, running + paused + overdue, running + paused, overdue_apology, overdue - overdue_apology, paid,
           paid_online, paid - paid_online, stopped, waiting - waiting_overdue, waiting_overdue, refused, withdrawn,
           NULL::bigint, NULL::bigint
    FROM analytics.report_rows('unit', p_unit, p_from, p_to, p_read_on, p_known_at);
END;
COMMENT ON FUNCTION analytics.form_07a_week IS 'Biểu 07a/BTP (mẫu 2026), báo cáo tuần: tách trước hạn và đúng hạn';
CREATE FUNCTION analytics.form_07a(p_unit text, p_from date, p_to date, p_read_on date DEFAULT NULL, p_known_at timestamptz DEFAULT 'infinity')
RETURNS TABLE (row_code text, row_name text,
               received bigint, new_counter bigint, new_online_full bigint, new_online_partial bigint, new_other bigint,
               new_postal bigint, non_territorial bigint, carried bigint, settled bigint, in_time bigint,
               late_apology bigint, late_no_apology bigint, open bigint, not_due bigint, overdue_apology bigint,
               overdue_no_apology bigint, paid bigint, paid_online bigint, paid_direct bigint, stopped bigint,
               waiting_in_time bigint, waiting_overdue bigint, refused bigint, withdrawn bigint, electronic_results bigint,
               receipts bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT row_code, row_name, received, new_counter, new_online_full, new_online_partial, new_other, new_postal, non_territorial,
           carried, settled, early + on_time, late_apology, late_no_apology, open, not_due, overdue_apology, overdue_no_apology, paid,
           paid_online, paid_direct, stopped, waiting_in_time, waiting_overdue, refused, withdrawn, electronic_results, receipts
    FROM analytics.form_07a_week(p_unit, p_from, p_to, p_read_on, p_known_at);
END;
COMMENT ON FUNCTION analytics.form_07a IS 'Biểu 07a/BTP (mẫu 2026), kỳ báo cáo, theo đơn vị. Kết quả điện tử và biên lai: nguồn không có, để trống';

CREATE FUNCTION analytics.form_766(p_unit text, p_from date, p_to date, p_read_on date DEFAULT NULL, p_known_at timestamptz DEFAULT 'infinity')
RETURNS TABLE (row_code text, row_name text,
               total bigint, settled_in_time bigint, open_in_time bigint, late bigint, open_overdue bigint,
               permyriad_in_time bigint, mean_hours bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT row_code, row_name,
           early + on_time + withdrawn + late + unclear + running + paused + overdue, early + on_time + withdrawn,
           running + paused, late, overdue,
           10000 * (early + on_time + withdrawn + running + paused) / nullif(early + on_time + withdrawn + late + unclear + running + paused + overdue, 0),
           (done_seconds / nullif(done, 0) / 3600)::bigint
    FROM analytics.report_rows('procedure', p_unit, p_from, p_to, p_read_on, p_known_at);
END;
COMMENT ON FUNCTION analytics.form_766 IS 'QĐ 766/QĐ-TTg, nhóm tiến độ giải quyết, theo thủ tục: (đã giải quyết trước và đúng hạn + đang giải quyết trong hạn) / tổng số';

CREATE FUNCTION analytics.form_summary(p_unit text, p_from date, p_to date, p_read_on date DEFAULT NULL, p_known_at timestamptz DEFAULT 'infinity')
RETURNS TABLE (row_code text, row_name text,
               new_online bigint, new_counter bigint, new_postal bigint, new_other bigint, carried bigint, settled bigint,
               early bigint, on_time bigint, late bigint, late_apology bigint, open bigint, open_in_time bigint,
               open_overdue bigint, open_paused bigint, rated bigint, satisfied bigint)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT row_code, row_name,
           new_online_full + new_online_partial + new_online_other, new_counter, new_postal, new_other, carried,
           early + on_time + withdrawn + late + unclear, early, on_time + withdrawn, late, late_apology,
           running + paused + overdue, running, overdue, paused, rated, satisfied
    FROM analytics.report_rows('unit', p_unit, p_from, p_to, p_read_on, p_known_at);
END;
COMMENT ON FUNCTION analytics.form_summary IS 'Tổng hợp tình hình giải quyết hồ sơ trong kỳ: các chỉ tiêu của báo cáo sơ kết';

CREATE FUNCTION analytics.form_causes(p_unit text, p_from date, p_to date, p_read_on date DEFAULT NULL,
                                      p_known_at timestamptz DEFAULT 'infinity')
RETURNS TABLE (row_code text, row_name text, total bigint, late bigint, late_apology bigint, late_no_apology bigint,
               open_overdue bigint, overdue_apology bigint, overdue_no_apology bigint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    day   date := coalesce(p_read_on, analytics.report_read_on(p_to));
    units integer[] := analytics.report_units(p_unit, day);
BEGIN
    RETURN QUERY
    WITH d AS MATERIALIZED (
        SELECT late_reason_code AS code, class, coalesce(apology_sent, false) AS apology
        FROM analytics.report_dossier(units, p_from, day, coalesce(p_known_at, 'infinity'))
        WHERE class IN ('late', 'overdue')
    )
    SELECT k.code, coalesce(l.late_reason_name, k.code, 'Chưa nêu nguyên nhân'),
           count(d.class), count(*) FILTER (WHERE class = 'late'), count(*) FILTER (WHERE class = 'late' AND apology),
           count(*) FILTER (WHERE class = 'late' AND NOT apology), count(*) FILTER (WHERE class = 'overdue'),
           count(*) FILTER (WHERE class = 'overdue' AND apology), count(*) FILTER (WHERE class = 'overdue' AND NOT apology)
    FROM (SELECT late_reason_code AS code FROM analytics.late_reason UNION SELECT d.code FROM d UNION SELECT NULL) k
    LEFT JOIN analytics.late_reason l ON l.late_reason_code = k.code
    LEFT JOIN d ON d.code IS NOT DISTINCT FROM k.code
    GROUP BY k.code, l.late_reason_name ORDER BY k.code NULLS LAST;
END $$;
COMMENT ON FUNCTION analytics.form_causes IS 'Nguyên nhân quá hạn (biểu II.07): hồ sơ giải quyết quá hạn và đang quá hạn, theo nguyên nhân';

-- The dossiers behind a figure: those of the class (early, on_time, withdrawn, late, running, paused, overdue, waiting, refused,
-- unclear), those of the place (new, carried), or all that count.
CREATE FUNCTION analytics.report_list(p_class text, p_unit text, p_from date, p_to date, p_read_on date DEFAULT NULL,
                                      p_known_at timestamptz DEFAULT 'infinity')
RETURNS TABLE (dossier_id bigint, unit_name text, procedure_name text, channel_name text, accepted_on date, due_on date, ended_on date,
               status_name text, place text, class text, apology_sent boolean, late_reason_name text, is_exact boolean, is_consistent boolean)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    day   date := coalesce(p_read_on, analytics.report_read_on(p_to));
    units integer[] := analytics.report_units(p_unit, day);
BEGIN
    RETURN QUERY
    SELECT r.dossier_id, u.unit_full_name, coalesce(p.procedure_name, r.procedure_code), analytics.channel_label(r.channel_code),
           analytics.vn_day(r.accepted_at), analytics.vn_day(r.due_at), analytics.vn_day(r.ended_at),
           analytics.status_label(r.status_code), r.place, r.class, r.apology_sent,
           coalesce(l.late_reason_name, r.late_reason_code), r.is_exact, r.is_consistent
    FROM analytics.report_dossier(units, p_from, day, coalesce(p_known_at, 'infinity')) r
    JOIN analytics.unit u ON u.unit_id = r.unit_id
    LEFT JOIN analytics.procedure p ON p.procedure_code = r.procedure_code
    LEFT JOIN analytics.late_reason l ON l.late_reason_code = r.late_reason_code
    WHERE r.class IS NOT NULL
      AND (p_class IS NULL OR p_class IN (r.class, r.place) OR p_class = 'inconsistent' AND NOT r.is_consistent)
    ORDER BY r.due_at NULLS LAST, r.dossier_id;
END $$;
COMMENT ON FUNCTION analytics.report_list IS 'Từng hồ sơ đằng sau một con số của biểu (không có mã hồ sơ)';

-- What the same period shows otherwise now than from what was known at p_known_at, dossier by dossier. Work after the period changes
-- nothing in it, so every difference is data that came later; was_late_work: what came says that the dossier was late.
CREATE FUNCTION analytics.report_changes(p_unit text, p_from date, p_to date, p_known_at timestamptz, p_read_on date DEFAULT NULL)
RETURNS TABLE (dossier_id bigint, procedure_name text, place_then text, class_then text, place_now text, class_now text,
               unit_then text, unit_now text, was_late_work boolean)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    day   date := coalesce(p_read_on, analytics.report_read_on(p_to));
    units integer[] := analytics.report_units(p_unit, day);
BEGIN
    RETURN QUERY
    SELECT dossier_id, coalesce(p.procedure_name, n.procedure_code, t.procedure_code), t.place, t.class, n.place, n.class,
           ut.unit_full_name, un.unit_full_name,
           coalesce(n.class IN ('late', 'overdue') AND t.class IS DISTINCT FROM 'late' AND t.class IS DISTINCT FROM 'overdue', false)
    FROM (SELECT * FROM analytics.report_dossier(units, p_from, day, p_known_at)) t
    FULL JOIN (SELECT * FROM analytics.report_dossier(units, p_from, day, 'infinity')) n USING (dossier_id)
    LEFT JOIN analytics.procedure p ON p.procedure_code = coalesce(n.procedure_code, t.procedure_code)
    LEFT JOIN analytics.unit ut ON ut.unit_id = t.unit_id LEFT JOIN analytics.unit un ON un.unit_id = n.unit_id
    WHERE (t.class, t.place, t.unit_id) IS DISTINCT FROM (n.class, n.place, n.unit_id)
      AND (t.class IS NOT NULL OR n.class IS NOT NULL)
    ORDER BY dossier_id;
END $$;
COMMENT ON FUNCTION analytics.report_changes IS
    'Số liệu của kỳ nay khác với lúc trước ở những hồ sơ nào: dữ liệu đến muộn, và trong đó có làm muộn hay không';

-- Makes a role that others are members of, if it is not there and we may; whether it is there then.
CREATE FUNCTION hoso.make_group(p_role name) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE ROLE %I NOLOGIN', p_role);
    RETURN true;
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN
    RETURN to_regrole(quote_ident(p_role)) IS NOT NULL;
END $$;

-- ---- who may read what ----
-- hoso_reader   (group) the views; no row of dossiers by itself
-- hoso_analyst  (group, a hoso_reader) every commune
-- hoso_commune  (group, a hoso_reader) the units that hoso.reader_unit names for the role that asks
-- hoso_case     (group) dossier codes, of the communes that the role may read anyway
-- hoso_service  (group) programs that write and are not the owner of the tables: row-level security lets them through
-- Roles belong to the whole server: another database may have made them, or an administrator who may what we may not. Then this is
-- called again: SELECT hoso.grant_readers().
CREATE FUNCTION hoso.grant_readers() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    role_name text;
    table_name text;
    columns text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['hoso_reader', 'hoso_analyst', 'hoso_commune', 'hoso_case', 'hoso_service'] LOOP
        IF NOT hoso.make_group(role_name) THEN
            RAISE NOTICE 'role % is missing: ask an administrator to create it, then SELECT hoso.grant_readers()', role_name;
            RETURN;
        END IF;
    END LOOP;
    BEGIN
        GRANT hoso_reader TO hoso_analyst, hoso_commune;
    EXCEPTION WHEN insufficient_privilege OR unique_violation THEN NULL;
              WHEN internal_error THEN NULL; -- "tuple concurrently updated": the other database grants it just now
    END;
    GRANT USAGE ON SCHEMA analytics TO hoso_reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO hoso_reader;
    REVOKE SELECT ON analytics.dossier_code FROM hoso_reader;
    REVOKE SELECT ON analytics.report_export FROM hoso_reader;
    GRANT SELECT ON analytics.dossier_code TO hoso_case;
    GRANT SELECT ON analytics.report_export, hoso.report_export TO hoso_analyst;
    -- What the views read, with the rights of who asks. No right to schema hoso: nobody can name these directly.
    GRANT SELECT ON hoso.unit, hoso.agency, hoso.map_change, hoso.work_calendar, hoso.field, hoso.procedure, hoso.late_reason, hoso.rollup_daily,
        hoso.rollup_open, hoso.kafka_offset, hoso.dossier_past, hoso.analyst_dossier, hoso.analyst_daily, hoso.analyst_open
        TO hoso_reader;
    SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
    WHERE attrelid = 'hoso.dossier'::regclass AND attnum > 0 AND NOT attisdropped
      AND attname NOT IN ('code', 'alternative_code', 'officer');
    EXECUTE 'GRANT SELECT (' || columns || ') ON hoso.dossier TO hoso_reader';
    GRANT SELECT (dossier_id, code, alternative_code, unit_id, alias_of, erased) ON hoso.dossier TO hoso_case;

    FOREACH table_name IN ARRAY ARRAY['dossier', 'rollup_daily', 'rollup_open', 'dossier_past'] LOOP
        EXECUTE format('ALTER TABLE hoso.%I ENABLE ROW LEVEL SECURITY', table_name);
        EXECUTE format('DROP POLICY IF EXISTS service ON hoso.%I', table_name);
        EXECUTE format('DROP POLICY IF EXISTS analyst ON hoso.%I', table_name);
        EXECUTE format('DROP POLICY IF EXISTS commune ON hoso.%I', table_name);
        EXECUTE format('CREATE POLICY service ON hoso.%I TO hoso_service USING (true) WITH CHECK (true)', table_name);
        EXECUTE format('CREATE POLICY analyst ON hoso.%I FOR SELECT TO hoso_analyst USING (true)', table_name);
        EXECUTE format('CREATE POLICY commune ON hoso.%I FOR SELECT TO hoso_commune USING '
                       '(unit_id = ANY ((SELECT hoso.readable_units())::integer[])%s)', table_name,
                       CASE table_name WHEN 'dossier_past'
                            THEN ' OR present_unit_id = ANY ((SELECT hoso.readable_units())::integer[])' ELSE '' END);
    END LOOP;
END $$;
SELECT hoso.grant_readers();

-- A login for a person or a program that reads: whole city (p_unit_codes NULL), or these communes with their predecessors. Read-only, and no
-- statement lasts longer than p_timeout. The password is set by the administrator. Called again, it changes what the role may read.
CREATE FUNCTION hoso.make_reader(p_role name, p_unit_codes text[] DEFAULT NULL, p_codes boolean DEFAULT false,
                                 p_timeout interval DEFAULT '60 seconds') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    unknown text;
BEGIN
    SELECT string_agg(c, ', ') INTO unknown FROM unnest(p_unit_codes) c WHERE NOT EXISTS (SELECT FROM hoso.unit WHERE code = c);
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'không có đơn vị mang mã: %', unknown USING ERRCODE = '22023';
    END IF;
    IF to_regrole(quote_ident(p_role)) IS NULL THEN
        EXECUTE format('CREATE ROLE %I LOGIN', p_role);
    END IF;
    EXECUTE format('REVOKE hoso_analyst, hoso_commune, hoso_case FROM %I', p_role);
    EXECUTE format('GRANT %I TO %I', CASE WHEN p_unit_codes IS NULL THEN 'hoso_analyst' ELSE 'hoso_commune' END, p_role);
    IF p_codes THEN
        EXECUTE format('GRANT hoso_case TO %I', p_role);
    END IF;
    EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', p_role, (extract(epoch FROM p_timeout) * 1000)::bigint);
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', p_role, '10min');
    EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', p_role);
    EXECUTE format('ALTER ROLE %I SET search_path = analytics', p_role);
    DELETE FROM hoso.reader_unit WHERE role_name = p_role;
    INSERT INTO hoso.reader_unit
    WITH RECURSIVE mine AS (
        SELECT unit_id FROM hoso.unit WHERE code = ANY (p_unit_codes) AND valid_to = 'infinity'
        UNION
        SELECT u.unit_id FROM hoso.unit u JOIN mine ON u.successor_id = mine.unit_id
    ) SELECT p_role, unit_id FROM mine;
END $$;
COMMENT ON FUNCTION hoso.make_reader IS 'Tạo hoặc đổi quyền một tài khoản chỉ đọc: cả thành phố, hoặc một số xã (và các đơn vị cũ của xã)';

-- ---- what everything means ----
-- A column means the same in every view; the few that do not are named after.

COMMENT ON VIEW analytics.unit IS 'Đơn vị hành chính cấp xã theo thời gian: mỗi dòng là một đơn vị với hiệu lực của nó, đơn vị kế thừa và đơn vị tiền thân';
COMMENT ON VIEW analytics.calendar IS 'Lịch làm việc: mỗi ngày một dòng, ngày nghỉ, ngày làm bù, và căn cứ';
COMMENT ON VIEW analytics.procedure IS 'Danh mục thủ tục hành chính đã có tên';
COMMENT ON VIEW analytics.field IS 'Danh mục lĩnh vực';
COMMENT ON VIEW analytics.late_reason IS 'Danh mục nguyên nhân quá hạn';
COMMENT ON VIEW analytics.dossier IS 'Mỗi dòng một hồ sơ, theo hiểu biết mới nhất; không có mã hồ sơ, không có hồ sơ trùng mã hoặc đã xóa';
COMMENT ON VIEW analytics.dossier_code IS 'Mã hồ sơ, chỉ cho người được phép tra cứu từng hồ sơ';
COMMENT ON VIEW analytics.rollup_daily IS 'Số liệu theo xã, ngày, thủ tục và kênh: mỗi chỉ tiêu tính vào ngày xảy ra của chính nó (giờ Việt Nam)';
COMMENT ON VIEW analytics.rollup_open IS 'Hồ sơ chưa kết thúc theo hạn trả; quá hạn vào một ngày = tổng count có phase = running và due_date trước ngày đó';
COMMENT ON VIEW analytics.unit_overview IS 'Mỗi xã một dòng: hồ sơ đang mở lúc này, quá hạn, sắp đến hạn';
COMMENT ON VIEW analytics.quarantine IS 'Hồ sơ chưa xác định được đơn vị: cơ quan nào, vì sao, bao nhiêu';
COMMENT ON VIEW analytics.freshness IS 'Số liệu mới đến đâu: lần ghi gần nhất của từng bộ phận xử lý';
COMMENT ON VIEW analytics.report_export IS 'Nhật ký các lần xuất báo cáo';
DO $$
DECLARE
    place record;
BEGIN
    FOR place IN
        SELECT c.oid::regclass AS view, a.attname AS name, m.meaning
        FROM (VALUES
            ('unit_id', 'Định danh đơn vị của hoso, không bao giờ đổi: một mã xã có thể thuộc hai đơn vị khác nhau qua thời gian'),
            ('unit_code', 'Mã xã, phường, đặc khu; có thể từng là mã của đơn vị khác'),
            ('unit_name', 'Tên đơn vị'),
            ('unit_kind', 'Loại: xã, phường, đặc khu, thị trấn'),
            ('unit_full_name', 'Loại và tên'),
            ('valid_from', 'Ngày đầu có hiệu lực; trống = từ trước đến nay'),
            ('valid_to', 'Ngày cuối có hiệu lực; trống = đang còn'),
            ('in_force', 'Đang còn hiệu lực'),
            ('split_up', 'Đã chia về nhiều đơn vị mới: hồ sơ tồn cần người quyết định'),
            ('successor_unit_id', 'Định danh đơn vị kế thừa'),
            ('successor_code', 'Mã đơn vị kế thừa'),
            ('successor_name', 'Đơn vị kế thừa'),
            ('predecessors', 'Số đơn vị cũ nhập trọn vào đơn vị này'),
            ('predecessor_names', 'Tên các đơn vị cũ đó'),
            ('day', 'Ngày (giờ Việt Nam)'),
            ('year', 'Năm'),
            ('quarter', 'Quý'),
            ('month', 'Tháng'),
            ('week_year', 'Năm của tuần (ISO)'),
            ('week', 'Tuần trong năm (ISO, từ thứ Hai)'),
            ('weekday', 'Thứ trong tuần: 1 = thứ Hai … 7 = Chủ nhật'),
            ('weekday_name', 'Tên thứ'),
            ('is_working', 'Cơ quan làm việc'),
            ('special_name', 'Tên ngày lễ, ngày nghỉ hoán đổi hoặc ngày làm bù'),
            ('legal_basis', 'Căn cứ'),
            ('year_known', 'Lịch năm này đã nạp; chưa nạp thì chỉ tính thứ Hai đến thứ Sáu'),
            ('procedure_code', 'Mã thủ tục quốc gia (MaTTHC)'),
            ('procedure_name', 'Tên thủ tục; chưa có trong danh mục thì là mã'),
            ('field_code', 'Mã lĩnh vực'),
            ('field_name', 'Tên lĩnh vực; chưa có trong danh mục thì là mã'),
            ('late_reason_code', 'Mã nguyên nhân quá hạn'),
            ('late_reason_name', 'Nguyên nhân quá hạn'),
            ('dossier_id', 'Số thứ tự hồ sơ của hoso; không phải mã hồ sơ'),
            ('dossier_code', 'Mã hồ sơ (MaHoSo): coi như dữ liệu cá nhân'),
            ('canonical_code', 'Mã chính, khi đây chỉ là mã khác của cùng hồ sơ'),
            ('alternative_code', 'Mã khác của cùng hồ sơ (MaHoSoKhac)'),
            ('quarantine_reason', 'Vì sao chưa xác định được đơn vị; trống = đã xác định'),
            ('deciding_agency_code', 'Mã cơ quan giải quyết'),
            ('receiving_agency_code', 'Mã cơ quan tiếp nhận'),
            ('receiving_unit_name', 'Đơn vị của cơ quan tiếp nhận'),
            ('channel_code', 'Kênh nộp: counter, online, postal, other, unknown'),
            ('channel', 'Kênh nộp: counter, online, postal, other, unknown'),
            ('channel_name', 'Kênh nộp'),
            ('subject_code', 'Đối tượng nộp: citizen, business, household, state, other, unknown'),
            ('subject_name', 'Đối tượng nộp'),
            ('online_level_code', 'Mức độ dịch vụ công: full, partial, information, unknown'),
            ('online_level_name', 'Mức độ dịch vụ công trực tuyến'),
            ('non_territorial', 'Phi địa giới; trống = không rõ'),
            ('status_code', 'Trạng thái 1–10 (TrangThaiHoSo)'),
            ('status_name', 'Trạng thái'),
            ('phase_code', 'Giai đoạn: waiting, running, paused, ended'),
            ('phase', 'Giai đoạn: waiting, running, paused'),
            ('phase_name', 'Giai đoạn'),
            ('status_on', 'Ngày vào trạng thái này'),
            ('status_at', 'Thời điểm vào trạng thái này'),
            ('submitted_on', 'Ngày nộp'),
            ('submitted_at', 'Thời điểm nộp'),
            ('accepted_on', 'Ngày tiếp nhận'),
            ('accepted_at', 'Thời điểm tiếp nhận'),
            ('original_due_on', 'Ngày hẹn trả ban đầu, không bao giờ đổi'),
            ('original_due_at', 'Thời điểm hẹn trả ban đầu'),
            ('due_on', 'Hạn để xét đúng hay quá hạn; trống = không có hạn, không bao giờ quá hạn'),
            ('due_at', 'Thời điểm của hạn đó'),
            ('promised_on', 'Ngày hẹn gần nhất đã báo cho người dân'),
            ('promised_at', 'Thời điểm hẹn gần nhất'),
            ('reappointments', 'Số lần hẹn lại'),
            ('supplement_rounds', 'Số lần yêu cầu bổ sung'),
            ('ended_on', 'Ngày kết thúc xử lý'),
            ('ended_at', 'Thời điểm kết thúc xử lý'),
            ('ended_known_at', 'Lúc hệ thống biết là đã kết thúc'),
            ('returned_on', 'Ngày trả kết quả'),
            ('returned_at', 'Thời điểm trả kết quả'),
            ('verdict_code', 'Kết quả so với hạn: early, on_time, late; trống = chưa kết thúc hoặc không xét'),
            ('verdict_name', 'Trước hạn, đúng hạn, quá hạn'),
            ('is_overdue', 'Đang giải quyết và đã quá hạn tính đến hôm nay'),
            ('late_data_possible', 'Kết thúc theo tin không có ngày giờ của nguồn: có thể là dữ liệu đến muộn chứ không phải làm muộn'),
            ('fee_due', 'Có phí, lệ phí'),
            ('paid', 'Đã nộp phí'),
            ('paid_online', 'Nộp phí trực tuyến'),
            ('digitised', 'Có thành phần hồ sơ số hóa'),
            ('apology_sent', 'Đã có thư xin lỗi'),
            ('rating', 'Mức đánh giá 1–5; trống = chưa đánh giá'),
            ('rated_on', 'Ngày đánh giá'),
            ('rated_at', 'Thời điểm đánh giá'),
            ('portal_status_code', 'Trạng thái mà Cổng nêu, khi hệ thống một cửa là nguồn chính'),
            ('portal_status_name', 'Trạng thái mà Cổng nêu'),
            ('portal_disagrees', 'Cổng và một cửa khác nhau về việc đã kết thúc hay chưa'),
            ('first_ingested_at', 'Lúc hệ thống nhận tin đầu tiên'),
            ('last_ingested_at', 'Lúc hệ thống nhận tin gần nhất'),
            ('submitted', 'Nộp trong ngày'),
            ('accepted', 'Tiếp nhận trong ngày'),
            ('refused', 'Không được tiếp nhận'),
            ('early', 'Giải quyết trước hạn'),
            ('on_time', 'Giải quyết đúng ngày hẹn, hoặc không có hạn'),
            ('late', 'Giải quyết quá hạn'),
            ('late_apology', 'Quá hạn đã có thư xin lỗi'),
            ('withdrawn', 'Rút, trả lại, hoặc dừng hẳn'),
            ('supplements', 'Lượt yêu cầu bổ sung bắt đầu trong ngày'),
            ('level_full', 'Tiếp nhận: dịch vụ công toàn trình'),
            ('level_partial', 'Tiếp nhận: một phần'),
            ('level_information', 'Tiếp nhận: cung cấp thông tin'),
            ('rated', 'Lượt đánh giá'),
            ('satisfied', 'Đánh giá mức 4 hoặc 5'),
            ('late_data', 'Kết thúc theo tin không có ngày giờ của nguồn'),
            ('work_minutes', 'Tổng số phút làm việc đã chạy hạn, của hồ sơ giải quyết xong'),
            ('work_4h', 'Xong trong 4 giờ làm việc'),
            ('work_1d', 'Trong 8 giờ'),
            ('work_3d', 'Trong 24 giờ'),
            ('work_5d', 'Trong 40 giờ'),
            ('work_10d', 'Trong 80 giờ'),
            ('work_20d', 'Trong 160 giờ'),
            ('work_more', 'Lâu hơn'),
            ('due_date', 'Hạn trả; infinity = không có hạn'),
            ('count', 'Số hồ sơ'),
            ('waiting', 'Chờ tiếp nhận'),
            ('open', 'Đang giải quyết, gồm cả tạm dừng'),
            ('paused', 'Tạm dừng: chờ bổ sung, chờ nộp tiền, dừng xử lý'),
            ('overdue', 'Đang giải quyết, quá hạn'),
            ('due_today', 'Đến hạn hôm nay'),
            ('due_in_3_days', 'Đến hạn trong 3 ngày tới'),
            ('dossiers', 'Số hồ sơ'),
            ('first_heard_on', 'Ngày đầu tiên nhận được'),
            ('consumer_code', 'Bộ phận xử lý: aggregator, alerter'),
            ('consumer_name', 'Bộ phận xử lý'),
            ('partitions', 'Số phân vùng đã đọc'),
            ('events_read', 'Số sự kiện đã đọc'),
            ('written_at', 'Lần ghi gần nhất'),
            ('written_on', 'Ngày ghi gần nhất'),
            ('seconds_since', 'Số giây từ lần ghi gần nhất'),
            ('export_id', 'Số thứ tự'),
            ('exported_on', 'Ngày xuất'),
            ('exported_at', 'Thời điểm xuất'),
            ('exported_by', 'Tài khoản xuất'),
            ('form', 'Biểu'),
            ('from_day', 'Ngày đầu kỳ'),
            ('to_day', 'Ngày cuối kỳ'),
            ('read_on', 'Đọc vào cuối ngày này'),
            ('known_at', 'Chỉ tính những gì đã biết đến lúc này; trống = tất cả'),
            ('format', 'Định dạng'),
            ('is_public', 'Bản công khai: ô nhỏ được che'),
            ('with_codes', 'Có mã hồ sơ'),
            ('row_count', 'Số dòng')
        ) AS m (name, meaning)
        JOIN pg_attribute a ON a.attname = m.name
        JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'v' AND c.relnamespace = 'analytics'::regnamespace
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', place.view, place.name, place.meaning);
    END LOOP;
END $$;
COMMENT ON COLUMN analytics.rollup_daily.digitised IS 'Tiếp nhận: có thành phần số hóa';
COMMENT ON COLUMN analytics.rollup_daily.paid IS 'Tiếp nhận: đã nộp phí';
COMMENT ON COLUMN analytics.rollup_daily.paid_online IS 'Tiếp nhận: nộp phí trực tuyến';
COMMENT ON COLUMN analytics.rollup_daily.non_territorial IS 'Tiếp nhận: phi địa giới';
COMMENT ON COLUMN analytics.report_export.unit_code IS 'Mã xã; trống = cả thành phố';

-- migrate:down
DROP SCHEMA analytics CASCADE;
