-- Observing: gauges of the whole installation, and why an email was put off, told to whoever asked for its slot.

-- As in 0007_slots.sql, and the answer says the cause.
CREATE OR REPLACE FUNCTION put_off(
    state lead_sequence_state, p_until timestamptz, p_deferral jsonb, p_now timestamptz)
    RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    UPDATE lead_sequence_state
       SET next_action_at = p_until, deferral = p_deferral, error = NULL, last_activity_at = p_now
     WHERE tenant_id = state.tenant_id AND id = state.id
    RETURNING * INTO state;
    PERFORM log_move(state, 'deferred', state.current_step_id,
                     jsonb_strip_nulls(p_deferral || jsonb_build_object('until', p_until)), p_now);
    RETURN enrollment_directive(state) || jsonb_build_object('cause', p_deferral->>'cause');
END $$;

-- Slots that are held are few beside those that were used, and are counted at each scrape.
CREATE INDEX send_slots_held ON send_slots (at) WHERE status = 'held';

-- Numbers of the whole installation, and nothing that tells one tenant from another. It is asked every few seconds:
-- each part is read from an index or a table of few rows, and enrollments are those that the view last counted.
--
-- Steps are due by their own clocks; those that were moved forward (development) stand apart, as in tenants_with_work.
-- A step that fails and will be tried again is late for a reason of its own, and is counted apart.
CREATE FUNCTION installation_gauges() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET jit = off AS $$
    WITH due AS (
        SELECT now() - s.next_action_at AS late, s.error IS NOT NULL AS failing
          FROM lead_sequence_state s
         WHERE s.status IN ('pending', 'active') AND s.clock_offset = '0' AND s.next_action_at <= now()
         UNION ALL
        SELECT now() + s.clock_offset - s.next_action_at, s.error IS NOT NULL
          FROM lead_sequence_state s
         WHERE s.status IN ('pending', 'active') AND s.clock_offset <> '0'
           AND s.next_action_at <= now() + s.clock_offset
    )
    SELECT jsonb_build_object(
        'outbox', (
            SELECT jsonb_build_object('rows', count(*),
                       'oldest_seconds', coalesce(extract(epoch FROM now() - min(o.created_at)), 0))
              FROM outbox o),
        'steps', (
            SELECT jsonb_build_object('due', count(*) FILTER (WHERE NOT failing),
                       'failing', count(*) FILTER (WHERE failing),
                       'lag_seconds', coalesce(extract(epoch FROM max(late) FILTER (WHERE NOT failing)), 0))
              FROM due),
        'slots_held', (SELECT count(*) FROM send_slots WHERE status = 'held'),
        'mailboxes', (
            SELECT jsonb_build_object('active', count(*) FILTER (WHERE m.status = 'active'),
                       'held', count(*) FILTER (WHERE m.status = 'held'),
                       'failing', count(*) FILTER (WHERE m.smtp_auth_failures + m.imap_auth_failures + m.refusals > 0))
              FROM mailboxes m),
        'enrollments', (
            SELECT jsonb_build_object('pending', coalesce(sum(p.pending), 0), 'active', coalesce(sum(p.active), 0),
                       'paused', coalesce(sum(p.paused), 0), 'failed', coalesce(sum(p.failed), 0))
              FROM sequence_performance p))
$$;

GRANT SELECT (created_at) ON outbox TO cadenza_system;
GRANT SELECT (error) ON lead_sequence_state TO cadenza_system;
CREATE POLICY gauge_lookup ON send_slots FOR SELECT TO cadenza_system USING (true);
GRANT SELECT (status, at) ON send_slots TO cadenza_system;
GRANT SELECT (status, smtp_auth_failures, imap_auth_failures, refusals) ON mailboxes TO cadenza_system;
GRANT CREATE ON SCHEMA public TO cadenza_system;
ALTER FUNCTION installation_gauges() OWNER TO cadenza_system;
REVOKE CREATE ON SCHEMA public FROM cadenza_system;
REVOKE ALL ON FUNCTION installation_gauges() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION installation_gauges() TO cadenza_app;
