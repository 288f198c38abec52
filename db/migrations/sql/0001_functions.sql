-- The moves of an enrollment. Each locks its row of lead_sequence_state first, so that whatever may happen to
-- a lead happens in one order; each writes the log row and, where Temporal must hear of it, the outbox row.
--
-- Every function takes the tenant and sets it for its transaction: the worker calls them one statement at a
-- time, each its own transaction, one round trip. They run with the caller's rights (RLS holds inside them).
-- `p_now` is the enrollment's own clock; NULL means the wall's clock moved by the row's clock_offset.

CREATE FUNCTION lock_enrollment(p_tenant_id uuid, p_enrollment_id uuid) RETURNS lead_sequence_state
    LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    SELECT * INTO state FROM lead_sequence_state
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no enrollment %', p_enrollment_id USING ERRCODE = 'no_data_found';
    END IF;
    RETURN state;
END $$;

CREATE FUNCTION log_move(state lead_sequence_state, p_event text, p_step_id uuid, p_detail jsonb, p_at timestamptz)
    RETURNS void LANGUAGE sql AS $$
    INSERT INTO sequence_execution_log
        (tenant_id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at)
    VALUES (state.tenant_id, state.id, state.sequence_id, state.lead_id, p_step_id, p_event,
            coalesce(p_detail, '{}'), p_at)
$$;

CREATE FUNCTION log_decisions(state lead_sequence_state, p_decisions jsonb, p_at timestamptz)
    RETURNS void LANGUAGE sql AS $$
    INSERT INTO sequence_execution_log
        (tenant_id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at)
    SELECT state.tenant_id, state.id, state.sequence_id, state.lead_id, (d->>'step_id')::uuid,
           'branch_decided', d - 'step_id', p_at
      FROM jsonb_array_elements(p_decisions) d
$$;

CREATE FUNCTION tell_workflow(state lead_sequence_state, p_command text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO outbox (tenant_id, enrollment_id, command) VALUES (state.tenant_id, state.id, p_command)
$$;

CREATE FUNCTION enrollment_now(state lead_sequence_state, p_now timestamptz) RETURNS timestamptz
    LANGUAGE sql VOLATILE AS $$ SELECT coalesce(p_now, clock_timestamp() + state.clock_offset) $$;

-- The mirror as the workflow is told of it.
CREATE FUNCTION enrollment_directive(state lead_sequence_state) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'revision', state.revision, 'status', state.status, 'reason', state.stop_reason,
        'step_id', state.current_step_id, 'due_at', state.next_action_at)
$$;

-- The same for whoever has no plan at hand: with the step's key and type, and the zones in which to tell its time.
CREATE FUNCTION described_directive(state lead_sequence_state) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT enrollment_directive(state) || coalesce((
        SELECT jsonb_build_object('step_key', step->>'key', 'step_type', step->>'type',
                                  'zones', jsonb_build_array(l.timezone, v.plan#>>'{settings,timezone}'))
          FROM sequence_versions v
          JOIN leads l ON l.tenant_id = v.tenant_id AND l.id = state.lead_id,
               jsonb_array_elements(v.plan->'steps') step
         WHERE v.tenant_id = state.tenant_id AND v.id = state.version_id
           AND step->>'id' = state.current_step_id::text), '{}')
$$;

CREATE FUNCTION is_suppressed(p_tenant_id uuid, p_email text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM suppressions
                    WHERE tenant_id = p_tenant_id
                      AND (kind, value) IN (('address', p_email), ('domain', split_part(p_email, '@', 2))))
$$;

-- Enrolls leads, all of them in one statement, and says of each what became of it: enrolled, already_enrolled,
-- not_found, bounced, unsubscribed, suppressed. In a dry run nothing is written.
-- The caller has made sure that the sequence is active and holds it FOR SHARE.
CREATE FUNCTION enroll_lead_in_sequence(
    p_tenant_id uuid, p_lead_ids uuid[], p_sequence_id uuid, p_version_id uuid, p_first_step_id uuid,
    p_due_at timestamptz, p_campaign_id uuid, p_batch_id uuid, p_now timestamptz, p_dry_run boolean DEFAULT false)
    RETURNS TABLE (lead_id uuid, outcome text, enrollment_id uuid)
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    sender uuid;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    SELECT m.id INTO sender FROM mailboxes m
     WHERE m.tenant_id = p_tenant_id AND m.status = 'active' ORDER BY m.created_at, m.id LIMIT 1;
    RETURN QUERY
    WITH asked AS (
        SELECT DISTINCT ON (a.lead_id) a.lead_id, a.place
          FROM unnest(p_lead_ids) WITH ORDINALITY a(lead_id, place) ORDER BY a.lead_id, a.place
    ), judged AS MATERIALIZED (
        SELECT a.lead_id, a.place, CASE
                   WHEN l.id IS NULL THEN 'not_found'
                   WHEN l.status IN ('bounced', 'unsubscribed') THEN l.status
                   WHEN is_suppressed(p_tenant_id, l.email) THEN 'suppressed'
                   WHEN EXISTS (SELECT FROM lead_sequence_state s
                                 WHERE s.tenant_id = p_tenant_id AND s.lead_id = a.lead_id
                                   AND s.sequence_id = p_sequence_id
                                   AND s.status IN ('pending', 'active', 'paused', 'failed')) THEN 'already_enrolled'
                   ELSE 'enrolled' END AS verdict
          FROM asked a
          LEFT JOIN leads l ON l.tenant_id = p_tenant_id AND l.id = a.lead_id
    ), entered AS (
        INSERT INTO lead_sequence_state AS s
            (tenant_id, lead_id, sequence_id, version_id, campaign_id, batch_id, mailbox_id, current_step_id,
             next_action_at, step_entered_at, enrolled_at, last_activity_at)
        SELECT p_tenant_id, j.lead_id, p_sequence_id, p_version_id, p_campaign_id, p_batch_id, sender, p_first_step_id,
               p_due_at, p_now, p_now, p_now
          FROM judged j WHERE j.verdict = 'enrolled' AND NOT p_dry_run ORDER BY j.lead_id
        -- Two requests may race here; the partial unique index lets one of them win.
        ON CONFLICT (tenant_id, lead_id, sequence_id) WHERE status IN ('pending', 'active', 'paused', 'failed')
            DO NOTHING
        RETURNING s.id, s.lead_id
    ), logged AS (
        INSERT INTO sequence_execution_log (tenant_id, enrollment_id, sequence_id, lead_id, event, occurred_at)
        SELECT p_tenant_id, e.id, p_sequence_id, e.lead_id, 'enrolled', p_now FROM entered e
    ), told AS (
        INSERT INTO outbox (tenant_id, enrollment_id, command)
        SELECT p_tenant_id, e.id, 'start' FROM entered e JOIN judged j USING (lead_id) ORDER BY j.place
    )
    SELECT j.lead_id,
           CASE WHEN j.verdict = 'enrolled' AND e.id IS NULL AND NOT p_dry_run THEN 'already_enrolled'
                ELSE j.verdict END,
           e.id
      FROM judged j LEFT JOIN entered e ON e.lead_id = j.lead_id
     ORDER BY j.place;
END $$;

-- Everything that performing a step reads, in one round trip.
CREATE FUNCTION load_enrollment(p_tenant_id uuid, p_enrollment_id uuid) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    answer jsonb;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    SELECT jsonb_build_object(
               'directive', enrollment_directive(s),
               'version_id', s.version_id,
               'hold_until', s.hold_until,
               'enrolled_at', s.enrolled_at,
               'visits', s.visits,
               'lead', to_jsonb(l) - 'tenant_id',
               'mailbox', to_jsonb(m) - 'tenant_id',
               'events', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                     'type', e.type, 'step_id', e.step_id, 'machine', e.machine,
                                     'occurred_at', e.occurred_at) ORDER BY e.id), '[]')
                            FROM lead_engagement e
                           WHERE e.tenant_id = p_tenant_id AND e.enrollment_id = p_enrollment_id),
               'messages', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                       'step_id', g.step_id, 'rfc_message_id', g.rfc_message_id,
                                       'thread', g.thread, 'subject', g.subject, 'sent_at', g.sent_at)
                                       ORDER BY g.sent_at), '[]')
                              FROM messages g
                             WHERE g.tenant_id = p_tenant_id AND g.enrollment_id = p_enrollment_id
                               AND g.status = 'sent'))
      INTO answer
      FROM lead_sequence_state s
      JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
      -- One lead keeps one mailbox; one that was enrolled before there was any takes the first.
      LEFT JOIN mailboxes m ON m.tenant_id = s.tenant_id
           AND m.id = coalesce(s.mailbox_id, (SELECT f.id FROM mailboxes f
                                               WHERE f.tenant_id = p_tenant_id AND f.status = 'active'
                                               ORDER BY f.created_at, f.id LIMIT 1))
     WHERE s.tenant_id = p_tenant_id AND s.id = p_enrollment_id;
    RETURN answer;
END $$;

-- A published plan never changes, so a worker keeps it and asks once.
CREATE FUNCTION load_plan(p_tenant_id uuid, p_version_id uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN (SELECT plan FROM sequence_versions WHERE tenant_id = p_tenant_id AND id = p_version_id);
END $$;

-- The gate. Locks the enrollment, checks again that it may be written to, pins the branch decisions that led
-- here, and reserves the message. Outcomes:
--   reserved  nothing has left yet: the caller hands the message to SMTP
--   sent      an earlier attempt did it all but could not record its end
--   unknown   an earlier attempt died at the final dot, and the policy is not to send again
--   held      the enrollment may not be written to now; the directive says how it stands
CREATE FUNCTION reserve_message(
    p_tenant_id uuid, p_enrollment_id uuid, p_from_step_id uuid, p_step_id uuid, p_visit integer,
    p_now timestamptz, p_decisions jsonb, p_message jsonb, p_resend boolean) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    message messages;
    outcome text := 'reserved';
BEGIN
    IF state.status NOT IN ('pending', 'active') OR state.current_step_id IS DISTINCT FROM p_from_step_id
        OR coalesce((state.visits->>p_step_id::text)::integer, 0) <> p_visit - 1 OR state.hold_until > p_now
    THEN
        RETURN jsonb_build_object('outcome', 'held', 'directive', enrollment_directive(state));
    END IF;
    IF is_suppressed(p_tenant_id, (SELECT email FROM leads WHERE tenant_id = p_tenant_id AND id = state.lead_id))
    THEN
        state := stop_lead_sequence(p_tenant_id, p_enrollment_id, 'suppressed', p_now);
        RETURN jsonb_build_object('outcome', 'held', 'directive', enrollment_directive(state));
    END IF;

    -- Pausing a sequence pauses its leads one by one; whoever slips through between is held here.
    IF (SELECT status FROM sequences WHERE tenant_id = p_tenant_id AND id = state.sequence_id) <> 'active' THEN
        state := pause_lead_sequence(p_tenant_id, p_enrollment_id, 'sequence', p_now);
        RETURN jsonb_build_object('outcome', 'held', 'directive', enrollment_directive(state));
    END IF;

    PERFORM log_decisions(state, p_decisions, p_now);
    UPDATE lead_sequence_state
       SET status = 'active', current_step_id = p_step_id, revision = revision + 1,
           mailbox_id = coalesce(mailbox_id, (p_message->>'mailbox_id')::uuid),
           clock_offset = greatest(clock_offset, p_now - clock_timestamp())
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id
    RETURNING * INTO state;

    INSERT INTO messages (tenant_id, id, enrollment_id, lead_id, mailbox_id, step_id, visit, rfc_message_id,
                          thread, subject, reserved_at)
    VALUES (p_tenant_id, (p_message->>'id')::uuid, p_enrollment_id, state.lead_id,
            (p_message->>'mailbox_id')::uuid, p_step_id, p_visit, p_message->>'rfc_message_id',
            ARRAY(SELECT jsonb_array_elements_text(p_message->'thread')), p_message->>'subject', p_now)
    ON CONFLICT ON CONSTRAINT messages_step_key DO NOTHING
    RETURNING * INTO message;

    IF message.id IS NULL THEN
        SELECT * INTO message FROM messages
         WHERE tenant_id = p_tenant_id AND enrollment_id = p_enrollment_id
           AND step_id = p_step_id AND visit = p_visit FOR UPDATE;
        IF message.status = 'sending' THEN
            PERFORM log_move(state, 'email_outcome_unknown', p_step_id, jsonb_build_object(
                'message_id', message.id, 'then', CASE WHEN p_resend THEN 'resend' ELSE 'skip' END), p_now);
        END IF;
        outcome := CASE
            WHEN message.status = 'sent' THEN 'sent'
            WHEN message.status IN ('sending', 'unknown') AND NOT p_resend THEN 'unknown'
            ELSE 'reserved' END;
        -- What is sent again keeps its Message-ID: a receiver that has it already can tell.
        UPDATE messages SET status = outcome
         WHERE tenant_id = p_tenant_id AND id = message.id RETURNING * INTO message;
    END IF;
    RETURN jsonb_build_object(
        'outcome', outcome, 'directive', enrollment_directive(state), 'message_id', message.id,
        'rfc_message_id', message.rfc_message_id, 'thread', message.thread, 'subject', message.subject);
END $$;

-- Just before the final dot: the last moment at which a pause, a stop or a reply can keep the message back.
-- Only one of several attempts passes (a paused worker that wakes up while the retry runs).
CREATE FUNCTION mark_sending(
    p_tenant_id uuid, p_enrollment_id uuid, p_message_id uuid, p_attempt_id uuid, p_now timestamptz)
    RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
BEGIN
    UPDATE messages
       SET status = CASE WHEN state.status = 'active' THEN 'sending' ELSE 'withdrawn' END,
           sending_at = CASE WHEN state.status = 'active' THEN p_now END,
           attempt_id = p_attempt_id
     WHERE tenant_id = p_tenant_id AND id = p_message_id AND status = 'reserved';
    RETURN FOUND AND state.status = 'active';
END $$;

-- The server answered for certain that it did not take the message: nothing has left, it may be sent again
-- (`reserved`), or never (`refused`). An attempt speaks for itself alone, not for one that came after it.
CREATE FUNCTION release_message(
    p_tenant_id uuid, p_message_id uuid, p_attempt_id uuid, p_status text, p_response text)
    RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    UPDATE messages SET status = p_status, response = p_response
     WHERE tenant_id = p_tenant_id AND id = p_message_id
       AND (status = 'reserved' OR status = 'sending' AND attempt_id = p_attempt_id);
END $$;

-- Records what a step did and moves the mirror, all or nothing, once: an attempt that comes second changes
-- nothing and is told where the enrollment stands.
--   p_effect  NULL, or {step_id, visit, event, detail, message: {id, status, response}}
--   p_next    {step_id, due_at}, or {status, reason} at the end
CREATE FUNCTION advance_to_next_step(
    p_tenant_id uuid, p_enrollment_id uuid, p_from_step_id uuid, p_now timestamptz,
    p_decisions jsonb, p_effect jsonb, p_next jsonb) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    effect_step uuid := (p_effect->>'step_id')::uuid;
    sent boolean := coalesce(p_effect#>>'{message,status}' = 'sent', false);
    ended boolean := state.status IN ('completed', 'stopped');
    came_first boolean := p_effect IS NULL
        OR coalesce((state.visits->>effect_step::text)::integer, 0) = (p_effect->>'visit')::integer - 1;
    was_unknown boolean;
BEGIN
    IF p_effect ? 'message' THEN
        -- A message has left whatever became of the enrollment meanwhile, and is recorded in any case.
        was_unknown := EXISTS (SELECT FROM messages
                                WHERE tenant_id = p_tenant_id AND id = (p_effect#>>'{message,id}')::uuid
                                  AND status = 'unknown');
        UPDATE messages
           SET status = p_effect#>>'{message,status}', response = p_effect#>>'{message,response}',
               sent_at = CASE WHEN sent THEN p_now END
         WHERE tenant_id = p_tenant_id AND id = (p_effect#>>'{message,id}')::uuid AND status <> 'sent';
        -- A worker that slept through its timeout wakes up and knows what its successor could not: the message
        -- that was given up as unknown did leave.
        IF NOT came_first AND sent AND was_unknown THEN
            PERFORM log_move(state, 'email_sent', effect_step, p_effect->'detail', p_now);
            UPDATE lead_sequence_state SET emails_sent = emails_sent + 1
             WHERE tenant_id = p_tenant_id AND id = p_enrollment_id;
        END IF;
    ELSIF state.status NOT IN ('pending', 'active') OR state.current_step_id IS DISTINCT FROM p_from_step_id THEN
        came_first := false;
    END IF;
    IF NOT came_first THEN
        RETURN enrollment_directive(state) || '{"applied": false}';
    END IF;

    PERFORM log_decisions(state, p_decisions, p_now);
    IF p_effect IS NOT NULL THEN
        PERFORM log_move(state, p_effect->>'event', effect_step, p_effect->'detail', p_now);
    END IF;

    UPDATE lead_sequence_state
       SET visits = CASE WHEN effect_step IS NULL THEN visits
                         ELSE visits || jsonb_build_object(effect_step, (p_effect->>'visit')::integer) END,
           steps_completed = steps_completed + (effect_step IS NOT NULL)::integer,
           emails_sent = emails_sent + sent::integer,
           last_activity_at = p_now,
           clock_offset = greatest(clock_offset, p_now - clock_timestamp()),
           revision = revision + 1,
           error = NULL,
           status = CASE WHEN ended THEN status
                         WHEN p_next ? 'status' THEN p_next->>'status'
                         WHEN status = 'pending' THEN 'active' ELSE status END,
           stop_reason = CASE WHEN ended THEN stop_reason ELSE p_next->>'reason' END,
           ended_at = CASE WHEN ended THEN ended_at WHEN p_next ? 'status' THEN p_now END,
           current_step_id = CASE WHEN ended THEN current_step_id ELSE (p_next->>'step_id')::uuid END,
           hold_until = CASE WHEN p_next ? 'status' THEN NULL ELSE hold_until END,
           next_action_at = CASE WHEN ended OR p_next ? 'status' THEN NULL
                                 ELSE greatest((p_next->>'due_at')::timestamptz, hold_until) END,
           step_entered_at = CASE WHEN ended THEN step_entered_at ELSE p_now END
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id
    RETURNING * INTO state;

    IF NOT ended AND p_next ? 'status' THEN
        PERFORM log_move(state, state.status, NULL,
                         jsonb_strip_nulls(jsonb_build_object('reason', state.stop_reason)), p_now);
    ELSIF NOT ended AND state.next_action_at > p_now THEN
        PERFORM log_move(state, 'waiting', state.current_step_id,
                         jsonb_build_object('until', state.next_action_at), p_now);
    END IF;
    RETURN enrollment_directive(state) || '{"applied": true}';
END $$;

-- Ends an enrollment, whatever it is doing. Stopping what has ended changes nothing.
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
           next_action_at = NULL, hold_until = NULL, paused_at = NULL, paused_by = NULL, error = NULL,
           last_activity_at = moment, revision = revision + 1
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    UPDATE messages SET status = 'withdrawn'
     WHERE tenant_id = p_tenant_id AND enrollment_id = p_enrollment_id AND status = 'reserved';
    PERFORM log_move(state, 'stopped', NULL, jsonb_build_object('reason', p_reason), moment);
    PERFORM tell_workflow(state, p_command);
    RETURN state;
END $$;

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

-- Lets a paused enrollment go on, or has a failed one try its step again.
-- preserve_remaining: what was left of the wait when it was paused is waited from now on.
CREATE FUNCTION resume_lead_sequence(
    p_tenant_id uuid, p_enrollment_id uuid, p_mode text, p_now timestamptz DEFAULT NULL)
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    moment timestamptz := enrollment_now(state, p_now);
BEGIN
    -- A paused sequence holds every lead of it, also one that was paused or has failed by itself.
    IF state.status NOT IN ('paused', 'failed')
        OR (SELECT status FROM sequences WHERE tenant_id = p_tenant_id AND id = state.sequence_id) <> 'active'
    THEN
        RETURN state;
    END IF;
    UPDATE lead_sequence_state
       SET status = 'active', error = NULL, paused_at = NULL, paused_by = NULL, last_activity_at = moment,
           revision = revision + 1,
           next_action_at = greatest(
               CASE WHEN state.status = 'failed' OR next_action_at <= paused_at THEN moment
                    WHEN p_mode = 'original_schedule' THEN greatest(next_action_at, moment)
                    -- A wait that began during the pause has lost only what came after its own beginning.
                    ELSE next_action_at + (moment - greatest(paused_at, step_entered_at)) END,
               hold_until)
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    PERFORM log_move(state, 'resumed', state.current_step_id,
                     jsonb_build_object('mode', p_mode, 'next_action_at', state.next_action_at), moment);
    PERFORM tell_workflow(state, 'resume');
    RETURN state;
END $$;

-- Out of office: nothing before `p_until`. Never shortens a wait.
CREATE FUNCTION hold_lead_sequence(
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

-- A step's retries are exhausted: the enrollment waits, visible, to be resumed or stopped.
CREATE FUNCTION fail_lead_sequence(p_tenant_id uuid, p_enrollment_id uuid, p_error text, p_now timestamptz)
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
BEGIN
    IF state.status NOT IN ('pending', 'active', 'paused') THEN
        RETURN state;
    END IF;
    UPDATE lead_sequence_state
       SET status = 'failed', error = p_error, paused_at = NULL, paused_by = NULL, last_activity_at = p_now,
           revision = revision + 1
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    PERFORM log_move(state, 'failed', state.current_step_id, jsonb_build_object('error', p_error), p_now);
    RETURN state;
END $$;

-- Why a step is being tried again, for whoever asks meanwhile. The next success clears it.
CREATE FUNCTION note_step_error(p_tenant_id uuid, p_enrollment_id uuid, p_error text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    UPDATE lead_sequence_state SET error = p_error
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id AND status IN ('pending', 'active', 'paused');
END $$;

-- Takes what Temporal must be told next, oldest first, at most one row of an enrollment (so that its commands
-- arrive in their order), and holds it for the lease. Whoever claims a row must settle or postpone it; after
-- a crash the lease runs out and another dispatcher takes it. Delivering twice does no harm.
CREATE FUNCTION claim_outbox(p_tenant_id uuid, p_limit integer, p_lease interval) RETURNS TABLE (
    id bigint, enrollment_id uuid, command text, sequence_id uuid, sequence_name text, lead_id uuid,
    campaign_id uuid, directive jsonb)
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN QUERY
    WITH next AS MATERIALIZED (
        SELECT o.id FROM outbox o
         WHERE o.tenant_id = p_tenant_id AND (o.leased_until IS NULL OR o.leased_until < clock_timestamp())
           AND NOT EXISTS (SELECT FROM outbox earlier
                            WHERE earlier.tenant_id = p_tenant_id
                              AND earlier.enrollment_id = o.enrollment_id AND earlier.id < o.id)
         ORDER BY o.id LIMIT p_limit FOR UPDATE SKIP LOCKED
    ), claimed AS (
        UPDATE outbox o SET leased_until = clock_timestamp() + p_lease, attempts = o.attempts + 1
          FROM next WHERE o.tenant_id = p_tenant_id AND o.id = next.id
        RETURNING o.id, o.enrollment_id, o.command
    )
    SELECT c.id, c.enrollment_id, c.command, s.sequence_id, q.name, s.lead_id, s.campaign_id,
           described_directive(s)
      FROM claimed c
      JOIN lead_sequence_state s ON s.tenant_id = p_tenant_id AND s.id = c.enrollment_id
      JOIN sequences q ON q.tenant_id = p_tenant_id AND q.id = s.sequence_id
     ORDER BY c.id;
END $$;

-- Delivered. A started enrollment is active from here on, even if its first step is days away.
CREATE FUNCTION settle_outbox(p_tenant_id uuid, p_ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    -- Enrollments are locked in the order of their IDs, as everywhere.
    WITH started AS MATERIALIZED (
        SELECT s.id FROM lead_sequence_state s
         WHERE s.tenant_id = p_tenant_id AND s.status = 'pending'
           AND s.id IN (SELECT o.enrollment_id FROM outbox o
                         WHERE o.tenant_id = p_tenant_id AND o.id = ANY (p_ids) AND o.command = 'start')
         ORDER BY s.id FOR UPDATE
    )
    UPDATE lead_sequence_state s SET status = 'active'
      FROM started WHERE s.tenant_id = p_tenant_id AND s.id = started.id;
    DELETE FROM outbox WHERE tenant_id = p_tenant_id AND id = ANY (p_ids);
END $$;

CREATE FUNCTION postpone_outbox(p_tenant_id uuid, p_ids bigint[], p_error text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    UPDATE outbox SET leased_until = NULL, last_error = p_error
     WHERE tenant_id = p_tenant_id AND id = ANY (p_ids);
END $$;

-- Enrollments whose step was due so long ago that their workflow may be gone. Those that are only waiting to be
-- started or told are the outbox's.
CREATE FUNCTION overdue_enrollments(p_tenant_id uuid, p_overdue_after interval, p_limit integer) RETURNS TABLE (
    id bigint, enrollment_id uuid, command text, sequence_id uuid, sequence_name text, lead_id uuid,
    campaign_id uuid, directive jsonb)
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN QUERY
    SELECT NULL::bigint, s.id, 'plan_changed', s.sequence_id, q.name, s.lead_id, s.campaign_id,
           described_directive(s)
      FROM lead_sequence_state s
      JOIN sequences q ON q.tenant_id = p_tenant_id AND q.id = s.sequence_id
     WHERE s.tenant_id = p_tenant_id AND s.status IN ('pending', 'active')
       AND s.next_action_at < clock_timestamp() + s.clock_offset - p_overdue_after
       AND NOT EXISTS (SELECT FROM outbox o WHERE o.tenant_id = p_tenant_id AND o.enrollment_id = s.id)
     ORDER BY s.next_action_at LIMIT p_limit;
END $$;
