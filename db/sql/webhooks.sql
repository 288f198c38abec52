-- Outgoing webhooks.

-- A new signing secret: 24 random bytes in base64, as Standard Webhooks has them. gen_random_uuid() is
-- cryptographically random and needs no extension; two of them hold 244 random bits.
CREATE OR REPLACE FUNCTION new_webhook_secret() RETURNS text LANGUAGE sql AS $$
    SELECT 'whsec_' || encode(substring(
        sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FROM 1 FOR 24), 'base64')
$$;

-- Queues an event for every enabled endpoint that receives its type. The lead and the enrollment are described as they
-- are in this transaction. If the tenant has no such endpoint, the cost is one look at an empty table.
CREATE OR REPLACE FUNCTION queue_webhooks(
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

-- Queues an event of a lead, under its public name.
CREATE OR REPLACE FUNCTION tell_endpoints_of_engagement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue_webhooks(
        NEW.tenant_id,
        CASE NEW.type WHEN 'open' THEN 'email.opened' WHEN 'click' THEN 'email.clicked'
                      WHEN 'reply' THEN 'enrollment.replied' WHEN 'bounce' THEN 'lead.bounced'
                      WHEN 'unsubscribe' THEN 'lead.unsubscribed' ELSE 'lead.complained' END,
        NEW.lead_id, NEW.enrollment_id, NEW.step_id, NEW.detail, NEW.occurred_at);
    RETURN NULL;
END $$;

-- Queues a row of the execution log, under its public name.
CREATE OR REPLACE FUNCTION tell_endpoints_of_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue_webhooks(
        NEW.tenant_id,
        CASE NEW.event WHEN 'email_sent' THEN 'email.sent' WHEN 'enrolled' THEN 'enrollment.started'
                       ELSE 'enrollment.' || NEW.event END,
        NEW.lead_id, NEW.enrollment_id, NEW.step_id, NEW.detail, NEW.occurred_at);
    RETURN NULL;
END $$;

-- Queues a notification.
CREATE OR REPLACE FUNCTION tell_endpoints_of_notification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM queue_webhooks(
        NEW.tenant_id, 'notification.created', NEW.lead_id, NEW.enrollment_id, NULL,
        jsonb_build_object('id', NEW.id, 'user_id', NEW.user_id, 'kind', NEW.kind, 'message', NEW.message),
        NEW.created_at);
    RETURN NULL;
END $$;

-- Takes due deliveries, oldest first, and holds them for `p_lease`. The caller settles each one. After a crash it is
-- claimed again, so a receiver may get the same webhook-id twice. Deliveries for a disabled endpoint wait until the
-- endpoint is enabled again.
CREATE OR REPLACE FUNCTION claim_webhook_deliveries(p_tenant_id uuid, p_limit integer, p_lease interval) RETURNS TABLE (
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
