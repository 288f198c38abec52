CREATE OR REPLACE FUNCTION is_suppressed(p_tenant_id uuid, p_email text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM suppressions
                    WHERE tenant_id = p_tenant_id
                      AND (kind, value) IN (('address', p_email), ('domain', split_part(p_email, '@', 2))))
$$;
DROP FUNCTION domain_and_parents;
DROP FUNCTION release_parked, clear_mailbox_failures;
DROP INDEX lead_sequence_state_parked, messages_by_mailbox;
ALTER TABLE mailboxes DROP COLUMN smtp_auth_failures, DROP COLUMN imap_auth_failures, DROP COLUMN refusals,
    DROP COLUMN counted_from;
DROP FUNCTION pause_lead_sequence(uuid, uuid, text, timestamptz, jsonb);
CREATE FUNCTION pause_lead_sequence(
    p_tenant_id uuid, p_enrollment_id uuid, p_by text, p_now timestamptz DEFAULT NULL)
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    moment timestamptz := enrollment_now(state, p_now);
BEGIN
    IF state.status NOT IN ('pending', 'active') THEN
        -- Somebody's own pause outlasts the sequence's.
        IF state.status = 'paused' AND p_by = 'lead' AND state.paused_by <> 'lead' THEN
            -- The owner is bound by the policies like everybody else: they step aside.
ALTER TABLE lead_sequence_state NO FORCE ROW LEVEL SECURITY;
UPDATE lead_sequence_state SET paused_by = 'lead'
             WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
        END IF;
        RETURN state;
    END IF;
    UPDATE lead_sequence_state
       SET status = 'paused', paused_at = moment, paused_by = p_by, last_activity_at = moment,
           revision = revision + 1
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    PERFORM log_move(state, 'paused', state.current_step_id, jsonb_build_object('by', p_by), moment);
    PERFORM tell_workflow(state, 'pause');
    RETURN state;
END $$;

DROP FUNCTION stop_lead_sequence(uuid, uuid, text, timestamptz, text, jsonb);
CREATE FUNCTION stop_lead_sequence(
    p_tenant_id uuid, p_enrollment_id uuid, p_reason text, p_now timestamptz DEFAULT NULL,
    p_command text DEFAULT 'stop') RETURNS lead_sequence_state
    LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    moment timestamptz := enrollment_now(state, p_now);
BEGIN
    IF state.status IN ('completed', 'stopped') THEN
        RETURN state;
    END IF;
    UPDATE lead_sequence_state
       SET status = 'stopped', stop_reason = p_reason, ended_at = moment, current_step_id = NULL,
           next_action_at = NULL, waiting_for = NULL, hold_until = NULL, paused_at = NULL, paused_by = NULL, error = NULL,
           last_activity_at = moment, revision = revision + 1
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    UPDATE messages SET status = 'withdrawn'
     WHERE tenant_id = p_tenant_id AND enrollment_id = p_enrollment_id AND status = 'reserved';
    PERFORM log_move(state, 'stopped', NULL, jsonb_build_object('reason', p_reason), moment);
    PERFORM tell_workflow(state, p_command);
    RETURN state;
END $$;

-- The owner is bound by the policies like everybody else: they step aside.
ALTER TABLE lead_sequence_state NO FORCE ROW LEVEL SECURITY;
UPDATE lead_sequence_state SET paused_by = 'lead' WHERE paused_by = 'company';
ALTER TABLE lead_sequence_state FORCE ROW LEVEL SECURITY;
ALTER TABLE lead_sequence_state DROP CONSTRAINT lead_sequence_state_paused_by_check,
    ADD CONSTRAINT lead_sequence_state_paused_by_check CHECK (paused_by IN ('lead', 'sequence'));
DROP INDEX sequence_versions_heeding;
ALTER TABLE sequence_versions DROP COLUMN on_company_reply;
DROP INDEX leads_by_domain;
ALTER TABLE leads DROP COLUMN domain;
