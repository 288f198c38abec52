-- The execution log in months (UTC), so that old ones can be dropped whole. A default partition takes every row whose
-- month has no partition of its own: a clock that runs ahead, a month that nobody made in time. Nothing ever fails
-- for want of a partition, and the rows move when their month gets one.
--
-- Partitions carry the parent's row level security and no grants: the app reads and writes through the parent alone.

ALTER TABLE sequence_execution_log RENAME TO sequence_execution_log_flat;
ALTER SEQUENCE sequence_execution_log_id_seq RENAME TO sequence_execution_log_flat_id_seq;
-- The owner is bound by row level security too, and must see every tenant's rows to move them.
ALTER TABLE sequence_execution_log_flat NO FORCE ROW LEVEL SECURITY;

CREATE TABLE sequence_execution_log (
    tenant_id     uuid NOT NULL,
    id            bigint GENERATED ALWAYS AS IDENTITY,
    enrollment_id uuid NOT NULL,
    sequence_id   uuid NOT NULL,
    lead_id       uuid NOT NULL,
    step_id       uuid,
    event         text NOT NULL,
    detail        jsonb NOT NULL DEFAULT '{}',
    -- On the enrollment's own clock.
    occurred_at   timestamptz NOT NULL
) PARTITION BY RANGE (occurred_at);
CREATE TABLE sequence_execution_log_default PARTITION OF sequence_execution_log DEFAULT;

CREATE FUNCTION close_log_partition(p_partition text) RETURNS void LANGUAGE plpgsql
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

-- Keeps everybody from writing to the log until the transaction ends: a row on its way to the default partition must not
-- find, once it gets there, that its month has a partition of its own. The enrollments too, to which a new partition's
-- foreign key refers.
--
-- Writers take these locks in either order. Whoever would deadlock with one gives way here, before Postgres looks for a
-- victim (deadlock_timeout, 1 s), and tries again; so nobody waits longer than half a second behind this.
CREATE FUNCTION lock_log() RETURNS void LANGUAGE plpgsql
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

-- Gives a month its partition, with the rows of it that the default partition holds. False when it has one already.
-- Whoever calls this owns the log.
CREATE FUNCTION make_log_month(p_month date) RETURNS boolean LANGUAGE plpgsql
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
    -- Before it is attached: no trigger of the log takes what is moved for news.
    EXECUTE format('WITH moved AS (DELETE FROM public.sequence_execution_log_default
                                    WHERE occurred_at >= %L AND occurred_at < %L RETURNING *)
                    INSERT INTO public.%I SELECT * FROM moved', starts, ends, partition);
    ALTER TABLE sequence_execution_log_default FORCE ROW LEVEL SECURITY;
    EXECUTE format('ALTER TABLE public.sequence_execution_log ATTACH PARTITION public.%I
                        FOR VALUES FROM (%L) TO (%L)', partition, starts, ends);
    -- It has spared the attaching a look at every row; the bounds say the same from here on.
    EXECUTE format('ALTER TABLE public.%I DROP CONSTRAINT in_month', partition);
    PERFORM close_log_partition(partition);
    RETURN true;
END $$;

-- A month for every row there is (those of clocks that run ahead stay in the default partition), then the rows.
DO $$
DECLARE
    month date;
BEGIN
    FOR month IN SELECT DISTINCT date_trunc('month', occurred_at AT TIME ZONE 'UTC')::date
                   FROM sequence_execution_log_flat WHERE occurred_at < now() + interval '3 months' LOOP
        PERFORM make_log_month(month);
    END LOOP;
    FOR ahead IN 0..3 LOOP
        PERFORM make_log_month((date_trunc('month', now() AT TIME ZONE 'UTC') + ahead * interval '1 month')::date);
    END LOOP;
END $$;
INSERT INTO sequence_execution_log
       (tenant_id, id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at)
       OVERRIDING SYSTEM VALUE
SELECT tenant_id, id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at
  FROM sequence_execution_log_flat;
SELECT setval('sequence_execution_log_id_seq', coalesce(max(id), 0) + 1, false) FROM sequence_execution_log;
DROP TABLE sequence_execution_log_flat;

ALTER TABLE sequence_execution_log
    ADD PRIMARY KEY (tenant_id, id, occurred_at),
    ADD FOREIGN KEY (tenant_id, enrollment_id) REFERENCES lead_sequence_state (tenant_id, id) ON DELETE CASCADE;
CREATE INDEX sequence_execution_log_by_enrollment ON sequence_execution_log (tenant_id, enrollment_id, id);
CREATE INDEX sequence_execution_log_by_lead ON sequence_execution_log (tenant_id, lead_id, id);
CREATE INDEX sequence_execution_log_by_sequence ON sequence_execution_log (tenant_id, sequence_id, occurred_at, id);

SELECT close_log_partition('sequence_execution_log');
SELECT close_log_partition('sequence_execution_log_default');
GRANT SELECT, INSERT, UPDATE, DELETE ON sequence_execution_log TO cadenza_app;

-- Makes this month's partition and those of the months ahead, and drops the months that ended more than
-- `p_keep_months` before this one began (0 keeps all); answers {"made": [...], "dropped": [...], "rows_deleted": n}.
-- With the owner's rights, which making and dropping tables needs. It touches whole months only, and none that is
-- younger than a month; several at once do no harm: one works, the others answer at once.
CREATE FUNCTION maintain_execution_log(p_months_ahead integer, p_keep_months integer) RETURNS jsonb
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

REVOKE ALL ON FUNCTION close_log_partition(text), lock_log(), make_log_month(date),
    maintain_execution_log(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION maintain_execution_log(integer, integer) TO cadenza_app;
