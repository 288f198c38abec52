-- Mailboxes as they are in the world: servers of their own, limits, and a lead's wait for one of them.

ALTER TABLE mailboxes
    -- Whose days and hours count; empty: the sequence's.
    ADD COLUMN timezone text NOT NULL DEFAULT '',
    -- Its share of new leads; 0 takes none.
    ADD COLUMN weight integer NOT NULL DEFAULT 1 CHECK (weight BETWEEN 0 AND 1000),
    -- Limits; NULL is none. A day is one of the mailbox's zone, an hour any sixty minutes.
    ADD COLUMN daily_cap integer CHECK (daily_cap >= 1),
    ADD COLUMN hourly_cap integer CHECK (hourly_cap >= 1),
    ADD COLUMN min_gap_seconds integer NOT NULL DEFAULT 0 CHECK (min_gap_seconds BETWEEN 0 AND 86400),
    ADD COLUMN gap_jitter_seconds integer NOT NULL DEFAULT 0 CHECK (gap_jitter_seconds BETWEEN 0 AND 86400),
    -- A young mailbox warms up: `ramp_start` emails on its first day, `ramp_increase` more each day after.
    ADD COLUMN ramp_start integer CHECK (ramp_start >= 1),
    ADD COLUMN ramp_increase integer CHECK (ramp_increase >= 1),
    ADD COLUMN ramp_started_on date,
    -- domain/windows.py, without holidays; NULL: at any hour.
    ADD COLUMN working_hours jsonb,
    -- {host, port, security, username}; NULL: the installation's own mail server, and nobody watches its inbox.
    ADD COLUMN smtp jsonb,
    ADD COLUMN imap jsonb,
    -- Encrypted before they come here (services/secret_box.py).
    ADD COLUMN smtp_password text,
    ADD COLUMN imap_password text,
    -- Why it is held, when nobody held it by hand: the code of a circuit breaker.
    ADD COLUMN hold_reason text,
    ADD COLUMN held_at timestamptz;

-- Why the step that is due waits all the same, and for what: {cause, mailbox_id, ...}. NULL while nothing is put off.
ALTER TABLE lead_sequence_state ADD COLUMN deferral jsonb;

-- It is true only of the wait that it was written with: whatever moves that (a pause, a stop, an absence, an edit)
-- makes it untrue.
CREATE FUNCTION forget_deferral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.deferral := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER forget_deferral BEFORE UPDATE ON lead_sequence_state FOR EACH ROW
    WHEN (OLD.deferral IS NOT NULL AND NEW.deferral IS NOT DISTINCT FROM OLD.deferral
          AND (NEW.status NOT IN ('pending', 'active')
               OR NEW.next_action_at IS DISTINCT FROM OLD.next_action_at
               OR NEW.current_step_id IS DISTINCT FROM OLD.current_step_id))
    EXECUTE FUNCTION forget_deferral();
