-- The common job, which every peer can express: what a dossier says last, one history row per event, and how many dossiers of each
-- office stand at each status. `%` of tests/bench/README.md says how it differs from what hoso does.
CREATE SCHEMA bench;

-- The event latest in (occurred_at, rank, ingested_at, event_id) among those that give a status.
CREATE TABLE bench.dossier (
    code        text PRIMARY KEY,
    office      text NOT NULL,       -- the code's part before the first '-'
    status      smallint NOT NULL,
    rank        smallint NOT NULL,   -- place of the status in a dossier's life: 1, 2, 4, 5, 6, 8, 3, 7, 9, 10
    occurred_at bigint NOT NULL,     -- Unix milliseconds, as in the events
    ingested_at bigint NOT NULL,
    event_id    bytea NOT NULL
);
-- Each distinct event, with or without a status.
CREATE TABLE bench.dossier_event (
    code        text NOT NULL,
    event_id    bytea NOT NULL,
    ingested_at bigint NOT NULL,
    occurred_at bigint NOT NULL,
    kind        text NOT NULL,
    status      smallint NOT NULL,
    source      text NOT NULL,
    payload     bytea NOT NULL,      -- the record's value as it came
    PRIMARY KEY (code, event_id, ingested_at)
);
-- Summed over partitions by whoever reads it; a peer with one writer keeps all in partition 0.
CREATE TABLE bench.rollup (
    partition integer NOT NULL,
    office    text NOT NULL,
    status    smallint NOT NULL,
    count     bigint NOT NULL,
    PRIMARY KEY (partition, office, status)
);
-- For peers that keep their offsets with the data.
CREATE TABLE bench.progress (
    partition   integer PRIMARY KEY,
    next_offset bigint NOT NULL
);
