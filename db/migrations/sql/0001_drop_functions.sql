-- Functions whose signatures name tables, which could not be dropped before them.
DROP FUNCTION overdue_enrollments, claim_outbox, settle_outbox, postpone_outbox, note_step_error, fail_lead_sequence, hold_lead_sequence, resume_lead_sequence, pause_lead_sequence,
    advance_to_next_step, release_message, mark_sending, reserve_message, stop_lead_sequence, load_enrollment, load_plan,
    is_suppressed, enroll_lead_in_sequence, enrollment_directive, described_directive, enrollment_now, tell_workflow,
    log_decisions, log_move, lock_enrollment, tenants_with_work, find_api_key;
