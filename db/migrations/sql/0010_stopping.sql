-- Stopping: company replies, circuit breakers, repeated soft bounces, and letting a held mailbox go on.

-- Colleagues are found by it, and a domain's suppression: a plain column, so that the filter stays leakproof. Not the
-- tenant in front: see 0003_batches.sql.
ALTER TABLE leads ADD COLUMN domain text NOT NULL GENERATED ALWAYS AS (split_part(email, '@', -1)) STORED;
CREATE INDEX leads_by_domain ON leads (domain, tenant_id);

-- `company`: a colleague of the lead has replied.
ALTER TABLE lead_sequence_state DROP CONSTRAINT lead_sequence_state_paused_by_check,
    ADD CONSTRAINT lead_sequence_state_paused_by_check CHECK (paused_by IN ('lead', 'sequence', 'company'));

-- With more to say in the log, and so to webhooks: whose reply it was.
DROP FUNCTION stop_lead_sequence(uuid, uuid, text, timestamptz, text);
CREATE FUNCTION stop_lead_sequence(
    p_tenant_id uuid, p_enrollment_id uuid, p_reason text, p_now timestamptz DEFAULT NULL,
    p_command text DEFAULT 'stop', p_detail jsonb DEFAULT '{}') RETURNS lead_sequence_state
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
    PERFORM log_move(state, 'stopped', NULL, jsonb_build_object('reason', p_reason) || p_detail, moment);
    PERFORM tell_workflow(state, p_command);
    RETURN state;
END $$;

DROP FUNCTION pause_lead_sequence(uuid, uuid, text, timestamptz);
CREATE FUNCTION pause_lead_sequence(
    p_tenant_id uuid, p_enrollment_id uuid, p_by text, p_now timestamptz DEFAULT NULL, p_detail jsonb DEFAULT '{}')
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    moment timestamptz := enrollment_now(state, p_now);
BEGIN
    IF state.status NOT IN ('pending', 'active') THEN
        -- A pause of the lead itself outlasts the sequence's, and one by hand all others.
        IF state.status = 'paused'
            AND (p_by = 'lead' AND state.paused_by <> 'lead' OR p_by = 'company' AND state.paused_by = 'sequence')
        THEN
            UPDATE lead_sequence_state SET paused_by = p_by
             WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
        END IF;
        RETURN state;
    END IF;
    UPDATE lead_sequence_state
       SET status = 'paused', paused_at = moment, paused_by = p_by, last_activity_at = moment,
           revision = revision + 1
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    PERFORM log_move(state, 'paused', state.current_step_id, jsonb_build_object('by', p_by) || p_detail, moment);
    PERFORM tell_workflow(state, 'pause');
    RETURN state;
END $$;
