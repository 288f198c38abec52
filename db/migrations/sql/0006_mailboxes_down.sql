DROP TRIGGER forget_deferral ON lead_sequence_state;
DROP FUNCTION forget_deferral;
ALTER TABLE lead_sequence_state DROP COLUMN deferral;
ALTER TABLE mailboxes
    DROP COLUMN timezone, DROP COLUMN weight, DROP COLUMN daily_cap, DROP COLUMN hourly_cap,
    DROP COLUMN min_gap_seconds, DROP COLUMN gap_jitter_seconds, DROP COLUMN ramp_start, DROP COLUMN ramp_increase,
    DROP COLUMN ramp_started_on, DROP COLUMN working_hours, DROP COLUMN smtp, DROP COLUMN imap,
    DROP COLUMN smtp_password, DROP COLUMN imap_password, DROP COLUMN hold_reason, DROP COLUMN held_at;
