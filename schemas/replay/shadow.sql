-- `hoso replay`: the aggregator's tables a second time, how they are filled from the history, compared with those in use, and taken over.
-- All of it goes away with the schema.
CREATE SCHEMA hoso_replay;
CREATE TABLE hoso_replay.kafka_offset (LIKE hoso.kafka_offset INCLUDING ALL);
CREATE TABLE hoso_replay.dossier (LIKE hoso.dossier INCLUDING ALL);
CREATE TABLE hoso_replay.dossier_event (LIKE hoso.dossier_event INCLUDING ALL);
CREATE TABLE hoso_replay.rollup_daily (LIKE hoso.rollup_daily INCLUDING ALL);
CREATE TABLE hoso_replay.rollup_open (LIKE hoso.rollup_open INCLUDING ALL);
CREATE TABLE hoso_replay.dlq_outbox (LIKE hoso.dlq_outbox INCLUDING ALL);
-- The aggregator at work has sent these, or will.
ALTER TABLE hoso_replay.dlq_outbox ALTER sent_at SET DEFAULT now();

-- 'a, b' or 'p.a, p.b': the columns of a table of schema hoso, but for some.
CREATE FUNCTION hoso_replay.columns(of_table text, prefix text, VARIADIC but text[]) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(prefix || quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = ('hoso.' || of_table)::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL (but)
$$;
-- 'a.k = b.k AND …' over the columns of a table's primary key.
CREATE FUNCTION hoso_replay.key_join(of_table text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(format('a.%1$I = b.%1$I', attname), ' AND ') FROM pg_index
    JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
    WHERE indrelid = ('hoso.' || of_table)::regclass AND indisprimary
$$;

-- Partitions that are read from the log's beginning.
CREATE FUNCTION hoso_replay.from_log(of_topic text, partitions integer[], first_offsets bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO hoso_replay.kafka_offset (consumer, topic, partition, next_offset, owner, epoch)
    SELECT 'aggregator', of_topic, p, o, gen_random_uuid(), 0 FROM unnest(partitions, first_offsets) AS l (p, o)
$$;
-- Partitions that go on from the history as it stands now. Nothing but the history is believed: the rows are bare, their map
-- version is none, so that the aggregator folds each of them anew before it reads on.
CREATE FUNCTION hoso_replay.from_history(of_topic text, partitions integer[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    bare text := hoso_replay.columns('dossier', '', 'unit_id', 'quarantine');
BEGIN
    INSERT INTO hoso_replay.kafka_offset (consumer, topic, partition, next_offset, owner, epoch, map_version, last_offset, last_record)
    SELECT consumer, topic, partition, next_offset, gen_random_uuid(), 0, -1, last_offset, last_record FROM hoso.kafka_offset
    WHERE consumer = 'aggregator' AND topic = of_topic AND partition = ANY (partitions);
    EXECUTE format('INSERT INTO hoso_replay.dossier (%1$s, quarantine) SELECT %1$s, ''replay'' '
                   'FROM hoso.dossier WHERE partition = ANY ($1)', bare) USING partitions;
    INSERT INTO hoso_replay.dossier_event
    SELECT e.* FROM hoso.dossier_event e JOIN hoso.dossier d USING (dossier_id) WHERE d.partition = ANY (partitions);
END $$;

-- Rows compared, rows that differ, and one of them, per table.
CREATE FUNCTION hoso_replay.differences(OUT of_table text, OUT rows bigint, OUT differ bigint, OUT example text)
RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    keyed text;
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT ''dossier'', count(*), count(*) FILTER (WHERE other), min(code) FILTER (WHERE other) FROM ('
        'SELECT code, (%s) IS DISTINCT FROM (%s) AS other FROM hoso.dossier a FULL JOIN hoso_replay.dossier b USING (code)) c',
        hoso_replay.columns('dossier', 'a.', 'dossier_id', 'code'), hoso_replay.columns('dossier', 'b.', 'dossier_id', 'code'));
    RETURN QUERY
        SELECT 'dossier_event', count(*), count(*) FILTER (WHERE a.payload IS DISTINCT FROM b.payload),
               min(code) FILTER (WHERE a.payload IS DISTINCT FROM b.payload)
        FROM (SELECT d.code, e.event_id, e.ingested_at, e.payload FROM hoso.dossier_event e JOIN hoso.dossier d USING (dossier_id)) a
        FULL JOIN (SELECT d.code, e.event_id, e.ingested_at, e.payload
                   FROM hoso_replay.dossier_event e JOIN hoso_replay.dossier d USING (dossier_id)) b
            USING (code, event_id, ingested_at);
    FOREACH keyed IN ARRAY ARRAY['rollup_daily', 'rollup_open'] LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %1$L, count(*), count(*) FILTER (WHERE a IS DISTINCT FROM b), '
            'min(coalesce(a::text, b::text)) FILTER (WHERE a IS DISTINCT FROM b) FROM hoso.%1$I a FULL JOIN hoso_replay.%1$I b ON %2$s',
            keyed, hoso_replay.key_join(keyed));
    END LOOP;
END $$;

-- Makes the tables in use what the replay says, row by row where they differ: views, rights and readers notice nothing but the
-- figures. The epochs are raised, so that whoever writes reads again what it has in memory.
CREATE FUNCTION hoso_replay.take_over(of_topic text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    dossier text := hoso_replay.columns('dossier', '', 'dossier_id');
    keyed text;
BEGIN
    DELETE FROM hoso.dossier_event e USING hoso.dossier d
    WHERE d.dossier_id = e.dossier_id AND NOT EXISTS (
        SELECT FROM hoso_replay.dossier s JOIN hoso_replay.dossier_event x USING (dossier_id)
        WHERE s.code = d.code AND x.event_id = e.event_id AND x.ingested_at = e.ingested_at AND x.payload = e.payload);
    DELETE FROM hoso.dossier d WHERE NOT EXISTS (SELECT FROM hoso_replay.dossier s WHERE s.code = d.code);
    EXECUTE format('UPDATE hoso.dossier a SET (%1$s) = (SELECT %2$s) FROM hoso_replay.dossier b '
                   'WHERE a.code = b.code AND (%3$s) IS DISTINCT FROM (%2$s)',
                   dossier, hoso_replay.columns('dossier', 'b.', 'dossier_id'), hoso_replay.columns('dossier', 'a.', 'dossier_id'));
    INSERT INTO hoso.dossier SELECT b.* FROM hoso_replay.dossier b WHERE NOT EXISTS (SELECT FROM hoso.dossier a WHERE a.code = b.code);
    EXECUTE format('INSERT INTO hoso.dossier_event (dossier_id, %1$s) SELECT d.dossier_id, %2$s FROM hoso_replay.dossier_event x '
                   'JOIN hoso_replay.dossier s USING (dossier_id) JOIN hoso.dossier d ON d.code = s.code WHERE NOT EXISTS ('
                   'SELECT FROM hoso.dossier_event e WHERE e.dossier_id = d.dossier_id AND e.event_id = x.event_id '
                   'AND e.ingested_at = x.ingested_at)', -- a key of the warm table says nothing of the cold ones
                   hoso_replay.columns('dossier_event', '', 'dossier_id'), hoso_replay.columns('dossier_event', 'x.', 'dossier_id'));
    FOREACH keyed IN ARRAY ARRAY['rollup_daily', 'rollup_open'] LOOP
        EXECUTE format('DELETE FROM hoso.%1$I a WHERE NOT EXISTS (SELECT FROM hoso_replay.%1$I b WHERE %2$s AND a = b)',
                       keyed, hoso_replay.key_join(keyed));
        EXECUTE format('INSERT INTO hoso.%1$I SELECT * FROM hoso_replay.%1$I ON CONFLICT DO NOTHING', keyed);
    END LOOP;
    UPDATE hoso.kafka_offset k SET epoch = k.epoch + 1, map_version = s.map_version, updated_at = now()
    FROM hoso_replay.kafka_offset s
    WHERE k.consumer = 'aggregator' AND k.topic = of_topic AND s.consumer = k.consumer AND s.topic = k.topic AND s.partition = k.partition;
END $$;
