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
