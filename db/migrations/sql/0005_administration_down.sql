DROP FUNCTION find_inbound_tenant, forget_old_webhooks, tenants_with_webhooks, claim_webhook_deliveries;
DROP INDEX mailboxes_by_email, messages_by_rfc_message_id;
DROP POLICY inbound_lookup ON mailboxes;
DROP POLICY inbound_lookup ON messages;
REVOKE SELECT (tenant_id, email) ON mailboxes FROM cadenza_system;
REVOKE SELECT (rfc_message_id) ON messages FROM cadenza_system;
DROP TRIGGER tell_endpoints ON sequence_execution_log;
DROP TRIGGER tell_endpoints ON lead_engagement;
DROP TABLE notifications, webhook_deliveries, webhook_endpoints;
DROP FUNCTION tell_endpoints_of_notification, tell_endpoints_of_engagement, tell_endpoints_of_move, queue_webhooks;
-- A message whose mailbox was deleted has lost it for good: then there is no way back, and this says so.
ALTER TABLE messages ALTER COLUMN mailbox_id SET NOT NULL,
    DROP CONSTRAINT messages_tenant_id_mailbox_id_fkey,
    ADD FOREIGN KEY (tenant_id, mailbox_id) REFERENCES mailboxes (tenant_id, id);
ALTER TABLE lead_sequence_state DROP CONSTRAINT lead_sequence_state_tenant_id_mailbox_id_fkey,
    ADD FOREIGN KEY (tenant_id, mailbox_id) REFERENCES mailboxes (tenant_id, id);
ALTER TABLE tenants DROP COLUMN webhook_secret, DROP COLUMN operator;
DROP FUNCTION new_webhook_secret;
