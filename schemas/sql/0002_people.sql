-- migrate:up

-- People: who is told of which alerts, what they did, and what was sent to them. The alerter plans and sends; the board and `hoso alerts` act
-- through hoso.alert_act.

-- What people did about an alert, and how far up it has gone.
ALTER TABLE hoso.alert
    ADD COLUMN level smallint NOT NULL DEFAULT 1,   -- 1 who works on it, 2 who answers for it, 3 the city
    ADD COLUMN escalate_at timestamptz,             -- to the next level, if nobody has acknowledged by then
    ADD COLUMN acked_at timestamptz,
    ADD COLUMN acked_by text,
    ADD COLUMN snoozed_until timestamptz;
CREATE INDEX alert_escalate ON hoso.alert (escalate_at) WHERE escalate_at IS NOT NULL AND acked_at IS NULL AND state = 'firing';
CREATE INDEX alert_open ON hoso.alert (alert_id) WHERE state = 'firing' AND NOT silent;

CREATE TABLE hoso.recipient (
    recipient_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL,                     -- an office rather than a person: "Chủ tịch UBND xã …"
    channel      text NOT NULL,                     -- [channel.NAME] of the configuration
    address      text NOT NULL,                     -- as that channel needs it: e-mail address, telephone number; '' for a webhook
    operator     boolean NOT NULL DEFAULT false,    -- is told when hoso itself is in trouble
    active       boolean NOT NULL DEFAULT true,
    test_asked   boolean NOT NULL DEFAULT false,    -- `hoso alerts test-send`
    told_at      timestamptz,                       -- when something was last planned for them
    digest_day   date,                              -- the last day with a daily digest
    pending_at   timestamptz,                       -- since when there is something to tell
    UNIQUE (channel, address)
);
-- Who answers for what: a unit (NULL = every one), rules (NULL = all), from which level on. Validity dates make delegations.
CREATE TABLE hoso.duty (
    duty_id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient_id integer NOT NULL REFERENCES hoso.recipient ON DELETE CASCADE,
    unit_code    text,
    procedure_code text,
    rules        text[],
    level        smallint NOT NULL DEFAULT 1 CHECK (level BETWEEN 1 AND 3),
    valid_from   date NOT NULL DEFAULT '-infinity',
    valid_to     date NOT NULL DEFAULT 'infinity'
);
CREATE INDEX duty_recipient ON hoso.duty (recipient_id);
-- Mutes (one procedure, one rule) and maintenance windows: alerts are recorded all the same, nobody is told. NULL = all.
CREATE TABLE hoso.alert_silence (
    silence_id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit_code      text,
    procedure_code text,
    rule           text,
    from_at        timestamptz NOT NULL DEFAULT now(),
    to_at          timestamptz NOT NULL DEFAULT 'infinity',
    actor          text NOT NULL,
    reason         text NOT NULL,
    ended_by       text                             -- before its time
);
-- Every act of a person.
CREATE TABLE hoso.alert_audit (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT now(),
    actor    text NOT NULL,
    via      text NOT NULL,                         -- link, cli, board
    act      text NOT NULL,                         -- ack, snooze, unsnooze, mute, unmute, clock, duty_add, duty_end
    alert_id uuid,
    until    timestamptz,
    note     text
);
CREATE INDEX alert_audit_alert ON hoso.alert_audit (alert_id);
-- A silence is an act too, whoever makes it by whatever way.
CREATE FUNCTION hoso.alert_silence_audit() RETURNS trigger
LANGUAGE plpgsql SET search_path = hoso, pg_catalog AS $$
BEGIN
    INSERT INTO alert_audit (actor, via, act, until, note)
    VALUES (CASE TG_OP WHEN 'INSERT' THEN NEW.actor ELSE coalesce(NEW.ended_by, session_user) END,
            CASE current_setting('application_name') WHEN 'hoso' THEN 'cli' ELSE 'sql' END,
            CASE TG_OP WHEN 'INSERT' THEN 'mute' ELSE 'unmute' END, NEW.to_at,
            concat_ws(' ', '#' || NEW.silence_id, NEW.unit_code, NEW.procedure_code, NEW.rule, NEW.reason));
    RETURN NULL;
END $$;
CREATE TRIGGER alert_silence_audit AFTER INSERT OR UPDATE ON hoso.alert_silence
    FOR EACH ROW EXECUTE FUNCTION hoso.alert_silence_audit();

-- The firing alerts that a recipient knows of. What is owed to them is the difference to hoso.alert.
CREATE TABLE hoso.alert_told (
    recipient_id integer NOT NULL REFERENCES hoso.recipient ON DELETE CASCADE,
    alert_id     uuid NOT NULL,
    told_at      timestamptz NOT NULL,
    PRIMARY KEY (recipient_id, alert_id)
);
-- Messages on their way. Rendered when planned, so that every attempt sends the same bytes under the same id.
CREATE TABLE hoso.delivery (
    delivery_id  uuid PRIMARY KEY,
    recipient_id integer REFERENCES hoso.recipient ON DELETE CASCADE,
    channel      text NOT NULL,
    address      text NOT NULL,
    subject      text NOT NULL,
    body         bytea NOT NULL,                    -- the mail, or the body of the request
    alert_ids    uuid[] NOT NULL,                   -- what its link acknowledges
    created_at   timestamptz NOT NULL DEFAULT now(),
    state        text NOT NULL DEFAULT 'pending',   -- pending, sent, dead
    attempts     integer NOT NULL DEFAULT 0,
    next_at      timestamptz NOT NULL DEFAULT now(),
    sent_at      timestamptz,
    last_error   text
);
CREATE INDEX delivery_pending ON hoso.delivery (next_at) WHERE state = 'pending';

-- The one way to act on an alert, for the alerter's link, the board and the command line. false = no such alert, or it is over.
CREATE FUNCTION hoso.alert_act(p_alert uuid, p_act text, p_actor text, p_via text, p_until timestamptz DEFAULT NULL,
                               p_note text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path = hoso, pg_catalog AS $$
DECLARE
    known boolean;
BEGIN
    SELECT state = 'firing' INTO known FROM alert WHERE alert_id = p_alert FOR UPDATE;
    IF known IS NOT TRUE THEN
        RETURN false;
    END IF;
    IF p_act = 'ack' THEN
        UPDATE alert SET acked_at = coalesce(acked_at, now()), acked_by = coalesce(acked_by, p_actor)
        WHERE alert_id = p_alert;
    ELSIF p_act = 'snooze' AND p_until > now() THEN
        UPDATE alert SET snoozed_until = p_until WHERE alert_id = p_alert;
        DELETE FROM alert_told WHERE alert_id = p_alert; -- when it wakes it is news again
    ELSIF p_act = 'unsnooze' THEN
        UPDATE alert SET snoozed_until = NULL WHERE alert_id = p_alert;
    ELSE
        RAISE EXCEPTION 'alert_act: % is not ack, snooze until a later time, or unsnooze', p_act USING ERRCODE = '22023';
    END IF;
    INSERT INTO alert_audit (actor, via, act, alert_id, until, note) VALUES (p_actor, p_via, p_act, p_alert, p_until, p_note);
    RETURN true;
END $$;

-- Who has to know of what now: alerts that fire, at their level, for duties that are valid on p_day, less silences and snoozes.
-- p_now is the alerter's time, which is not always the server's.
CREATE FUNCTION hoso.alert_audience(p_now timestamptz, p_day date)
RETURNS TABLE (recipient_id integer, alert_id uuid)
LANGUAGE sql STABLE SET search_path = hoso, pg_catalog AS $$
    SELECT DISTINCT d.recipient_id, a.alert_id
    FROM alert a LEFT JOIN unit u USING (unit_id)
    JOIN duty d ON (d.unit_code IS NULL OR d.unit_code = u.code)
        AND (d.procedure_code IS NULL OR d.procedure_code = a.procedure_code)
        AND (d.rules IS NULL OR a.rule = ANY (d.rules))
        AND a.level >= d.level AND p_day BETWEEN d.valid_from AND d.valid_to
    JOIN recipient r ON r.recipient_id = d.recipient_id AND r.active
    WHERE a.state = 'firing' AND NOT a.silent AND coalesce(a.snoozed_until, '-infinity') <= p_now
        AND NOT EXISTS (SELECT 1 FROM alert_silence s WHERE p_now BETWEEN s.from_at AND s.to_at
            AND (s.unit_code IS NULL OR s.unit_code = u.code)
            AND (s.procedure_code IS NULL OR s.procedure_code = a.procedure_code)
            AND (s.rule IS NULL OR s.rule = a.rule))
$$;

-- migrate:down
DROP FUNCTION hoso.alert_audience, hoso.alert_act;
DROP TRIGGER alert_silence_audit ON hoso.alert_silence;
DROP FUNCTION hoso.alert_silence_audit;
DROP TABLE hoso.delivery, hoso.alert_told, hoso.alert_silence, hoso.alert_audit, hoso.duty, hoso.recipient;
ALTER TABLE hoso.alert DROP COLUMN level, DROP COLUMN escalate_at, DROP COLUMN acked_at, DROP COLUMN acked_by, DROP COLUMN snoozed_until;
