DROP FUNCTION forget_old_answers(interval);
DROP POLICY answer_lookup ON idempotency_keys;
DROP POLICY answer_forgetting ON idempotency_keys;
REVOKE DELETE, SELECT (created_at) ON idempotency_keys FROM cadenza_system;

CREATE OR REPLACE FUNCTION overdue_enrollments(p_tenant_id uuid, p_overdue_after interval, p_limit integer) RETURNS TABLE (
    id bigint, enrollment_id uuid, command text, sequence_id uuid, sequence_name text, lead_id uuid,
    campaign_id uuid, directive jsonb)
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN QUERY
    SELECT NULL::bigint, s.id, 'plan_changed', s.sequence_id, q.name, s.lead_id, s.campaign_id,
           described_directive(s)
      FROM lead_sequence_state s
      JOIN sequences q ON q.tenant_id = p_tenant_id AND q.id = s.sequence_id
     WHERE s.tenant_id = p_tenant_id AND s.status IN ('pending', 'active')
       AND s.next_action_at < clock_timestamp() + s.clock_offset - p_overdue_after
       AND NOT EXISTS (SELECT FROM outbox o WHERE o.tenant_id = p_tenant_id AND o.enrollment_id = s.id)
     ORDER BY s.next_action_at LIMIT p_limit;
END $$;
