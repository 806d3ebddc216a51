-- migrate:up

-- Dossiers that ended long ago, out of the way: whole dossiers (row and history) move into one table a year, hoso.dossier_y2025 and
-- hoso.dossier_event_y2025, by the year in which they ended. `hoso db retain` moves them while services run.
--
-- The yearly tables inherit from hoso.dossier and hoso.dossier_event (PostgreSQL: "partitioning using inheritance"; the declarative
-- kind would want the year in the unique keys). So whoever reads hoso.dossier reads all of it, and an UPDATE finds a cold row where it
-- stands: news of a cold dossier are written as of any other, its new events among the warm ones, and the next run brings it back whole.
-- A move changes no row's content, hence no figure; row locks settle who is first, and an aggregator that comes second
-- finds fewer rows than it expected and reads again.

-- Up to which moment of hearing the last run moved. What a cold dossier heard since then is news.
CREATE TABLE hoso.cold_run (
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    heard_before timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO hoso.cold_run DEFAULT VALUES;

CREATE FUNCTION hoso.cold_years() RETURNS SETOF integer LANGUAGE sql STABLE AS $$
    SELECT substring(c.relname FROM '[0-9]+$')::integer FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'hoso.dossier'::regclass ORDER BY 1
$$;
-- Both tables of a year, as the warm ones are, with one more index: by it a report for a later period passes the year over.
CREATE FUNCTION hoso.make_cold_year(p_year integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE hoso.dossier_y%s (LIKE hoso.dossier INCLUDING ALL) WITH (fillfactor = 100)', p_year);
    EXECUTE format('CREATE TABLE hoso.dossier_event_y%s (LIKE hoso.dossier_event INCLUDING ALL)', p_year);
    EXECUTE format('CREATE INDEX ON hoso.dossier_y%s (last_ingested_at)', p_year);
    EXECUTE format('ALTER TABLE hoso.dossier_y%s INHERIT hoso.dossier', p_year);
    EXECUTE format('ALTER TABLE hoso.dossier_event_y%s INHERIT hoso.dossier_event', p_year);
END $$;

-- Moves these dossiers, rows and histories, from one pair of tables into another.
CREATE FUNCTION hoso.move_dossiers(p_ids bigint[], p_from text, p_to text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('WITH gone AS (DELETE FROM ONLY hoso.dossier%s WHERE dossier_id = ANY ($1) RETURNING *)'
                   ' INSERT INTO hoso.dossier%s SELECT * FROM gone', p_from, p_to) USING p_ids;
    EXECUTE format('WITH gone AS (DELETE FROM ONLY hoso.dossier_event%s WHERE dossier_id = ANY ($1) RETURNING *)'
                   ' INSERT INTO hoso.dossier_event%s SELECT * FROM gone', p_from, p_to) USING p_ids;
END $$;

-- Brings back the cold dossiers that heard something since the last run, and notes this run. Once, before the walk below.
CREATE FUNCTION hoso.retain_begin(p_heard_before timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    last_run timestamptz;
    year     integer;
    ids      bigint[];
    returned bigint := 0;
BEGIN
    SELECT heard_before INTO STRICT last_run FROM hoso.cold_run FOR UPDATE;
    FOR year IN SELECT * FROM hoso.cold_years() LOOP
        EXECUTE format('SELECT array_agg(dossier_id) FROM (SELECT dossier_id FROM hoso.dossier_y%s WHERE last_ingested_at >= $1'
                       ' FOR UPDATE SKIP LOCKED) d', year) INTO ids USING last_run;
        CONTINUE WHEN ids IS NULL;
        PERFORM hoso.move_dossiers(ids, '_y' || year, '');
        returned := returned + cardinality(ids);
    END LOOP;
    UPDATE hoso.cold_run SET heard_before = greatest(heard_before, p_heard_before);
    RETURN returned;
END $$;

-- One chunk of the walk over the warm dossiers by their ids; a transaction each. last_id NULL = there are no more.
CREATE FUNCTION hoso.retain_step(p_after bigint, p_heard_before timestamptz, p_chunk integer, OUT last_id bigint, OUT moved bigint)
LANGUAGE plpgsql AS $$
DECLARE
    due record;
BEGIN
    moved := 0;
    PERFORM FROM hoso.cold_run FOR UPDATE; -- one run at a time
    SELECT max(d.dossier_id) INTO last_id FROM (SELECT dossier_id FROM ONLY hoso.dossier WHERE dossier_id > p_after
                                                 ORDER BY dossier_id LIMIT p_chunk) d;
    FOR due IN
        SELECT extract(year FROM d.ended_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::integer AS year, array_agg(d.dossier_id) AS ids
        FROM (SELECT dossier_id, ended_at FROM ONLY hoso.dossier
              WHERE dossier_id > p_after AND dossier_id <= last_id AND phase = 'ended' AND ended_at IS NOT NULL AND quarantine IS NULL
                AND last_ingested_at < p_heard_before
              FOR UPDATE SKIP LOCKED) d
        GROUP BY 1
    LOOP
        IF due.year NOT IN (SELECT hoso.cold_years()) THEN
            PERFORM hoso.make_cold_year(due.year);
        END IF;
        PERFORM hoso.move_dossiers(due.ids, '', '_y' || due.year);
        moved := moved + cardinality(due.ids);
    END LOOP;
END $$;

-- migrate:down
DROP FUNCTION hoso.retain_step, hoso.retain_begin, hoso.move_dossiers, hoso.make_cold_year, hoso.cold_years;
DROP TABLE hoso.cold_run;
