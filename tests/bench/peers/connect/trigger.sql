-- The Connect peer's merge: whatever a batch adds to the history, and nothing that was there already, goes into states and counts. The
-- sink task says in bench.task which partition of the rollup is its own, so that two tasks never wait for one another.
CREATE FUNCTION bench.merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH latest AS (
        SELECT DISTINCT ON (code) code, status, (ARRAY[1, 2, 7, 3, 4, 5, 8, 6, 9, 10])[status] AS rank,
               occurred_at, ingested_at, event_id
        FROM added WHERE status > 0 ORDER BY code, occurred_at DESC, 3 DESC, ingested_at DESC, event_id DESC
    ), changed AS MATERIALIZED (
        SELECT n.*, split_part(n.code, '-', 1) AS office, o.status AS old_status
        FROM latest n LEFT JOIN bench.dossier o USING (code)
        WHERE o.code IS NULL OR (n.occurred_at, n.rank, n.ingested_at, n.event_id)
                              > (o.occurred_at, o.rank, o.ingested_at, o.event_id)
    ), written AS (
        INSERT INTO bench.dossier SELECT code, office, status, rank, occurred_at, ingested_at, event_id FROM changed
        ON CONFLICT (code) DO UPDATE SET status = excluded.status, rank = excluded.rank,
            occurred_at = excluded.occurred_at, ingested_at = excluded.ingested_at, event_id = excluded.event_id
    )
    INSERT INTO bench.rollup AS r
    SELECT current_setting('bench.task')::integer, office, status, sum(n) FROM (
        SELECT office, status, 1 AS n FROM changed
        UNION ALL SELECT office, old_status, -1 FROM changed WHERE old_status IS NOT NULL) AS d
    GROUP BY office, status HAVING sum(n) <> 0 ORDER BY office, status
    ON CONFLICT (partition, office, status) DO UPDATE SET count = r.count + excluded.count;
    RETURN NULL;
END $$;
CREATE TRIGGER merge AFTER INSERT ON bench.dossier_event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION bench.merge();
