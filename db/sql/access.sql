-- Questions that are asked before a tenant is known: whose key is this, and which tenants have work. The functions
-- belong to cadenza_system, a role that nobody can log in as and that sees the rows of every tenant. Each returns as
-- little as possible. tests/integration/api/isolation lists them, with what each may reveal.

-- The key with this hash, unless it was revoked.
CREATE OR REPLACE FUNCTION find_api_key(p_key_hash bytea)
    RETURNS TABLE (tenant_id uuid, id uuid, scopes text[], last_used_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        SELECT k.tenant_id, k.id, k.scopes, k.last_used_at
          FROM api_keys k
         WHERE k.key_hash = p_key_hash AND k.revoked_at IS NULL
    $$;

-- The session with this token, if it was used within the last twelve hours and its key is not revoked or its user
-- exists.
CREATE OR REPLACE FUNCTION find_session(p_token_hash bytea) RETURNS TABLE (
    tenant_id uuid, id uuid, user_id uuid, api_key_id uuid, role text, scopes text[], last_seen_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.tenant_id, s.id, s.user_id, s.api_key_id, u.role, k.scopes, s.last_seen_at
      FROM sessions s
      LEFT JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
      LEFT JOIN api_keys k ON k.tenant_id = s.tenant_id AND k.id = s.api_key_id AND k.revoked_at IS NULL
     WHERE s.token_hash = p_token_hash AND s.expires_at > now() AND s.last_seen_at > now() - interval '12 hours'
       AND coalesce(u.id, k.id) IS NOT NULL
$$;

-- The user with this address in every tenant where that user has a password, with the password's hash.
CREATE OR REPLACE FUNCTION find_passwords(p_email text) RETURNS TABLE (tenant_id uuid, user_id uuid, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT u.tenant_id, u.id, u.password_hash FROM users u
     WHERE u.email = p_email AND u.password_hash IS NOT NULL
$$;

-- The invitation with this token, unless it has expired.
CREATE OR REPLACE FUNCTION find_invitation(p_token_hash bytea) RETURNS TABLE (tenant_id uuid, user_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT i.tenant_id, i.user_id FROM invitations i WHERE i.token_hash = p_token_hash AND i.expires_at > now()
$$;

-- The tenant of an inbound message: the one that sent the message it refers to (the nearest reference first), else the
-- only tenant with a mailbox that has the address it was delivered to. NULL when neither is known.
CREATE OR REPLACE FUNCTION find_inbound_tenant(p_message_ids text[], p_addresses text[]) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(
        (SELECT m.tenant_id FROM messages m WHERE m.rfc_message_id = ANY (p_message_ids)
          ORDER BY array_position(p_message_ids, m.rfc_message_id) LIMIT 1),
        (SELECT (array_agg(DISTINCT b.tenant_id))[1] FROM mailboxes b WHERE b.email = ANY (p_addresses)
         HAVING count(DISTINCT b.tenant_id) = 1))
$$;

-- Tenants with a row in the outbox, an open batch without a driver, or an overdue step.
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
        -- Clocks that were moved forward (development) are read by a separate query, so that the index serves all
        -- others.
        SELECT s.tenant_id FROM lead_sequence_state s
         WHERE s.status IN ('pending', 'active') AND s.clock_offset <> '0'
           AND s.next_action_at < now() + s.clock_offset - p_overdue_after
    $$;

-- Tenants with a live enrollment or an open batch.
CREATE OR REPLACE FUNCTION tenants_on_the_way() RETURNS TABLE (tenant_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.tenant_id FROM lead_sequence_state s WHERE is_live(s.status)
    UNION
    SELECT b.tenant_id FROM batches b WHERE b.status IN ('accepted', 'running')
$$;

-- Tenants with a webhook delivery that is due.
CREATE OR REPLACE FUNCTION tenants_with_webhooks() RETURNS TABLE (tenant_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT d.tenant_id
      FROM webhook_deliveries d
      JOIN webhook_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id AND e.enabled
     WHERE d.status = 'pending' AND d.next_attempt_at <= clock_timestamp()
$$;

-- Tenants with a running sequence that chooses winners automatically.
CREATE OR REPLACE FUNCTION tenants_choosing_winners() RETURNS TABLE (tenant_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT DISTINCT q.tenant_id
          FROM sequences q
          JOIN sequence_versions v ON v.tenant_id = q.tenant_id AND v.sequence_id = q.id
               AND v.version = q.current_version
         WHERE q.status = 'active' AND v.plan @? '$.steps[*].config.auto_winner ? (@ != null)'
    $$;

-- Tenants with a stored secret: a mailbox's password, or a DKIM key.
CREATE OR REPLACE FUNCTION tenants_with_secrets() RETURNS TABLE (tenant_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT b.tenant_id FROM mailboxes b WHERE b.smtp_password IS NOT NULL OR b.imap_password IS NOT NULL
    UNION
    SELECT d.tenant_id FROM sender_domains d WHERE d.dkim_private_key IS NOT NULL
$$;

-- Mailboxes with an inbox that was not read for `p_silent`.
CREATE OR REPLACE FUNCTION unwatched_mailboxes(p_silent interval) RETURNS TABLE (tenant_id uuid, mailbox_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.tenant_id, m.id
      FROM mailboxes m
     WHERE m.imap IS NOT NULL
       AND NOT EXISTS (SELECT FROM inbox_cursors c
                        WHERE c.tenant_id = m.tenant_id AND c.mailbox_id = m.id
                          AND c.seen_at > clock_timestamp() - p_silent)
$$;

-- Deletes stored answers to repeated requests, of all tenants. Returns their number.
CREATE OR REPLACE FUNCTION forget_old_answers(p_older_than interval) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH forgotten AS (DELETE FROM idempotency_keys WHERE created_at < now() - p_older_than RETURNING 1)
    SELECT count(*) FROM forgotten
$$;

-- Deletes webhook deliveries, of all tenants. Returns their number. Every attempt ends within a day; older deliveries
-- wait for a disabled endpoint.
CREATE OR REPLACE FUNCTION forget_old_webhooks(p_older_than interval) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH forgotten AS (DELETE FROM webhook_deliveries WHERE created_at < now() - p_older_than RETURNING 1)
    SELECT count(*) FROM forgotten
$$;

-- Figures about the whole installation, for metrics. They are read every few seconds, so each part reads an index or a
-- small table, and enrollments are those of the last refresh of the view. Steps are due by their own clocks; clocks
-- that were moved (development) are read by a separate query. Steps that failed and will be tried again have a count of
-- their own.
CREATE OR REPLACE FUNCTION installation_gauges() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET jit = off AS $$
    WITH due AS (
        SELECT now() - s.next_action_at AS late, s.error IS NOT NULL AS failing
          FROM lead_sequence_state s
         WHERE s.status IN ('pending', 'active') AND s.clock_offset = '0' AND s.next_action_at <= now()
         UNION ALL
        SELECT now() + s.clock_offset - s.next_action_at, s.error IS NOT NULL
          FROM lead_sequence_state s
         WHERE s.status IN ('pending', 'active') AND s.clock_offset <> '0'
           AND s.next_action_at <= now() + s.clock_offset
    )
    SELECT jsonb_build_object(
        'outbox', (
            SELECT jsonb_build_object('rows', count(*),
                       'oldest_seconds', coalesce(extract(epoch FROM now() - min(o.created_at)), 0))
              FROM outbox o),
        'steps', (
            SELECT jsonb_build_object('due', count(*) FILTER (WHERE NOT failing),
                       'failing', count(*) FILTER (WHERE failing),
                       'lag_seconds', coalesce(extract(epoch FROM max(late) FILTER (WHERE NOT failing)), 0))
              FROM due),
        'slots_held', (SELECT count(*) FROM send_slots WHERE status = 'held'),
        'mailboxes', (
            SELECT jsonb_build_object('active', count(*) FILTER (WHERE m.status = 'active'),
                       'held', count(*) FILTER (WHERE m.status = 'held'),
                       'failing', count(*) FILTER (WHERE m.smtp_auth_failures + m.imap_auth_failures + m.refusals > 0))
              FROM mailboxes m),
        'enrollments', (
            SELECT jsonb_build_object('pending', coalesce(sum(p.pending), 0), 'active', coalesce(sum(p.active), 0),
                       'paused', coalesce(sum(p.paused), 0), 'failed', coalesce(sum(p.failed), 0))
              FROM sequence_performance p))
$$;

-- Owners and grants. To own a function, a role must be allowed to create in its schema. It is allowed only for this
-- moment.
GRANT CREATE ON SCHEMA public TO cadenza_system;
ALTER VIEW tenant_sequence_performance OWNER TO cadenza_system;
ALTER FUNCTION find_api_key(bytea) OWNER TO cadenza_system;
ALTER FUNCTION find_session(bytea) OWNER TO cadenza_system;
ALTER FUNCTION find_passwords(text) OWNER TO cadenza_system;
ALTER FUNCTION find_invitation(bytea) OWNER TO cadenza_system;
ALTER FUNCTION find_inbound_tenant(text[], text[]) OWNER TO cadenza_system;
ALTER FUNCTION tenants_with_work(interval) OWNER TO cadenza_system;
ALTER FUNCTION tenants_on_the_way() OWNER TO cadenza_system;
ALTER FUNCTION tenants_with_webhooks() OWNER TO cadenza_system;
ALTER FUNCTION tenants_choosing_winners() OWNER TO cadenza_system;
ALTER FUNCTION tenants_with_secrets() OWNER TO cadenza_system;
ALTER FUNCTION unwatched_mailboxes(interval) OWNER TO cadenza_system;
ALTER FUNCTION forget_old_answers(interval) OWNER TO cadenza_system;
ALTER FUNCTION forget_old_webhooks(interval) OWNER TO cadenza_system;
ALTER FUNCTION installation_gauges() OWNER TO cadenza_system;
ALTER FUNCTION refresh_sequence_performance() OWNER TO cadenza_system;
REVOKE CREATE ON SCHEMA public FROM cadenza_system;

GRANT SELECT ON sequence_performance_live TO cadenza_app, cadenza_system;
GRANT SELECT ON tenant_sequence_performance TO cadenza_app;

REVOKE ALL ON FUNCTION
    find_api_key(bytea), find_session(bytea), find_passwords(text), find_invitation(bytea),
    find_inbound_tenant(text[], text[]), tenants_with_work(interval), tenants_on_the_way(), tenants_with_webhooks(),
    tenants_choosing_winners(), tenants_with_secrets(), unwatched_mailboxes(interval), forget_old_answers(interval),
    forget_old_webhooks(interval), installation_gauges(), refresh_sequence_performance()
    FROM PUBLIC, cadenza_app;
GRANT EXECUTE ON FUNCTION
    find_api_key(bytea), find_session(bytea), find_passwords(text), find_invitation(bytea),
    find_inbound_tenant(text[], text[]), tenants_with_work(interval), tenants_on_the_way(), tenants_with_webhooks(),
    tenants_choosing_winners(), tenants_with_secrets(), unwatched_mailboxes(interval), forget_old_answers(interval),
    forget_old_webhooks(interval), installation_gauges(), refresh_sequence_performance()
    TO cadenza_app;

-- The app may call one of the owner's functions for the execution log.
REVOKE ALL ON FUNCTION
    close_log_partition(text), lock_log(), make_log_month(date), maintain_execution_log(integer, integer)
    FROM PUBLIC, cadenza_app;
GRANT EXECUTE ON FUNCTION maintain_execution_log(integer, integer) TO cadenza_app;
