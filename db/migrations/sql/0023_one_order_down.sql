DROP FUNCTION lock_live_enrollments(uuid, uuid, text, uuid);
CREATE FUNCTION lock_live_enrollments(p_tenant_id uuid, p_lead_id uuid, p_company_domain text DEFAULT NULL)
    RETURNS TABLE (id uuid, lead_id uuid) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    heeding uuid[] := '{}';
    asked uuid[];
BEGIN
    IF p_company_domain IS NOT NULL THEN
        heeding := ARRAY(SELECT v.id FROM sequence_versions v
                          WHERE v.tenant_id = p_tenant_id AND v.on_company_reply IN ('stop', 'pause'));
    END IF;
    IF heeding = '{}' THEN
        RETURN QUERY
        SELECT s.id, s.lead_id FROM lead_sequence_state s
         WHERE s.tenant_id = p_tenant_id AND s.lead_id = p_lead_id
           AND s.status IN ('pending', 'active', 'paused', 'failed')
         ORDER BY s.id FOR UPDATE;
        RETURN;
    END IF;
    asked := ARRAY(
        SELECT s.id FROM lead_sequence_state s
         WHERE s.tenant_id = p_tenant_id AND s.lead_id = p_lead_id
           AND s.status IN ('pending', 'active', 'paused', 'failed')
        UNION ALL
        SELECT s.id FROM leads c
          JOIN lead_sequence_state s ON s.tenant_id = c.tenant_id AND s.lead_id = c.id
         WHERE c.tenant_id = p_tenant_id AND c.domain = p_company_domain AND c.id <> p_lead_id
           AND s.status IN ('pending', 'active', 'paused', 'failed') AND s.version_id = ANY (heeding));
    RETURN QUERY
    SELECT s.id, s.lead_id FROM lead_sequence_state s
     WHERE s.tenant_id = p_tenant_id AND s.id = ANY (asked)
       AND s.status IN ('pending', 'active', 'paused', 'failed')
     ORDER BY s.id FOR UPDATE;
END $$;

CREATE OR REPLACE FUNCTION receive_event(p_tenant_id uuid, p_event jsonb, p_demand jsonb, p_company_domain text) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    told lead_engagement := jsonb_populate_record(NULL::lead_engagement, p_event);
    live uuid[];
    colleagues uuid[];
    woken uuid[] := '{}';
    stopped uuid[] := '{}';
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    SELECT coalesce(array_agg(l.id) FILTER (WHERE l.lead_id = told.lead_id), '{}'),
           coalesce(array_agg(l.id) FILTER (WHERE l.lead_id <> told.lead_id), '{}')
      INTO live, colleagues
      FROM lock_live_enrollments(p_tenant_id, told.lead_id, p_company_domain) l;

    INSERT INTO lead_engagement
        (tenant_id, lead_id, enrollment_id, sequence_id, message_id, step_id, type, name, machine, detail, event_id,
         occurred_at)
    VALUES (p_tenant_id, told.lead_id, told.enrollment_id, told.sequence_id, told.message_id, told.step_id, told.type,
            told.name, told.machine, told.detail, told.event_id, told.occurred_at)
    ON CONFLICT ON CONSTRAINT lead_engagement_event_id_key DO NOTHING
    RETURNING * INTO told;
    IF told.id IS NULL THEN
        RETURN jsonb_build_object('recorded', false);
    END IF;

    IF NOT told.machine THEN
        PERFORM count_event(told, (p_event->>'points')::integer);
        -- An event of one email is news to its own enrollment only.
        woken := ARRAY(
            SELECT heard.id
              FROM lead_sequence_state s
             CROSS JOIN LATERAL hear_lead_event(p_tenant_id, s.id, p_event->>'key') heard
             WHERE s.tenant_id = p_tenant_id AND s.id = ANY (live) AND s.waiting_for = p_event->>'key'
               AND (told.enrollment_id IS NULL OR s.id = told.enrollment_id));
        live := ARRAY(SELECT unnest(live) EXCEPT SELECT unnest(woken));
    END IF;
    IF p_demand IS NOT NULL AND (
        p_demand->>'soft_bounces' IS NULL
        OR soft_bounces(p_tenant_id, told.lead_id, (p_demand->>'since')::timestamptz)
           >= (p_demand->>'soft_bounces')::integer)
    THEN
        stopped := obey_event(p_tenant_id, told.lead_id, live, p_demand);
        live := '{}';
    END IF;
    RETURN jsonb_build_object('recorded', true, 'stopped', stopped, 'live', live)
        || CASE WHEN colleagues = '{}' THEN '{}' ELSE tell_company(p_tenant_id, told.lead_id, colleagues) END;
END $$;
