-- Stopping: company replies, circuit breakers, repeated soft bounces, and letting a held mailbox go on.

-- Colleagues are found by it, and a domain's suppression: a plain column, so that the filter stays leakproof. Not the
-- tenant in front: see 0003_batches.sql.
ALTER TABLE leads ADD COLUMN domain text NOT NULL GENERATED ALWAYS AS (split_part(email, '@', -1)) STORED;
CREATE INDEX leads_by_domain ON leads (domain, tenant_id);

-- Whether leads on this version heed a colleague's reply; kept apart from the plan, which is long, since every reply asks.
ALTER TABLE sequence_versions ADD COLUMN on_company_reply text
    GENERATED ALWAYS AS (plan #>> '{settings,on_company_reply}') STORED;
CREATE INDEX sequence_versions_heeding ON sequence_versions (tenant_id, id) WHERE on_company_reply IN ('stop', 'pause');

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

-- Circuit breakers (domain/breakers.py). Logins and messages that its servers refused, in a row; a success ends the row.
ALTER TABLE mailboxes
    ADD COLUMN smtp_auth_failures integer NOT NULL DEFAULT 0,
    ADD COLUMN imap_auth_failures integer NOT NULL DEFAULT 0,
    ADD COLUMN refusals integer NOT NULL DEFAULT 0,
    -- What came back before it was last released is not held against it again.
    ADD COLUMN counted_from timestamptz;
-- The last emails of a mailbox.
CREATE INDEX messages_by_mailbox ON messages (mailbox_id, tenant_id, reserved_at DESC);
-- What waits until somebody lets it go, found without reading the lists of live enrollments.
CREATE INDEX lead_sequence_state_parked ON lead_sequence_state (tenant_id, id)
    WHERE next_action_at IS NULL AND status IN ('pending', 'active');

CREATE FUNCTION clear_mailbox_failures(p_tenant_id uuid, p_mailbox_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    UPDATE mailboxes SET smtp_auth_failures = 0, refusals = 0
     WHERE tenant_id = p_tenant_id AND id = p_mailbox_id AND (smtp_auth_failures > 0 OR refusals > 0);
END $$;

-- The mailbox sends again: everything that waited for it is due, the n-th n / p_per_second seconds from now, on its own
-- clock, so that ten thousand do not come to the gate at once (which has slots for them, where the mailbox has limits).
-- The caller holds the mailbox's lock. Enrollments are locked in the order of their IDs, as everywhere.
CREATE FUNCTION release_parked(p_tenant_id uuid, p_mailbox_id uuid, p_per_second float) RETURNS integer
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

-- `acme.example` covers `eu.acme.example`: whoever asks for a company to be left alone means all of it. A top-level
-- domain by itself is nobody's, unless it is all there is.
CREATE FUNCTION domain_and_parents(p_domain text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY(SELECT array_to_string(parts[place:], '.')
                   FROM string_to_array(p_domain, '.') parts, generate_series(1, greatest(cardinality(parts) - 1, 1)) place)
$$;

CREATE OR REPLACE FUNCTION is_suppressed(p_tenant_id uuid, p_email text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM suppressions
                    WHERE tenant_id = p_tenant_id AND kind = 'address' AND value = p_email)
        OR EXISTS (SELECT FROM suppressions
                    WHERE tenant_id = p_tenant_id AND kind = 'domain'
                      AND value = ANY (domain_and_parents(split_part(p_email, '@', -1))))
$$;
