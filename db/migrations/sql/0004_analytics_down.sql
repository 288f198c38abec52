DROP FUNCTION load_variant_winner(uuid, uuid), tenants_choosing_winners(), refresh_sequence_performance(), maintain_execution_log(integer, integer),
    make_log_month(date), lock_log(), close_log_partition(text);
DROP TABLE variant_winners;
DROP VIEW tenant_sequence_performance;
DROP MATERIALIZED VIEW sequence_performance, sequence_performance_refresh;
DROP VIEW sequence_performance_live;
DROP POLICY performance_lookup ON sequences;
DROP POLICY performance_lookup ON sequence_versions;
DROP POLICY performance_lookup ON messages;
DROP POLICY performance_lookup ON lead_engagement;
REVOKE SELECT (tenant_id, id, status, current_version) ON sequences FROM cadenza_system;
REVOKE SELECT (tenant_id, sequence_id, version, plan, published_at) ON sequence_versions FROM cadenza_system;
REVOKE SELECT (id, sequence_id, stop_reason, current_step_id, visits, enrolled_at, ended_at)
    ON lead_sequence_state FROM cadenza_system;
REVOKE SELECT (tenant_id, id, sequence_id, step_id, variant, status, sent_at, sending_at)
    ON messages FROM cadenza_system;
REVOKE SELECT (tenant_id, sequence_id, message_id, type, machine, detail, occurred_at)
    ON lead_engagement FROM cadenza_system;
DROP INDEX messages_by_sequence, lead_engagement_by_sequence;

-- The log in one table again, with its rows.
ALTER TABLE sequence_execution_log RENAME TO sequence_execution_log_months;
ALTER SEQUENCE sequence_execution_log_id_seq RENAME TO sequence_execution_log_months_id_seq;
ALTER TABLE sequence_execution_log_months NO FORCE ROW LEVEL SECURITY;
CREATE TABLE sequence_execution_log (
    tenant_id     uuid NOT NULL,
    id            bigint GENERATED ALWAYS AS IDENTITY,
    enrollment_id uuid NOT NULL,
    sequence_id   uuid NOT NULL,
    lead_id       uuid NOT NULL,
    step_id       uuid,
    event         text NOT NULL,
    detail        jsonb NOT NULL DEFAULT '{}',
    occurred_at   timestamptz NOT NULL
);
INSERT INTO sequence_execution_log
       (tenant_id, id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at)
       OVERRIDING SYSTEM VALUE
SELECT tenant_id, id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at
  FROM sequence_execution_log_months;
SELECT setval('sequence_execution_log_id_seq', coalesce(max(id), 0) + 1, false) FROM sequence_execution_log;
DROP TABLE sequence_execution_log_months;
ALTER TABLE sequence_execution_log
    ADD PRIMARY KEY (tenant_id, id),
    ADD FOREIGN KEY (tenant_id, enrollment_id) REFERENCES lead_sequence_state (tenant_id, id) ON DELETE CASCADE;
CREATE INDEX sequence_execution_log_by_enrollment ON sequence_execution_log (tenant_id, enrollment_id, id);
CREATE INDEX sequence_execution_log_by_lead ON sequence_execution_log (tenant_id, lead_id, id);
ALTER TABLE sequence_execution_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE sequence_execution_log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON sequence_execution_log
    USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON sequence_execution_log TO cadenza_app;
