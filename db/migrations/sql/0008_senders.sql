-- Sender domains: what their DNS said when it was last looked at, and the key that their mail is signed with.

CREATE TABLE sender_domains (
    tenant_id        uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id               uuid NOT NULL DEFAULT gen_random_uuid(),
    domain           text NOT NULL,
    -- DKIM (RFC 6376): all three or none. The private key is encrypted before it comes here (services/secret_box.py);
    -- the record is what is published at <selector>._domainkey.<domain>.
    dkim_selector    text,
    dkim_private_key text,
    dkim_record      text,
    -- The last check: mail/dns.py.
    findings         jsonb,
    checked_at       timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT sender_domains_domain_key UNIQUE (tenant_id, domain),
    CONSTRAINT sender_domains_dkim_check CHECK (num_nulls(dkim_selector, dkim_private_key, dkim_record) IN (0, 3))
);

ALTER TABLE sender_domains ENABLE ROW LEVEL SECURITY;
ALTER TABLE sender_domains FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON sender_domains
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON sender_domains TO cadenza_app;
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON sender_domains FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE FUNCTION domain_of(p_email text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT substring(p_email FROM '[^@]*$')
$$;

-- A domain is known once a mailbox is of it, and stays: with the last mailbox its key would be lost.
CREATE FUNCTION know_sender_domain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sender_domains (tenant_id, domain) VALUES (NEW.tenant_id, domain_of(NEW.email))
    ON CONFLICT ON CONSTRAINT sender_domains_domain_key DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER know_sender_domain AFTER INSERT OR UPDATE OF email ON mailboxes FOR EACH ROW
    EXECUTE FUNCTION know_sender_domain();

-- The mailboxes that are there already. The owner is bound by the policies like everybody else: they step aside.
ALTER TABLE mailboxes NO FORCE ROW LEVEL SECURITY;
ALTER TABLE sender_domains NO FORCE ROW LEVEL SECURITY;
INSERT INTO sender_domains (tenant_id, domain) SELECT DISTINCT tenant_id, domain_of(email) FROM mailboxes;
ALTER TABLE mailboxes FORCE ROW LEVEL SECURITY;
ALTER TABLE sender_domains FORCE ROW LEVEL SECURITY;

-- A mailbox with what every message of it needs: the tenant's postal address, and the key of its domain, if any.
CREATE FUNCTION described_sender(m mailboxes) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN m.id IS NOT NULL THEN to_jsonb(m) - '{tenant_id,imap,imap_password}'::text[] || jsonb_build_object(
        'postal_address', (SELECT t.postal_address FROM tenants t WHERE t.id = m.tenant_id),
        'dkim', (SELECT jsonb_build_object('selector', d.dkim_selector, 'private_key', d.dkim_private_key)
                   FROM sender_domains d
                  WHERE d.tenant_id = m.tenant_id AND d.domain = domain_of(m.email) AND d.dkim_selector IS NOT NULL),
        'watched', m.imap IS NOT NULL)
    END
$$;

CREATE OR REPLACE FUNCTION load_enrollment(p_tenant_id uuid, p_enrollment_id uuid) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    answer jsonb;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    SELECT jsonb_build_object(
               'directive', enrollment_directive(s),
               'version_id', s.version_id,
               'hold_until', s.hold_until,
               'enrolled_at', s.enrolled_at,
               'visits', s.visits,
               'done', s.done,
               'heard_event_id', s.heard_event_id,
               'lead', to_jsonb(l) - 'tenant_id',
               'mailbox', described_sender(m),
               'events', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                     'id', e.id, 'type', e.type, 'name', e.name, 'step_id', e.step_id,
                                     'machine', e.machine, 'occurred_at', e.occurred_at) ORDER BY e.id), '[]')
                            FROM lead_engagement e
                           WHERE e.tenant_id = p_tenant_id AND e.lead_id = s.lead_id
                             AND (e.enrollment_id = p_enrollment_id
                                  -- What the lead did apart from any email is told to every enrollment of it.
                                  OR e.enrollment_id IS NULL AND e.occurred_at >= s.enrolled_at)),
               'messages', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                       'step_id', g.step_id, 'mailbox_id', g.mailbox_id, 'rfc_message_id', g.rfc_message_id,
                                       'thread', g.thread, 'subject', g.subject, 'sent_at', g.sent_at)
                                       ORDER BY g.sent_at), '[]')
                              FROM messages g
                             WHERE g.tenant_id = p_tenant_id AND g.enrollment_id = p_enrollment_id
                               AND g.status = 'sent'))
      INTO answer
      FROM lead_sequence_state s
      JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
      -- One lead keeps one mailbox; one that was enrolled before there was any takes the first.
      LEFT JOIN mailboxes m ON m.tenant_id = s.tenant_id
           AND m.id = coalesce(s.mailbox_id, (SELECT f.id FROM mailboxes f
                                               WHERE f.tenant_id = p_tenant_id AND f.status = 'active'
                                               ORDER BY f.created_at, f.id LIMIT 1))
     WHERE s.tenant_id = p_tenant_id AND s.id = p_enrollment_id;
    RETURN answer;
END $$;

CREATE OR REPLACE FUNCTION load_mailbox(p_tenant_id uuid, p_mailbox_id uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN (SELECT described_sender(m) FROM mailboxes m WHERE m.tenant_id = p_tenant_id AND m.id = p_mailbox_id);
END $$;

-- Which tenants have anything sealed comes before a tenant is known; see 0001_security.sql.
CREATE POLICY secrets_lookup ON sender_domains FOR SELECT TO cadenza_system USING (true);
GRANT SELECT (tenant_id, dkim_private_key) ON sender_domains TO cadenza_system;
GRANT SELECT (smtp_password, imap_password) ON mailboxes TO cadenza_system;

CREATE FUNCTION tenants_with_secrets() RETURNS TABLE (tenant_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT b.tenant_id FROM mailboxes b WHERE b.smtp_password IS NOT NULL OR b.imap_password IS NOT NULL
    UNION
    SELECT d.tenant_id FROM sender_domains d WHERE d.dkim_private_key IS NOT NULL
$$;

GRANT CREATE ON SCHEMA public TO cadenza_system;
ALTER FUNCTION tenants_with_secrets() OWNER TO cadenza_system;
REVOKE CREATE ON SCHEMA public FROM cadenza_system;
REVOKE ALL ON FUNCTION tenants_with_secrets() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenants_with_secrets() TO cadenza_app;
