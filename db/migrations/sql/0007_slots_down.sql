DROP FUNCTION enroll_lead_in_sequence;
DROP FUNCTION mailbox_draw;
DROP TRIGGER recount_send_days ON mailboxes;
DROP TRIGGER give_back_withdrawn ON messages;
DROP TRIGGER give_back_slots ON lead_sequence_state;
DROP FUNCTION defer_message, reserve_message, counts_days_otherwise, message_status, park_email, put_off, pin_decisions,
    gate_closed, use_slot, give_back_slots, drop_planned_slots, plan_slots, take_slot, earliest_room, sweep_slots,
    count_slot, uncount_slot, lock_mailbox, is_limited, slot_end, slot_grace, recount_send_days, give_back_withdrawn,
    give_back_all_slots;
DROP TABLE send_days, send_slots;
DROP FUNCTION free_orphan_slot;
ALTER TABLE mailboxes DROP COLUMN day_zone;
CREATE OR REPLACE FUNCTION forget_deferral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.deferral := NULL;
    RETURN NEW;
END $$;
-- The gate, as 0002 has it.
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
-- Enrolls leads and says of each what became of it, all of them in one statement: `enrolled`, or the reason why
-- not, and until when it holds where it ends by itself. In a dry run nothing is written; the answer is the same.
--   p_waiting_for  the event that the first step waits for, if it does
--   p_due_by_zone  when the first step is due, by the lead's time zone; p_due_at for zones that are not in it
--   p_policy       {exclusive, allow_reenrollment, reenroll_after_days} of the sequence,
--                  {max_live_enrollments, max_emails, max_emails_days} of the tenant
-- The caller has made sure that the sequence is active and holds it, and its tenant, FOR SHARE.
CREATE FUNCTION enroll_lead_in_sequence(
    p_tenant_id uuid, p_lead_ids uuid[], p_sequence_id uuid, p_version_id uuid, p_first_step_id uuid,
    p_waiting_for text, p_due_at timestamptz, p_due_by_zone jsonb, p_campaign_id uuid, p_batch_id uuid, p_policy jsonb,
    p_now timestamptz, p_dry_run boolean DEFAULT false)
    RETURNS TABLE (lead_id uuid, outcome text, until timestamptz, enrollment_id uuid)
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    sender uuid;
    exclusive_versions uuid[];
    exclusively boolean := (p_policy->>'exclusive')::boolean;
    again boolean := (p_policy->>'allow_reenrollment')::boolean;
    cool_down interval := make_interval(days => (p_policy->>'reenroll_after_days')::integer);
    max_live integer := (p_policy->>'max_live_enrollments')::integer;
    max_emails integer := (p_policy->>'max_emails')::integer;
    emails_within interval := make_interval(days => (p_policy->>'max_emails_days')::integer);
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    SELECT m.id INTO sender FROM mailboxes m
     WHERE m.tenant_id = p_tenant_id AND m.status = 'active' ORDER BY m.created_at, m.id LIMIT 1;
    exclusive_versions := ARRAY(SELECT v.id FROM sequence_versions v WHERE v.tenant_id = p_tenant_id AND v.exclusive);

    -- Where what is live in other sequences counts, two requests for one lead take turns, and the second sees what
    -- the first has done: the statement below begins after the locks are held. In the order of IDs, so that they
    -- never wait in a circle.
    IF NOT p_dry_run AND (exclusively OR max_live IS NOT NULL OR exclusive_versions <> '{}') THEN
        PERFORM FROM leads l WHERE l.tenant_id = p_tenant_id AND l.id = ANY (p_lead_ids)
          ORDER BY l.id FOR NO KEY UPDATE;
    END IF;

    RETURN QUERY
    WITH asked AS (
        SELECT DISTINCT ON (a.lead_id) a.lead_id, a.place
          FROM unnest(p_lead_ids) WITH ORDINALITY a(lead_id, place) ORDER BY a.lead_id, a.place
    ), judged AS MATERIALIZED (
        SELECT a.lead_id, a.place, l.timezone, past.ended_at + cool_down AS cool_at,
               CASE WHEN past.live >= max_live THEN NULL ELSE written.sent_at + emails_within END AS quiet_at, CASE
                   WHEN l.id IS NULL THEN 'not_found'
                   WHEN l.email !~ '^[^@\s]+@[^@\s]+$' THEN 'invalid_email'
                   WHEN l.status IN ('bounced', 'unsubscribed') THEN l.status
                   WHEN is_suppressed(p_tenant_id, l.email) THEN 'suppressed'
                   WHEN past.here THEN 'already_enrolled'
                   WHEN past.taken OR exclusively AND past.live > 0 THEN 'in_exclusive_sequence'
                   WHEN past.ended_at IS NOT NULL AND (NOT again OR past.ended_at + cool_down > p_now)
                       THEN 'cooling_down'
                   WHEN past.live >= max_live OR written.sent_at IS NOT NULL THEN 'contact_capped'
                   ELSE 'enrolled' END AS verdict
          FROM asked a
          LEFT JOIN leads l ON l.tenant_id = p_tenant_id AND l.id = a.lead_id
          LEFT JOIN LATERAL (
              SELECT count(*) FILTER (WHERE s.ended_at IS NULL) AS live,
                     bool_or(s.ended_at IS NULL AND s.sequence_id = p_sequence_id) AS here,
                     bool_or(s.ended_at IS NULL AND s.version_id = ANY (exclusive_versions)) AS taken,
                     -- By the wall's clock, should its own have been moved forward (development).
                     max(s.ended_at - s.clock_offset) FILTER (WHERE s.sequence_id = p_sequence_id) AS ended_at
                FROM lead_sequence_state s
               WHERE s.tenant_id = p_tenant_id AND s.lead_id = a.lead_id) past ON true
          -- The last email but so many: while it counts, so do they, and there are as many as may be.
          LEFT JOIN LATERAL (
              SELECT g.sent_at FROM messages g
               WHERE max_emails IS NOT NULL AND g.tenant_id = p_tenant_id AND g.lead_id = a.lead_id
                 AND g.status = 'sent' AND g.sent_at > p_now - emails_within
               ORDER BY g.sent_at DESC OFFSET coalesce(max_emails, 1) - 1 LIMIT 1) written ON true
    ), entered AS (
        INSERT INTO lead_sequence_state AS s
            (tenant_id, lead_id, sequence_id, version_id, campaign_id, batch_id, mailbox_id, current_step_id,
             waiting_for, next_action_at, step_entered_at, enrolled_at, last_activity_at)
        SELECT p_tenant_id, j.lead_id, p_sequence_id, p_version_id, p_campaign_id, p_batch_id, sender, p_first_step_id,
               p_waiting_for, coalesce((p_due_by_zone->>j.timezone)::timestamptz, p_due_at), p_now, p_now, p_now
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
           CASE WHEN j.verdict = 'cooling_down' AND again THEN j.cool_at
                WHEN j.verdict = 'contact_capped' THEN j.quiet_at END,
           e.id
      FROM judged j LEFT JOIN entered e ON e.lead_id = j.lead_id
     ORDER BY j.place;
END $$;
