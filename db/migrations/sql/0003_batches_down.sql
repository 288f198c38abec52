DROP FUNCTION claim_outbox(uuid, integer, interval, boolean);
DROP INDEX outbox_signals;
-- Takes what Temporal must be told next, oldest first, at most one row of an enrollment (so that its commands
-- arrive in their order), and holds it for the lease. Whoever claims a row must settle or postpone it; after
-- a crash the lease runs out and another dispatcher takes it. Delivering twice does no harm.
CREATE FUNCTION claim_outbox(p_tenant_id uuid, p_limit integer, p_lease interval) RETURNS TABLE (
    id bigint, enrollment_id uuid, command text, sequence_id uuid, sequence_name text, lead_id uuid,
    campaign_id uuid, directive jsonb)
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN QUERY
    WITH next AS MATERIALIZED (
        SELECT o.id FROM outbox o
         WHERE o.tenant_id = p_tenant_id AND (o.leased_until IS NULL OR o.leased_until < clock_timestamp())
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
DROP FUNCTION enroll_lead_in_sequence(
    uuid, uuid[], uuid, uuid, uuid, text, timestamptz, jsonb, uuid, uuid, jsonb, timestamptz, boolean);
-- Enrolls leads, all of them in one statement, and says of each what became of it: enrolled, already_enrolled,
-- not_found, bounced, unsubscribed, suppressed. In a dry run nothing is written.
-- The caller has made sure that the sequence is active and holds it FOR SHARE.
CREATE FUNCTION enroll_lead_in_sequence(
    p_tenant_id uuid, p_lead_ids uuid[], p_sequence_id uuid, p_version_id uuid, p_first_step_id uuid,
    p_due_at timestamptz, p_campaign_id uuid, p_batch_id uuid, p_now timestamptz, p_dry_run boolean DEFAULT false)
    RETURNS TABLE (lead_id uuid, outcome text, enrollment_id uuid)
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    sender uuid;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    SELECT m.id INTO sender FROM mailboxes m
     WHERE m.tenant_id = p_tenant_id AND m.status = 'active' ORDER BY m.created_at, m.id LIMIT 1;
    RETURN QUERY
    WITH asked AS (
        SELECT DISTINCT ON (a.lead_id) a.lead_id, a.place
          FROM unnest(p_lead_ids) WITH ORDINALITY a(lead_id, place) ORDER BY a.lead_id, a.place
    ), judged AS MATERIALIZED (
        SELECT a.lead_id, a.place, CASE
                   WHEN l.id IS NULL THEN 'not_found'
                   WHEN l.status IN ('bounced', 'unsubscribed') THEN l.status
                   WHEN is_suppressed(p_tenant_id, l.email) THEN 'suppressed'
                   WHEN EXISTS (SELECT FROM lead_sequence_state s
                                 WHERE s.tenant_id = p_tenant_id AND s.lead_id = a.lead_id
                                   AND s.sequence_id = p_sequence_id
                                   AND s.status IN ('pending', 'active', 'paused', 'failed')) THEN 'already_enrolled'
                   ELSE 'enrolled' END AS verdict
          FROM asked a
          LEFT JOIN leads l ON l.tenant_id = p_tenant_id AND l.id = a.lead_id
    ), entered AS (
        INSERT INTO lead_sequence_state AS s
            (tenant_id, lead_id, sequence_id, version_id, campaign_id, batch_id, mailbox_id, current_step_id,
             next_action_at, step_entered_at, enrolled_at, last_activity_at)
        SELECT p_tenant_id, j.lead_id, p_sequence_id, p_version_id, p_campaign_id, p_batch_id, sender, p_first_step_id,
               p_due_at, p_now, p_now, p_now
          FROM judged j WHERE j.verdict = 'enrolled' AND NOT p_dry_run ORDER BY j.lead_id
        -- Two requests may race here; the partial unique index lets one of them win.
        ON CONFLICT (tenant_id, lead_id, sequence_id) WHERE status IN ('pending', 'active', 'paused', 'failed')
            DO NOTHING
        RETURNING s.id, s.lead_id
    ), logged AS (
        INSERT INTO sequence_execution_log (tenant_id, enrollment_id, sequence_id, lead_id, event, occurred_at)
        SELECT p_tenant_id, e.id, p_sequence_id, e.lead_id, 'enrolled', p_now FROM entered e
    ), told AS (
        INSERT INTO outbox (tenant_id, enrollment_id, command)
        SELECT p_tenant_id, e.id, 'start' FROM entered e JOIN judged j USING (lead_id) ORDER BY j.place
    )
    SELECT j.lead_id,
           CASE WHEN j.verdict = 'enrolled' AND e.id IS NULL AND NOT p_dry_run THEN 'already_enrolled'
                ELSE j.verdict END,
           e.id
      FROM judged j LEFT JOIN entered e ON e.lead_id = j.lead_id
     ORDER BY j.place;
END $$;

CREATE OR REPLACE FUNCTION tenants_with_work(p_overdue_after interval)
    RETURNS TABLE (tenant_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        SELECT o.tenant_id FROM outbox o WHERE o.leased_until IS NULL OR o.leased_until < clock_timestamp()
        UNION
        SELECT s.tenant_id FROM lead_sequence_state s
         WHERE s.status IN ('pending', 'active') AND s.next_action_at < now() - p_overdue_after
        UNION
        -- Clocks that were moved forward (development), apart, so that the index serves all others.
        SELECT s.tenant_id FROM lead_sequence_state s
         WHERE s.status IN ('pending', 'active') AND s.clock_offset <> '0'
           AND s.next_action_at < now() + s.clock_offset - p_overdue_after
    $$;

DROP TRIGGER await_enrolling ON sequence_versions;
DROP FUNCTION await_enrolling;
DROP TABLE batch_skips, batches;
DROP INDEX lead_sequence_state_by_lead, lead_sequence_state_by_sequence, messages_by_lead;
CREATE INDEX lead_sequence_state_by_lead ON lead_sequence_state (tenant_id, lead_id, enrolled_at DESC);
CREATE INDEX lead_sequence_state_by_sequence ON lead_sequence_state (tenant_id, sequence_id, status, lead_id);
ALTER TABLE sequence_versions DROP COLUMN exclusive;
ALTER TABLE campaigns DROP COLUMN sequence_id;
ALTER TABLE tenants DROP COLUMN settings;
