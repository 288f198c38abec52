-- Enrolling: which leads may be enrolled, and which mailbox sends to them.

-- The domain and all domains above it: a suppression of `acme.example` also covers `eu.acme.example`. A top-level
-- domain is included only when the address has nothing else.
CREATE OR REPLACE FUNCTION domain_and_parents(p_domain text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY(SELECT array_to_string(parts[place:], '.')
                   FROM string_to_array(p_domain, '.') parts,
                        generate_series(1, greatest(cardinality(parts) - 1, 1)) place)
$$;

-- Whether the address, its domain or a domain above it is on the tenant's suppression list.
CREATE OR REPLACE FUNCTION is_suppressed(p_tenant_id uuid, p_email text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM suppressions
                    WHERE tenant_id = p_tenant_id AND kind = 'address' AND value = p_email)
        OR EXISTS (SELECT FROM suppressions
                    WHERE tenant_id = p_tenant_id AND kind = 'domain'
                      AND value = ANY (domain_and_parents(split_part(p_email, '@', -1))))
$$;

-- The lead's random number for a mailbox. The mailbox with the smallest number is chosen: weighted rendezvous hashing,
-- as for variants (domain/sequences/variants.py). Leads are spread in proportion to the weights. A mailbox that is
-- added or removed moves no lead between the others.
CREATE OR REPLACE FUNCTION mailbox_draw(p_lead_id uuid, p_mailbox_id uuid, p_weight integer) RETURNS float8
    LANGUAGE sql IMMUTABLE AS $$
    SELECT -ln(((uuid_hash_extended(p_lead_id, uuid_hash_extended(p_mailbox_id, 0)) & 9007199254740991)::float8
                + 0.5::float8) / 9007199254740992::float8) / p_weight
$$;

-- The mailboxes that may send to new leads, with their weights: the active ones of `p_mailbox_ids` ('{}': of all). If
-- none of them is active, the held ones: their leads wait.
CREATE OR REPLACE FUNCTION usable_senders(p_tenant_id uuid, p_mailbox_ids uuid[])
    RETURNS TABLE (senders uuid[], weights integer[]) LANGUAGE sql STABLE AS $$
    SELECT array_agg(m.id), array_agg(m.weight)
      FROM (SELECT b.id, b.weight, b.status, bool_or(b.status = 'active') OVER () AS some_active
              FROM mailboxes b
             WHERE b.tenant_id = p_tenant_id AND (p_mailbox_ids = '{}' OR b.id = ANY (p_mailbox_ids))) m
     WHERE m.status = 'active' OR NOT m.some_active
$$;

-- The mailbox that sends to a lead, of these senders: the one that sent the lead's last email, else one drawn by
-- weight. NULL when there is none. It returns a table because the planner inlines such functions: enrolling calls it
-- for thousands of leads in one statement.
CREATE OR REPLACE FUNCTION chosen_sender(p_tenant_id uuid, p_lead_id uuid, p_senders uuid[], p_weights integer[])
    RETURNS TABLE (mailbox_id uuid) LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT written.mailbox_id FROM (
             SELECT g.mailbox_id FROM messages g
              WHERE g.tenant_id = p_tenant_id AND g.lead_id = p_lead_id AND g.status = 'sent'
              ORDER BY g.sent_at DESC LIMIT 1) written WHERE written.mailbox_id = ANY (p_senders)),
        (SELECT b.id FROM unnest(p_senders, p_weights) b(id, weight) WHERE b.weight > 0
          ORDER BY mailbox_draw(p_lead_id, b.id, b.weight) LIMIT 1))
$$;

-- The mailbox that would send to a lead if it was enrolled now, for the preview.
CREATE OR REPLACE FUNCTION sender_for(p_tenant_id uuid, p_lead_id uuid, p_mailbox_ids uuid[])
    RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT c.mailbox_id
      FROM usable_senders(p_tenant_id, p_mailbox_ids) u,
           LATERAL chosen_sender(p_tenant_id, p_lead_id, u.senders, u.weights) c
$$;

-- The mailbox for an enrollment that was made before the tenant had one: the first active mailbox.
CREATE OR REPLACE FUNCTION first_mailbox(p_tenant_id uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT m.id FROM mailboxes m
     WHERE m.tenant_id = p_tenant_id AND m.status = 'active' ORDER BY m.created_at, m.id LIMIT 1
$$;

-- Enrolls many leads in one statement and returns the outcome for each, in the requested order.
--
-- (no enrollment) -> pending
--
--   p_waiting_for  the event that the first step waits for, or NULL
--   p_due_by_zone  {time zone of the lead: when its first step is due}
--   p_due_at       when the first step is due for zones that are not in p_due_by_zone
--   p_mailbox_ids  the mailboxes that may send to these leads; '{}': every mailbox of the tenant
--   p_policy       {exclusive, allow_reenrollment, reenroll_after_days} of the sequence,
--                  {max_live_enrollments, max_emails, max_emails_days} of the tenant
--   p_dry_run      write nothing and return the same
--
-- outcome: enrolled, not_found, invalid_email, bounced, unsubscribed, suppressed, already_enrolled,
-- in_exclusive_sequence, cooling_down or contact_capped. until: when the obstacle ends without anybody's action, if it
-- does. The caller has checked that the sequence is active, and has locked the sequence and its tenant FOR SHARE.
CREATE OR REPLACE FUNCTION enroll_lead_in_sequence(
    p_tenant_id uuid, p_lead_ids uuid[], p_sequence_id uuid, p_version_id uuid, p_first_step_id uuid,
    p_waiting_for text, p_due_at timestamptz, p_due_by_zone jsonb, p_campaign_id uuid, p_batch_id uuid, p_policy jsonb,
    p_mailbox_ids uuid[], p_now timestamptz, p_dry_run boolean DEFAULT false)
    RETURNS TABLE (lead_id uuid, outcome text, until timestamptz, enrollment_id uuid, mailbox_id uuid)
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    senders uuid[];
    weights integer[];
    exclusive_versions uuid[];
    exclusively boolean := (p_policy->>'exclusive')::boolean;
    again boolean := (p_policy->>'allow_reenrollment')::boolean;
    cool_down interval := make_interval(days => (p_policy->>'reenroll_after_days')::integer);
    max_live integer := (p_policy->>'max_live_enrollments')::integer;
    max_emails integer := (p_policy->>'max_emails')::integer;
    emails_within interval := make_interval(days => (p_policy->>'max_emails_days')::integer);
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    SELECT u.senders, u.weights INTO senders, weights FROM usable_senders(p_tenant_id, p_mailbox_ids) u;
    exclusive_versions := ARRAY(SELECT v.id FROM sequence_versions v WHERE v.tenant_id = p_tenant_id AND v.exclusive);

    -- When enrollments in other sequences count, two requests for one lead must run one after another, and the second
    -- must see the result of the first. So the statement below begins once the locks are held. They are taken in the
    -- order of the IDs, so that two requests never deadlock.
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
                     -- By the wall clock, since the enrollment's own clock may have been moved forward (development).
                     max(s.ended_at - s.clock_offset) FILTER (WHERE s.sequence_id = p_sequence_id) AS ended_at
                FROM lead_sequence_state s
               WHERE s.tenant_id = p_tenant_id AND s.lead_id = a.lead_id) past ON true
          -- The max_emails-th newest email of the period. While it is within the period, the cap is reached.
          LEFT JOIN LATERAL (
              SELECT g.sent_at FROM messages g
               WHERE max_emails IS NOT NULL AND g.tenant_id = p_tenant_id AND g.lead_id = a.lead_id
                 AND g.status = 'sent' AND g.sent_at > p_now - emails_within
               ORDER BY g.sent_at DESC OFFSET coalesce(max_emails, 1) - 1 LIMIT 1) written ON true
    ), matched AS MATERIALIZED (
        SELECT j.lead_id, c.mailbox_id
          FROM judged j, LATERAL chosen_sender(p_tenant_id, j.lead_id, senders, weights) c
         WHERE j.verdict = 'enrolled'
    ), entered AS (
        INSERT INTO lead_sequence_state AS s
            (tenant_id, lead_id, sequence_id, version_id, campaign_id, batch_id, mailbox_id, current_step_id,
             waiting_for, next_action_at, step_entered_at, enrolled_at, last_activity_at)
        SELECT p_tenant_id, j.lead_id, p_sequence_id, p_version_id, p_campaign_id, p_batch_id, b.mailbox_id,
               p_first_step_id, p_waiting_for, coalesce((p_due_by_zone->>j.timezone)::timestamptz, p_due_at),
               p_now, p_now, p_now
          FROM judged j JOIN matched b USING (lead_id) WHERE NOT p_dry_run ORDER BY j.lead_id
        -- Two requests may race here; the partial unique index lets one of them win.
        ON CONFLICT (tenant_id, lead_id, sequence_id) WHERE is_live(status)
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
           e.id, b.mailbox_id
      FROM judged j LEFT JOIN entered e ON e.lead_id = j.lead_id LEFT JOIN matched b ON b.lead_id = j.lead_id
     ORDER BY j.place;
END $$;

-- The first exclusive version of a tenant waits for the enrollments that are being written. Enrolling locks the
-- tenant's row FOR SHARE before it looks for exclusive versions. A transaction that looked before this version existed
-- holds that lock until it ends.
CREATE OR REPLACE FUNCTION await_enrolling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM tenants WHERE id = NEW.tenant_id FOR NO KEY UPDATE;
    RETURN NULL;
END $$;
