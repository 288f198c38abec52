-- Erasing a lead keeps what it counted for: numbers of its sequences, and nothing that tells who it was.

-- An enrollment of a lead that was erased, under an ID of its own, so that nobody who knew the lead's finds it.
CREATE TABLE erased_enrollments (
    tenant_id       uuid NOT NULL,
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    sequence_id     uuid NOT NULL,
    status          text NOT NULL,
    stop_reason     text,
    current_step_id uuid,
    visits          jsonb NOT NULL,
    enrolled_at     timestamptz NOT NULL,
    ended_at        timestamptz NOT NULL,
    -- Which delays and conditions it entered, and which way those went: step_id, event, branch, outcome.
    moves           jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, sequence_id) REFERENCES sequences (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX erased_enrollments_by_sequence ON erased_enrollments (tenant_id, sequence_id);

-- An email to such a lead, and when it was first opened, clicked, and so on. Nothing says which email, or to whom.
CREATE TABLE erased_emails (
    tenant_id       uuid NOT NULL,
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    sequence_id     uuid NOT NULL,
    step_id         uuid NOT NULL,
    variant         text,
    sent_at         timestamptz,
    opened_at       timestamptz,
    clicked_at      timestamptz,
    replied_at      timestamptz,
    bounced_at      timestamptz,
    unsubscribed_at timestamptz,
    machine_open    boolean NOT NULL DEFAULT false,
    machine_click   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, sequence_id) REFERENCES sequences (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX erased_emails_by_sequence ON erased_emails (tenant_id, sequence_id);

DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['erased_enrollments', 'erased_emails'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', kept);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', kept);
        EXECUTE format($policy$CREATE POLICY tenant_isolation ON %I
            USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
            WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)$policy$, kept);
        EXECUTE format('CREATE POLICY performance_lookup ON %I FOR SELECT TO cadenza_system USING (true)', kept);
        EXECUTE format('GRANT SELECT, INSERT ON %I TO cadenza_app', kept);
        EXECUTE format('GRANT SELECT ON %I TO cadenza_system', kept);
    END LOOP;
END $$;

-- As in 0004_analytics.sql, with the leads that were erased.
CREATE OR REPLACE VIEW sequence_performance_live WITH (security_invoker = true) AS
SELECT q.tenant_id, q.id AS sequence_id, performance.*
  FROM sequences q
 CROSS JOIN LATERAL (
    WITH enrollments AS MATERIALIZED (
        SELECT s.id, s.status, s.stop_reason, s.current_step_id, s.visits, s.enrolled_at, s.ended_at
          FROM lead_sequence_state s
         WHERE s.tenant_id = q.tenant_id AND s.sequence_id = q.id
         UNION ALL
        SELECT x.id, x.status, x.stop_reason, x.current_step_id, x.visits, x.enrolled_at, x.ended_at
          FROM erased_enrollments x
         WHERE x.tenant_id = q.tenant_id AND x.sequence_id = q.id
    ), deeds AS MATERIALIZED (
        SELECT e.message_id,
               min(e.occurred_at) FILTER (WHERE e.type = 'open' AND NOT e.machine) AS opened_at,
               min(e.occurred_at) FILTER (WHERE e.type = 'click' AND NOT e.machine) AS clicked_at,
               min(e.occurred_at) FILTER (WHERE e.type = 'reply') AS replied_at,
               min(e.occurred_at) FILTER (WHERE e.type = 'bounce') AS bounced_at,
               min(e.occurred_at) FILTER (WHERE e.type = 'unsubscribe') AS unsubscribed_at,
               bool_or(e.type = 'open' AND e.machine) AS machine_open,
               bool_or(e.type = 'click' AND e.machine) AS machine_click
          FROM lead_engagement e
         WHERE e.tenant_id = q.tenant_id AND e.sequence_id = q.id AND e.message_id IS NOT NULL
           AND (e.type <> 'bounce' OR coalesce(e.detail->>'hard', 'true') = 'true')
         GROUP BY e.message_id
    ), letters AS MATERIALIZED (
        -- A full join is always hashed or merged.
        SELECT m.*, d.*
          FROM (SELECT m.id, m.step_id, m.variant, m.status, coalesce(m.sent_at, m.sending_at) AS left_at
                  FROM messages m
                 WHERE m.tenant_id = q.tenant_id AND m.sequence_id = q.id) m
          FULL JOIN deeds d ON d.message_id = m.id
    ), emails AS MATERIALIZED (
        SELECT l.step_id, l.variant, l.opened_at, l.clicked_at, l.replied_at, l.bounced_at, l.unsubscribed_at,
               l.machine_open, l.machine_click,
               CASE WHEN l.status = 'sent' OR (l.status IN ('unknown', 'sending') AND coalesce(
                             l.opened_at, l.clicked_at, l.replied_at, l.unsubscribed_at) IS NOT NULL)
                         THEN l.left_at END AS sent_at
          FROM letters l
         WHERE l.step_id IS NOT NULL
         UNION ALL
        SELECT x.step_id, x.variant, x.opened_at, x.clicked_at, x.replied_at, x.bounced_at, x.unsubscribed_at,
               x.machine_open, x.machine_click, x.sent_at
          FROM erased_emails x
         WHERE x.tenant_id = q.tenant_id AND x.sequence_id = q.id
    ), results AS MATERIALIZED (
        SELECT m.step_id, m.variant,
               count(m.sent_at) AS sent,
               count(*) FILTER (WHERE m.sent_at IS NOT NULL OR m.bounced_at IS NOT NULL) AS attempted,
               count(m.opened_at) AS opened, count(m.clicked_at) AS clicked, count(m.replied_at) AS replied,
               count(m.bounced_at) AS bounced, count(m.unsubscribed_at) AS unsubscribed,
               count(*) FILTER (WHERE m.machine_open) AS machine_opens,
               count(*) FILTER (WHERE m.machine_click) AS machine_clicks
          FROM emails m
         GROUP BY m.step_id, m.variant
    ), moves AS MATERIALIZED (
        SELECT g.enrollment_id, g.step_id, g.event, g.detail->>'branch' AS branch, g.detail->'outcome' AS outcome
          FROM sequence_execution_log g
         WHERE g.tenant_id = q.tenant_id AND g.sequence_id = q.id AND g.event IN ('waiting', 'branch_decided')
         UNION ALL
        SELECT x.id, (move->>'step_id')::uuid, move->>'event', move->>'branch', move->'outcome'
          FROM erased_enrollments x, jsonb_array_elements(x.moves) move
         WHERE x.tenant_id = q.tenant_id AND x.sequence_id = q.id
    ), entries AS (
        -- The step with which a version began: who enrolled then entered there, and no log row says so.
        SELECT (v.plan#>>'{steps,0,id}')::uuid AS step_id,
               CASE WHEN v.version = 1 THEN '-infinity' ELSE v.published_at END AS starts,
               coalesce(lead(v.published_at) OVER (ORDER BY v.version), 'infinity') AS ends
          FROM sequence_versions v
         WHERE v.tenant_id = q.tenant_id AND v.sequence_id = q.id
    ), reached AS (
        SELECT r.step_id, count(*) AS reached
          FROM (SELECT e.id, visited.step_id::uuid
                  FROM enrollments e, jsonb_object_keys(e.visits) visited(step_id)
                UNION SELECT e.id, e.current_step_id FROM enrollments e WHERE e.current_step_id IS NOT NULL
                UNION SELECT e.id, n.step_id FROM enrollments e
                        JOIN entries n ON e.enrolled_at >= n.starts AND e.enrolled_at < n.ends
                       WHERE n.step_id IS NOT NULL
                UNION SELECT m.enrollment_id, m.step_id FROM moves m WHERE m.step_id IS NOT NULL) r
         GROUP BY r.step_id
    ), here AS (
        SELECT e.current_step_id AS step_id, count(*) AS here_now
          FROM enrollments e WHERE e.current_step_id IS NOT NULL GROUP BY 1
    ), branches AS (
        SELECT m.step_id, m.branch, m.outcome, count(*) AS count
          FROM moves m WHERE m.event = 'branch_decided' GROUP BY 1, 2, 3
    ), reasons AS (
        SELECT coalesce(e.stop_reason, '') AS reason, count(*) AS count
          FROM enrollments e WHERE e.status = 'stopped' GROUP BY 1
    ), days AS (
        SELECT (d.at AT TIME ZONE 'UTC')::date AS date,
               count(*) FILTER (WHERE d.kind = 'enrolled') AS enrolled,
               count(*) FILTER (WHERE d.kind = 'sent') AS sent,
               count(*) FILTER (WHERE d.kind = 'opened') AS opened,
               count(*) FILTER (WHERE d.kind = 'clicked') AS clicked,
               count(*) FILTER (WHERE d.kind = 'replied') AS replied,
               count(*) FILTER (WHERE d.kind = 'bounced') AS bounced,
               count(*) FILTER (WHERE d.kind = 'unsubscribed') AS unsubscribed,
               count(*) FILTER (WHERE d.kind = 'completed') AS completed,
               count(*) FILTER (WHERE d.kind = 'stopped') AS stopped
          FROM (SELECT 'enrolled' AS kind, e.enrolled_at AS at FROM enrollments e
                UNION ALL SELECT e.status, e.ended_at FROM enrollments e WHERE e.ended_at IS NOT NULL
                UNION ALL SELECT 'sent', m.sent_at FROM emails m WHERE m.sent_at IS NOT NULL
                UNION ALL SELECT 'opened', m.opened_at FROM emails m WHERE m.opened_at IS NOT NULL
                UNION ALL SELECT 'clicked', m.clicked_at FROM emails m WHERE m.clicked_at IS NOT NULL
                UNION ALL SELECT 'replied', m.replied_at FROM emails m WHERE m.replied_at IS NOT NULL
                UNION ALL SELECT 'bounced', m.bounced_at FROM emails m WHERE m.bounced_at IS NOT NULL
                UNION ALL SELECT 'unsubscribed', m.unsubscribed_at FROM emails m WHERE m.unsubscribed_at IS NOT NULL
               ) d
         GROUP BY 1
    )
    SELECT totals.*, sums.*,
           (SELECT coalesce(json_object_agg(r.reason, r.count), '{}') FROM reasons r) AS stopped_by_reason,
           (SELECT coalesce(json_agg(json_build_object(
                       'step_id', step_id, 'reached', coalesce(r.reached, 0), 'here_now', coalesce(h.here_now, 0))), '[]')
              FROM reached r FULL JOIN here h USING (step_id)) AS steps,
           (SELECT coalesce(json_agg(r), '[]') FROM results r) AS emails,
           (SELECT coalesce(json_agg(b), '[]') FROM branches b) AS branches,
           (SELECT coalesce(json_agg(d ORDER BY d.date), '[]') FROM days d) AS daily
      FROM (SELECT count(*) AS enrolled,
                   count(*) FILTER (WHERE e.status = 'pending') AS pending,
                   count(*) FILTER (WHERE e.status = 'active') AS active,
                   count(*) FILTER (WHERE e.status = 'paused') AS paused,
                   count(*) FILTER (WHERE e.status = 'completed') AS completed,
                   count(*) FILTER (WHERE e.status = 'stopped') AS stopped,
                   count(*) FILTER (WHERE e.status = 'failed') AS failed
              FROM enrollments e) totals
     CROSS JOIN (SELECT coalesce(sum(r.sent), 0)::bigint AS emails_sent,
                        coalesce(sum(r.attempted), 0)::bigint AS emails_attempted,
                        coalesce(sum(r.opened), 0)::bigint AS emails_opened,
                        coalesce(sum(r.clicked), 0)::bigint AS emails_clicked,
                        coalesce(sum(r.replied), 0)::bigint AS emails_replied,
                        coalesce(sum(r.bounced), 0)::bigint AS emails_bounced,
                        coalesce(sum(r.unsubscribed), 0)::bigint AS emails_unsubscribed,
                        coalesce(sum(r.machine_opens), 0)::bigint AS machine_opens,
                        coalesce(sum(r.machine_clicks), 0)::bigint AS machine_clicks
                   FROM results r) sums
 ) performance;

-- Moves what the lead counted for to the tables above, then deletes it, with all that hangs on it and the kept answers
-- that show it. Whether there was such a lead. What the view would count of each email is decided here once more, in
-- the view's own words. An enrollment that is live all the same, begun since the lead's others were stopped, ends with
-- the lead.
CREATE FUNCTION erase_lead(p_tenant_id uuid, p_lead_id uuid) RETURNS boolean LANGUAGE plpgsql AS $$
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
