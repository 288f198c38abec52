-- Batches: many leads enrolled, moved, paused, resumed or stopped piece by piece; the enrollment policy.

-- How the tenant treats its leads across sequences: domain/tenancy.py.
ALTER TABLE tenants ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';

-- The sequence that the campaign's leads are enrolled in.
ALTER TABLE campaigns
    ADD COLUMN sequence_id uuid,
    ADD FOREIGN KEY (tenant_id, sequence_id) REFERENCES sequences (tenant_id, id);

-- Whether leads on this version may be in no other sequence. Kept apart from the plan, which is long.
ALTER TABLE sequence_versions ADD COLUMN exclusive boolean NOT NULL
    GENERATED ALWAYS AS (coalesce((plan #>> '{settings,exclusive}')::boolean, false)) STORED;
CREATE INDEX sequence_versions_exclusive ON sequence_versions (tenant_id, id) WHERE exclusive;

-- The tenant, which the other IDs imply, no longer in front. While a table is small and not analysed yet, the planner finds
-- `tenant_id = ?` as selective as a key, and may look an enrollment up by any index that begins with it; whoever then
-- enrolls ten thousand leads reads all of them for each foreign key, until the plan is made anew.
DROP INDEX lead_sequence_state_by_lead, lead_sequence_state_by_sequence;
CREATE INDEX lead_sequence_state_by_lead ON lead_sequence_state (lead_id, tenant_id, enrolled_at DESC);
CREATE INDEX lead_sequence_state_by_sequence ON lead_sequence_state (sequence_id, tenant_id, status, lead_id);
-- How many emails a lead was sent lately, whichever sequences sent them.
CREATE INDEX messages_by_lead ON messages (lead_id, tenant_id, sent_at DESC) WHERE status = 'sent';

-- Work on many leads, done in chunks. A chunk is one transaction, which also moves the row on: whatever dies, and
-- whenever, no lead is left out and none is treated twice.
CREATE TABLE batches (
    tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    kind         text NOT NULL,
    -- accepted -> running -> done | failed; accepted | running -> superseded, by a later command
    status       text NOT NULL DEFAULT 'accepted'
        CHECK (status IN ('accepted', 'running', 'done', 'superseded', 'failed')),
    sequence_id  uuid NOT NULL,
    campaign_id  uuid,
    total        integer NOT NULL DEFAULT 0,
    processed    integer NOT NULL DEFAULT 0,
    -- Of the processed: enrolled, paused, resumed, stopped, by its kind.
    accepted     integer NOT NULL DEFAULT 0,
    -- Of the processed: how many were skipped, by reason.
    skipped      jsonb NOT NULL DEFAULT '{}',
    -- Where the next chunk begins, as its kind likes to remember it.
    cursor       jsonb NOT NULL DEFAULT '{}',
    -- Who drives it holds it until then; after a crash somebody else takes it.
    leased_by    uuid,
    leased_until timestamptz,
    -- Why it failed, or what it waits for.
    error        text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    started_at   timestamptz,
    finished_at  timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, sequence_id) REFERENCES sequences (tenant_id, id),
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id)
);
CREATE INDEX batches_newest ON batches (tenant_id, created_at DESC, id DESC);
-- Finds what is under way without reading what is over.
CREATE INDEX batches_open ON batches (tenant_id, sequence_id) WHERE status IN ('accepted', 'running');

-- The leads that a batch left out, and why. No reference to `leads`: one of the reasons is that there is none.
CREATE TABLE batch_skips (
    tenant_id uuid NOT NULL,
    id        bigint GENERATED ALWAYS AS IDENTITY,
    batch_id  uuid NOT NULL,
    lead_id   uuid NOT NULL,
    code      text NOT NULL,
    detail    text NOT NULL,
    until     timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, batch_id) REFERENCES batches (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX batch_skips_by_batch ON batch_skips (tenant_id, batch_id, id);

DO $$
DECLARE
    tenant_table text;
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY['batches', 'batch_skips'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON %I
                 USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)
                 WITH CHECK (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
            tenant_table);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO cadenza_app', tenant_table);
    END LOOP;
END $$;

-- A batch whose driver has died is work, too.
CREATE POLICY batch_lookup ON batches FOR SELECT TO cadenza_system USING (true);
GRANT SELECT (tenant_id, status, leased_until) ON batches TO cadenza_system;

CREATE OR REPLACE FUNCTION tenants_with_work(p_overdue_after interval)
    RETURNS TABLE (tenant_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        SELECT o.tenant_id FROM outbox o WHERE o.leased_until IS NULL OR o.leased_until < clock_timestamp()
        UNION
        SELECT b.tenant_id FROM batches b
         WHERE b.status IN ('accepted', 'running')
           AND (b.leased_until IS NULL OR b.leased_until < clock_timestamp())
        UNION
        SELECT s.tenant_id FROM lead_sequence_state s
         WHERE s.status IN ('pending', 'active') AND s.next_action_at < now() - p_overdue_after
        UNION
        -- Clocks that were moved forward (development), apart, so that the index serves all others.
        SELECT s.tenant_id FROM lead_sequence_state s
         WHERE s.status IN ('pending', 'active') AND s.clock_offset <> '0'
           AND s.next_action_at < now() + s.clock_offset - p_overdue_after
    $$;

-- Enrolling reads the tenant's row FOR SHARE and looks for exclusive versions only then. So the first exclusive
-- version waits for enrollments under way, which have not seen it and take no locks for it.
CREATE FUNCTION await_enrolling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM tenants WHERE id = NEW.tenant_id FOR NO KEY UPDATE;
    RETURN NULL;
END $$;
CREATE TRIGGER await_enrolling AFTER INSERT ON sequence_versions
    FOR EACH ROW WHEN (NEW.exclusive) EXECUTE FUNCTION await_enrolling();

-- Enrolls leads and says of each what became of it, all of them in one statement: `enrolled`, or the reason why
-- not, and until when it holds where it ends by itself. In a dry run nothing is written; the answer is the same.
--   p_waiting_for  the event that the first step waits for, if it does
--   p_due_by_zone  when the first step is due, by the lead's time zone; p_due_at for zones that are not in it
--   p_policy       {exclusive, allow_reenrollment, reenroll_after_days} of the sequence,
--                  {max_live_enrollments, max_emails, max_emails_days} of the tenant
-- The caller has made sure that the sequence is active and holds it, and its tenant, FOR SHARE.
DROP FUNCTION enroll_lead_in_sequence(
    uuid, uuid[], uuid, uuid, uuid, timestamptz, uuid, uuid, timestamptz, boolean);
CREATE FUNCTION enroll_lead_in_sequence(
    p_tenant_id uuid, p_lead_ids uuid[], p_sequence_id uuid, p_version_id uuid, p_first_step_id uuid,
    p_waiting_for text, p_due_at timestamptz, p_due_by_zone jsonb, p_campaign_id uuid, p_batch_id uuid, p_policy jsonb,
    p_now timestamptz, p_dry_run boolean DEFAULT false)
    RETURNS TABLE (lead_id uuid, outcome text, until timestamptz, enrollment_id uuid)
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    sender uuid;
    exclusive_versions uuid[];
    exclusively boolean := (p_policy->>'exclusive')::boolean;
    again boolean := (p_policy->>'allow_reenrollment')::boolean;
    cool_down interval := make_interval(days => (p_policy->>'reenroll_after_days')::integer);
    max_live integer := (p_policy->>'max_live_enrollments')::integer;
    max_emails integer := (p_policy->>'max_emails')::integer;
    emails_within interval := make_interval(days => (p_policy->>'max_emails_days')::integer);
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    SELECT m.id INTO sender FROM mailboxes m
     WHERE m.tenant_id = p_tenant_id AND m.status = 'active' ORDER BY m.created_at, m.id LIMIT 1;
    exclusive_versions := ARRAY(SELECT v.id FROM sequence_versions v WHERE v.tenant_id = p_tenant_id AND v.exclusive);

    -- Where what is live in other sequences counts, two requests for one lead take turns, and the second sees what
    -- the first has done: the statement below begins after the locks are held. In the order of IDs, so that they
    -- never wait in a circle.
    IF NOT p_dry_run AND (exclusively OR max_live IS NOT NULL OR exclusive_versions <> '{}') THEN
        PERFORM FROM leads l WHERE l.tenant_id = p_tenant_id AND l.id = ANY (p_lead_ids)
          ORDER BY l.id FOR NO KEY UPDATE;
    END IF;

    RETURN QUERY
    WITH asked AS (
        SELECT DISTINCT ON (a.lead_id) a.lead_id, a.place
          FROM unnest(p_lead_ids) WITH ORDINALITY a(lead_id, place) ORDER BY a.lead_id, a.place
    ), judged AS MATERIALIZED (
        SELECT a.lead_id, a.place, l.timezone, past.ended_at + cool_down AS cool_at,
               CASE WHEN past.live >= max_live THEN NULL ELSE written.sent_at + emails_within END AS quiet_at, CASE
                   WHEN l.id IS NULL THEN 'not_found'
                   WHEN l.email !~ '^[^@\s]+@[^@\s]+$' THEN 'invalid_email'
                   WHEN l.status IN ('bounced', 'unsubscribed') THEN l.status
                   WHEN is_suppressed(p_tenant_id, l.email) THEN 'suppressed'
                   WHEN past.here THEN 'already_enrolled'
                   WHEN past.taken OR exclusively AND past.live > 0 THEN 'in_exclusive_sequence'
                   WHEN past.ended_at IS NOT NULL AND (NOT again OR past.ended_at + cool_down > p_now)
                       THEN 'cooling_down'
                   WHEN past.live >= max_live OR written.sent_at IS NOT NULL THEN 'contact_capped'
                   ELSE 'enrolled' END AS verdict
          FROM asked a
          LEFT JOIN leads l ON l.tenant_id = p_tenant_id AND l.id = a.lead_id
          LEFT JOIN LATERAL (
              SELECT count(*) FILTER (WHERE s.ended_at IS NULL) AS live,
                     bool_or(s.ended_at IS NULL AND s.sequence_id = p_sequence_id) AS here,
                     bool_or(s.ended_at IS NULL AND s.version_id = ANY (exclusive_versions)) AS taken,
                     -- By the wall's clock, should its own have been moved forward (development).
                     max(s.ended_at - s.clock_offset) FILTER (WHERE s.sequence_id = p_sequence_id) AS ended_at
                FROM lead_sequence_state s
               WHERE s.tenant_id = p_tenant_id AND s.lead_id = a.lead_id) past ON true
          -- The last email but so many: while it counts, so do they, and there are as many as may be.
          LEFT JOIN LATERAL (
              SELECT g.sent_at FROM messages g
               WHERE max_emails IS NOT NULL AND g.tenant_id = p_tenant_id AND g.lead_id = a.lead_id
                 AND g.status = 'sent' AND g.sent_at > p_now - emails_within
               ORDER BY g.sent_at DESC OFFSET coalesce(max_emails, 1) - 1 LIMIT 1) written ON true
    ), entered AS (
        INSERT INTO lead_sequence_state AS s
            (tenant_id, lead_id, sequence_id, version_id, campaign_id, batch_id, mailbox_id, current_step_id,
             waiting_for, next_action_at, step_entered_at, enrolled_at, last_activity_at)
        SELECT p_tenant_id, j.lead_id, p_sequence_id, p_version_id, p_campaign_id, p_batch_id, sender, p_first_step_id,
               p_waiting_for, coalesce((p_due_by_zone->>j.timezone)::timestamptz, p_due_at), p_now, p_now, p_now
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
           CASE WHEN j.verdict = 'cooling_down' AND again THEN j.cool_at
                WHEN j.verdict = 'contact_capped' THEN j.quiet_at END,
           e.id
      FROM judged j LEFT JOIN entered e ON e.lead_id = j.lead_id
     ORDER BY j.place;
END $$;

-- What is told to a lead on its way (a reply, a stop, an event that it waits for) does not stand in line behind ten
-- thousand starts.
CREATE INDEX outbox_signals ON outbox (tenant_id, id) WHERE command <> 'start';
DROP FUNCTION claim_outbox(uuid, integer, interval);
-- Takes what Temporal must be told next, starts or (`p_starts` false) what is told to those that run, oldest first, at most one row of an enrollment (so that its commands
-- arrive in their order), and holds it for the lease. Whoever claims a row must settle or postpone it; after
-- a crash the lease runs out and another dispatcher takes it. Delivering twice does no harm.
CREATE FUNCTION claim_outbox(p_tenant_id uuid, p_limit integer, p_lease interval, p_starts boolean) RETURNS TABLE (
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
