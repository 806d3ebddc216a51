-- migrate:up

-- Schema hoso is made by `hoso db migrate` itself, which keeps its ledger there.

-- Reference: communes with validity dates, agency map, working calendar. Loaded by `hoso db migrate`.
CREATE TABLE hoso.unit (
    unit_id      integer PRIMARY KEY,
    code         text NOT NULL,
    name         text NOT NULL,
    kind         text NOT NULL,
    valid_from   date NOT NULL DEFAULT '-infinity',
    valid_to     date NOT NULL DEFAULT 'infinity',
    successor_id integer,
    split        boolean NOT NULL DEFAULT false,
    UNIQUE (code, valid_from)
);
CREATE TABLE hoso.agency (
    agency_code text NOT NULL,
    unit_code   text NOT NULL,
    valid_from  date NOT NULL DEFAULT '-infinity',
    valid_to    date NOT NULL DEFAULT 'infinity',
    PRIMARY KEY (agency_code, valid_from)
);
-- A unit that was divided, and those that have a part of it: its open dossiers want a person's decision.
CREATE TABLE hoso.unit_split (
    unit_id      integer NOT NULL,
    candidate_id integer NOT NULL,
    PRIMARY KEY (unit_id, candidate_id)
);
-- Changes of the tables above, newest last. A service folds again what a change may move to another unit, and notes in
-- hoso.kafka_offset how far it has come.
CREATE TABLE hoso.map_change (
    version    bigint PRIMARY KEY,
    changed_at timestamptz NOT NULL DEFAULT now(),
    units      boolean NOT NULL,   -- a unit is new or other than before: any dossier may move
    agencies   text[] NOT NULL     -- codes whose entries are new, other than before, or gone
);
CREATE TABLE hoso.work_calendar (
    day   date PRIMARY KEY,
    off   boolean NOT NULL,
    name  text NOT NULL,
    basis text NOT NULL
);

-- Progress lives with the data: one row per consumer and partition, moved by compare-and-swap.
CREATE TABLE hoso.kafka_offset (
    consumer    text NOT NULL,     -- 'aggregator', 'alerter'
    topic       text NOT NULL,
    partition   integer NOT NULL,
    next_offset bigint NOT NULL,
    owner       uuid NOT NULL,     -- of the process that may write
    epoch       bigint NOT NULL,   -- grows by one with every claim
    map_version bigint NOT NULL DEFAULT 0, -- of hoso.map_change: all dossiers of the partition follow it
    last_offset bigint,            -- of the last record committed, and its fingerprint: a topic that was made anew has another there
    last_record bigint,
    stop_at     bigint,            -- no record from here on is to be taken (hoso replay); NULL = no end
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, topic, partition)
) WITH (fillfactor = 50);

-- The aggregator's tables. Codes that are compared for every event are compared byte by byte (COLLATE "C").
-- Each nextval gives a block of ids that belongs to whoever asked: the first of it, and the 1023 after it.
CREATE SEQUENCE hoso.dossier_id INCREMENT BY 1024;
CREATE TABLE hoso.dossier (
    dossier_id        bigint PRIMARY KEY DEFAULT nextval('hoso.dossier_id'),
    code              text COLLATE "C" NOT NULL UNIQUE,
    partition         integer NOT NULL,
    unit_id           integer,              -- NULL = quarantine, or nothing known yet
    quarantine        text,                 -- 'unknown', 'expired', 'split'; NULL = none
    alternative_code  text,
    alias_of          text,
    erased            boolean NOT NULL,
    procedure_code    text,
    field_code        text,
    deciding_agency   text,
    receiving_agency  text,
    deciding_unit     text,                 -- commune code, only where the source itself names it
    channel           text NOT NULL,
    subject           text NOT NULL,
    online_level      text NOT NULL,
    non_territorial   boolean,
    status            smallint NOT NULL,
    phase             text NOT NULL,        -- waiting, running, paused, ended
    status_at         timestamptz,
    status_basis      text NOT NULL,        -- source, ingest
    portal_status     smallint NOT NULL,
    portal_disagrees  boolean NOT NULL,
    submitted_at      timestamptz,
    accepted_at       timestamptz,
    original_due_at   timestamptz,
    due_at            timestamptz,          -- lateness is judged by this one
    promised_at       timestamptz,
    reappointments    integer NOT NULL,
    supplement_rounds integer NOT NULL,
    step_due_at       timestamptz,
    ended_at          timestamptz,
    ended_known_at    timestamptz,
    returned_at       timestamptz,
    verdict           text,                 -- early, on_time, late; NULL = none
    fee_due           boolean,
    paid              boolean,
    paid_online       boolean,
    digitised         boolean,
    apology_sent      boolean,
    late_reason       text,
    rating            smallint NOT NULL,
    rated_at          timestamptz,
    officer           bytea,
    first_ingested_at timestamptz,          -- this and the next: NULL where erased, and nowhere else
    last_ingested_at  timestamptz
) WITH (fillfactor = 60);                   -- a row changes a few times in its life; on its own page no index notices
CREATE INDEX dossier_unit ON hoso.dossier (unit_id);
CREATE INDEX dossier_quarantine ON hoso.dossier (quarantine) WHERE quarantine IS NOT NULL;

CREATE TABLE hoso.dossier_event (
    dossier_id  bigint NOT NULL,
    event_id    uuid NOT NULL,
    ingested_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    kind        text NOT NULL,
    status      smallint NOT NULL,
    source      text NOT NULL,
    payload     bytea NOT NULL,             -- the record's value as it came: framing and Avro
    PRIMARY KEY (dossier_id, event_id, ingested_at)
);

-- Both rollups are kept per Kafka partition and summed by their views, so that writers of different partitions never meet.
CREATE TABLE hoso.rollup_daily (
    partition         integer NOT NULL,
    unit_id           integer NOT NULL,
    day               date NOT NULL,
    procedure_code    text COLLATE "C" NOT NULL,
    channel           text COLLATE "C" NOT NULL,
    submitted         integer NOT NULL,
    accepted          integer NOT NULL,
    refused           integer NOT NULL,
    early             integer NOT NULL,
    on_time           integer NOT NULL,
    late              integer NOT NULL,
    late_apology      integer NOT NULL,
    withdrawn         integer NOT NULL,
    supplements       integer NOT NULL,
    level_full        integer NOT NULL,
    level_partial     integer NOT NULL,
    level_information integer NOT NULL,
    non_territorial   integer NOT NULL,
    digitised         integer NOT NULL,
    paid              integer NOT NULL,
    paid_online       integer NOT NULL,
    rated             integer NOT NULL,
    satisfied         integer NOT NULL,
    late_data         integer NOT NULL,
    work_minutes      bigint NOT NULL,
    work_4h           integer NOT NULL,
    work_1d           integer NOT NULL,
    work_3d           integer NOT NULL,
    work_5d           integer NOT NULL,
    work_10d          integer NOT NULL,
    work_20d          integer NOT NULL,
    work_more         integer NOT NULL,
    PRIMARY KEY (partition, unit_id, day, procedure_code, channel)
) WITH (fillfactor = 70);
CREATE TABLE hoso.rollup_open (
    partition      integer NOT NULL,
    unit_id        integer NOT NULL,
    due_date       date NOT NULL,           -- infinity = no due date, never overdue
    procedure_code text COLLATE "C" NOT NULL,
    channel        text COLLATE "C" NOT NULL,
    phase          text COLLATE "C" NOT NULL,           -- waiting, running, paused
    count          integer NOT NULL,
    PRIMARY KEY (partition, unit_id, due_date, procedure_code, channel, phase)
) WITH (fillfactor = 70);

-- Records that could not be used, on their way to the dead-letter topic.
CREATE TABLE hoso.dlq_outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       text NOT NULL,
    partition   integer NOT NULL,
    "offset"    bigint NOT NULL,
    key         bytea,
    value       bytea,
    record_time timestamptz,
    headers     bytea NOT NULL,             -- name NUL length(4, big-endian; all ones = null) value, repeated
    stage       text NOT NULL,              -- decode, validate, key
    error_code  text NOT NULL,
    message     text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz,
    UNIQUE (topic, partition, "offset")
);
CREATE INDEX dlq_outbox_unsent ON hoso.dlq_outbox (id) WHERE sent_at IS NULL;
-- Dead letters that `hoso dlq redrive` has sent to their topic again; topic, partition and offset are the bad record's.
CREATE TABLE hoso.dlq_redriven (
    topic       text NOT NULL,
    partition   integer NOT NULL,
    "offset"    bigint NOT NULL,
    redriven_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, "offset")
);

-- The alerter's tables; it reads none of the aggregator's.
CREATE TABLE hoso.alert_event (
    dossier_code text COLLATE "C" NOT NULL,
    event_id     uuid NOT NULL,
    ingested_at  timestamptz NOT NULL,
    partition    integer NOT NULL,
    payload      bytea NOT NULL,
    PRIMARY KEY (dossier_code, event_id, ingested_at)
);
-- One row per dossier that is known: when the clock wants it next (what the deadlines in memory are rebuilt from), and, once it has
-- ended, when its events may be dropped.
CREATE TABLE hoso.alert_watch (
    dossier_code text COLLATE "C" PRIMARY KEY,
    partition    integer NOT NULL,
    deadline_at  timestamptz,
    forget_at    timestamptz
) WITH (fillfactor = 70);
CREATE INDEX alert_watch_partition ON hoso.alert_watch (partition, dossier_code);
CREATE INDEX alert_watch_forget ON hoso.alert_watch (forget_at) WHERE forget_at IS NOT NULL;
-- What time the alerters of a machine go by: a wall clock that jumps is not believed, also not after a restart.
CREATE TABLE hoso.alert_clock (
    boot_id     text PRIMARY KEY,           -- of the kernel
    believed_at timestamptz NOT NULL,
    steady_us   bigint NOT NULL,            -- the steady clock at that moment
    jump_ms     bigint NOT NULL,            -- wall clock ahead of believed_at; 0 = it is believed
    accepted    boolean NOT NULL DEFAULT false -- a person says that the wall clock is right
);
-- Which rules hold where (services/alerter/rulebook.h); no row = the defaults. NULL = for all.
CREATE TABLE hoso.alert_rule (
    rule           text NOT NULL,
    unit_code      text,
    procedure_code text,
    enabled        boolean,
    amount         integer CHECK (amount > 0),
    setting        text,
    UNIQUE NULLS NOT DISTINCT (rule, unit_code, procedure_code)
);
-- Under which rules (and which calendar) a partition's open dossiers have been judged; others = judged again.
CREATE TABLE hoso.alert_rules_followed (
    topic     text NOT NULL,
    partition integer NOT NULL,
    digest    uuid NOT NULL,
    PRIMARY KEY (topic, partition)
);
CREATE TABLE hoso.alert (
    alert_id         uuid PRIMARY KEY,      -- first 16 bytes of SHA-256(dossier code, rule, episode)
    dossier_code     text COLLATE "C" NOT NULL,
    rule             text NOT NULL,
    episode          integer NOT NULL,
    unit_id          integer,
    procedure_code   text,
    state            text NOT NULL,         -- firing, resolved, retracted
    silent           boolean NOT NULL,      -- it was over before we could fire: recorded, nobody disturbed
    reason           text NOT NULL,
    due_at           timestamptz NOT NULL,
    original_due_at  timestamptz,
    deadline_at      timestamptz NOT NULL,
    began_at         timestamptz NOT NULL,  -- deadline_at, or later where the clock ran again after it
    fired_at         timestamptz NOT NULL,
    ended_at         timestamptz,
    last_event_at    timestamptz,
    last_ingested_at timestamptz,
    late_data        boolean,
    portal_status    smallint NOT NULL DEFAULT 0, -- what the portal's copy says where it disagrees
    updated_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (dossier_code, rule, episode)
);
CREATE INDEX alert_unit ON hoso.alert (unit_id, state);
CREATE TABLE hoso.outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id    uuid NOT NULL,
    partition   integer NOT NULL,           -- of the dossier's events: its owner relays the row
    key         text NOT NULL,              -- dossier code
    payload     bytea NOT NULL,             -- framed Avro of alert.v1
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz
);
CREATE INDEX outbox_unsent ON hoso.outbox (partition, id) WHERE sent_at IS NULL;

-- migrate:down
DROP SCHEMA hoso CASCADE;
