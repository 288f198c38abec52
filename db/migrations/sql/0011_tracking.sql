-- Machine opens and scanner clicks: what comes seconds after a message was delivered was no person.

-- When the recipient's server had taken the message, on the enrollment's clock. `sent_at` is when the attempt began:
-- a task may have lain in its queue since, and a server may take its time.
ALTER TABLE messages ADD COLUMN accepted_at timestamptz;

CREATE FUNCTION note_acceptance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.accepted_at := greatest(NEW.sent_at, clock_timestamp() + (
        SELECT clock_offset FROM lead_sequence_state WHERE tenant_id = NEW.tenant_id AND id = NEW.enrollment_id));
    RETURN NEW;
END $$;
CREATE TRIGGER note_acceptance BEFORE UPDATE ON messages FOR EACH ROW
    WHEN (NEW.status = 'sent' AND OLD.status <> 'sent')
    EXECUTE FUNCTION note_acceptance();
