DROP FUNCTION installation_gauges();
DROP POLICY gauge_lookup ON send_slots;
REVOKE SELECT (status, at) ON send_slots FROM cadenza_system;
REVOKE SELECT (status, smtp_auth_failures, imap_auth_failures, refusals) ON mailboxes FROM cadenza_system;
REVOKE SELECT (error) ON lead_sequence_state FROM cadenza_system;
REVOKE SELECT (created_at) ON outbox FROM cadenza_system;
DROP INDEX send_slots_held;

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
    RETURN enrollment_directive(state);
END $$;
