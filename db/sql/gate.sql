-- The send gate: the last check before an email is sent, and the record of its outcome.
--
-- A message: reserved -> sending -> sent | refused | unknown, or reserved -> withdrawn.
-- release_message takes it back to reserved.

-- Whether this step's email may be sent to the enrollment now. Locks the enrollment. Returns NULL if so, otherwise its
-- directive.
--
-- pending | active -> stopped (the lead is suppressed) | paused (the sequence is paused)
CREATE OR REPLACE FUNCTION gate_closed(
    p_tenant_id uuid, p_enrollment_id uuid, p_from_step_id uuid, p_version_id uuid, p_step_id uuid, p_visit integer,
    p_now timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
BEGIN
    IF state.status NOT IN ('pending', 'active') OR state.current_step_id IS DISTINCT FROM p_from_step_id
        -- A new version was published meanwhile: the step may have another email by now.
        OR state.version_id <> p_version_id
        OR coalesce((state.visits->>p_step_id::text)::integer, 0) <> p_visit - 1 OR state.hold_until > p_now
    THEN
        RETURN enrollment_directive(state);
    END IF;
    IF is_suppressed(p_tenant_id, (SELECT email FROM leads WHERE tenant_id = p_tenant_id AND id = state.lead_id))
    THEN
        RETURN enrollment_directive(stop_lead_sequence(p_tenant_id, p_enrollment_id, 'suppressed', p_now));
    END IF;
    -- A pause of a sequence pauses its enrollments one by one. One that it has not reached yet is paused here.
    IF (SELECT status FROM sequences WHERE tenant_id = p_tenant_id AND id = state.sequence_id) <> 'active' THEN
        RETURN enrollment_directive(pause_lead_sequence(p_tenant_id, p_enrollment_id, 'sequence', p_now));
    END IF;
    RETURN NULL;
END $$;

-- Records the decisions that led to the step and moves the enrollment there, so that they are not made again.
--
-- pending | active -> active
CREATE OR REPLACE FUNCTION pin_decisions(
    state lead_sequence_state, p_step_id uuid, p_mailbox_id uuid, p_now timestamptz, p_decisions jsonb)
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
BEGIN
    PERFORM log_decisions(state, p_decisions, p_now);
    UPDATE lead_sequence_state
       SET status = 'active', current_step_id = p_step_id, revision = revision + 1, waiting_for = NULL,
           done = done_after(done, p_decisions), heard_event_id = heard_after(heard_event_id, p_decisions),
           mailbox_id = coalesce(mailbox_id, p_mailbox_id), deferral = NULL,
           clock_offset = greatest(clock_offset, p_now - clock_timestamp())
     WHERE tenant_id = state.tenant_id AND id = state.id
    RETURNING * INTO state;
    RETURN state;
END $$;

-- Lets the due step wait until `p_until`, for the cause in `p_deferral` ({cause, ...}). NULL: until the mailbox is
-- released. Returns enrollment_directive and {cause}.
CREATE OR REPLACE FUNCTION put_off(
    state lead_sequence_state, p_until timestamptz, p_deferral jsonb, p_now timestamptz)
    RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    UPDATE lead_sequence_state
       SET next_action_at = p_until, deferral = p_deferral, error = NULL, last_activity_at = p_now
     WHERE tenant_id = state.tenant_id AND id = state.id
    RETURNING * INTO state;
    PERFORM log_move(state, 'deferred', state.current_step_id,
                     jsonb_strip_nulls(p_deferral || jsonb_build_object('until', p_until)), p_now);
    RETURN enrollment_directive(state) || jsonb_build_object('cause', p_deferral->>'cause');
END $$;

-- The mailbox is held: frees the slot and lets the email wait until release_parked. `p_again`: see give_back_slots.
CREATE OR REPLACE FUNCTION park_email(
    m mailboxes, p_enrollment_id uuid, p_step_id uuid, p_visit integer, p_now timestamptz, p_decisions jsonb,
    p_again boolean) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    PERFORM give_back_slots(m, p_enrollment_id, p_step_id, p_visit, p_again);
    RETURN put_off(
        pin_decisions(lock_enrollment(m.tenant_id, p_enrollment_id), p_step_id, m.id, p_now, p_decisions), NULL,
        jsonb_build_object('cause', 'mailbox_held', 'mailbox_id', m.id, 'hold_reason', m.hold_reason), p_now);
END $$;

-- The status of the message of this step and visit, or NULL when none was reserved.
CREATE OR REPLACE FUNCTION message_status(p_tenant_id uuid, p_enrollment_id uuid, p_step_id uuid, p_visit integer)
    RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT status FROM messages
     WHERE tenant_id = p_tenant_id AND enrollment_id = p_enrollment_id AND step_id = p_step_id AND visit = p_visit
$$;

-- Whether the mailbox counts its days in a zone other than `p_zone`, which the caller used to compute them. A mailbox
-- without a zone of its own keeps the first `p_zone` that it is called with.
CREATE OR REPLACE FUNCTION counts_days_otherwise(m mailboxes, p_zone text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_limited(m) THEN
        RETURN false;
    END IF;
    IF m.timezone = '' AND m.day_zone = '' THEN
        UPDATE mailboxes SET day_zone = p_zone WHERE tenant_id = m.tenant_id AND id = m.id;
        RETURN false;
    END IF;
    RETURN coalesce(nullif(m.timezone, ''), m.day_zone) <> p_zone;
END $$;

-- The gate. Locks mailbox and enrollment, checks again that the lead may be sent email, uses a send slot, stores the
-- decisions and reserves the message. The first span (p_days[1], p_caps[1]) is the one that contains `p_now`.
--
-- pending | active -> active; no message | reserved | sending | unknown -> reserved (or unknown, see below)
--
--   p_message  {id, mailbox_id, rfc_message_id, thread, subject, variant}
--   p_resend   the policy for a message whose outcome is unknown: true sends it again
--   p_offsets  the days of the lead's later emails, counted from that of the first (plan_slots)
-- Outcomes:
--   reserved  nothing was sent yet: the caller hands the message to SMTP
--   sent      an earlier attempt sent it but did not record the next step
--   unknown   an earlier attempt died at the final dot, and the policy is not to send again
--   held      the enrollment may not be sent email now, or the mailbox is held; see the directive
--   no_slot   the mailbox's limits leave no slot now; nothing was changed (call defer_message next)
--   stale     the mailbox counts its days in another zone; nothing was changed; compute the spans again
CREATE OR REPLACE FUNCTION reserve_message(
    p_tenant_id uuid, p_enrollment_id uuid, p_from_step_id uuid, p_version_id uuid, p_step_id uuid,
    p_visit integer, p_now timestamptz, p_decisions jsonb, p_message jsonb, p_resend boolean, p_zone text,
    p_days date[], p_caps integer[], p_jitter interval, p_offsets integer[]) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    m mailboxes := lock_mailbox(p_tenant_id, (p_message->>'mailbox_id')::uuid);
    closed jsonb := gate_closed(
        p_tenant_id, p_enrollment_id, p_from_step_id, p_version_id, p_step_id, p_visit, p_now);
    state lead_sequence_state;
    before text;
    message messages;
    outcome text := 'reserved';
BEGIN
    IF closed IS NOT NULL THEN
        RETURN jsonb_build_object('outcome', 'held', 'directive', closed);
    END IF;
    before := message_status(p_tenant_id, p_enrollment_id, p_step_id, p_visit);
    outcome := CASE WHEN before = 'sent' THEN 'sent'
                    WHEN before IN ('sending', 'unknown') AND NOT p_resend THEN 'unknown' ELSE 'reserved' END;
    state := lock_enrollment(p_tenant_id, p_enrollment_id);
    IF outcome = 'reserved' THEN
        IF m.status <> 'active' THEN
            RETURN jsonb_build_object('outcome', 'held', 'directive', park_email(
                m, p_enrollment_id, p_step_id, p_visit, p_now, p_decisions, coalesce(before = 'reserved', false)));
        END IF;
        IF counts_days_otherwise(m, p_zone) THEN
            RETURN jsonb_build_object('outcome', 'stale', 'directive', enrollment_directive(state));
        END IF;
        IF NOT use_slot(m, state, p_step_id, p_visit, p_now, p_days[1], p_caps[1], p_jitter,
                        coalesce(before = 'reserved', false)) THEN
            RETURN jsonb_build_object('outcome', 'no_slot', 'directive', enrollment_directive(state));
        END IF;
        IF state.emails_sent > 0 THEN
            PERFORM drop_planned_slots(m, p_enrollment_id, state.emails_sent);
        ELSIF p_offsets <> '{}' AND NOT EXISTS (
            SELECT FROM send_slots WHERE enrollment_id = p_enrollment_id AND tenant_id = p_tenant_id
                                     AND status = 'planned')
        THEN
            PERFORM plan_slots(m, p_enrollment_id, p_step_id, p_days[1], p_days, p_caps, p_offsets);
        END IF;
    END IF;

    state := pin_decisions(state, p_step_id, m.id, p_now, p_decisions);
    IF before IS NULL THEN
        INSERT INTO messages (tenant_id, id, enrollment_id, lead_id, sequence_id, mailbox_id, step_id, visit,
                              rfc_message_id, thread, subject, variant, reserved_at)
        VALUES (p_tenant_id, (p_message->>'id')::uuid, p_enrollment_id, state.lead_id, state.sequence_id,
                m.id, p_step_id, p_visit, p_message->>'rfc_message_id',
                ARRAY(SELECT jsonb_array_elements_text(p_message->'thread')), p_message->>'subject',
                p_message->>'variant', p_now)
        RETURNING * INTO message;
    ELSE
        IF before = 'sending' THEN
            PERFORM log_move(state, 'email_outcome_unknown', p_step_id, jsonb_build_object(
                'message_id', (SELECT id FROM messages
                                WHERE tenant_id = p_tenant_id AND enrollment_id = p_enrollment_id
                                  AND step_id = p_step_id AND visit = p_visit),
                'then', CASE WHEN p_resend THEN 'resend' ELSE 'skip' END), p_now);
        END IF;
        -- A message that is sent again keeps its Message-ID, so that a receiver recognizes it. Everything else is
        -- rendered again, since the step may have been edited.
        UPDATE messages
           SET status = outcome,
               subject = CASE WHEN outcome = 'reserved' THEN p_message->>'subject' ELSE subject END,
               variant = CASE WHEN outcome = 'reserved' THEN p_message->>'variant' ELSE variant END,
               mailbox_id = CASE WHEN outcome = 'reserved' THEN m.id ELSE mailbox_id END,
               thread = CASE WHEN outcome = 'reserved'
                             THEN ARRAY(SELECT jsonb_array_elements_text(p_message->'thread')) ELSE thread END
         WHERE tenant_id = p_tenant_id AND enrollment_id = p_enrollment_id AND step_id = p_step_id AND visit = p_visit
        RETURNING * INTO message;
    END IF;
    RETURN jsonb_build_object(
        'outcome', outcome, 'directive', enrollment_directive(state), 'message_id', message.id,
        'rfc_message_id', message.rfc_message_id, 'thread', message.thread, 'subject', message.subject);
END $$;

-- The due email cannot be sent now: the window is closed (`p_closed`: {cause, ...}), or the mailbox's limits are
-- reached. Takes the earliest slot within the spans (see take_slot) and lets the enrollment wait until then. With a
-- mailbox without limits it waits until the first span opens.
--
-- pending | active -> active
--
-- Outcomes:
--   deferred  the directive says until when
--   held      as in reserve_message
--   settle    an earlier attempt may have sent it: call reserve_message, which finds out without a slot
--   no_slot   no slot within these spans: call again with later ones
--   stale     as in reserve_message
CREATE OR REPLACE FUNCTION defer_message(
    p_tenant_id uuid, p_enrollment_id uuid, p_from_step_id uuid, p_version_id uuid, p_step_id uuid,
    p_visit integer, p_now timestamptz, p_decisions jsonb, p_mailbox_id uuid, p_resend boolean, p_zone text,
    p_days date[], p_caps integer[], p_opens bigint[], p_closes bigint[], p_jitter interval,
    p_offsets integer[], p_closed jsonb) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    m mailboxes := lock_mailbox(p_tenant_id, p_mailbox_id);
    closed jsonb := gate_closed(
        p_tenant_id, p_enrollment_id, p_from_step_id, p_version_id, p_step_id, p_visit, p_now);
    state lead_sequence_state;
    before text;
    first boolean;
    slot record;
    deferral jsonb;
BEGIN
    IF closed IS NOT NULL THEN
        RETURN jsonb_build_object('outcome', 'held', 'directive', closed);
    END IF;
    before := message_status(p_tenant_id, p_enrollment_id, p_step_id, p_visit);
    state := lock_enrollment(p_tenant_id, p_enrollment_id);
    IF before = 'sent' OR before IN ('sending', 'unknown') AND NOT p_resend THEN
        RETURN jsonb_build_object('outcome', 'settle', 'directive', enrollment_directive(state));
    END IF;
    IF m.status <> 'active' THEN
        RETURN jsonb_build_object('outcome', 'held', 'directive', park_email(
            m, p_enrollment_id, p_step_id, p_visit, p_now, p_decisions, coalesce(before = 'reserved', false)));
    END IF;
    IF counts_days_otherwise(m, p_zone) THEN
        RETURN jsonb_build_object('outcome', 'stale', 'directive', enrollment_directive(state));
    END IF;

    first := state.emails_sent = 0;
    PERFORM give_back_slots(m, p_enrollment_id, p_step_id, p_visit, coalesce(before = 'reserved', false));
    PERFORM drop_planned_slots(m, p_enrollment_id, CASE WHEN first THEN 2147483647 ELSE state.emails_sent END);
    IF is_limited(m) THEN
        slot := take_slot(m, p_enrollment_id, p_step_id, p_visit, p_now, p_days, p_caps, p_opens, p_closes, p_jitter,
                          first);
        IF slot.at IS NULL THEN
            RETURN jsonb_build_object('outcome', 'no_slot', 'directive', enrollment_directive(state));
        END IF;
        IF first THEN
            PERFORM plan_slots(m, p_enrollment_id, p_step_id, slot.day, p_days, p_caps, p_offsets);
        END IF;
        deferral := coalesce(slot.binds, p_closed);
    ELSE
        SELECT greatest(to_timestamp(p_opens[1]), p_now) AS at, p_days[1] AS day INTO slot;
        deferral := p_closed;
    END IF;
    state := pin_decisions(state, p_step_id, m.id, p_now, p_decisions);
    deferral := coalesce(deferral, '{"cause": "minimum_gap"}') || jsonb_build_object('mailbox_id', m.id);
    RETURN jsonb_build_object('outcome', 'deferred', 'directive', put_off(state, slot.at, deferral, p_now));
END $$;

-- Called just before the final dot: the last moment at which a pause, a stop or a reply can prevent the email. True:
-- send. Of several attempts, only one gets true.
--
-- reserved -> sending | withdrawn
CREATE OR REPLACE FUNCTION mark_sending(
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

-- The server certainly did not accept the message. It may be sent again (`reserved`), or never (`refused`). An attempt
-- changes only its own message, not that of a later attempt.
--
-- reserved | sending -> reserved | refused
CREATE OR REPLACE FUNCTION release_message(
    p_tenant_id uuid, p_message_id uuid, p_attempt_id uuid, p_status text, p_response text)
    RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    UPDATE messages SET status = p_status, response = p_response
     WHERE tenant_id = p_tenant_id AND id = p_message_id
       AND (status = 'reserved' OR status = 'sending' AND attempt_id = p_attempt_id);
END $$;

-- The time on the enrollment's clock at which the acceptance was recorded. It may be later than sent_at.
CREATE OR REPLACE FUNCTION note_acceptance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.accepted_at := greatest(NEW.sent_at, clock_timestamp() + (
        SELECT clock_offset FROM lead_sequence_state WHERE tenant_id = NEW.tenant_id AND id = NEW.enrollment_id));
    RETURN NEW;
END $$;
