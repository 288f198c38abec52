-- Row level security. `app.tenant_id` is set for each transaction; where it is not set, nothing is visible.

DO $$
DECLARE
    tenant_table text;
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY[
        'api_keys', 'users', 'leads', 'campaigns', 'campaign_leads', 'mailboxes', 'sequences', 'sequence_steps',
        'sequence_versions', 'lead_sequence_state', 'messages', 'sequence_execution_log', 'lead_engagement',
        'suppressions', 'outbox', 'idempotency_keys'
    ] LOOP
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

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenants
    USING (id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    WITH CHECK (id = nullif(current_setting('app.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON tenants TO cadenza_app;

-- Two questions come before a tenant is known: whose key is this, and which tenants have work waiting.
-- They are answered by functions of a role that nobody can log in as, which may read these columns only.
CREATE POLICY key_lookup ON api_keys FOR SELECT TO cadenza_system USING (true);
CREATE POLICY work_lookup ON outbox FOR SELECT TO cadenza_system USING (true);
CREATE POLICY overdue_lookup ON lead_sequence_state FOR SELECT TO cadenza_system USING (true);
GRANT SELECT ON api_keys TO cadenza_system;
GRANT SELECT (tenant_id, leased_until) ON outbox TO cadenza_system;
GRANT SELECT (tenant_id, status, next_action_at, clock_offset) ON lead_sequence_state TO cadenza_system;

CREATE FUNCTION find_api_key(p_key_hash bytea)
    RETURNS TABLE (tenant_id uuid, id uuid, scopes text[], last_used_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
        SELECT k.tenant_id, k.id, k.scopes, k.last_used_at
          FROM api_keys k
         WHERE k.key_hash = p_key_hash AND k.revoked_at IS NULL
    $$;

CREATE FUNCTION tenants_with_work(p_overdue_after interval)
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

-- An owner of a function must be able to create in its schema, but only while it is made owner.
GRANT CREATE ON SCHEMA public TO cadenza_system;
ALTER FUNCTION find_api_key(bytea) OWNER TO cadenza_system;
ALTER FUNCTION tenants_with_work(interval) OWNER TO cadenza_system;
REVOKE CREATE ON SCHEMA public FROM cadenza_system;
REVOKE ALL ON FUNCTION find_api_key(bytea), tenants_with_work(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_api_key(bytea), tenants_with_work(interval) TO cadenza_app;
