-- Every trigger: effects that no caller mentions. The functions are in the files of their subjects.

-- Sets updated_at of changed rows.
CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON tenants
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON users
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON leads
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON campaigns
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON mailboxes
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON sequences
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON sequence_steps
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON lead_sequence_state
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON messages
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON webhook_endpoints
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE OR REPLACE TRIGGER touch_updated_at BEFORE UPDATE ON sender_domains
    FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- Keeps the number of steps in the draft of a sequence.
CREATE OR REPLACE TRIGGER count_steps AFTER INSERT OR DELETE OR UPDATE OF sequence_id, removed_at ON sequence_steps
    FOR EACH ROW EXECUTE FUNCTION count_steps();

-- The first exclusive version waits for enrollments that are being written and have not seen it.
CREATE OR REPLACE TRIGGER await_enrolling AFTER INSERT ON sequence_versions
    FOR EACH ROW WHEN (NEW.exclusive) EXECUTE FUNCTION await_enrolling();

-- A change of status, due time or step ends the deferral of an enrollment and frees its held slot.
CREATE OR REPLACE TRIGGER forget_deferral BEFORE UPDATE ON lead_sequence_state
    FOR EACH ROW
    WHEN (OLD.deferral IS NOT NULL AND NEW.deferral IS NOT DISTINCT FROM OLD.deferral
          AND (NEW.status NOT IN ('pending', 'active')
               OR NEW.next_action_at IS DISTINCT FROM OLD.next_action_at
               OR NEW.current_step_id IS DISTINCT FROM OLD.current_step_id))
    EXECUTE FUNCTION forget_deferral();

-- The end of an enrollment frees its slots.
CREATE OR REPLACE TRIGGER give_back_slots AFTER UPDATE ON lead_sequence_state
    FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL) EXECUTE FUNCTION give_back_all_slots();

-- A message that is withdrawn frees its slot.
CREATE OR REPLACE TRIGGER give_back_withdrawn AFTER UPDATE OF status ON messages
    FOR EACH ROW WHEN (NEW.status = 'withdrawn' AND OLD.status = 'reserved') EXECUTE FUNCTION give_back_withdrawn();

-- A sent message stores when its acceptance was recorded.
CREATE OR REPLACE TRIGGER note_acceptance BEFORE UPDATE ON messages
    FOR EACH ROW WHEN (NEW.status = 'sent' AND OLD.status <> 'sent') EXECUTE FUNCTION note_acceptance();

-- The erasure of a lead frees the slots of its enrollments.
CREATE OR REPLACE TRIGGER free_orphan_slot BEFORE UPDATE OF enrollment_id ON send_slots
    FOR EACH ROW WHEN (NEW.enrollment_id IS NULL AND OLD.status IN ('planned', 'held'))
    EXECUTE FUNCTION free_orphan_slot();

-- A change of a mailbox's limits or zone causes its days to be counted again.
CREATE OR REPLACE TRIGGER recount_send_days AFTER UPDATE ON mailboxes
    FOR EACH ROW
    WHEN (is_limited(NEW) AND (
        OLD.timezone IS DISTINCT FROM NEW.timezone OR OLD.day_zone IS DISTINCT FROM NEW.day_zone
        OR (OLD.daily_cap IS DISTINCT FROM NEW.daily_cap OR OLD.hourly_cap IS DISTINCT FROM NEW.hourly_cap
            OR OLD.ramp_start IS DISTINCT FROM NEW.ramp_start
            OR OLD.min_gap_seconds IS DISTINCT FROM NEW.min_gap_seconds
            OR OLD.gap_jitter_seconds IS DISTINCT FROM NEW.gap_jitter_seconds)))
    EXECUTE FUNCTION recount_send_days();

-- A new address of a mailbox records its domain.
CREATE OR REPLACE TRIGGER know_sender_domain AFTER INSERT OR UPDATE OF email ON mailboxes
    FOR EACH ROW EXECUTE FUNCTION know_sender_domain();

-- Outgoing webhooks: what a lead did (not a machine), how an enrollment moved, and every notification.
CREATE OR REPLACE TRIGGER tell_endpoints AFTER INSERT ON lead_engagement
    FOR EACH ROW
    WHEN (NEW.type IN ('open', 'click', 'reply', 'bounce', 'unsubscribe', 'complaint') AND NOT NEW.machine)
    EXECUTE FUNCTION tell_endpoints_of_engagement();
CREATE OR REPLACE TRIGGER tell_endpoints AFTER INSERT ON sequence_execution_log
    FOR EACH ROW
    WHEN (NEW.event IN ('enrolled', 'email_sent', 'paused', 'resumed', 'completed', 'stopped', 'failed'))
    EXECUTE FUNCTION tell_endpoints_of_move();
CREATE OR REPLACE TRIGGER tell_endpoints AFTER INSERT ON notifications
    FOR EACH ROW EXECUTE FUNCTION tell_endpoints_of_notification();
