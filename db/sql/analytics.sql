-- How sequences perform.
--
-- The materialized views sequence_performance and sequence_performance_refresh hold data and have indexes, so they stay
-- in the migrations (0004), like tables. sequence_performance selects everything from sequence_performance_live: a
-- migration that adds a column there must create it again.

-- How each sequence performs, counted now: one row for each (tenant, sequence). The figures of small sequences come
-- from here, those of large ones from the materialized view.
--
-- Rows are grouped, and never joined in a way that could become a nested loop: a plan made for an average sequence must
-- not take quadratic time for a large one. Most figures are counted from rows that stay (enrollments, messages,
-- engagement). The log, whose months may be dropped, is used only for what is stored nowhere else: delays and
-- conditions that were entered, and which branch a condition took.
--
-- A message counts as sent when the server accepted it, or when its outcome is unknown and an event of the lead shows
-- that it arrived. Of opens, clicks, replies, bounces and unsubscribes, the first of each message counts. Those caused
-- by machines are counted separately. A soft bounce does not count.
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
        -- Postgres always executes a full join by hashing or merging.
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
        -- The first step of a version: enrollments begin there, and no log row records it.
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
                       'step_id', step_id, 'reached', coalesce(r.reached, 0),
                       'here_now', coalesce(h.here_now, 0))), '[]')
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

-- The materialized view for one tenant. A materialized view has no row level security, so only cadenza_system may read
-- it, and the app reads it through this function.
CREATE OR REPLACE VIEW tenant_sequence_performance WITH (security_barrier = true) AS
SELECT p.*, r.refreshed_at AS as_of
  FROM sequence_performance p CROSS JOIN sequence_performance_refresh r
 WHERE p.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid;

-- Counts all sequences of all tenants again; reading stays possible meanwhile. False: another refresh is under way.
CREATE OR REPLACE FUNCTION refresh_sequence_performance() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET jit = off SET work_mem = '64MB' AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('refresh_sequence_performance', 0)) THEN
        RETURN false;
    END IF;
    REFRESH MATERIALIZED VIEW CONCURRENTLY sequence_performance;
    -- now() is the time when this transaction began, before anything was counted.
    REFRESH MATERIALIZED VIEW CONCURRENTLY sequence_performance_refresh;
    RETURN true;
END $$;
