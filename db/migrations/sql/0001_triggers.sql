CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

DO $$
DECLARE
    touched text;
BEGIN
    FOREACH touched IN ARRAY ARRAY['tenants', 'users', 'leads', 'campaigns', 'mailboxes', 'sequences',
                                   'sequence_steps', 'lead_sequence_state', 'messages'] LOOP
        EXECUTE format('CREATE TRIGGER touch_updated_at BEFORE UPDATE ON %I
                            FOR EACH ROW EXECUTE FUNCTION touch_updated_at()', touched);
    END LOOP;
END $$;

CREATE FUNCTION count_steps() RETURNS trigger LANGUAGE plpgsql AS $$
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
