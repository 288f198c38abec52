-- After a restore every enrollment that is on its way is looked at once, of every tenant (services/restored.py).

-- Which tenants have anything on its way comes before a tenant is known; see 0001_security.sql.
CREATE FUNCTION tenants_on_the_way() RETURNS TABLE (tenant_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.tenant_id FROM lead_sequence_state s WHERE s.status IN ('pending', 'active', 'paused', 'failed')
    UNION
    SELECT b.tenant_id FROM batches b WHERE b.status IN ('accepted', 'running')
$$;

GRANT CREATE ON SCHEMA public TO cadenza_system;
ALTER FUNCTION tenants_on_the_way() OWNER TO cadenza_system;
REVOKE CREATE ON SCHEMA public FROM cadenza_system;
REVOKE ALL ON FUNCTION tenants_on_the_way() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenants_on_the_way() TO cadenza_app;
