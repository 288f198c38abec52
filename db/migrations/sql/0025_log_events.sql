-- A writer's transaction takes milliseconds, but a slow one would keep this waiting, and everybody else behind this. So
-- it gives way after half a second, and tries again. It may run twice: a migration that ended between this and the
-- validation begins again here.
DO $$
DECLARE
    attempts integer := 0;
BEGIN
    PERFORM set_config('lock_timeout', '500ms', true);
    LOOP
        BEGIN
            LOCK TABLE sequence_execution_log IN ACCESS EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            attempts := attempts + 1;
            IF attempts = 60 THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.5);
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', '0', true);
END $$;

ALTER TABLE sequence_execution_log DROP CONSTRAINT IF EXISTS known_event;
ALTER TABLE sequence_execution_log ADD CONSTRAINT known_event CHECK (event IN (
    'enrolled', 'waiting', 'branch_decided', 'email_sent', 'email_skipped', 'email_outcome_unknown',
    'action_outcome_unknown', 'action_performed', 'step_performed', 'deferred', 'released', 'held', 'heard', 'paused',
    'resumed', 'stopped', 'completed', 'failed', 'plan_changed', 'relabelled')) NOT VALID;
