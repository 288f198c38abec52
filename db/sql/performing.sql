-- Performing a step: reading what it needs, recording what it did.

-- Everything that performing a step reads, in one round trip: the enrollment, its lead, mailbox, events and messages.
-- `messages` are those that were sent or whose outcome is unknown; `sent_at` of the latter is when they were handed
-- over. NULL when there is no such enrollment.
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
               'mailbox', described_sender(m),
               'events', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                     'id', e.id, 'type', e.type, 'name', e.name, 'step_id', e.step_id,
                                     'machine', e.machine, 'occurred_at', e.occurred_at) ORDER BY e.id), '[]')
                            FROM lead_engagement e
                           WHERE e.tenant_id = p_tenant_id AND e.lead_id = s.lead_id
                             AND (e.enrollment_id = p_enrollment_id
                                  -- Events that belong to no email count for every enrollment of the lead.
                                  OR e.enrollment_id IS NULL AND e.occurred_at >= s.enrolled_at)),
               'messages', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                       'step_id', g.step_id, 'mailbox_id', g.mailbox_id,
                                       'rfc_message_id', g.rfc_message_id,
                                       'thread', g.thread, 'subject', g.subject, 'status', g.status, 'visit', g.visit,
                                       'sent_at', coalesce(g.sent_at, g.sending_at))
                                       ORDER BY coalesce(g.sent_at, g.sending_at)), '[]')
                              FROM messages g
                             WHERE g.tenant_id = p_tenant_id AND g.enrollment_id = p_enrollment_id
                               AND g.status IN ('sent', 'unknown')))
      INTO answer
      FROM lead_sequence_state s
      JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
      LEFT JOIN mailboxes m ON m.tenant_id = s.tenant_id
           AND m.id = coalesce(s.mailbox_id, first_mailbox(p_tenant_id))
     WHERE s.tenant_id = p_tenant_id AND s.id = p_enrollment_id;
    RETURN answer;
END $$;

-- The plan of a published version. It never changes, so a worker loads it once.
CREATE OR REPLACE FUNCTION load_plan(p_tenant_id uuid, p_version_id uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN (SELECT plan FROM sequence_versions WHERE tenant_id = p_tenant_id AND id = p_version_id);
END $$;

-- The variant that was chosen as the winner of this step, or NULL.
CREATE OR REPLACE FUNCTION load_variant_winner(p_tenant_id uuid, p_step_id uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN (SELECT variant FROM variant_winners WHERE tenant_id = p_tenant_id AND step_id = p_step_id);
END $$;

-- Sets the lead to `qualified`, unless it has unsubscribed or its address bounces.
CREATE OR REPLACE FUNCTION qualify_lead(p_tenant_id uuid, p_lead_id uuid) RETURNS void LANGUAGE sql AS $$
    UPDATE leads SET status = 'qualified'
     WHERE tenant_id = p_tenant_id AND id = p_lead_id AND status NOT IN ('qualified', 'unsubscribed', 'bounced')
$$;

-- What an action changes about its lead.
--   p_change  {status}, {qualifies}, or {add, remove}: tags; removes first, adds what is missing, keeps the order
CREATE OR REPLACE FUNCTION change_lead(p_tenant_id uuid, p_lead_id uuid, p_change jsonb)
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kept text[];
BEGIN
    IF (p_change->>'qualifies')::boolean THEN
        PERFORM qualify_lead(p_tenant_id, p_lead_id);
    END IF;
    IF p_change ? 'status' THEN
        UPDATE leads SET status = p_change->>'status'
         WHERE tenant_id = p_tenant_id AND id = p_lead_id AND status <> p_change->>'status';
    END IF;
    IF p_change ? 'add' THEN
        kept := ARRAY(SELECT tag FROM leads l, unnest(l.tags) WITH ORDINALITY t(tag, place)
                       WHERE l.tenant_id = p_tenant_id AND l.id = p_lead_id AND NOT p_change->'remove' ? tag
                       ORDER BY place);
        UPDATE leads
           SET tags = kept || ARRAY(SELECT added
                                      FROM jsonb_array_elements_text(p_change->'add') WITH ORDINALITY a(added, place)
                                     WHERE added <> ALL (kept) ORDER BY place)
         WHERE tenant_id = p_tenant_id AND id = p_lead_id;
    END IF;
END $$;

-- Records what a step did and moves the enrollment on, both or neither, and only once: a second attempt changes
-- nothing.
--
-- pending | active -> active (the next step) | completed | stopped
-- pending | active -> paused (the sequence is paused and the step sent nothing)
--
--   p_effect  NULL, or {step_id, visit, event, detail, message: {id, status, response}}
--   p_next    {step_id, due_at, listens_for}, or {status, reason} at the end
-- Returns enrollment_directive and {applied}. A message that was sent is recorded whatever the enrollment's status is.
CREATE OR REPLACE FUNCTION advance_to_next_step(
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
    -- A new version was published meanwhile, so the next step of the old version is not used. The enrollment stays at
    -- its step, due, and the next attempt continues from there with the new version. It passes over steps that took
    -- effect.
    stale boolean := state.version_id <> p_version_id;
    stays boolean := ended OR stale;
    heard bigint := heard_after(state.heard_event_id, p_decisions);
BEGIN
    IF p_effect ? 'message' THEN
        -- A message that was sent is recorded, whatever the enrollment's status is by now.
        was_unknown := EXISTS (SELECT FROM messages
                                WHERE tenant_id = p_tenant_id AND id = (p_effect#>>'{message,id}')::uuid
                                  AND status = 'unknown');
        UPDATE messages
           SET status = p_effect#>>'{message,status}', response = p_effect#>>'{message,response}',
               sent_at = CASE WHEN sent THEN p_now END
         WHERE tenant_id = p_tenant_id AND id = (p_effect#>>'{message,id}')::uuid AND status <> 'sent';
        -- This worker ran longer than its timeout, and the attempt after it recorded the message as unknown. But this
        -- worker knows that it was sent.
        IF NOT came_first AND sent AND was_unknown THEN
            PERFORM log_move(state, 'email_sent', effect_step, p_effect->'detail', p_now);
            UPDATE lead_sequence_state SET emails_sent = emails_sent + 1
             WHERE tenant_id = p_tenant_id AND id = p_enrollment_id;
        END IF;
    ELSIF stale OR state.status NOT IN ('pending', 'active')
        OR state.current_step_id IS DISTINCT FROM p_from_step_id THEN
        came_first := false;
    ELSIF (SELECT status FROM sequences WHERE tenant_id = p_tenant_id AND id = state.sequence_id) <> 'active' THEN
        -- A pause of a sequence pauses its enrollments one by one. One that it has not reached yet is paused here.
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

    -- The event that the new step waits for may have happened while the email was being sent.
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

-- advance_to_next_step for an action that only changes its lead: both or neither. A second attempt changes nothing, and
-- neither does one after a stop.
CREATE OR REPLACE FUNCTION advance_and_change_lead(
    p_tenant_id uuid, p_enrollment_id uuid, p_from_step_id uuid, p_version_id uuid, p_now timestamptz,
    p_decisions jsonb, p_effect jsonb, p_next jsonb, p_lead_id uuid, p_change jsonb) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    answer jsonb := advance_to_next_step(
        p_tenant_id, p_enrollment_id, p_from_step_id, p_version_id, p_now, p_decisions, p_effect, p_next);
BEGIN
    IF (answer->>'applied')::boolean THEN
        PERFORM change_lead(p_tenant_id, p_lead_id, p_change);
    END IF;
    RETURN answer;
END $$;

-- Records why a step is being tried again. The next success clears it.
CREATE OR REPLACE FUNCTION note_step_error(p_tenant_id uuid, p_enrollment_id uuid, p_error text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    UPDATE lead_sequence_state SET error = p_error
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id AND status IN ('pending', 'active', 'paused');
END $$;

-- A step failed permanently. The enrollment waits until somebody resumes or stops it.
--
-- pending | active | paused -> failed
CREATE OR REPLACE FUNCTION fail_lead_sequence(p_tenant_id uuid, p_enrollment_id uuid, p_error text, p_now timestamptz)
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
