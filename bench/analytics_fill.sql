-- Generates enrollments and their history: 5 log rows, 2.5 messages and about one event for each enrollment. Reads the
-- table `filling` (a row for each sequence: its tenant, version, mailbox, steps in order, wanted size, and size
-- before). Run it as a superuser with triggers disabled.

INSERT INTO leads (tenant_id, id, email, first_name)
SELECT f.tenant_id, bench_id('lead', f.sequence_id, n), 'lead-' || n || '@' || f.sequence_id || '.example', 'Ada'
  FROM filling f, generate_series(f.filled + 1, f.size) n;

INSERT INTO lead_sequence_state
       (tenant_id, id, lead_id, sequence_id, version_id, mailbox_id, status, stop_reason, current_step_id,
        next_action_at, visits, emails_sent, emails_opened, emails_replied, steps_completed, enrolled_at, ended_at)
SELECT f.tenant_id, bench_id('enrollment', f.sequence_id, n), bench_id('lead', f.sequence_id, n), f.sequence_id,
       f.version_id, f.mailbox_id, status,
       CASE WHEN status = 'stopped' THEN (ARRAY['replied', 'replied', 'bounced', 'unsubscribed', 'manual'])[1 + n % 5] END,
       CASE WHEN status = 'active' THEN f.steps[5] END,
       CASE WHEN status = 'active' THEN now() + interval '3 days' END,
       jsonb_build_object(f.steps[1], 1) || CASE WHEN n % 2 = 0 THEN jsonb_build_object(f.steps[4], 1, f.steps[7], 1)
                                                 ELSE jsonb_build_object(f.steps[4], 1) END,
       2 + (n % 2 = 0)::integer, (n % 3 = 0)::integer, (n % 20 = 0)::integer, 3, enrolled_at,
       CASE WHEN status IN ('completed', 'stopped') THEN enrolled_at + interval '10 days' END
  FROM filling f, generate_series(f.filled + 1, f.size) n,
       LATERAL (SELECT now() - (n % 180) * interval '1 day' AS enrolled_at,
                       (ARRAY['completed', 'completed', 'completed', 'stopped', 'active'])[1 + n % 5] AS status) made;

INSERT INTO messages (tenant_id, id, enrollment_id, lead_id, mailbox_id, step_id, visit, status, rfc_message_id, subject,
                      reserved_at, sending_at, sent_at, sequence_id, variant)
SELECT f.tenant_id, bench_id('message' || place, f.sequence_id, n), bench_id('enrollment', f.sequence_id, n),
       bench_id('lead', f.sequence_id, n), f.mailbox_id, f.steps[(ARRAY[1, 4, 7])[place]], 1,
       CASE WHEN n % 50 = 0 AND place = 1 THEN 'refused' ELSE 'sent' END,
       '<' || bench_id('message' || place, f.sequence_id, n) || '@bench.example>', 'Quick question', at, at,
       CASE WHEN n % 50 = 0 AND place = 1 THEN NULL ELSE at END,
       f.sequence_id, CASE WHEN place = 1 THEN (ARRAY['A', 'B'])[1 + n % 2] END
  FROM filling f, generate_series(f.filled + 1, f.size) n, generate_series(1, 2 + (n % 2 = 0)::integer) place,
       LATERAL (SELECT now() - (n % 180) * interval '1 day' + place * interval '3 days' AS at) made;

INSERT INTO lead_engagement (tenant_id, lead_id, enrollment_id, message_id, step_id, type, machine, detail, occurred_at,
                             sequence_id)
SELECT f.tenant_id, bench_id('lead', f.sequence_id, n), bench_id('enrollment', f.sequence_id, n),
       bench_id('message' || place, f.sequence_id, n), f.steps[(ARRAY[1, 4, 7])[place]], type, machine,
       CASE WHEN type = 'bounce' THEN '{"hard": true}'::jsonb ELSE '{}' END,
       now() - (n % 180) * interval '1 day' + place * interval '3 days' + interval '2 hours', f.sequence_id
  FROM filling f, generate_series(f.filled + 1, f.size) n,
       LATERAL (VALUES (1, 'open', n % 3 = 0, false), (1, 'open', n % 4 = 0, true), (2, 'open', n % 4 = 0, false),
                       (1, 'click', n % 10 = 0, false), (2, 'reply', n % 20 < 1 + n % 2, false),
                       (1, 'bounce', n % 50 = 0, false), (2, 'unsubscribe', n % 90 = 0, false))
               happened(place, type, happens, machine)
 WHERE happens;

INSERT INTO sequence_execution_log (tenant_id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at)
SELECT f.tenant_id, bench_id('enrollment', f.sequence_id, n), f.sequence_id, bench_id('lead', f.sequence_id, n),
       CASE WHEN place > 0 THEN f.steps[place] END, event, detail::jsonb,
       now() - (n % 180) * interval '1 day' + days * interval '1 day'
  FROM filling f, generate_series(f.filled + 1, f.size) n,
       LATERAL (VALUES (0, 'enrolled', '{}', 0), (1, 'email_sent', '{}', 0), (2, 'waiting', '{}', 0),
                       (3, 'branch_decided', CASE WHEN n % 20 = 0
                           THEN '{"branch": "branches[0]", "outcome": {"goto": "mark-interested"}}'
                           ELSE '{"branch": "else", "outcome": {"continue": true}}' END, 3),
                       (4, 'email_sent', '{}', 3)) moved(place, event, detail, days);
UPDATE filling SET filled = size;
