-- The building blocks of every transition: lock the enrollment, read its clock, log, send a command to the workflow.
--
-- A transition is one SQL function. It locks its row of lead_sequence_state first, so that all changes of an enrollment
-- happen one after another. It writes its row of the execution log, and a row of the outbox if Temporal must receive a
-- command. A worker calls it as one statement: one transaction, one round trip.
--
-- Conventions of all functions in this folder:
--   * The function sets the tenant (app.tenant_id) for its transaction and runs with the caller's rights, so that row
--     level security holds inside it. Functions of a role that sees every tenant are in access.sql.
--   * `p_now` is the time on the enrollment's own clock. NULL: the wall clock plus the enrollment's clock_offset.
--   * Locks are taken in this order: the mailbox, then enrollments by their IDs, then rows that belong to them.
--   * Statuses: pending, active, paused and failed are live; completed and stopped are final. The comment of a function
--     names the transition that it makes (`pending | active -> paused`).

-- Whether an enrollment with this status is live: it has not ended. `LIVE` in domain/enrollments/status.py and the
-- partial unique index lead_sequence_state_live apply the same rule (a test compares all three). The planner inlines
-- this function, so that queries with it can use the index.
CREATE OR REPLACE FUNCTION is_live(p_status text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT p_status IN ('pending', 'active', 'paused', 'failed')
$$;

-- Locks the enrollment until the transaction ends, and returns it as it is under the lock.
-- Raises no_data_found when the tenant has no such enrollment.
CREATE OR REPLACE FUNCTION lock_enrollment(p_tenant_id uuid, p_enrollment_id uuid) RETURNS lead_sequence_state
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

-- The time on the enrollment's own clock: `p_now` if the caller passes it.
CREATE OR REPLACE FUNCTION enrollment_now(state lead_sequence_state, p_now timestamptz) RETURNS timestamptz
    LANGUAGE sql AS $$ SELECT coalesce(p_now, clock_timestamp() + state.clock_offset) $$;

-- Writes one row to the execution log.
CREATE OR REPLACE FUNCTION log_move(
    state lead_sequence_state, p_event text, p_step_id uuid, p_detail jsonb, p_at timestamptz)
    RETURNS void LANGUAGE sql AS $$
    INSERT INTO sequence_execution_log
        (tenant_id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at)
    VALUES (state.tenant_id, state.id, state.sequence_id, state.lead_id, p_step_id, p_event,
            coalesce(p_detail, '{}'), p_at)
$$;

-- Writes a `branch_decided` row for each decision that was made on the way to a step.
--   p_decisions  [{step_id, branch, outcome, back?, heard?}, ...]
CREATE OR REPLACE FUNCTION log_decisions(state lead_sequence_state, p_decisions jsonb, p_at timestamptz)
    RETURNS void LANGUAGE sql AS $$
    INSERT INTO sequence_execution_log
        (tenant_id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at)
    SELECT state.tenant_id, state.id, state.sequence_id, state.lead_id, (d->>'step_id')::uuid,
           'branch_decided', d - 'step_id' - 'heard', p_at
      FROM jsonb_array_elements(p_decisions) d
$$;

-- Queues a command for the enrollment's workflow. The dispatcher delivers it (outbox.sql).
CREATE OR REPLACE FUNCTION tell_workflow(state lead_sequence_state, p_command text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO outbox (tenant_id, enrollment_id, command) VALUES (state.tenant_id, state.id, p_command)
$$;

-- The enrollment's present directive, as its workflow receives it: {revision, status, reason, step_id, due_at}.
CREATE OR REPLACE FUNCTION enrollment_directive(state lead_sequence_state) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'revision', state.revision, 'status', state.status, 'reason', state.stop_reason,
        'step_id', state.current_step_id, 'due_at', state.next_action_at)
$$;

-- enrollment_directive for a caller that has not loaded the plan. It adds the step's key and type, and the time zones
-- (the lead's, the sequence's) in which to show its due time.
CREATE OR REPLACE FUNCTION described_directive(state lead_sequence_state) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT enrollment_directive(state) || coalesce((
        SELECT jsonb_build_object('step_key', step->>'key', 'step_type', step->>'type',
                                  'zones', jsonb_build_array(l.timezone, v.plan#>>'{settings,timezone}'))
          FROM sequence_versions v
          JOIN leads l ON l.tenant_id = v.tenant_id AND l.id = state.lead_id,
               jsonb_array_elements(v.plan->'steps') step
         WHERE v.tenant_id = state.tenant_id AND v.id = state.version_id
           AND step->>'id' = state.current_step_id::text), '{}')
$$;

-- The steps that have taken effect in this lap, after these decisions: a decision that leads back begins a new lap. The
-- walk in Python needs this rule and the next one before anything is stored: `having_decided` in domain/engine/walk.py.
CREATE OR REPLACE FUNCTION done_after(p_done uuid[], p_decisions jsonb) RETURNS uuid[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_decisions @> '[{"back": true}]' THEN '{}' ELSE p_done END
$$;

-- The newest event that a wait of the enrollment has used, after these decisions: each names the event it used
-- (`heard`).
CREATE OR REPLACE FUNCTION heard_after(p_heard bigint, p_decisions jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT greatest(p_heard, (SELECT max((d->>'heard')::bigint) FROM jsonb_array_elements(p_decisions) d))
$$;

-- Sets updated_at of a changed row.
CREATE OR REPLACE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;

-- Keeps sequences.steps_count: the steps of the draft that were not removed.
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
