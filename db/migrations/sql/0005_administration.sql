-- Administration: the operator, webhook endpoints and what they are still to be told, notifications, and whose an
-- inbound message is.

-- 24 random bytes in standard base64, as Standard Webhooks has it. gen_random_uuid() is cryptographically random and
-- needs no extension: two of them hold 244 random bits.
CREATE FUNCTION new_webhook_secret() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT 'whsec_' || encode(substring(
        sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FROM 1 FOR 24), 'base64')
$$;

-- The operator runs the installation and alone may make tenants. The webhook secret signs what sequences' `webhook`
-- actions send; endpoints have each their own.
ALTER TABLE tenants ADD COLUMN operator boolean NOT NULL DEFAULT false,
                    ADD COLUMN webhook_secret text NOT NULL DEFAULT new_webhook_secret();

CREATE TABLE webhook_endpoints (
    tenant_id       uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    url             text NOT NULL,
    description     text NOT NULL DEFAULT '',
    event_types     text[] NOT NULL,
    secret          text NOT NULL DEFAULT new_webhook_secret(),
    enabled         boolean NOT NULL DEFAULT true,
    -- Why it was disabled when nobody asked for it: failing, gone.
    disabled_reason text,
    last_success_at timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);

-- What an endpoint is told, written in the transaction of the fact. `id` is the webhook-id, the same on every attempt.
CREATE TABLE webhook_deliveries (
    tenant_id        uuid NOT NULL,
    id               uuid NOT NULL DEFAULT gen_random_uuid(),
    endpoint_id      uuid NOT NULL,
    -- What is said of a person goes with the person.
    lead_id          uuid,
    event_type       text NOT NULL,
    payload          jsonb NOT NULL,
    -- pending -> delivered | failed
    status           text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts         integer NOT NULL DEFAULT 0,
    -- Whoever takes the row moves this ahead by its lease: after a crash somebody else takes it then.
    next_attempt_at  timestamptz NOT NULL DEFAULT now(),
    last_status_code integer,
    last_error       text,
    delivered_at     timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (tenant_id, endpoint_id, created_at DESC, id DESC);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (tenant_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_by_lead ON webhook_deliveries (tenant_id, lead_id) WHERE lead_id IS NOT NULL;

-- Something that a person should see; without a user it is for everybody of the tenant.
CREATE TABLE notifications (
    tenant_id     uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id            uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id       uuid,
    kind          text NOT NULL,
    message       text NOT NULL,
    lead_id       uuid,
    enrollment_id uuid,
    created_at    timestamptz NOT NULL DEFAULT now(),
    read_at       timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, enrollment_id) REFERENCES lead_sequence_state (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX notifications_newest ON notifications (tenant_id, created_at DESC, id DESC);
CREATE INDEX notifications_by_lead ON notifications (tenant_id, lead_id) WHERE lead_id IS NOT NULL;

DO $$
DECLARE
    tenant_table text;
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY['webhook_endpoints', 'webhook_deliveries', 'notifications'] LOOP
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
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON webhook_endpoints FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- A mailbox may go when nothing live needs it; what it has sent stays in the ledger.
ALTER TABLE messages ALTER COLUMN mailbox_id DROP NOT NULL,
    DROP CONSTRAINT messages_tenant_id_mailbox_id_fkey,
    ADD FOREIGN KEY (tenant_id, mailbox_id) REFERENCES mailboxes (tenant_id, id) ON DELETE SET NULL (mailbox_id);
ALTER TABLE lead_sequence_state DROP CONSTRAINT lead_sequence_state_tenant_id_mailbox_id_fkey,
    ADD FOREIGN KEY (tenant_id, mailbox_id) REFERENCES mailboxes (tenant_id, id) ON DELETE SET NULL (mailbox_id);

-- Tells every enabled endpoint that asked for the type. Where none did this is one look at an empty table: the caller
-- need not ask first. Everything about the lead and the enrollment is read as it stands in this transaction.
CREATE FUNCTION queue_webhooks(
    p_tenant_id uuid, p_event_type text, p_lead_id uuid, p_enrollment_id uuid, p_step_id uuid, p_detail jsonb,
    p_at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO webhook_deliveries (tenant_id, endpoint_id, lead_id, event_type, payload)
    SELECT p_tenant_id, e.id, p_lead_id, p_event_type, jsonb_build_object(
               'type', p_event_type, 'timestamp', p_at, 'data', jsonb_build_object(
                   'lead', (SELECT to_jsonb(l) - 'tenant_id' FROM leads l
                             WHERE l.tenant_id = p_tenant_id AND l.id = p_lead_id),
                   'enrollment', (SELECT jsonb_build_object(
                                             'id', s.id, 'status', s.status, 'stop_reason', s.stop_reason,
                                             'campaign_id', s.campaign_id, 'enrolled_at', s.enrolled_at,
                                             'sequence', jsonb_build_object('id', q.id, 'name', q.name))
                                    FROM lead_sequence_state s
                                    JOIN sequences q ON q.tenant_id = s.tenant_id AND q.id = s.sequence_id
                                   WHERE s.tenant_id = p_tenant_id AND s.id = p_enrollment_id),
                   'step_id', p_step_id, 'detail', p_detail))
      FROM webhook_endpoints e
     WHERE e.tenant_id = p_tenant_id AND e.enabled AND p_event_type = ANY (e.event_types)
$$;

CREATE FUNCTION tell_endpoints_of_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue_webhooks(
        NEW.tenant_id,
        CASE NEW.event WHEN 'email_sent' THEN 'email.sent' WHEN 'enrolled' THEN 'enrollment.started'
                       ELSE 'enrollment.' || NEW.event END,
        NEW.lead_id, NEW.enrollment_id, NEW.step_id, NEW.detail, NEW.occurred_at);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_endpoints AFTER INSERT ON sequence_execution_log FOR EACH ROW
    WHEN (NEW.event IN ('enrolled', 'email_sent', 'paused', 'resumed', 'completed', 'stopped', 'failed'))
    EXECUTE FUNCTION tell_endpoints_of_move();

CREATE FUNCTION tell_endpoints_of_engagement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue_webhooks(
        NEW.tenant_id,
        CASE NEW.type WHEN 'open' THEN 'email.opened' WHEN 'click' THEN 'email.clicked'
                      WHEN 'reply' THEN 'enrollment.replied' WHEN 'bounce' THEN 'lead.bounced'
                      WHEN 'unsubscribe' THEN 'lead.unsubscribed' ELSE 'lead.complained' END,
        NEW.lead_id, NEW.enrollment_id, NEW.step_id, NEW.detail, NEW.occurred_at);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_endpoints AFTER INSERT ON lead_engagement FOR EACH ROW
    WHEN (NEW.type IN ('open', 'click', 'reply', 'bounce', 'unsubscribe', 'complaint') AND NOT NEW.machine)
    EXECUTE FUNCTION tell_endpoints_of_engagement();

CREATE FUNCTION tell_endpoints_of_notification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue_webhooks(
        NEW.tenant_id, 'notification.created', NEW.lead_id, NEW.enrollment_id, NULL,
        jsonb_build_object('id', NEW.id, 'user_id', NEW.user_id, 'kind', NEW.kind, 'message', NEW.message),
        NEW.created_at);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_endpoints AFTER INSERT ON notifications FOR EACH ROW
    EXECUTE FUNCTION tell_endpoints_of_notification();

-- Takes what is due to be told, the oldest first, and holds it for the lease. Whoever claims a row must settle it;
-- after a crash it is claimed again, so that a receiver may hear the same webhook-id twice. What waits for a disabled
-- endpoint waits until it is enabled again.
CREATE FUNCTION claim_webhook_deliveries(p_tenant_id uuid, p_limit integer, p_lease interval) RETURNS TABLE (
    id uuid, endpoint_id uuid, event_type text, payload jsonb, attempts integer, url text, secret text)
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN QUERY
    WITH due AS MATERIALIZED (
        SELECT d.id, e.url, e.secret
          FROM webhook_deliveries d
          JOIN webhook_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id AND e.enabled
         WHERE d.tenant_id = p_tenant_id AND d.status = 'pending' AND d.next_attempt_at <= clock_timestamp()
         ORDER BY d.next_attempt_at LIMIT p_limit FOR UPDATE OF d SKIP LOCKED
    )
    UPDATE webhook_deliveries d
       SET attempts = d.attempts + 1, next_attempt_at = clock_timestamp() + p_lease
      FROM due WHERE d.tenant_id = p_tenant_id AND d.id = due.id
    RETURNING d.id, d.endpoint_id, d.event_type, d.payload, d.attempts, due.url, due.secret;
END $$;

-- Questions that come before a tenant is known; see 0001_security.sql.
CREATE POLICY webhook_lookup ON webhook_deliveries FOR SELECT TO cadenza_system USING (true);
CREATE POLICY webhook_forgetting ON webhook_deliveries FOR DELETE TO cadenza_system USING (true);
CREATE POLICY webhook_lookup ON webhook_endpoints FOR SELECT TO cadenza_system USING (true);
CREATE POLICY inbound_lookup ON messages FOR SELECT TO cadenza_system USING (true);
CREATE POLICY inbound_lookup ON mailboxes FOR SELECT TO cadenza_system USING (true);
GRANT DELETE, SELECT (tenant_id, endpoint_id, status, next_attempt_at, created_at) ON webhook_deliveries TO cadenza_system;
GRANT SELECT (tenant_id, id, enabled) ON webhook_endpoints TO cadenza_system;
GRANT SELECT (tenant_id, rfc_message_id) ON messages TO cadenza_system;
GRANT SELECT (tenant_id, email) ON mailboxes TO cadenza_system;
CREATE INDEX messages_by_rfc_message_id ON messages (rfc_message_id);
CREATE INDEX mailboxes_by_email ON mailboxes (email);

CREATE FUNCTION tenants_with_webhooks() RETURNS TABLE (tenant_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT d.tenant_id
      FROM webhook_deliveries d
      JOIN webhook_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id AND e.enabled
     WHERE d.status = 'pending' AND d.next_attempt_at <= clock_timestamp()
$$;

-- Every attempt is over after a day: what is older waits for an endpoint that was disabled, and is no news any more.
CREATE FUNCTION forget_old_webhooks(p_older_than interval) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH forgotten AS (DELETE FROM webhook_deliveries WHERE created_at < now() - p_older_than RETURNING 1)
    SELECT count(*) FROM forgotten
$$;

-- Whose an inbound message is: the tenant that sent what it refers to (the nearest reference counts), else the one
-- tenant that has a mailbox of the address it was delivered to. NULL when neither says.
CREATE FUNCTION find_inbound_tenant(p_message_ids text[], p_addresses text[]) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(
        (SELECT m.tenant_id FROM messages m WHERE m.rfc_message_id = ANY (p_message_ids)
          ORDER BY array_position(p_message_ids, m.rfc_message_id) LIMIT 1),
        (SELECT (array_agg(DISTINCT b.tenant_id))[1] FROM mailboxes b WHERE b.email = ANY (p_addresses)
         HAVING count(DISTINCT b.tenant_id) = 1))
$$;

GRANT CREATE ON SCHEMA public TO cadenza_system;
ALTER FUNCTION tenants_with_webhooks() OWNER TO cadenza_system;
ALTER FUNCTION forget_old_webhooks(interval) OWNER TO cadenza_system;
ALTER FUNCTION find_inbound_tenant(text[], text[]) OWNER TO cadenza_system;
REVOKE CREATE ON SCHEMA public FROM cadenza_system;
REVOKE ALL ON FUNCTION tenants_with_webhooks(), forget_old_webhooks(interval), find_inbound_tenant(text[], text[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tenants_with_webhooks(), forget_old_webhooks(interval), find_inbound_tenant(text[], text[])
    TO cadenza_app;
