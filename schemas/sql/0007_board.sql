-- migrate:up

-- hoso-board: who may look, what they may see, and what its page reads fast.

CREATE TABLE hoso.board_user (
    user_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE CHECK (name = lower(name) AND length(name) BETWEEN 1 AND 64),
    password   text,                        -- scrypt; NULL = signs in through the SSO proxy only
    role       text NOT NULL CHECK (role IN ('city', 'commune', 'analyst', 'operator')),
    unit_code  text,                        -- of a commune's staff
    disabled   boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((role = 'commune') = (unit_code IS NOT NULL))
);
CREATE TABLE hoso.board_session (
    token_hash bytea PRIMARY KEY,           -- SHA-256 of the cookie: who reads this table cannot sign in with it
    user_id    bigint NOT NULL REFERENCES hoso.board_user ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX board_session_user ON hoso.board_session (user_id);
CREATE TABLE hoso.board_audit (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    actor   text NOT NULL,                  -- account, as given where nobody was signed in
    address text NOT NULL,
    action  text NOT NULL,                  -- login, login_failed, logout, dossier_seen, acknowledge, export, …
    object  text NOT NULL DEFAULT ''
);
CREATE INDEX board_audit_at ON hoso.board_audit (at);

-- What a transaction of the board may see, setting hoso.units: 'all', or one unit_id. Unset = nothing.
CREATE FUNCTION hoso.board_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('hoso.units', true) = 'all', false)
$$;
CREATE FUNCTION hoso.board_unit() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN current_setting('hoso.units', true) ~ '^[0-9]{1,9}$'
           THEN current_setting('hoso.units', true)::integer END
$$;

ALTER TABLE hoso.dossier ENABLE ROW LEVEL SECURITY;
ALTER TABLE hoso.dossier_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE hoso.rollup_daily ENABLE ROW LEVEL SECURITY;
ALTER TABLE hoso.rollup_open ENABLE ROW LEVEL SECURITY;
ALTER TABLE hoso.alert ENABLE ROW LEVEL SECURITY;

-- The roles under which the board reads, by SET LOCAL ROLE, and what they may. Only a unit's own staff may know a dossier's code.
-- `hoso db migrate` calls it again while something is missing.
CREATE FUNCTION hoso.grant_board() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    role text;
    name text;
BEGIN
    FOREACH role IN ARRAY ARRAY['hoso_board_city', 'hoso_board_unit'] LOOP
        IF NOT hoso.make_group(role) THEN
            RETURN;
        END IF;
        BEGIN
            EXECUTE format('GRANT %I TO CURRENT_USER', role);
        EXCEPTION WHEN insufficient_privilege OR unique_violation THEN NULL;
                  WHEN internal_error THEN NULL; -- "tuple concurrently updated": the other database grants it just now
        END;
        EXECUTE format('GRANT USAGE ON SCHEMA hoso TO %I', role);
        EXECUTE format('GRANT SELECT ON hoso.unit, hoso.rollup_daily, hoso.rollup_open TO %I', role);
        EXECUTE format('GRANT SELECT (dossier_id, unit_id, quarantine, erased, procedure_code, field_code, channel, subject,'
            ' online_level, status, phase, status_at, status_basis, portal_status, portal_disagrees, submitted_at, accepted_at,'
            ' original_due_at, due_at, promised_at, reappointments, supplement_rounds, step_due_at, ended_at, ended_known_at,'
            ' returned_at, verdict, apology_sent, late_reason, first_ingested_at, last_ingested_at) ON hoso.dossier TO %I', role);
        EXECUTE format('GRANT SELECT (dossier_id, event_id, ingested_at, occurred_at, kind, status, source)'
            ' ON hoso.dossier_event TO %I', role);
        EXECUTE format('GRANT SELECT (alert_id, rule, episode, unit_id, procedure_code, state, silent, reason, due_at,'
            ' original_due_at, deadline_at, began_at, fired_at, ended_at, last_event_at, last_ingested_at, late_data, portal_status,'
            ' updated_at, acked_by, snoozed_until)'
            ' ON hoso.alert TO %I', role);
    END LOOP;
    GRANT SELECT (code, alternative_code, alias_of, deciding_agency, receiving_agency) ON hoso.dossier TO hoso_board_unit;
    GRANT SELECT (dossier_code) ON hoso.alert TO hoso_board_unit;

    -- The functions stand in sub-selects, so that they run once for a statement and not once for a row.
    FOREACH name IN ARRAY ARRAY['dossier', 'rollup_daily', 'rollup_open', 'alert', 'dossier_event'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS board ON hoso.%I', name);
        CONTINUE WHEN name = 'dossier_event';
        EXECUTE format('CREATE POLICY board ON hoso.%I FOR SELECT TO hoso_board_city, hoso_board_unit'
            ' USING ((SELECT hoso.board_all()) OR unit_id = (SELECT hoso.board_unit()))', name);
    END LOOP;
    CREATE POLICY board ON hoso.dossier_event FOR SELECT TO hoso_board_city, hoso_board_unit
        USING (EXISTS (SELECT FROM hoso.dossier d WHERE d.dossier_id = dossier_event.dossier_id));
END $$;
SELECT hoso.grant_board();

CREATE INDEX dossier_event_newest ON hoso.dossier_event (ingested_at);
CREATE INDEX rollup_daily_day ON hoso.rollup_daily (day, unit_id);
CREATE INDEX alert_updated ON hoso.alert (updated_at);
CREATE INDEX alert_firing ON hoso.alert (fired_at) WHERE state = 'firing';

-- migrate:down
DROP TABLE hoso.board_audit, hoso.board_session, hoso.board_user;
