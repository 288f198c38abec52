-- The execution log in monthly partitions (UTC). These functions belong to the owner. The app may call only
-- maintain_execution_log.

-- Gives a partition the row level security of its parent, and no grants: the app reads it only through the parent.
CREATE OR REPLACE FUNCTION close_log_partition(p_partition text) RETURNS void LANGUAGE plpgsql
    SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', p_partition);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', p_partition);
    EXECUTE format(
        'CREATE POLICY tenant_isolation ON public.%I
             USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)
             WITH CHECK (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)', p_partition);
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, cadenza_app', p_partition);
END $$;

-- Blocks all writing to the log until the transaction ends: a row that is being written to the default partition must
-- not get a new partition for its month. Also blocks the enrollments, to which a new partition's foreign key refers.
--
-- Writers take these locks in either order, so that a deadlock is possible. lock_timeout (500 ms) is below
-- deadlock_timeout (1 s): this side gives up first and tries again, and nobody waits longer than half a second.
CREATE OR REPLACE FUNCTION lock_log() RETURNS void LANGUAGE plpgsql
    SET search_path = public, pg_temp SET lock_timeout = '500ms' AS $$
DECLARE
    attempts integer := 0;
BEGIN
    LOOP
        BEGIN
            LOCK TABLE lead_sequence_state IN SHARE ROW EXCLUSIVE MODE;
            LOCK TABLE ONLY sequence_execution_log IN SHARE ROW EXCLUSIVE MODE;
            LOCK TABLE sequence_execution_log_default IN ACCESS EXCLUSIVE MODE;
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            attempts := attempts + 1;
            IF attempts = 6 THEN
                RAISE;
            END IF;
            PERFORM pg_sleep(0.1 * attempts);
        END;
    END LOOP;
END $$;

-- Makes the partition of a month and moves its rows out of the default partition. False: there is one already.
CREATE OR REPLACE FUNCTION make_log_month(p_month date) RETURNS boolean LANGUAGE plpgsql
    SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    partition text := 'sequence_execution_log_' || to_char(p_month, 'YYYY_MM');
    starts timestamptz := date_trunc('month', p_month::timestamptz);
    ends timestamptz := date_trunc('month', p_month::timestamptz) + interval '1 month';
BEGIN
    IF to_regclass('public.' || quote_ident(partition)) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM lock_log();
    EXECUTE format('CREATE TABLE public.%I (LIKE public.sequence_execution_log INCLUDING ALL EXCLUDING IDENTITY,
                        CONSTRAINT in_month CHECK (occurred_at >= %L AND occurred_at < %L))', partition, starts, ends);
    ALTER TABLE sequence_execution_log_default NO FORCE ROW LEVEL SECURITY;
    -- Rows are moved before the partition is attached, so that the log's trigger does not queue webhooks for them.
    EXECUTE format('WITH moved AS (DELETE FROM public.sequence_execution_log_default
                                    WHERE occurred_at >= %L AND occurred_at < %L RETURNING *)
                    INSERT INTO public.%I SELECT * FROM moved', starts, ends, partition);
    ALTER TABLE sequence_execution_log_default FORCE ROW LEVEL SECURITY;
    EXECUTE format('ALTER TABLE public.sequence_execution_log ATTACH PARTITION public.%I
                        FOR VALUES FROM (%L) TO (%L)', partition, starts, ends);
    -- Because of the constraint, ATTACH did not read every row. It is dropped, since the partition's bounds now say the
    -- same.
    EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT in_month', partition);
    PERFORM close_log_partition(partition);
    RETURN true;
END $$;

-- Makes the partitions of this month and of the next `p_months_ahead`, and drops months that ended more than
-- `p_keep_months` before this one began (0: keep all). Returns {made, dropped, rows_deleted}. Runs with the owner's
-- rights, since the app may not create or drop tables. Of several simultaneous calls one works and the others return at
-- once.
CREATE OR REPLACE FUNCTION maintain_execution_log(p_months_ahead integer, p_keep_months integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp
    SET timezone = 'UTC'
    SET lock_timeout = '500ms' AS $$
DECLARE
    this_month date := date_trunc('month', clock_timestamp());
    oldest date := this_month - p_keep_months * interval '1 month';
    month date;
    partition text;
    made text[] := '{}';
    dropped text[] := '{}';
    deleted bigint := 0;
BEGIN
    IF p_months_ahead NOT BETWEEN 0 AND 24 OR p_keep_months < 0 THEN
        RAISE EXCEPTION 'between 0 and 24 months ahead, and no negative number of months to keep'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('maintain_execution_log', 0)) THEN
        RETURN jsonb_build_object('made', made, 'dropped', dropped, 'rows_deleted', deleted);
    END IF;
    FOR ahead IN 0..p_months_ahead LOOP
        month := this_month + ahead * interval '1 month';
        IF make_log_month(month) THEN
            made := made || to_char(month, 'YYYY-MM');
        END IF;
    END LOOP;
    IF p_keep_months > 0 THEN
        FOR partition IN
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'public.sequence_execution_log'::regclass
               AND c.relname ~ '^sequence_execution_log_\d{4}_\d{2}$'
               AND to_date(right(c.relname, 7), 'YYYY_MM') < oldest
             ORDER BY c.relname LOOP
            PERFORM lock_log();
            EXECUTE format('DROP TABLE public.%I', partition);
            dropped := dropped || replace(right(partition, 7), '_', '-');
        END LOOP;
        PERFORM lock_log();
        ALTER TABLE sequence_execution_log_default NO FORCE ROW LEVEL SECURITY;
        DELETE FROM sequence_execution_log_default WHERE occurred_at < oldest;
        GET DIAGNOSTICS deleted = ROW_COUNT;
        ALTER TABLE sequence_execution_log_default FORCE ROW LEVEL SECURITY;
    END IF;
    RETURN jsonb_build_object('made', made, 'dropped', dropped, 'rows_deleted', deleted);
END $$;
