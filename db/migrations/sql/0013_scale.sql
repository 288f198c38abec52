-- The minutely pass asks after each tenant's overdue enrollments. Compared with a clock that is read for every row, and
-- moved by every row's offset, no index could tell which they are: it read all enrollments there were, of all tenants.
-- The moment is taken once; clocks that were moved forward (development) stand apart, as in tenants_with_work.
CREATE OR REPLACE FUNCTION overdue_enrollments(p_tenant_id uuid, p_overdue_after interval, p_limit integer) RETURNS TABLE (
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

-- An answer is kept for whoever repeats a request, which is a matter of minutes. It was kept for ever.
CREATE FUNCTION forget_old_answers(p_older_than interval) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH forgotten AS (DELETE FROM idempotency_keys WHERE created_at < now() - p_older_than RETURNING 1)
    SELECT count(*) FROM forgotten
$$;
CREATE POLICY answer_forgetting ON idempotency_keys FOR DELETE TO cadenza_system USING (true);
CREATE POLICY answer_lookup ON idempotency_keys FOR SELECT TO cadenza_system USING (true);
GRANT DELETE, SELECT (created_at) ON idempotency_keys TO cadenza_system;
GRANT CREATE ON SCHEMA public TO cadenza_system;
ALTER FUNCTION forget_old_answers(interval) OWNER TO cadenza_system;
REVOKE CREATE ON SCHEMA public FROM cadenza_system;
REVOKE ALL ON FUNCTION forget_old_answers(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_old_answers(interval) TO cadenza_app;
