-- Erasing a lead.

-- Deletes the lead and everything that refers to it, and keeps anonymous figures for the sequences' analytics. Returns
-- whether the lead existed. A message counts as sent by the same rule as in the view sequence_performance_live
-- (analytics.sql). A live enrollment, begun after the lead's others were stopped, counts as stopped.
CREATE OR REPLACE FUNCTION erase_lead(p_tenant_id uuid, p_lead_id uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    INSERT INTO erased_enrollments (tenant_id, sequence_id, status, stop_reason, current_step_id, visits, enrolled_at,
                                    ended_at, moves)
    SELECT p_tenant_id, s.sequence_id,
           CASE WHEN s.ended_at IS NULL THEN 'stopped' ELSE s.status END,
           CASE WHEN s.ended_at IS NULL THEN 'manual' ELSE s.stop_reason END,
           CASE WHEN s.ended_at IS NULL THEN NULL ELSE s.current_step_id END,
           s.visits, s.enrolled_at, coalesce(s.ended_at, now()),
           (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                       'step_id', g.step_id, 'event', g.event, 'branch', g.detail->>'branch',
                       'outcome', g.detail->'outcome'))), '[]')
              FROM sequence_execution_log g
             WHERE g.tenant_id = p_tenant_id AND g.enrollment_id = s.id AND g.event IN ('waiting', 'branch_decided'))
      FROM lead_sequence_state s
     WHERE s.tenant_id = p_tenant_id AND s.lead_id = p_lead_id;

    INSERT INTO erased_emails (tenant_id, sequence_id, step_id, variant, sent_at, opened_at, clicked_at, replied_at,
                               bounced_at, unsubscribed_at, machine_open, machine_click)
    SELECT p_tenant_id, m.sequence_id, m.step_id, m.variant,
           CASE WHEN m.status = 'sent' OR (m.status IN ('unknown', 'sending') AND coalesce(
                    d.opened_at, d.clicked_at, d.replied_at, d.unsubscribed_at) IS NOT NULL)
                THEN coalesce(m.sent_at, m.sending_at) END,
           d.opened_at, d.clicked_at, d.replied_at, d.bounced_at, d.unsubscribed_at,
           coalesce(d.machine_open, false), coalesce(d.machine_click, false)
      FROM messages m
      JOIN lead_sequence_state s ON s.tenant_id = m.tenant_id AND s.id = m.enrollment_id
      LEFT JOIN LATERAL (
               SELECT min(e.occurred_at) FILTER (WHERE e.type = 'open' AND NOT e.machine) AS opened_at,
                      min(e.occurred_at) FILTER (WHERE e.type = 'click' AND NOT e.machine) AS clicked_at,
                      min(e.occurred_at) FILTER (WHERE e.type = 'reply') AS replied_at,
                      min(e.occurred_at) FILTER (WHERE e.type = 'bounce') AS bounced_at,
                      min(e.occurred_at) FILTER (WHERE e.type = 'unsubscribe') AS unsubscribed_at,
                      bool_or(e.type = 'open' AND e.machine) AS machine_open,
                      bool_or(e.type = 'click' AND e.machine) AS machine_click
                 FROM lead_engagement e
                WHERE e.tenant_id = p_tenant_id AND e.enrollment_id = m.enrollment_id AND e.message_id = m.id
                  AND (e.type <> 'bounce' OR coalesce(e.detail->>'hard', 'true') = 'true')) d ON true
     WHERE s.tenant_id = p_tenant_id AND s.lead_id = p_lead_id;

    DELETE FROM idempotency_keys
     WHERE tenant_id = p_tenant_id AND position(p_lead_id::text IN response::text) > 0;
    DELETE FROM leads WHERE tenant_id = p_tenant_id AND id = p_lead_id;
    RETURN FOUND;
END $$;
