DROP FUNCTION migrate_enrollments, hear_lead_event, load_mailbox, has_heard, heard_after, done_after;
DELETE FROM sequence_steps WHERE removed_at IS NOT NULL;
ALTER TABLE lead_engagement DROP COLUMN sequence_id;
ALTER TABLE messages DROP COLUMN variant, DROP COLUMN sequence_id;
ALTER TABLE lead_sequence_state DROP COLUMN heard_event_id, DROP COLUMN waiting_for, DROP COLUMN done;
ALTER TABLE sequences DROP COLUMN unpublished;
DROP INDEX sequence_steps_key_key;
ALTER TABLE sequence_steps ADD CONSTRAINT sequence_steps_key_key UNIQUE (tenant_id, sequence_id, key);
DROP TRIGGER count_steps ON sequence_steps;
ALTER TABLE sequence_steps DROP CONSTRAINT removed_has_no_place;
ALTER TABLE sequence_steps ALTER COLUMN position SET NOT NULL;
ALTER TABLE sequence_steps DROP COLUMN removed_at;
CREATE OR REPLACE FUNCTION count_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        UPDATE sequences SET steps_count = steps_count + 1
         WHERE tenant_id = NEW.tenant_id AND id = NEW.sequence_id;
    END IF;
    IF TG_OP IN ('DELETE', 'UPDATE') THEN
        UPDATE sequences SET steps_count = steps_count - 1
         WHERE tenant_id = OLD.tenant_id AND id = OLD.sequence_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_steps AFTER INSERT OR DELETE OR UPDATE OF sequence_id ON sequence_steps
    FOR EACH ROW EXECUTE FUNCTION count_steps();
