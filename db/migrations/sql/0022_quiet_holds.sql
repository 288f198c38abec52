-- Pausing a sequence tells its sleepers nothing: each asks when it wakes, and until then it may be let go again as quietly.
-- A hundred thousand signals to workflows that had nothing to do for days would only keep those waiting that have.

-- The revision of a hold that the workflow was not told of. Whatever moves the enrollment after it makes it void.
ALTER TABLE lead_sequence_state ADD COLUMN untold_revision bigint;

CREATE OR REPLACE FUNCTION pause_lead_sequence(
    p_tenant_id uuid, p_enrollment_id uuid, p_by text, p_now timestamptz DEFAULT NULL, p_detail jsonb DEFAULT '{}')
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    moment timestamptz := enrollment_now(state, p_now);
    -- What is still to be told will be told as things stand then: held, and that would be heard.
    quiet boolean := p_by = 'sequence' AND state.next_action_at > moment AND NOT EXISTS (
        SELECT FROM outbox WHERE tenant_id = p_tenant_id AND enrollment_id = p_enrollment_id);
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
           revision = revision + 1, untold_revision = CASE WHEN quiet THEN revision + 1 END
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    PERFORM log_move(state, 'paused', state.current_step_id, jsonb_build_object('by', p_by) || p_detail, moment);
    IF NOT quiet THEN
        PERFORM tell_workflow(state, 'pause');
    END IF;
    RETURN state;
END $$;

CREATE OR REPLACE FUNCTION resume_lead_sequence(
    p_tenant_id uuid, p_enrollment_id uuid, p_mode text, p_now timestamptz DEFAULT NULL,
    p_not_before timestamptz DEFAULT NULL)
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    moment timestamptz := enrollment_now(state, p_now);
    -- A wait that began during the pause has lost only what came after its own beginning.
    lost interval := CASE WHEN state.status = 'paused' AND p_mode = 'preserve_remaining'
                          THEN moment - greatest(state.paused_at, state.step_entered_at) ELSE '0' END;
    unaware boolean := state.status = 'paused' AND coalesce(state.untold_revision = state.revision, false);
    sleeps_until timestamptz := state.next_action_at;
BEGIN
    -- A paused sequence holds every lead of it, also one that was paused or has failed by itself.
    IF state.status NOT IN ('paused', 'failed')
        OR (SELECT status FROM sequences WHERE tenant_id = p_tenant_id AND id = state.sequence_id) <> 'active'
    THEN
        RETURN state;
    END IF;
    UPDATE lead_sequence_state
       SET status = 'active', error = NULL, paused_at = NULL, paused_by = NULL, last_activity_at = moment,
           revision = revision + 1, untold_revision = NULL,
           -- The wait counts from there when an edit changes its length.
           step_entered_at = step_entered_at + lost,
           next_action_at = greatest(
               CASE WHEN state.status = 'failed' OR next_action_at <= paused_at THEN greatest(moment, p_not_before)
                    WHEN next_action_at + lost <= moment THEN greatest(moment, p_not_before)
                    ELSE next_action_at + lost END,
               hold_until)
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    PERFORM log_move(state, 'resumed', state.current_step_id,
                     jsonb_build_object('mode', p_mode, 'next_action_at', state.next_action_at), moment);
    IF NOT unaware OR state.next_action_at < sleeps_until THEN
        PERFORM tell_workflow(state, 'resume');
    END IF;
    RETURN state;
END $$;

-- The workflow is about to hear that it is held, and will sleep until it is told otherwise. NULL where the lead was erased.
CREATE FUNCTION hear_of_hold(p_tenant_id uuid, p_enrollment_id uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    UPDATE lead_sequence_state SET untold_revision = NULL
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    RETURN CASE WHEN FOUND THEN described_directive(state) END;
END $$;
