-- Who administered what, and when: written in the transaction of the change. Neither secrets nor personal data; what
-- changed is named, its values are not kept.
CREATE TABLE audit_log (
    tenant_id  uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id         uuid NOT NULL DEFAULT gen_random_uuid(),
    action     text NOT NULL,
    -- Whose key: null for the command line on the server, and for the operator, whose key is another tenant's.
    api_key_id uuid,
    -- Of what was changed, which may be gone by now.
    target_id  uuid,
    detail     jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, api_key_id) REFERENCES api_keys (tenant_id, id)
);
CREATE INDEX audit_log_newest ON audit_log (tenant_id, created_at DESC, id DESC);
CREATE INDEX audit_log_by_action ON audit_log (tenant_id, action, created_at DESC, id DESC);

ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON audit_log
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
-- The app adds to it, and can neither change nor remove what is there.
GRANT SELECT, INSERT ON audit_log TO cadenza_app;
