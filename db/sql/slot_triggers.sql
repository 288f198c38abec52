-- Trigger functions that free or recount send slots when something else changes (triggers.sql says when each runs).

-- A deferral belongs to one wait. A change of status, due time or step ends it and frees the slot that was held for it.
-- An enrollment that is paused during a deferral has already waited for its step, so the step is due when it is
-- resumed.
CREATE OR REPLACE FUNCTION forget_deferral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.deferral := NULL;
    IF NEW.status = 'paused' THEN
        NEW.next_action_at := least(NEW.next_action_at, NEW.paused_at);
    END IF;
    UPDATE send_slots SET status = 'free'
     WHERE enrollment_id = NEW.id AND tenant_id = NEW.tenant_id AND status = 'held';
    RETURN NEW;
END $$;

-- An enrollment that has ended sends nothing more: frees its planned and held slots.
CREATE OR REPLACE FUNCTION give_back_all_slots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE send_slots SET status = 'free'
     WHERE enrollment_id = NEW.id AND tenant_id = NEW.tenant_id AND status IN ('planned', 'held');
    RETURN NULL;
END $$;

-- A message was withdrawn before the final dot, so its slot is free again. A refused message keeps its slot, because it
-- has reached the server and counts.
CREATE OR REPLACE FUNCTION give_back_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE send_slots SET status = 'free'
     WHERE tenant_id = NEW.tenant_id AND id = (
           SELECT id FROM send_slots
            WHERE enrollment_id = NEW.enrollment_id AND tenant_id = NEW.tenant_id AND step_id = NEW.step_id
              AND visit = NEW.visit AND status = 'used'
            ORDER BY at DESC LIMIT 1);
    RETURN NULL;
END $$;

-- The lead was erased: its planned and held slots are freed. Emails that were sent still count.
CREATE OR REPLACE FUNCTION free_orphan_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.status := 'free';
    RETURN NEW;
END $$;

-- A mailbox's limits or zone changed: counts its days again.
CREATE OR REPLACE FUNCTION recount_send_days() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    zone text := coalesce(nullif(NEW.timezone, ''), nullif(NEW.day_zone, ''));
BEGIN
    PERFORM sweep_slots(NEW);
    IF zone IS NOT NULL THEN
        UPDATE send_slots SET day = (at AT TIME ZONE zone)::date
         WHERE mailbox_id = NEW.id AND tenant_id = NEW.tenant_id AND status IN ('held', 'used')
           AND day <> (at AT TIME ZONE zone)::date;
    END IF;
    DELETE FROM send_days WHERE tenant_id = NEW.tenant_id AND mailbox_id = NEW.id;
    INSERT INTO send_days (tenant_id, mailbox_id, day, taken, planned)
    SELECT NEW.tenant_id, NEW.id, day, count(*) FILTER (WHERE status <> 'planned'),
           count(*) FILTER (WHERE status = 'planned')
      FROM send_slots WHERE mailbox_id = NEW.id AND tenant_id = NEW.tenant_id AND status <> 'free'
     GROUP BY day;
    RETURN NULL;
END $$;
