-- Versions that leads move between: steps that may be removed, laps, events that are waited for.

-- A step that was removed stays, without a place: leads of an older version may stand at it, and what it did is counted.
ALTER TABLE sequence_steps ADD COLUMN removed_at timestamptz;
ALTER TABLE sequence_steps ALTER COLUMN position DROP NOT NULL;
ALTER TABLE sequence_steps ADD CONSTRAINT removed_has_no_place CHECK ((position IS NULL) = (removed_at IS NOT NULL));
ALTER TABLE sequence_steps DROP CONSTRAINT sequence_steps_key_key;
CREATE UNIQUE INDEX sequence_steps_key_key ON sequence_steps (tenant_id, sequence_id, key) WHERE removed_at IS NULL;

-- Whether the draft (steps, settings, name) differs from the current version.
ALTER TABLE sequences ADD COLUMN unpublished boolean NOT NULL DEFAULT false;

-- Steps that have taken effect since the lead last went back to an earlier one: going forward, none does so twice,
-- wherever an edit has moved it.
ALTER TABLE lead_sequence_state ADD COLUMN done uuid[] NOT NULL DEFAULT '{}';
-- The event that the current step waits for (`open`, `custom:<name>`), and up to which one they have been answered.
ALTER TABLE lead_sequence_state ADD COLUMN waiting_for text;
ALTER TABLE lead_sequence_state ADD COLUMN heard_event_id bigint NOT NULL DEFAULT 0;

ALTER TABLE messages ADD COLUMN sequence_id uuid;
ALTER TABLE messages ADD COLUMN variant text;
ALTER TABLE lead_engagement ADD COLUMN sequence_id uuid;
UPDATE messages m SET sequence_id = s.sequence_id
  FROM lead_sequence_state s WHERE s.tenant_id = m.tenant_id AND s.id = m.enrollment_id;
UPDATE lead_engagement e SET sequence_id = s.sequence_id
  FROM lead_sequence_state s WHERE s.tenant_id = e.tenant_id AND s.id = e.enrollment_id;
ALTER TABLE messages ALTER COLUMN sequence_id SET NOT NULL;

CREATE OR REPLACE FUNCTION count_steps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') AND NEW.removed_at IS NULL THEN
        UPDATE sequences SET steps_count = steps_count + 1
         WHERE tenant_id = NEW.tenant_id AND id = NEW.sequence_id;
    END IF;
    IF TG_OP IN ('DELETE', 'UPDATE') AND OLD.removed_at IS NULL THEN
        UPDATE sequences SET steps_count = steps_count - 1
         WHERE tenant_id = OLD.tenant_id AND id = OLD.sequence_id;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER count_steps ON sequence_steps;
CREATE TRIGGER count_steps AFTER INSERT OR DELETE OR UPDATE OF sequence_id, removed_at ON sequence_steps
    FOR EACH ROW EXECUTE FUNCTION count_steps();

-- The functions of 0001 that change.

CREATE OR REPLACE FUNCTION log_decisions(state lead_sequence_state, p_decisions jsonb, p_at timestamptz)
    RETURNS void LANGUAGE sql AS $$
    INSERT INTO sequence_execution_log
        (tenant_id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at)
    SELECT state.tenant_id, state.id, state.sequence_id, state.lead_id, (d->>'step_id')::uuid,
           'branch_decided', d - 'step_id' - 'heard', p_at
      FROM jsonb_array_elements(p_decisions) d
$$;

-- What the decisions on the way leave of `done`: a step back begins a new lap.
CREATE FUNCTION done_after(p_done uuid[], p_decisions jsonb) RETURNS uuid[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_decisions @> '[{"back": true}]' THEN '{}' ELSE p_done END
$$;

CREATE FUNCTION heard_after(p_heard bigint, p_decisions jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT greatest(p_heard, (SELECT max((d->>'heard')::bigint) FROM jsonb_array_elements(p_decisions) d))
$$;

-- Whether the lead has done already what its next step waits for: since the last email, and not answered yet.
CREATE FUNCTION has_heard(state lead_sequence_state, p_event text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM lead_engagement e
         WHERE e.tenant_id = state.tenant_id AND e.lead_id = state.lead_id AND e.id > state.heard_event_id
           AND (e.enrollment_id = state.id OR e.enrollment_id IS NULL) AND NOT e.machine
           AND CASE WHEN e.type = 'custom' THEN 'custom:' || e.name ELSE e.type END = p_event
           AND e.occurred_at >= greatest(state.enrolled_at, (
               SELECT max(m.sent_at) FROM messages m
                WHERE m.tenant_id = state.tenant_id AND m.enrollment_id = state.id AND m.status = 'sent')))
$$;

-- Everything that performing a step reads, in one round trip.
CREATE OR REPLACE FUNCTION load_enrollment(p_tenant_id uuid, p_enrollment_id uuid) RETURNS jsonb
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
               'done', s.done,
               'heard_event_id', s.heard_event_id,
               'lead', to_jsonb(l) - 'tenant_id',
               'mailbox', to_jsonb(m) - 'tenant_id',
               'events', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                     'id', e.id, 'type', e.type, 'name', e.name, 'step_id', e.step_id,
                                     'machine', e.machine, 'occurred_at', e.occurred_at) ORDER BY e.id), '[]')
                            FROM lead_engagement e
                           WHERE e.tenant_id = p_tenant_id AND e.lead_id = s.lead_id
                             AND (e.enrollment_id = p_enrollment_id
                                  -- What the lead did apart from any email is told to every enrollment of it.
                                  OR e.enrollment_id IS NULL AND e.occurred_at >= s.enrolled_at)),
               'messages', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                       'step_id', g.step_id, 'mailbox_id', g.mailbox_id, 'rfc_message_id', g.rfc_message_id,
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

CREATE FUNCTION load_mailbox(p_tenant_id uuid, p_mailbox_id uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN (SELECT to_jsonb(m) - 'tenant_id' FROM mailboxes m WHERE m.tenant_id = p_tenant_id AND m.id = p_mailbox_id);
END $$;

-- The lead has done what its step waits for: it is due now. NULL when it waits for something else.
CREATE FUNCTION hear_lead_event(p_tenant_id uuid, p_enrollment_id uuid, p_event text, p_now timestamptz DEFAULT NULL)
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    moment timestamptz := enrollment_now(state, p_now);
BEGIN
    IF state.waiting_for IS DISTINCT FROM p_event OR state.status IN ('completed', 'stopped') THEN
        RETURN NULL;
    END IF;
    UPDATE lead_sequence_state
       -- Of a paused one the wait is over: it is due when it is resumed.
       SET next_action_at = greatest(least(next_action_at, coalesce(paused_at, moment)), hold_until),
           last_activity_at = moment, revision = revision + 1
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    PERFORM log_move(state, 'heard', state.current_step_id, jsonb_build_object('event', p_event), moment);
    PERFORM tell_workflow(state, 'event_received');
    RETURN state;
END $$;

-- Moves enrollments to a newly published version. Each row: {id, step_id, due_at, listens_for, status?, entered_at?,
-- reason?}; the caller holds their locks and has worked the places out. Who stands where it stood and is due when it
-- was needs no telling.
CREATE FUNCTION migrate_enrollments(p_tenant_id uuid, p_version_id uuid, p_rows jsonb, p_version integer)
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
        -- What was reserved for a step that is gone will not leave.
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

DROP FUNCTION reserve_message, advance_to_next_step, resume_lead_sequence;

-- The gate. Locks the enrollment, checks again that it may be written to, pins the branch decisions that led
-- here, and reserves the message. Outcomes:
--   reserved  nothing has left yet: the caller hands the message to SMTP
--   sent      an earlier attempt did it all but could not record its end
--   unknown   an earlier attempt died at the final dot, and the policy is not to send again
--   held      the enrollment may not be written to now; the directive says how it stands
CREATE FUNCTION reserve_message(
    p_tenant_id uuid, p_enrollment_id uuid, p_from_step_id uuid, p_version_id uuid, p_step_id uuid,
    p_visit integer, p_now timestamptz, p_decisions jsonb, p_message jsonb, p_resend boolean) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    message messages;
    outcome text := 'reserved';
BEGIN
    IF state.status NOT IN ('pending', 'active') OR state.current_step_id IS DISTINCT FROM p_from_step_id
        -- Published meanwhile: what was rendered may no longer be what the step says.
        OR state.version_id <> p_version_id
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
       SET status = 'active', current_step_id = p_step_id, revision = revision + 1, waiting_for = NULL,
           done = done_after(done, p_decisions), heard_event_id = heard_after(heard_event_id, p_decisions),
           mailbox_id = coalesce(mailbox_id, (p_message->>'mailbox_id')::uuid),
           clock_offset = greatest(clock_offset, p_now - clock_timestamp())
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id
    RETURNING * INTO state;

    INSERT INTO messages (tenant_id, id, enrollment_id, lead_id, sequence_id, mailbox_id, step_id, visit,
                          rfc_message_id, thread, subject, variant, reserved_at)
    VALUES (p_tenant_id, (p_message->>'id')::uuid, p_enrollment_id, state.lead_id, state.sequence_id,
            (p_message->>'mailbox_id')::uuid, p_step_id, p_visit, p_message->>'rfc_message_id',
            ARRAY(SELECT jsonb_array_elements_text(p_message->'thread')), p_message->>'subject',
            p_message->>'variant', p_now)
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
        -- What is sent again keeps its Message-ID: a receiver that has it already can tell. The rest is as it was
        -- written now: a step may have been edited since.
        UPDATE messages
           SET status = outcome,
               subject = CASE WHEN outcome = 'reserved' THEN p_message->>'subject' ELSE subject END,
               variant = CASE WHEN outcome = 'reserved' THEN p_message->>'variant' ELSE variant END,
               mailbox_id = CASE WHEN outcome = 'reserved' THEN (p_message->>'mailbox_id')::uuid ELSE mailbox_id END,
               thread = CASE WHEN outcome = 'reserved'
                             THEN ARRAY(SELECT jsonb_array_elements_text(p_message->'thread')) ELSE thread END
         WHERE tenant_id = p_tenant_id AND id = message.id RETURNING * INTO message;
    END IF;
    RETURN jsonb_build_object(
        'outcome', outcome, 'directive', enrollment_directive(state), 'message_id', message.id,
        'rfc_message_id', message.rfc_message_id, 'thread', message.thread, 'subject', message.subject);
END $$;

-- Records what a step did and moves the mirror, all or nothing, once: an attempt that comes second changes
-- nothing and is told where the enrollment stands.
--   p_effect  NULL, or {step_id, visit, event, detail, message: {id, status, response}}
--   p_next    {step_id, due_at}, or {status, reason} at the end
CREATE FUNCTION advance_to_next_step(
    p_tenant_id uuid, p_enrollment_id uuid, p_from_step_id uuid, p_version_id uuid,
    p_now timestamptz, p_decisions jsonb, p_effect jsonb, p_next jsonb) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    effect_step uuid := (p_effect->>'step_id')::uuid;
    sent boolean := coalesce(p_effect#>>'{message,status}' = 'sent', false);
    ended boolean := state.status IN ('completed', 'stopped');
    came_first boolean := p_effect IS NULL
        OR coalesce((state.visits->>effect_step::text)::integer, 0) = (p_effect->>'visit')::integer - 1;
    was_unknown boolean;
    -- Published meanwhile: the place that the old version leads to is not taken. The lead stays where it is, due, and
    -- the next attempt goes on by the new version from there (what has taken effect is passed over).
    stale boolean := state.version_id <> p_version_id;
    stays boolean := ended OR stale;
    heard bigint := heard_after(state.heard_event_id, p_decisions);
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
    ELSIF stale OR state.status NOT IN ('pending', 'active')
        OR state.current_step_id IS DISTINCT FROM p_from_step_id THEN
        came_first := false;
    ELSIF (SELECT status FROM sequences WHERE tenant_id = p_tenant_id AND id = state.sequence_id) <> 'active' THEN
        -- Pausing a sequence pauses its leads one by one; whoever is not reached yet is held here, as at the gate.
        state := pause_lead_sequence(p_tenant_id, p_enrollment_id, 'sequence', p_now);
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
           done = CASE WHEN effect_step IS NULL THEN done_after(done, p_decisions)
                       ELSE done_after(done, p_decisions) || effect_step END,
           heard_event_id = heard,
           steps_completed = steps_completed + (effect_step IS NOT NULL)::integer,
           emails_sent = emails_sent + sent::integer,
           last_activity_at = p_now,
           clock_offset = greatest(clock_offset, p_now - clock_timestamp()),
           revision = revision + 1,
           error = NULL,
           status = CASE WHEN stays THEN status
                         WHEN p_next ? 'status' THEN p_next->>'status'
                         WHEN status = 'pending' THEN 'active' ELSE status END,
           stop_reason = CASE WHEN stays THEN stop_reason ELSE p_next->>'reason' END,
           ended_at = CASE WHEN stays THEN ended_at WHEN p_next ? 'status' THEN p_now END,
           current_step_id = CASE WHEN stays THEN current_step_id ELSE (p_next->>'step_id')::uuid END,
           hold_until = CASE WHEN NOT stays AND p_next ? 'status' THEN NULL ELSE hold_until END,
           next_action_at = CASE WHEN stays THEN next_action_at
                                 WHEN p_next ? 'status' THEN NULL
                                 ELSE greatest((p_next->>'due_at')::timestamptz, hold_until) END,
           waiting_for = CASE WHEN NOT stays THEN p_next->>'listens_for' ELSE waiting_for END,
           step_entered_at = CASE WHEN stays THEN step_entered_at ELSE p_now END
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id
    RETURNING * INTO state;

    -- What the new step waits for may have happened while the email left.
    IF NOT stays AND state.waiting_for IS NOT NULL AND has_heard(state, state.waiting_for) THEN
        UPDATE lead_sequence_state SET next_action_at = greatest(p_now, hold_until)
         WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    END IF;

    IF NOT stays AND p_next ? 'status' THEN
        PERFORM log_move(state, state.status, NULL,
                         jsonb_strip_nulls(jsonb_build_object('reason', state.stop_reason)), p_now);
    ELSIF NOT stays AND state.next_action_at > p_now THEN
        PERFORM log_move(state, 'waiting', state.current_step_id,
                         jsonb_build_object('until', state.next_action_at), p_now);
    END IF;
    RETURN enrollment_directive(state) || '{"applied": true}';
END $$;

CREATE OR REPLACE FUNCTION stop_lead_sequence(
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

-- Lets a paused enrollment go on, or has a failed one try its step again.
-- preserve_remaining: what was left of the wait when it was paused is waited from now on.
CREATE FUNCTION resume_lead_sequence(
    p_tenant_id uuid, p_enrollment_id uuid, p_mode text, p_now timestamptz DEFAULT NULL,
    p_not_before timestamptz DEFAULT NULL)
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    moment timestamptz := enrollment_now(state, p_now);
    -- A wait that began during the pause has lost only what came after its own beginning.
    lost interval := CASE WHEN state.status = 'paused' AND p_mode = 'preserve_remaining'
                          THEN moment - greatest(state.paused_at, state.step_entered_at) ELSE '0' END;
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
    PERFORM tell_workflow(state, 'resume');
    RETURN state;
END $$;
