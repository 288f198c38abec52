-- Steering an enrollment: pause, resume, stop, hold, and the move to a newly published version.

-- Pauses an enrollment.
--
-- pending | active -> paused
-- paused           -> paused: a pause of the lead (`lead`) replaces one by a colleague's reply (`company`), and that
--                  replaces one of the whole sequence (`sequence`)
CREATE OR REPLACE FUNCTION pause_lead_sequence(
    p_tenant_id uuid, p_enrollment_id uuid, p_by text, p_now timestamptz DEFAULT NULL, p_detail jsonb DEFAULT '{}')
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    moment timestamptz := enrollment_now(state, p_now);
    -- A workflow that sleeps until later is not woken by a pause of its sequence: it asks when it wakes (hear_of_hold).
    -- This does not apply if the outbox contains a command for it, because its delivery tells the workflow of the
    -- pause.
    quiet boolean := p_by = 'sequence' AND state.next_action_at > moment AND NOT EXISTS (
        SELECT FROM outbox WHERE tenant_id = p_tenant_id AND enrollment_id = p_enrollment_id);
BEGIN
    IF state.status NOT IN ('pending', 'active') THEN
        -- A pause of the lead replaces one by a colleague's reply, and that replaces one of the whole sequence.
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

-- Records that the workflow is about to learn of its pause, after which it sleeps until it receives a command. Returns
-- described_directive; NULL when the lead was erased.
CREATE OR REPLACE FUNCTION hear_of_hold(p_tenant_id uuid, p_enrollment_id uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    UPDATE lead_sequence_state SET untold_revision = NULL
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    RETURN CASE WHEN FOUND THEN described_directive(state) END;
END $$;

-- Resumes a paused enrollment, or lets a failed one try its step again. Changes nothing while its sequence is paused.
--
-- paused | failed -> active
--
--   p_mode        preserve_remaining: the rest of the wait, as it was at the pause, begins now;
--                 original_schedule: the wait ends at its original time
--   p_not_before  the earliest time for a step that is already due
CREATE OR REPLACE FUNCTION resume_lead_sequence(
    p_tenant_id uuid, p_enrollment_id uuid, p_mode text, p_now timestamptz DEFAULT NULL,
    p_not_before timestamptz DEFAULT NULL)
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    moment timestamptz := enrollment_now(state, p_now);
    -- How much later the wait ends: the length of the pause, or the time since the wait began if it began during the
    -- pause.
    lost interval := CASE WHEN state.status = 'paused' AND p_mode = 'preserve_remaining'
                          THEN moment - greatest(state.paused_at, state.step_entered_at) ELSE '0' END;
    -- The workflow was not told of the pause (see pause_lead_sequence) and sleeps until `sleeps_until`. It need not be
    -- told of the resume either, unless it must wake earlier.
    unaware boolean := state.status = 'paused' AND coalesce(state.untold_revision = state.revision, false);
    sleeps_until timestamptz := state.next_action_at;
BEGIN
    -- A paused sequence keeps all its enrollments from going on, including those that were paused or failed for other
    -- reasons.
    IF state.status NOT IN ('paused', 'failed')
        OR (SELECT status FROM sequences WHERE tenant_id = p_tenant_id AND id = state.sequence_id) <> 'active'
    THEN
        RETURN state;
    END IF;
    UPDATE lead_sequence_state
       SET status = 'active', error = NULL, paused_at = NULL, paused_by = NULL, last_activity_at = moment,
           revision = revision + 1, untold_revision = NULL,
           -- The start of the wait, from which it is computed again when an edit changes its length.
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

-- Stops an enrollment. One that has ended does not change. A message that is reserved will not be sent.
--
-- pending | active | paused | failed -> stopped
CREATE OR REPLACE FUNCTION stop_lead_sequence(
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
           next_action_at = NULL, waiting_for = NULL, hold_until = NULL, paused_at = NULL, paused_by = NULL,
           error = NULL, last_activity_at = moment, revision = revision + 1
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    UPDATE messages SET status = 'withdrawn'
     WHERE tenant_id = p_tenant_id AND enrollment_id = p_enrollment_id AND status = 'reserved';
    PERFORM log_move(state, 'stopped', NULL, jsonb_build_object('reason', p_reason) || p_detail, moment);
    PERFORM tell_workflow(state, p_command);
    RETURN state;
END $$;

-- Out of office: nothing is sent before `p_until`. Never shortens a wait. The status stays.
CREATE OR REPLACE FUNCTION hold_lead_sequence(
    p_tenant_id uuid, p_enrollment_id uuid, p_until timestamptz, p_now timestamptz DEFAULT NULL)
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    moment timestamptz := enrollment_now(state, p_now);
BEGIN
    IF state.status IN ('completed', 'stopped') OR p_until <= greatest(moment, state.hold_until) THEN
        RETURN state;
    END IF;
    UPDATE lead_sequence_state
       SET hold_until = p_until, next_action_at = greatest(next_action_at, p_until),
           last_activity_at = moment, revision = revision + 1
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    PERFORM log_move(state, 'held', state.current_step_id, jsonb_build_object('until', p_until), moment);
    PERFORM tell_workflow(state, 'auto_reply_received');
    RETURN state;
END $$;

-- The mailbox was released. All enrollments that waited for it (park_email) become due, p_per_second of them each
-- second, each on its own clock, so that they do not all reach the gate at once. Returns their number. The caller holds
-- the mailbox's lock.
CREATE OR REPLACE FUNCTION release_parked(p_tenant_id uuid, p_mailbox_id uuid, p_per_second float) RETURNS integer
    LANGUAGE plpgsql AS $$
DECLARE
    released integer;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    WITH parked AS MATERIALIZED (
        SELECT s.id FROM lead_sequence_state s
         WHERE s.tenant_id = p_tenant_id AND s.next_action_at IS NULL AND s.status IN ('pending', 'active')
           AND s.deferral->>'cause' = 'mailbox_held' AND s.deferral->>'mailbox_id' = p_mailbox_id::text
         ORDER BY s.id FOR UPDATE
    ), placed AS (
        SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM parked
    ), moved AS (
        UPDATE lead_sequence_state s
           SET next_action_at = greatest(clock_timestamp() + s.clock_offset
                                         + make_interval(secs => placed.place / p_per_second), s.hold_until),
               deferral = NULL, error = NULL, last_activity_at = clock_timestamp() + s.clock_offset,
               revision = s.revision + 1
          FROM placed WHERE s.tenant_id = p_tenant_id AND s.id = placed.id
        RETURNING s.id, s.sequence_id, s.lead_id, s.current_step_id, s.next_action_at, s.last_activity_at
    ), logged AS (
        INSERT INTO sequence_execution_log
            (tenant_id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at)
        SELECT p_tenant_id, id, sequence_id, lead_id, current_step_id, 'released',
               jsonb_build_object('mailbox_id', p_mailbox_id, 'next_action_at', next_action_at), last_activity_at
          FROM moved
    ), told AS (
        INSERT INTO outbox (tenant_id, enrollment_id, command)
        SELECT p_tenant_id, id, 'mailbox_released' FROM moved ORDER BY id
    )
    SELECT count(*) INTO released FROM moved;
    RETURN released;
END $$;

-- Moves enrollments to a newly published version. The caller holds their locks and has computed their places.
--
-- the status stays, or pending | active | paused | failed -> completed if no step is left
--
--   p_rows  [{id, step_id, due_at, listens_for, entered_at?}, ...]
-- If an enrollment's step and due time stay, its workflow gets no command.
CREATE OR REPLACE FUNCTION migrate_enrollments(p_tenant_id uuid, p_version_id uuid, p_rows jsonb, p_version integer)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    moving jsonb;
    state lead_sequence_state;
    before lead_sequence_state;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    FOR moving IN SELECT jsonb_array_elements(p_rows) LOOP
        before := lock_enrollment(p_tenant_id, (moving->>'id')::uuid);
        UPDATE lead_sequence_state
           SET version_id = p_version_id,
               current_step_id = (moving->>'step_id')::uuid,
               next_action_at = (moving->>'due_at')::timestamptz,
               waiting_for = moving->>'listens_for',
               step_entered_at = coalesce((moving->>'entered_at')::timestamptz, step_entered_at)
         WHERE tenant_id = p_tenant_id AND id = before.id RETURNING * INTO state;
        IF state.current_step_id IS NULL THEN
            UPDATE lead_sequence_state
               SET status = 'completed', ended_at = enrollment_now(before, NULL), hold_until = NULL, paused_at = NULL,
                   paused_by = NULL, error = NULL
             WHERE tenant_id = p_tenant_id AND id = before.id RETURNING * INTO state;
        END IF;
        CONTINUE WHEN state.current_step_id IS NOT DISTINCT FROM before.current_step_id
            AND state.next_action_at IS NOT DISTINCT FROM before.next_action_at AND state.status = before.status;
        -- A message that was reserved for the step that the enrollment has left will not be sent.
        IF state.current_step_id IS DISTINCT FROM before.current_step_id THEN
            UPDATE messages SET status = 'withdrawn'
             WHERE tenant_id = p_tenant_id AND enrollment_id = before.id AND status = 'reserved';
        END IF;
        UPDATE lead_sequence_state SET revision = revision + 1
         WHERE tenant_id = p_tenant_id AND id = before.id RETURNING * INTO state;
        PERFORM log_move(state, 'plan_changed', state.current_step_id, jsonb_build_object(
                             'version', p_version, 'next_action_at', state.next_action_at),
                         enrollment_now(before, NULL));
        IF state.status = 'completed' THEN
            PERFORM log_move(state, 'completed', NULL, '{}', enrollment_now(before, NULL));
        END IF;
        PERFORM tell_workflow(state, 'plan_changed');
    END LOOP;
END $$;
