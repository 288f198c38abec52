-- What a lead does (opens, clicks, replies, bounces, ...), and its consequences.

-- Locks the live enrollments of a lead, and returns those that are still live once the locks are held.
--   p_company_domain  also those of other leads of this domain, in versions that react to a colleague's reply
--   p_about           also this enrollment, whatever its status: locked, and returned only if it is live
--
-- All are locked in the order of their IDs, as everywhere, so that no two transactions deadlock. The statement that
-- locks reads columns of this one table only. After waiting for a lock, Postgres evaluates the condition again for the
-- changed row, but sees other tables in their earlier state. With a join it could then skip an enrollment, and a reply
-- would not stop it.
CREATE OR REPLACE FUNCTION lock_live_enrollments(
    p_tenant_id uuid, p_lead_id uuid, p_company_domain text DEFAULT NULL, p_about uuid DEFAULT NULL)
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
    asked := ARRAY(
        SELECT s.id FROM lead_sequence_state s
         WHERE s.tenant_id = p_tenant_id AND s.lead_id = p_lead_id
           AND is_live(s.status))
        || p_about;
    IF heeding <> '{}' THEN
        asked := asked || ARRAY(
            SELECT s.id FROM leads c
              JOIN lead_sequence_state s ON s.tenant_id = c.tenant_id AND s.lead_id = c.id
             WHERE c.tenant_id = p_tenant_id AND c.domain = p_company_domain AND c.id <> p_lead_id
               AND is_live(s.status) AND s.version_id = ANY (heeding));
    END IF;
    RETURN QUERY
    WITH locked AS MATERIALIZED (
        SELECT s.id, s.lead_id, s.status FROM lead_sequence_state s
         WHERE s.tenant_id = p_tenant_id AND s.id = ANY (asked)
         ORDER BY s.id FOR UPDATE)
    SELECT l.id, l.lead_id FROM locked l WHERE is_live(l.status);
END $$;

-- Whether the lead has already done what the enrollment waits for: after the last email (or the start of the
-- enrollment), by a person, and not used by an earlier wait. `has_heard` in domain/engine/walk.py applies the same rule
-- to loaded events.
CREATE OR REPLACE FUNCTION has_heard(state lead_sequence_state, p_event text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM lead_engagement e
         WHERE e.tenant_id = state.tenant_id AND e.lead_id = state.lead_id AND e.id > state.heard_event_id
           AND (e.enrollment_id = state.id OR e.enrollment_id IS NULL) AND NOT e.machine
           AND CASE WHEN e.type = 'custom' THEN 'custom:' || e.name ELSE e.type END = p_event
           AND e.occurred_at >= greatest(state.enrolled_at, (
               SELECT max(m.sent_at) FROM messages m
                WHERE m.tenant_id = state.tenant_id AND m.enrollment_id = state.id AND m.status = 'sent')))
$$;

-- p_mode        preserve_remaining: the rest of the wait, as it was at the pause, begins now;
--                 original_schedule: the wait ends at its original time
CREATE OR REPLACE FUNCTION hear_lead_event(
    p_tenant_id uuid, p_enrollment_id uuid, p_event text, p_now timestamptz DEFAULT NULL)
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
    moment timestamptz := enrollment_now(state, p_now);
BEGIN
    IF state.waiting_for IS DISTINCT FROM p_event OR state.status IN ('completed', 'stopped') THEN
        RETURN NULL;
    END IF;
    UPDATE lead_sequence_state
       -- For a paused enrollment the wait is over, too: its step is due when it is resumed.
       SET next_action_at = greatest(least(next_action_at, coalesce(paused_at, moment)), hold_until),
           last_activity_at = moment, revision = revision + 1
     WHERE tenant_id = p_tenant_id AND id = p_enrollment_id RETURNING * INTO state;
    PERFORM log_move(state, 'heard', state.current_step_id, jsonb_build_object('event', p_event), moment);
    PERFORM tell_workflow(state, 'event_received');
    RETURN state;
END $$;

-- The number of the lead's soft bounces since `p_since`, and since it last opened, clicked or replied.
CREATE OR REPLACE FUNCTION soft_bounces(p_tenant_id uuid, p_lead_id uuid, p_since timestamptz) RETURNS bigint
    LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM lead_engagement e
     WHERE e.tenant_id = p_tenant_id AND e.lead_id = p_lead_id AND e.type = 'bounce'
       AND NOT coalesce((e.detail->>'hard')::boolean, true) AND e.occurred_at >= p_since
       AND e.id > coalesce((SELECT max(p.id) FROM lead_engagement p
                             WHERE p.tenant_id = p_tenant_id AND p.lead_id = p_lead_id AND NOT p.machine
                               AND p.type IN ('open', 'click', 'reply')), 0)
$$;

-- Adds an event that a person caused to the enrollment's counters. Opens, clicks and replies count once for each
-- message.
CREATE OR REPLACE FUNCTION count_event(told lead_engagement, p_points integer) RETURNS void LANGUAGE plpgsql AS $$
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

-- Applies the consequences of an event: stops these enrollments of the lead and updates the lead. Returns those that it
-- stopped. The caller holds their locks.
--
-- live -> stopped
--
--   p_demand  {reason, command, qualifies, suppresses, lead_status}
CREATE OR REPLACE FUNCTION obey_event(p_tenant_id uuid, p_lead_id uuid, p_live uuid[], p_demand jsonb) RETURNS uuid[]
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

-- A lead replied: stops or pauses enrollments of its colleagues, as the version of each says. The caller holds their
-- locks.
--
-- live -> stopped | paused
CREATE OR REPLACE FUNCTION tell_company(p_tenant_id uuid, p_replier_id uuid, p_colleagues uuid[]) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    detail jsonb := jsonb_build_object('replied_lead_id', p_replier_id);
    stopping uuid[];
    pausing uuid[];
BEGIN
    -- Read once the locks are held, because an edit may have moved an enrollment to another version before.
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

-- Records an event, counts it, wakes the enrollments that wait for it, and applies its consequences.
--
-- An enrollment that the event woke is not stopped by it. The enrollments are locked before anything is written, so
-- that an event and a step of the same lead run one after another.
--
--   p_event           the columns of lead_engagement; `key`: the name by which steps wait for it; `points`: its score
--   p_demand          see obey_event; with {soft_bounces, since} only from that number of soft bounces on; NULL:
--                     nothing
--   p_company_domain  see lock_live_enrollments
-- Returns {recorded: false} for an event that was recorded before, else {recorded, stopped, live, company_stopped?,
-- company_paused?}. `live`: the lead's enrollments that were neither woken nor stopped.
CREATE OR REPLACE FUNCTION receive_event(p_tenant_id uuid, p_event jsonb, p_demand jsonb, p_company_domain text)
    RETURNS jsonb
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
      FROM lock_live_enrollments(p_tenant_id, told.lead_id, p_company_domain, told.enrollment_id) l;

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
        -- An event of one email wakes only the enrollment that sent it.
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
