-- The outbox: commands that Temporal has not received yet, and the search for enrollments whose workflow is lost.

-- Takes rows of the outbox for delivery, oldest first, and holds them for `p_lease`. It takes at most one row of an
-- enrollment, so that its commands arrive in order. The caller settles or postpones each row. After a crash the lease
-- expires and the row is claimed again. A command may be delivered twice: workflows ignore the second.
--   p_starts  true: starts of workflows; false: commands for workflows that run
CREATE OR REPLACE FUNCTION claim_outbox(p_tenant_id uuid, p_limit integer, p_lease interval, p_starts boolean)
    RETURNS TABLE (
    id bigint, enrollment_id uuid, command text, sequence_id uuid, sequence_name text, lead_id uuid,
    campaign_id uuid, directive jsonb)
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN QUERY
    WITH next AS MATERIALIZED (
        SELECT o.id FROM outbox o
         WHERE o.tenant_id = p_tenant_id AND (p_starts AND o.command = 'start' OR NOT p_starts AND o.command <> 'start')
           AND (o.leased_until IS NULL OR o.leased_until < clock_timestamp())
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

-- Removes delivered rows. A started enrollment is active from now on, even when its first step is days away.
--
-- pending -> active
CREATE OR REPLACE FUNCTION settle_outbox(p_tenant_id uuid, p_ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    -- Enrollments are always locked in the order of their IDs.
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

-- Ends the lease of rows that could not be delivered, with the reason.
CREATE OR REPLACE FUNCTION postpone_outbox(p_tenant_id uuid, p_ids bigint[], p_error text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    UPDATE outbox SET leased_until = NULL, last_error = p_error
     WHERE tenant_id = p_tenant_id AND id = ANY (p_ids);
END $$;

-- How many of these enrollments have a due step that is not failing. A dispatcher calls this many times a second while
-- the workers perform the steps that it started, so it is one call and not a transaction of four statements.
CREATE OR REPLACE FUNCTION count_due(p_tenant_id uuid, p_enrollment_ids uuid[]) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN (SELECT count(*) FROM lead_sequence_state
             WHERE tenant_id = p_tenant_id AND id = ANY (p_enrollment_ids) AND status IN ('pending', 'active')
               AND error IS NULL AND next_action_at <= clock_timestamp() + clock_offset);
END $$;

-- Enrollments whose step has been due for so long that their workflow may be lost. Those with a row in the outbox are
-- left out, because its delivery is still to come. The time limit is computed once, and clocks that were moved
-- (development) have a separate query, so that both queries use an index.
CREATE OR REPLACE FUNCTION overdue_enrollments(p_tenant_id uuid, p_overdue_after interval, p_limit integer)
    RETURNS TABLE (
    id bigint, enrollment_id uuid, command text, sequence_id uuid, sequence_name text, lead_id uuid,
    campaign_id uuid, directive jsonb)
    LANGUAGE plpgsql AS $$
DECLARE
    latest timestamptz := clock_timestamp() - p_overdue_after;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN QUERY
    WITH late AS (
        (SELECT s AS state FROM lead_sequence_state s
          WHERE s.tenant_id = p_tenant_id AND s.status IN ('pending', 'active') AND s.clock_offset = '0'
            AND s.next_action_at < latest
            AND NOT EXISTS (SELECT FROM outbox o WHERE o.tenant_id = p_tenant_id AND o.enrollment_id = s.id)
          ORDER BY s.next_action_at LIMIT p_limit)
         UNION ALL
        (SELECT s FROM lead_sequence_state s
          WHERE s.tenant_id = p_tenant_id AND s.status IN ('pending', 'active') AND s.clock_offset <> '0'
            AND s.next_action_at < latest + s.clock_offset
            AND NOT EXISTS (SELECT FROM outbox o WHERE o.tenant_id = p_tenant_id AND o.enrollment_id = s.id)
          ORDER BY s.next_action_at LIMIT p_limit)
    )
    SELECT NULL::bigint, (state).id, 'plan_changed', (state).sequence_id, q.name, (state).lead_id,
           (state).campaign_id, described_directive(state)
      FROM late JOIN sequences q ON q.tenant_id = p_tenant_id AND q.id = (state).sequence_id
     ORDER BY (state).next_action_at LIMIT p_limit;
END $$;

-- The open batches that no other driver holds, oldest first. Called after every write that sends a command to Temporal.
CREATE OR REPLACE FUNCTION batches_to_drive(p_tenant_id uuid, p_driver uuid) RETURNS uuid[] LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN ARRAY(
        SELECT b.id FROM batches b
         WHERE b.tenant_id = p_tenant_id AND b.status IN ('accepted', 'running')
           AND (b.leased_until IS NULL OR b.leased_until < clock_timestamp() OR b.leased_by = p_driver)
         ORDER BY b.created_at, b.id);
END $$;
