-- Mailboxes: what a sender is, and how it is locked.

-- The domain of an email address.
CREATE OR REPLACE FUNCTION domain_of(p_email text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT substring(p_email FROM '[^@]*$')
$$;

-- Whether the mailbox has any limit, so that its sends are counted in the calendar (slots.sql).
CREATE OR REPLACE FUNCTION is_limited(m mailboxes) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT m.daily_cap IS NOT NULL OR m.hourly_cap IS NOT NULL OR m.ramp_start IS NOT NULL
        OR m.min_gap_seconds > 0 OR m.gap_jitter_seconds > 0
$$;

-- Locks the mailbox until the transaction ends. With limits the lock is exclusive, since the caller will change the
-- calendar. Without any it is shared, so that sends of one mailbox do not wait for each other. Raises no_data_found
-- when the tenant has no such mailbox.
CREATE OR REPLACE FUNCTION lock_mailbox(p_tenant_id uuid, p_mailbox_id uuid) RETURNS mailboxes LANGUAGE plpgsql AS $$
DECLARE
    m mailboxes;
    limited boolean;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    SELECT * INTO m FROM mailboxes WHERE tenant_id = p_tenant_id AND id = p_mailbox_id;
    limited := is_limited(m);
    IF NOT limited THEN
        SELECT * INTO m FROM mailboxes WHERE tenant_id = p_tenant_id AND id = p_mailbox_id FOR SHARE;
        limited := is_limited(m);
    END IF;
    IF limited THEN
        SELECT * INTO m FROM mailboxes WHERE tenant_id = p_tenant_id AND id = p_mailbox_id FOR NO KEY UPDATE;
    END IF;
    IF m.id IS NULL THEN
        RAISE EXCEPTION 'no mailbox %', p_mailbox_id USING ERRCODE = 'no_data_found';
    END IF;
    RETURN m;
END $$;

-- A mailbox with everything that sending from it needs, including the tenant's postal address and the DKIM key of its
-- domain if there is one. NULL for no mailbox.
CREATE OR REPLACE FUNCTION described_sender(m mailboxes) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN m.id IS NOT NULL THEN to_jsonb(m) - '{tenant_id,imap,imap_password}'::text[] || jsonb_build_object(
        'postal_address', (SELECT t.postal_address FROM tenants t WHERE t.id = m.tenant_id),
        'dkim', (SELECT jsonb_build_object('selector', d.dkim_selector, 'private_key', d.dkim_private_key)
                   FROM sender_domains d
                  WHERE d.tenant_id = m.tenant_id AND d.domain = domain_of(m.email) AND d.dkim_selector IS NOT NULL),
        'watched', m.imap IS NOT NULL)
    END
$$;

-- described_sender of one mailbox, in one round trip. NULL when there is none.
CREATE OR REPLACE FUNCTION load_mailbox(p_tenant_id uuid, p_mailbox_id uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN (SELECT described_sender(m) FROM mailboxes m WHERE m.tenant_id = p_tenant_id AND m.id = p_mailbox_id);
END $$;

-- The server accepted a message, so earlier consecutive failures of the mailbox no longer count.
CREATE OR REPLACE FUNCTION clear_mailbox_failures(p_tenant_id uuid, p_mailbox_id uuid)
    RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    UPDATE mailboxes SET smtp_auth_failures = 0, refusals = 0
     WHERE tenant_id = p_tenant_id AND id = p_mailbox_id AND (smtp_auth_failures > 0 OR refusals > 0);
END $$;

-- Records the domain of a new mailbox. It stays, with its DKIM key, when the last mailbox of the domain is deleted.
CREATE OR REPLACE FUNCTION know_sender_domain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sender_domains (tenant_id, domain) VALUES (NEW.tenant_id, domain_of(NEW.email))
    ON CONFLICT ON CONSTRAINT sender_domains_domain_key DO NOTHING;
    RETURN NULL;
END $$;
