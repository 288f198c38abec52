-- Signing in: people by their email and a password, browsers by a session, of a person or of an API key.

ALTER TABLE users
    -- What the person may do: an API key's scope, of which a wider one holds the narrower.
    ADD COLUMN role            text NOT NULL DEFAULT 'read' CHECK (role IN ('read', 'write', 'admin')),
    -- With its algorithm, parameters and salt (services/passwords.py); null for whoever cannot sign in.
    ADD COLUMN password_hash   text,
    ADD COLUMN password_set_at timestamptz;
CREATE INDEX users_by_email ON users (email) WHERE password_hash IS NOT NULL;

-- A browser that is signed in. It goes with the person, and with the key, that it is of.
CREATE TABLE sessions (
    tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    -- The SHA-256 of what the cookie holds.
    token_hash   bytea NOT NULL,
    user_id      uuid,
    api_key_id   uuid,
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- Exact to the minute.
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL DEFAULT now() + interval '14 days',
    PRIMARY KEY (tenant_id, id),
    -- Found before its tenant is known, as a key is.
    CONSTRAINT sessions_token_hash_key UNIQUE (token_hash),
    CHECK (num_nonnulls(user_id, api_key_id) = 1),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, api_key_id) REFERENCES api_keys (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX sessions_by_key ON sessions (tenant_id, api_key_id) WHERE api_key_id IS NOT NULL;

-- The one link by which a person may set a password; it goes when it is used, and a new one takes its place.
CREATE TABLE invitations (
    tenant_id  uuid NOT NULL,
    user_id    uuid NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL DEFAULT now() + interval '7 days',
    PRIMARY KEY (tenant_id, user_id),
    CONSTRAINT invitations_token_hash_key UNIQUE (token_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

-- Who did it, when it was a person who is signed in. No foreign key: the entry stays when the person is removed.
ALTER TABLE audit_log ADD COLUMN user_id uuid;

DO $$
DECLARE
    tenant_table text;
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY['sessions', 'invitations'] LOOP
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

-- Questions that come before a tenant is known; see 0001_security.sql.
CREATE POLICY session_lookup ON sessions FOR SELECT TO cadenza_system USING (true);
CREATE POLICY sign_in_lookup ON users FOR SELECT TO cadenza_system USING (true);
CREATE POLICY invitation_lookup ON invitations FOR SELECT TO cadenza_system USING (true);
GRANT SELECT ON sessions TO cadenza_system;
GRANT SELECT (tenant_id, id, email, role, password_hash) ON users TO cadenza_system;
GRANT SELECT (tenant_id, user_id, token_hash, expires_at) ON invitations TO cadenza_system;

-- Whose a session is that still holds: used within twelve hours, of a key that is not revoked or a person who is there.
CREATE FUNCTION find_session(p_token_hash bytea) RETURNS TABLE (
    tenant_id uuid, id uuid, user_id uuid, api_key_id uuid, role text, scopes text[], last_seen_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.tenant_id, s.id, s.user_id, s.api_key_id, u.role, k.scopes, s.last_seen_at
      FROM sessions s
      LEFT JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
      LEFT JOIN api_keys k ON k.tenant_id = s.tenant_id AND k.id = s.api_key_id AND k.revoked_at IS NULL
     WHERE s.token_hash = p_token_hash AND s.expires_at > now() AND s.last_seen_at > now() - interval '12 hours'
       AND coalesce(u.id, k.id) IS NOT NULL
$$;

-- Every tenant's user of that address who has a password, with its hash.
CREATE FUNCTION find_passwords(p_email text) RETURNS TABLE (tenant_id uuid, user_id uuid, password_hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT u.tenant_id, u.id, u.password_hash FROM users u
     WHERE u.email = p_email AND u.password_hash IS NOT NULL
$$;

CREATE FUNCTION find_invitation(p_token_hash bytea) RETURNS TABLE (tenant_id uuid, user_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT i.tenant_id, i.user_id FROM invitations i WHERE i.token_hash = p_token_hash AND i.expires_at > now()
$$;

GRANT CREATE ON SCHEMA public TO cadenza_system;
ALTER FUNCTION find_session(bytea) OWNER TO cadenza_system;
ALTER FUNCTION find_passwords(text) OWNER TO cadenza_system;
ALTER FUNCTION find_invitation(bytea) OWNER TO cadenza_system;
REVOKE CREATE ON SCHEMA public FROM cadenza_system;
REVOKE ALL ON FUNCTION find_session(bytea), find_passwords(text), find_invitation(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_session(bytea), find_passwords(text), find_invitation(bytea) TO cadenza_app;
