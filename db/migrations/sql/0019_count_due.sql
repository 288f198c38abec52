-- How many of these enrollments have a step that is due, and not failing: a dispatcher asks many times a second while
-- the workers perform what it has started, so that this is one call and not a transaction of four statements.
CREATE FUNCTION count_due(p_tenant_id uuid, p_enrollment_ids uuid[]) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN (SELECT count(*) FROM lead_sequence_state
             WHERE tenant_id = p_tenant_id AND id = ANY (p_enrollment_ids) AND status IN ('pending', 'active')
               AND error IS NULL AND next_action_at <= clock_timestamp() + clock_offset);
END $$;
