-- Receiving: an event of a lead is recorded, and obeyed, in one call. So is an action that only changes its lead.

-- A lead's live enrollments; with a company's domain (of the lead's address) also those of its colleagues, in sequences
-- that heed a colleague's reply. Locked in the order of their IDs: whoever locks several enrollments does so in this
-- order, so that none waits in a circle.
--
-- The statements that lock read this one table, and nothing but its own columns: who had to wait for a lock has the row
-- that was changed meanwhile put to the question again, beside the rows of other tables as they were before. What a join
-- or a subquery then says no more leaves the enrollment out, and a reply would stop nobody.
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

-- Not of one that asked to be left alone, or whose address is dead.
CREATE FUNCTION qualify_lead(p_tenant_id uuid, p_lead_id uuid) RETURNS void LANGUAGE sql AS $$
    UPDATE leads SET status = 'qualified'
     WHERE tenant_id = p_tenant_id AND id = p_lead_id AND status NOT IN ('qualified', 'unsubscribed', 'bounced')
$$;

-- Brings the enrollment's counters up to date with a person's event, which has been recorded. Opens and clicks count
-- once for each message.
CREATE FUNCTION count_event(told lead_engagement, p_points integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first integer := (NOT EXISTS (
        SELECT FROM lead_engagement e
         WHERE e.tenant_id = told.tenant_id AND e.enrollment_id = told.enrollment_id AND e.type = told.type
           AND NOT e.machine AND e.message_id IS NOT DISTINCT FROM told.message_id AND e.id <> told.id))::integer;
BEGIN
    UPDATE lead_sequence_state
       SET emails_opened = emails_opened + CASE told.type WHEN 'open' THEN first ELSE 0 END,
           emails_clicked = emails_clicked + CASE told.type WHEN 'click' THEN first ELSE 0 END,
           emails_replied = emails_replied + CASE told.type WHEN 'reply' THEN first ELSE 0 END,
           engagement_score = engagement_score + p_points,
           last_activity_at = greatest(last_activity_at, told.occurred_at)
     WHERE tenant_id = told.tenant_id AND id = told.enrollment_id;
END $$;

-- Soft bounces of the lead since then, and since it last opened, clicked or answered: whoever did was there to do so.
CREATE FUNCTION soft_bounces(p_tenant_id uuid, p_lead_id uuid, p_since timestamptz) RETURNS bigint
    LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM lead_engagement e
     WHERE e.tenant_id = p_tenant_id AND e.lead_id = p_lead_id AND e.type = 'bounce'
       AND NOT coalesce((e.detail->>'hard')::boolean, true) AND e.occurred_at >= p_since
       AND e.id > coalesce((SELECT max(p.id) FROM lead_engagement p
                             WHERE p.tenant_id = p_tenant_id AND p.lead_id = p_lead_id AND NOT p.machine
                               AND p.type IN ('open', 'click', 'reply')), 0)
$$;

-- Ends these enrollments of the lead, and says of it what the event demands: {reason, command, qualifies, suppresses,
-- lead_status}. The caller holds their locks. Those that it stopped.
CREATE FUNCTION obey_event(p_tenant_id uuid, p_lead_id uuid, p_live uuid[], p_demand jsonb) RETURNS uuid[]
    LANGUAGE plpgsql AS $$
BEGIN
    IF (p_demand->>'qualifies')::boolean THEN
        PERFORM qualify_lead(p_tenant_id, p_lead_id);
    END IF;
    IF (p_demand->>'suppresses')::boolean THEN
        INSERT INTO suppressions (tenant_id, kind, value, reason)
        SELECT p_tenant_id, 'address', l.email, p_demand->>'reason' FROM leads l
         WHERE l.tenant_id = p_tenant_id AND l.id = p_lead_id
        ON CONFLICT ON CONSTRAINT suppressions_value_key DO NOTHING;
    END IF;
    UPDATE leads SET status = p_demand->>'lead_status'
     WHERE tenant_id = p_tenant_id AND id = p_lead_id AND status <> p_demand->>'lead_status';
    RETURN ARRAY(
        SELECT stopped.id
          FROM unnest(p_live) live(id)
         CROSS JOIN LATERAL stop_lead_sequence(
               p_tenant_id, live.id, p_demand->>'reason', NULL, p_demand->>'command') stopped
         ORDER BY stopped.id);
END $$;

-- A lead's reply, for enrollments of its colleagues: each as its sequence has it. The caller holds their locks.
CREATE FUNCTION tell_company(p_tenant_id uuid, p_replier_id uuid, p_colleagues uuid[]) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    detail jsonb := jsonb_build_object('replied_lead_id', p_replier_id);
    stopping uuid[];
    pausing uuid[];
BEGIN
    -- As it is now that the locks are held: an edit may have moved them to another version meanwhile.
    SELECT coalesce(array_agg(s.id ORDER BY s.id) FILTER (WHERE v.on_company_reply = 'stop'), '{}'),
           coalesce(array_agg(s.id ORDER BY s.id) FILTER (WHERE v.on_company_reply = 'pause'), '{}')
      INTO stopping, pausing
      FROM lead_sequence_state s
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
     WHERE s.tenant_id = p_tenant_id AND s.id = ANY (p_colleagues);
    RETURN jsonb_build_object(
        'company_stopped', ARRAY(
            SELECT stopped.id FROM unnest(stopping) live(id)
             CROSS JOIN LATERAL stop_lead_sequence(
                   p_tenant_id, live.id, 'company_replied', NULL, 'stop', detail) stopped
             ORDER BY stopped.id),
        'company_paused', ARRAY(
            SELECT paused.id FROM unnest(pausing) live(id)
             CROSS JOIN LATERAL pause_lead_sequence(p_tenant_id, live.id, 'company', NULL, detail) paused
             WHERE paused.status = 'paused'
             ORDER BY paused.id));
END $$;

-- Records an event (the columns of lead_engagement; `key` by which steps wait for it, `points` that it scores), counts
-- it, has go on what waits for it, and does what it demands (see obey_event; `soft_bounces` that must have come since
-- `since` first, or nothing is). What waited for the event is not stopped by it. `live`: enrollments of the lead that it
-- has neither woken nor stopped; their locks are held.
--
-- The enrollments are locked before anything is written: an event and a step of the same lead take turns.
CREATE FUNCTION receive_event(p_tenant_id uuid, p_event jsonb, p_demand jsonb, p_company_domain text) RETURNS jsonb
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

-- What an action changes about its lead: {status}, {qualifies}, {add, remove} (tags: removes first, then adds what is
-- not there yet; the order of the others is kept).
CREATE FUNCTION change_lead(p_tenant_id uuid, p_lead_id uuid, p_change jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kept text[];
BEGIN
    IF (p_change->>'qualifies')::boolean THEN
        PERFORM qualify_lead(p_tenant_id, p_lead_id);
    END IF;
    IF p_change ? 'status' THEN
        UPDATE leads SET status = p_change->>'status'
         WHERE tenant_id = p_tenant_id AND id = p_lead_id AND status <> p_change->>'status';
    END IF;
    IF p_change ? 'add' THEN
        kept := ARRAY(SELECT tag FROM leads l, unnest(l.tags) WITH ORDINALITY t(tag, place)
                       WHERE l.tenant_id = p_tenant_id AND l.id = p_lead_id AND NOT p_change->'remove' ? tag
                       ORDER BY place);
        UPDATE leads
           SET tags = kept || ARRAY(SELECT added
                                      FROM jsonb_array_elements_text(p_change->'add') WITH ORDINALITY a(added, place)
                                     WHERE added <> ALL (kept) ORDER BY place)
         WHERE tenant_id = p_tenant_id AND id = p_lead_id;
    END IF;
END $$;

-- advance_to_next_step for an action that changes nothing but its lead: both or neither. An attempt that comes second,
-- or after a stop, changes nothing.
CREATE FUNCTION advance_and_change_lead(
    p_tenant_id uuid, p_enrollment_id uuid, p_from_step_id uuid, p_version_id uuid, p_now timestamptz,
    p_decisions jsonb, p_effect jsonb, p_next jsonb, p_lead_id uuid, p_change jsonb) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    answer jsonb := advance_to_next_step(
        p_tenant_id, p_enrollment_id, p_from_step_id, p_version_id, p_now, p_decisions, p_effect, p_next);
BEGIN
    IF (answer->>'applied')::boolean THEN
        PERFORM change_lead(p_tenant_id, p_lead_id, p_change);
    END IF;
    RETURN answer;
END $$;

-- The open batches that no other driver holds, the oldest first. Asked after every write that Temporal must hear of.
CREATE FUNCTION batches_to_drive(p_tenant_id uuid, p_driver uuid) RETURNS uuid[] LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    RETURN ARRAY(
        SELECT b.id FROM batches b
         WHERE b.tenant_id = p_tenant_id AND b.status IN ('accepted', 'running')
           AND (b.leased_until IS NULL OR b.leased_until < clock_timestamp() OR b.leased_by = p_driver)
         ORDER BY b.created_at, b.id);
END $$;
