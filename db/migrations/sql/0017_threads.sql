-- Threads: an email that may or may not have left is one that a later email may continue, for most have arrived.

-- As in 0008_senders.sql, and `messages` are also those of unknown outcome; `sent_at` is then when they were let go.
CREATE OR REPLACE FUNCTION load_enrollment(p_tenant_id uuid, p_enrollment_id uuid) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    answer jsonb;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    SELECT jsonb_build_object(
               'directive', enrollment_directive(s),
               'version_id', s.version_id,
               'hold_until', s.hold_until,
               'enrolled_at', s.enrolled_at,
               'visits', s.visits,
               'done', s.done,
               'heard_event_id', s.heard_event_id,
               'lead', to_jsonb(l) - 'tenant_id',
               'mailbox', described_sender(m),
               'events', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                     'id', e.id, 'type', e.type, 'name', e.name, 'step_id', e.step_id,
                                     'machine', e.machine, 'occurred_at', e.occurred_at) ORDER BY e.id), '[]')
                            FROM lead_engagement e
                           WHERE e.tenant_id = p_tenant_id AND e.lead_id = s.lead_id
                             AND (e.enrollment_id = p_enrollment_id
                                  -- What the lead did apart from any email is told to every enrollment of it.
                                  OR e.enrollment_id IS NULL AND e.occurred_at >= s.enrolled_at)),
               'messages', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                       'step_id', g.step_id, 'mailbox_id', g.mailbox_id, 'rfc_message_id', g.rfc_message_id,
                                       'thread', g.thread, 'subject', g.subject, 'status', g.status, 'visit', g.visit,
                                       'sent_at', coalesce(g.sent_at, g.sending_at))
                                       ORDER BY coalesce(g.sent_at, g.sending_at)), '[]')
                              FROM messages g
                             WHERE g.tenant_id = p_tenant_id AND g.enrollment_id = p_enrollment_id
                               AND g.status IN ('sent', 'unknown')))
      INTO answer
      FROM lead_sequence_state s
      JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
      -- One lead keeps one mailbox; one that was enrolled before there was any takes the first.
      LEFT JOIN mailboxes m ON m.tenant_id = s.tenant_id
           AND m.id = coalesce(s.mailbox_id, (SELECT f.id FROM mailboxes f
                                               WHERE f.tenant_id = p_tenant_id AND f.status = 'active'
                                               ORDER BY f.created_at, f.id LIMIT 1))
     WHERE s.tenant_id = p_tenant_id AND s.id = p_enrollment_id;
    RETURN answer;
END $$;
