-- Send slots: when each mailbox sends, within its limits; which mailbox a lead hears from; the gate asks for a slot.
--
-- Locks are taken in this order: the mailbox, then the enrollment. Whoever holds enrollments and no mailbox (a batch
-- that pauses a thousand leads) only marks slots as free; who next locks the mailbox counts them out.

-- The zone that the days of a mailbox without one of its own are counted in: that of the first sequence that wrote from
-- it. Two sequences must not see two different days.
ALTER TABLE mailboxes ADD COLUMN day_zone text NOT NULL DEFAULT '';

-- The calendar: what a mailbox sends, or will send, and when; on the clock of the enrollment that it belongs to.
CREATE TABLE send_slots (
    tenant_id     uuid NOT NULL,
    id            uuid NOT NULL DEFAULT gen_random_uuid(),
    mailbox_id    uuid NOT NULL,
    -- What was sent still counts when the lead has been erased.
    enrollment_id uuid,
    step_id       uuid NOT NULL,
    visit         integer NOT NULL,
    -- planned: room on that day for a later email of the lead, at no hour yet (`visit` is the email's number: 1 is the
    --          second email)
    -- held: the enrollment sleeps until then    used: the message was sent then, or handed over at least
    -- free: given back, and not yet counted out
    status        text NOT NULL CHECK (status IN ('planned', 'held', 'used', 'free')),
    at            timestamptz,
    -- In the mailbox's zone.
    day           date NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT slot_has_a_time CHECK (at IS NOT NULL OR status IN ('planned', 'free')),
    FOREIGN KEY (tenant_id, mailbox_id) REFERENCES mailboxes (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, enrollment_id) REFERENCES lead_sequence_state (tenant_id, id)
        ON DELETE SET NULL (enrollment_id)
);
CREATE INDEX send_slots_calendar ON send_slots (mailbox_id, tenant_id, at) WHERE status IN ('held', 'used');
CREATE INDEX send_slots_by_enrollment ON send_slots (enrollment_id, tenant_id);
CREATE INDEX send_slots_free ON send_slots (mailbox_id, tenant_id) WHERE status = 'free';

-- What is known of a mailbox's day, so that ten thousand leads need not read ten thousand slots each. Written under the
-- mailbox's lock, for mailboxes that have limits.
CREATE TABLE send_days (
    tenant_id  uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    day        date NOT NULL,
    -- Slots held and used; those planned.
    taken      integer NOT NULL DEFAULT 0,
    planned    integer NOT NULL DEFAULT 0,
    -- No slot can be had in there, as long as none is given back.
    busy       tstzmultirange NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, mailbox_id, day),
    FOREIGN KEY (tenant_id, mailbox_id) REFERENCES mailboxes (tenant_id, id) ON DELETE CASCADE
);

DO $$
DECLARE
    tenant_table text;
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY['send_slots', 'send_days'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON %I
                 USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)
                 WITH CHECK (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
            tenant_table);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO cadenza_app', tenant_table);
    END LOOP;
END $$;

-- How late a slot may be used: a timer fires and a worker comes a moment after it. So a slot that is held takes up so
-- much time, and whatever is kept clear of it is kept clear of all of that.
CREATE FUNCTION slot_grace() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '10 seconds' $$;

CREATE FUNCTION slot_end(p_status text, p_at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_status = 'used' THEN p_at ELSE p_at + slot_grace() END
$$;

CREATE FUNCTION is_limited(m mailboxes) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT m.daily_cap IS NOT NULL OR m.hourly_cap IS NOT NULL OR m.ramp_start IS NOT NULL
        OR m.min_gap_seconds > 0 OR m.gap_jitter_seconds > 0
$$;

-- The mailbox, as it is until the transaction ends. Where it has limits its calendar is the caller's alone.
CREATE FUNCTION lock_mailbox(p_tenant_id uuid, p_mailbox_id uuid) RETURNS mailboxes LANGUAGE plpgsql AS $$
DECLARE
    m mailboxes;
    limited boolean;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    SELECT * INTO m FROM mailboxes WHERE tenant_id = p_tenant_id AND id = p_mailbox_id;
    limited := is_limited(m);
    IF NOT limited THEN
        SELECT * INTO m FROM mailboxes WHERE tenant_id = p_tenant_id AND id = p_mailbox_id FOR SHARE;
        limited := is_limited(m);
    END IF;
    IF limited THEN
        SELECT * INTO m FROM mailboxes WHERE tenant_id = p_tenant_id AND id = p_mailbox_id FOR NO KEY UPDATE;
    END IF;
    IF m.id IS NULL THEN
        RAISE EXCEPTION 'no mailbox %', p_mailbox_id USING ERRCODE = 'no_data_found';
    END IF;
    RETURN m;
END $$;

-- The calendar below is for whoever holds the mailbox's lock.

-- A slot is no more: its day has room again, and so may what it kept others from.
CREATE FUNCTION uncount_slot(m mailboxes, p_at timestamptz, p_day date) RETURNS void LANGUAGE sql AS $$
    UPDATE send_days d
       SET taken = taken - (p_at IS NOT NULL AND d.day = p_day)::integer,
           planned = planned - (p_at IS NULL AND d.day = p_day)::integer,
           busy = CASE WHEN p_at IS NULL THEN busy ELSE busy - tstzmultirange(tstzrange(p_at - around, p_at + around)) END
      FROM (SELECT 2 * slot_grace() + greatest(make_interval(secs => m.min_gap_seconds),
                                               CASE WHEN m.hourly_cap IS NOT NULL THEN interval '1 hour' END) AS around) r
     WHERE d.tenant_id = m.tenant_id AND d.mailbox_id = m.id AND d.day BETWEEN p_day - 1 AND p_day + 1
$$;

CREATE FUNCTION count_slot(m mailboxes, p_day date, p_taken integer, p_planned integer, p_busy tstzmultirange)
    RETURNS void LANGUAGE sql AS $$
    INSERT INTO send_days AS d (tenant_id, mailbox_id, day, taken, planned, busy)
    VALUES (m.tenant_id, m.id, p_day, p_taken, p_planned, p_busy)
    ON CONFLICT (tenant_id, mailbox_id, day) DO UPDATE
       SET taken = d.taken + p_taken, planned = d.planned + p_planned, busy = d.busy + p_busy
$$;

-- Counts out what was given back since.
CREATE FUNCTION sweep_slots(m mailboxes) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    freed record;
BEGIN
    FOR freed IN
        DELETE FROM send_slots WHERE mailbox_id = m.id AND tenant_id = m.tenant_id AND status = 'free'
        RETURNING at, day
    LOOP
        PERFORM uncount_slot(m, freed.at, freed.day);
    END LOOP;
END $$;

-- The earliest moment from `p_from` to `p_until` (both included) that keeps the minimum gap to every other slot and
-- leaves no sixty minutes with more than the hourly cap. A slot that is held may be used `slot_grace()` late, and is
-- reckoned with as if it were everywhere in between; so is the one asked for, which takes up `p_width`.
--   p_jitter   is added to the gap before it, and to `p_opening` (when the day begins), as far as the room allows
--   p_except   a slot that does not count; p_used_only: nor do those that are only held
--   clear_from where the room begins in which it was found
CREATE FUNCTION earliest_room(
    m mailboxes, p_from timestamptz, p_until timestamptz, p_width interval, p_jitter interval,
    p_opening timestamptz, p_except uuid, p_used_only boolean, OUT at timestamptz, OUT clear_from timestamptz)
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    gap interval := make_interval(secs => m.min_gap_seconds);
    gapped boolean := m.min_gap_seconds > 0;
    most integer := m.hourly_cap;
    an_hour interval := interval '1 hour';
    around interval := 2 * slot_grace() + greatest(gap + p_jitter, CASE WHEN most IS NOT NULL THEN an_hour END);
    starts timestamptz[];
    ends timestamptz[];
    others integer;
    latest timestamptz;
    lower_bound timestamptz;
    upper_bound timestamptz;
    crowded boolean;
BEGIN
    IF p_from > p_until THEN
        RETURN;
    END IF;
    IF NOT gapped AND most IS NULL AND p_jitter = '0' THEN
        at := p_from;
        clear_from := p_from;
        RETURN;
    END IF;
    SELECT array_agg(s.at ORDER BY s.at), array_agg(slot_end(s.status, s.at) ORDER BY s.at) INTO starts, ends
      FROM send_slots s
     WHERE s.mailbox_id = m.id AND s.tenant_id = m.tenant_id AND s.status IN ('held', 'used')
       AND (s.status = 'used' OR NOT p_used_only) AND s.id IS DISTINCT FROM p_except
       AND s.at > p_from - around AND s.at < p_until + around;
    others := coalesce(array_length(starts, 1), 0);
    -- Between the i-th slot and the next one:
    FOR i IN 0..others LOOP
        lower_bound := p_from;
        upper_bound := p_until;
        IF i > 0 THEN
            latest := greatest(latest, ends[i]);
            lower_bound := greatest(lower_bound, CASE WHEN gapped THEN latest + gap ELSE starts[i] END);
        END IF;
        IF i < others THEN
            upper_bound := least(upper_bound, CASE WHEN gapped THEN starts[i + 1] - gap - p_width ELSE starts[i + 1] END);
        END IF;
        IF i >= most THEN
            lower_bound := greatest(lower_bound, ends[i - most + 1] + an_hour);
        END IF;
        IF i + most <= others THEN
            upper_bound := least(upper_bound, starts[i + most] - an_hour - p_width);
        END IF;
        CONTINUE WHEN lower_bound > upper_bound;
        -- With so many of the slots before and the rest after it, none of them within one hour.
        crowded := false;
        FOR before IN greatest(1, i + most - others)..least(most - 1, i) LOOP
            IF starts[i + most - before] < ends[i - before + 1] + an_hour THEN
                crowded := true;
                EXIT;
            END IF;
        END LOOP;
        CONTINUE WHEN crowded;
        clear_from := lower_bound;
        at := least(upper_bound, greatest(lower_bound, latest + gap + p_jitter, p_opening + p_jitter));
        RETURN;
    END LOOP;
END $$;

-- Takes the earliest slot at or after `p_now` within the spans: the i-th is open from `p_opens[i]` to before
-- `p_closes[i]` (seconds since 1970: a tenth of the work to send), belongs to `p_days[i]`, and that day takes `p_caps[i]` emails (NULL: any number). `p_first` keeps clear
-- of the room that is planned for later emails of others. `at` is NULL when there is none.
--   binds  which limit put it off, if any did: {cause, ...}
CREATE FUNCTION take_slot(
    m mailboxes, p_enrollment_id uuid, p_step_id uuid, p_visit integer, p_now timestamptz, p_days date[],
    p_caps integer[], p_opens bigint[], p_closes bigint[], p_jitter interval, p_first boolean,
    OUT at timestamptz, OUT day date, OUT binds jsonb)
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    span record;
    room record;
    begins timestamptz;
    ends timestamptz;
    known timestamptz;
    usable integer := 1;
    full_day send_days;
    gap interval := make_interval(secs => m.min_gap_seconds);
BEGIN
    PERFORM sweep_slots(m);
    FOR span IN
        SELECT s.day, d.busy, s.place, greatest(to_timestamp(s.opens), p_now) AS begins,
               to_timestamp(s.closes) - slot_grace() AS ends
          FROM unnest(p_days, p_caps, p_opens, p_closes) WITH ORDINALITY s(day, cap, opens, closes, place)
          LEFT JOIN send_days d ON d.tenant_id = m.tenant_id AND d.mailbox_id = m.id AND d.day = s.day
         WHERE (s.cap IS NULL OR d.day IS NULL OR d.taken + CASE WHEN p_first THEN d.planned ELSE 0 END < s.cap)
           AND p_now <= to_timestamp(s.closes) - slot_grace() AND s.opens <= s.closes - 10
           AND NOT coalesce(d.busy @> tstzrange(
               greatest(to_timestamp(s.opens), p_now), to_timestamp(s.closes) - slot_grace(), '[]'), false)
         ORDER BY s.place
    LOOP
        begins := span.begins;
        ends := span.ends;
        SELECT upper(r) INTO known FROM unnest(span.busy) r WHERE r @> begins;
        room := earliest_room(m, coalesce(known, begins), ends, slot_grace(), p_jitter,
                              CASE WHEN begins > p_now THEN begins END, NULL, false);
        IF room.at IS NOT NULL THEN
            at := room.at;
            day := span.day;
            EXIT;
        END IF;
        PERFORM count_slot(m, span.day, 0, 0, tstzmultirange(tstzrange(begins, ends, '[]')));
    END LOOP;
    IF at IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO send_slots (tenant_id, mailbox_id, enrollment_id, step_id, visit, status, at, day)
    VALUES (m.tenant_id, m.id, p_enrollment_id, p_step_id, p_visit, 'held', at, day);
    -- Up to here nobody finds room any more, and where a gap is kept, neither right behind it.
    PERFORM count_slot(m, day, 1, 0, tstzmultirange(tstzrange(begins, CASE
        WHEN gap > '0' AND at - gap - slot_grace() <= room.clear_from THEN at + slot_grace() + gap
        ELSE room.clear_from END)));

    -- What bound it is what bound it first.
    WHILE usable < span.place AND p_now > to_timestamp(p_closes[usable]) - slot_grace() LOOP
        usable := usable + 1;
    END LOOP;
    IF usable < span.place THEN
        SELECT d.* INTO full_day FROM send_days d
         WHERE d.tenant_id = m.tenant_id AND d.mailbox_id = m.id AND d.day = p_days[usable];
    END IF;
    IF usable < span.place AND full_day.taken + full_day.planned >= p_caps[usable] THEN
        binds := jsonb_build_object('cause', 'daily_cap', 'day', full_day.day, 'cap', p_caps[usable],
                                    'taken', full_day.taken, 'planned', full_day.planned);
    ELSIF usable < span.place OR at > greatest(begins, known) + p_jitter OR known > begins OR begins <= p_now
    THEN
        binds := CASE
            WHEN m.hourly_cap IS NOT NULL AND (SELECT count(*) FROM send_slots s
                                                WHERE s.mailbox_id = m.id AND s.tenant_id = m.tenant_id
                                                  AND s.status IN ('held', 'used') AND s.at > begins - interval '1 hour'
                                                  AND s.at < begins + interval '1 hour') > m.hourly_cap
            THEN jsonb_build_object('cause', 'hourly_cap', 'cap', m.hourly_cap)
            WHEN m.min_gap_seconds + m.gap_jitter_seconds > 0
            THEN jsonb_build_object('cause', 'minimum_gap', 'seconds', m.min_gap_seconds,
                                    'jitter_seconds', m.gap_jitter_seconds) END;
    END IF;
END $$;

-- Keeps room on later days for the lead's later emails: `p_offsets` are their days counted from that of the first.
CREATE FUNCTION plan_slots(
    m mailboxes, p_enrollment_id uuid, p_step_id uuid, p_day date, p_days date[], p_caps integer[], p_offsets integer[])
    RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    chosen date;
BEGIN
    FOR number IN 1..coalesce(array_length(p_offsets, 1), 0) LOOP
        SELECT s.day INTO chosen
          FROM unnest(p_days, p_caps) WITH ORDINALITY s(day, cap, place)
          LEFT JOIN send_days d ON d.tenant_id = m.tenant_id AND d.mailbox_id = m.id AND d.day = s.day
         WHERE s.day >= p_day + p_offsets[number] AND coalesce(d.taken + d.planned, 0) < s.cap
         ORDER BY s.place LIMIT 1;
        CONTINUE WHEN chosen IS NULL;
        INSERT INTO send_slots (tenant_id, mailbox_id, enrollment_id, step_id, visit, status, day)
        VALUES (m.tenant_id, m.id, p_enrollment_id, p_step_id, number, 'planned', chosen);
        PERFORM count_slot(m, chosen, 0, 1, '{}');
    END LOOP;
END $$;

-- The lead's next email has a slot: the room that was planned for it, and for those before it, is not needed any more.
CREATE FUNCTION drop_planned_slots(m mailboxes, p_enrollment_id uuid, p_up_to integer) RETURNS void
    LANGUAGE sql AS $$
    UPDATE send_slots SET status = 'free'
     WHERE enrollment_id = p_enrollment_id AND tenant_id = m.tenant_id AND status = 'planned' AND visit <= p_up_to
$$;

-- What the enrollment holds and will not use: its own slot for another step or mailbox, or an earlier attempt's whose
-- message has not left (`p_again`). Of another mailbox they are only marked: that one is not locked.
CREATE FUNCTION give_back_slots(
    m mailboxes, p_enrollment_id uuid, p_step_id uuid, p_visit integer, p_again boolean) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    UPDATE send_slots SET status = 'free'
     WHERE enrollment_id = p_enrollment_id AND tenant_id = m.tenant_id
       AND (status = 'held' OR id = (
            SELECT s.id FROM send_slots s
             WHERE p_again AND s.enrollment_id = p_enrollment_id AND s.tenant_id = m.tenant_id AND s.status = 'used'
               AND s.step_id = p_step_id AND s.visit = p_visit
             ORDER BY s.at DESC LIMIT 1));
END $$;

-- Uses a slot at this very moment, which lies in a span of `p_day`: the enrollment's own, if it has come in time, or any
-- room that there is. False where there is none; then nothing has changed.
CREATE FUNCTION use_slot(
    m mailboxes, state lead_sequence_state, p_step_id uuid, p_visit integer, p_now timestamptz, p_day date,
    p_cap integer, p_jitter interval, p_again boolean) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    own send_slots;
    timely boolean;
    today send_days;
    room record;
BEGIN
    SELECT * INTO own FROM send_slots s
     WHERE s.enrollment_id = state.id AND s.tenant_id = state.tenant_id AND s.mailbox_id = m.id
       AND s.step_id = p_step_id AND s.visit = p_visit AND (s.status = 'held' OR p_again AND s.status = 'used')
     ORDER BY s.at DESC LIMIT 1;
    timely := coalesce(own.status = 'held' AND own.day = p_day
                       AND p_now >= own.at AND p_now <= own.at + slot_grace(), false);
    IF is_limited(m) THEN
        PERFORM sweep_slots(m);
        SELECT * INTO today FROM send_days
         WHERE tenant_id = m.tenant_id AND mailbox_id = m.id AND day = p_day;
        IF timely THEN
            -- It was reckoned with by everybody else. Only where a limit was lowered since is there less room than slots:
            -- what counts then is what was really sent.
            IF today.taken > p_cap AND p_cap <= (
                SELECT count(*) FROM send_slots s
                 WHERE s.mailbox_id = m.id AND s.tenant_id = m.tenant_id AND s.status IN ('held', 'used')
                   AND s.at BETWEEN p_now - interval '2 days' AND p_now + interval '2 days'
                   AND s.day = p_day AND s.status = 'used')
            THEN
                RETURN false;
            END IF;
            room := earliest_room(m, p_now, p_now, '0', '0', NULL, own.id, true);
        ELSE
            IF coalesce(today.taken, 0) - (coalesce(own.day = p_day, false))::integer
               + (CASE WHEN state.emails_sent = 0 THEN coalesce(today.planned, 0) ELSE 0 END) >= p_cap
            THEN
                RETURN false;
            END IF;
            room := earliest_room(m, p_now, p_now + p_jitter, '0', p_jitter, NULL, own.id, false);
        END IF;
        IF room.at IS NULL OR room.at > p_now THEN
            RETURN false;
        END IF;
    END IF;
    IF own.id IS NOT NULL THEN
        UPDATE send_slots SET status = 'used', at = p_now, day = p_day
         WHERE tenant_id = m.tenant_id AND id = own.id;
        IF is_limited(m) AND NOT timely THEN
            PERFORM uncount_slot(m, own.at, own.day);
            PERFORM count_slot(m, p_day, 1, 0, '{}');
        END IF;
    ELSE
        INSERT INTO send_slots (tenant_id, mailbox_id, enrollment_id, step_id, visit, status, at, day)
        VALUES (m.tenant_id, m.id, state.id, p_step_id, p_visit, 'used', p_now, p_day);
        IF is_limited(m) THEN
            PERFORM count_slot(m, p_day, 1, 0, '{}');
        END IF;
    END IF;
    RETURN true;
END $$;

-- The gate, and what comes before and after it.

-- Whether the enrollment may be written to at this step now. Locks it; NULL if it may, else the directive that says how
-- it stands.
CREATE FUNCTION gate_closed(
    p_tenant_id uuid, p_enrollment_id uuid, p_from_step_id uuid, p_version_id uuid, p_step_id uuid, p_visit integer,
    p_now timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    state lead_sequence_state := lock_enrollment(p_tenant_id, p_enrollment_id);
BEGIN
    IF state.status NOT IN ('pending', 'active') OR state.current_step_id IS DISTINCT FROM p_from_step_id
        -- Published meanwhile: what was rendered may no longer be what the step says.
        OR state.version_id <> p_version_id
        OR coalesce((state.visits->>p_step_id::text)::integer, 0) <> p_visit - 1 OR state.hold_until > p_now
    THEN
        RETURN enrollment_directive(state);
    END IF;
    IF is_suppressed(p_tenant_id, (SELECT email FROM leads WHERE tenant_id = p_tenant_id AND id = state.lead_id))
    THEN
        RETURN enrollment_directive(stop_lead_sequence(p_tenant_id, p_enrollment_id, 'suppressed', p_now));
    END IF;
    -- Pausing a sequence pauses its leads one by one; whoever slips through between is held here.
    IF (SELECT status FROM sequences WHERE tenant_id = p_tenant_id AND id = state.sequence_id) <> 'active' THEN
        RETURN enrollment_directive(pause_lead_sequence(p_tenant_id, p_enrollment_id, 'sequence', p_now));
    END IF;
    RETURN NULL;
END $$;

-- Pins the branch decisions that led to the step: whatever happens now, they are not made again.
CREATE FUNCTION pin_decisions(
    state lead_sequence_state, p_step_id uuid, p_mailbox_id uuid, p_now timestamptz, p_decisions jsonb)
    RETURNS lead_sequence_state LANGUAGE plpgsql AS $$
BEGIN
    PERFORM log_decisions(state, p_decisions, p_now);
    UPDATE lead_sequence_state
       SET status = 'active', current_step_id = p_step_id, revision = revision + 1, waiting_for = NULL,
           done = done_after(done, p_decisions), heard_event_id = heard_after(heard_event_id, p_decisions),
           mailbox_id = coalesce(mailbox_id, p_mailbox_id), deferral = NULL,
           clock_offset = greatest(clock_offset, p_now - clock_timestamp())
     WHERE tenant_id = state.tenant_id AND id = state.id
    RETURNING * INTO state;
    RETURN state;
END $$;

-- The step that is due waits all the same, for what `p_deferral` says, until `p_until`; NULL is until somebody lets it go.
CREATE FUNCTION put_off(state lead_sequence_state, p_until timestamptz, p_deferral jsonb, p_now timestamptz)
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

-- The mailbox is held: the email waits until it is released. A word of it in the log, and no time.
CREATE FUNCTION park_email(
    m mailboxes, p_enrollment_id uuid, p_step_id uuid, p_visit integer, p_now timestamptz, p_decisions jsonb,
    p_again boolean) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    PERFORM give_back_slots(m, p_enrollment_id, p_step_id, p_visit, p_again);
    RETURN put_off(
        pin_decisions(lock_enrollment(m.tenant_id, p_enrollment_id), p_step_id, m.id, p_now, p_decisions), NULL,
        jsonb_build_object('cause', 'mailbox_held', 'mailbox_id', m.id, 'hold_reason', m.hold_reason), p_now);
END $$;

-- What became of the message of this visit so far; NULL where there is none.
CREATE FUNCTION message_status(p_tenant_id uuid, p_enrollment_id uuid, p_step_id uuid, p_visit integer) RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT status FROM messages
     WHERE tenant_id = p_tenant_id AND enrollment_id = p_enrollment_id AND step_id = p_step_id AND visit = p_visit
$$;

-- Whose days are counted in another zone than the caller reckoned with; the first one to come names the zone.
CREATE FUNCTION counts_days_otherwise(m mailboxes, p_zone text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_limited(m) THEN
        RETURN false;
    END IF;
    IF m.timezone = '' AND m.day_zone = '' THEN
        UPDATE mailboxes SET day_zone = p_zone WHERE tenant_id = m.tenant_id AND id = m.id;
        RETURN false;
    END IF;
    RETURN coalesce(nullif(m.timezone, ''), m.day_zone) <> p_zone;
END $$;

DROP FUNCTION reserve_message;

-- The gate. Locks the mailbox and the enrollment, checks again that the lead may be written to, takes a slot of the
-- mailbox for this moment, pins the branch decisions that led here, and reserves the message. Outcomes:
--   reserved  nothing has left yet: the caller hands the message to SMTP
--   sent      an earlier attempt did it all but could not record its end
--   unknown   an earlier attempt died at the final dot, and the policy is not to send again
--   held      the enrollment may not be written to now; the directive says how it stands
--   no_slot   the mailbox's limits leave no room at this moment; nothing was changed (see defer_message)
--   stale     the mailbox was changed since it was read
-- The first span (p_days[1] and so on, as `take_slot` has them) is the one that `p_now` lies in.
CREATE FUNCTION reserve_message(
    p_tenant_id uuid, p_enrollment_id uuid, p_from_step_id uuid, p_version_id uuid, p_step_id uuid,
    p_visit integer, p_now timestamptz, p_decisions jsonb, p_message jsonb, p_resend boolean, p_zone text,
    p_days date[], p_caps integer[], p_jitter interval, p_offsets integer[]) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    m mailboxes := lock_mailbox(p_tenant_id, (p_message->>'mailbox_id')::uuid);
    closed jsonb := gate_closed(
        p_tenant_id, p_enrollment_id, p_from_step_id, p_version_id, p_step_id, p_visit, p_now);
    state lead_sequence_state;
    before text;
    message messages;
    outcome text := 'reserved';
BEGIN
    IF closed IS NOT NULL THEN
        RETURN jsonb_build_object('outcome', 'held', 'directive', closed);
    END IF;
    before := message_status(p_tenant_id, p_enrollment_id, p_step_id, p_visit);
    outcome := CASE WHEN before = 'sent' THEN 'sent'
                    WHEN before IN ('sending', 'unknown') AND NOT p_resend THEN 'unknown' ELSE 'reserved' END;
    state := lock_enrollment(p_tenant_id, p_enrollment_id);
    IF outcome = 'reserved' THEN
        IF m.status <> 'active' THEN
            RETURN jsonb_build_object('outcome', 'held', 'directive', park_email(
                m, p_enrollment_id, p_step_id, p_visit, p_now, p_decisions, coalesce(before = 'reserved', false)));
        END IF;
        IF counts_days_otherwise(m, p_zone) THEN
            RETURN jsonb_build_object('outcome', 'stale', 'directive', enrollment_directive(state));
        END IF;
        IF NOT use_slot(m, state, p_step_id, p_visit, p_now, p_days[1], p_caps[1], p_jitter,
                        coalesce(before = 'reserved', false)) THEN
            RETURN jsonb_build_object('outcome', 'no_slot', 'directive', enrollment_directive(state));
        END IF;
        IF state.emails_sent > 0 THEN
            PERFORM drop_planned_slots(m, p_enrollment_id, state.emails_sent);
        ELSIF p_offsets <> '{}' AND NOT EXISTS (
            SELECT FROM send_slots WHERE enrollment_id = p_enrollment_id AND tenant_id = p_tenant_id
                                     AND status = 'planned')
        THEN
            PERFORM plan_slots(m, p_enrollment_id, p_step_id, p_days[1], p_days, p_caps, p_offsets);
        END IF;
    END IF;

    state := pin_decisions(state, p_step_id, m.id, p_now, p_decisions);
    IF before IS NULL THEN
        INSERT INTO messages (tenant_id, id, enrollment_id, lead_id, sequence_id, mailbox_id, step_id, visit,
                              rfc_message_id, thread, subject, variant, reserved_at)
        VALUES (p_tenant_id, (p_message->>'id')::uuid, p_enrollment_id, state.lead_id, state.sequence_id,
                m.id, p_step_id, p_visit, p_message->>'rfc_message_id',
                ARRAY(SELECT jsonb_array_elements_text(p_message->'thread')), p_message->>'subject',
                p_message->>'variant', p_now)
        RETURNING * INTO message;
    ELSE
        IF before = 'sending' THEN
            PERFORM log_move(state, 'email_outcome_unknown', p_step_id, jsonb_build_object(
                'message_id', (SELECT id FROM messages
                                WHERE tenant_id = p_tenant_id AND enrollment_id = p_enrollment_id
                                  AND step_id = p_step_id AND visit = p_visit),
                'then', CASE WHEN p_resend THEN 'resend' ELSE 'skip' END), p_now);
        END IF;
        -- What is sent again keeps its Message-ID: a receiver that has it already can tell. The rest is as it was
        -- written now: a step may have been edited since.
        UPDATE messages
           SET status = outcome,
               subject = CASE WHEN outcome = 'reserved' THEN p_message->>'subject' ELSE subject END,
               variant = CASE WHEN outcome = 'reserved' THEN p_message->>'variant' ELSE variant END,
               mailbox_id = CASE WHEN outcome = 'reserved' THEN m.id ELSE mailbox_id END,
               thread = CASE WHEN outcome = 'reserved'
                             THEN ARRAY(SELECT jsonb_array_elements_text(p_message->'thread')) ELSE thread END
         WHERE tenant_id = p_tenant_id AND enrollment_id = p_enrollment_id AND step_id = p_step_id AND visit = p_visit
        RETURNING * INTO message;
    END IF;
    RETURN jsonb_build_object(
        'outcome', outcome, 'directive', enrollment_directive(state), 'message_id', message.id,
        'rfc_message_id', message.rfc_message_id, 'thread', message.thread, 'subject', message.subject);
END $$;

-- The email that is due cannot leave now: the window is closed (`p_closed` says why: {cause, ...}), or the mailbox has no
-- room. Takes the earliest slot within the spans and lets the enrollment sleep until then; of a mailbox without limits,
-- until the first span opens. Outcomes:
--   deferred  the directive says until when
--   held      as in reserve_message
--   settle    what became of an earlier attempt must be found first: ask the gate, which needs no slot for that
--   no_slot   none within these spans: ask again with later ones
--   stale     as in reserve_message
CREATE FUNCTION defer_message(
    p_tenant_id uuid, p_enrollment_id uuid, p_from_step_id uuid, p_version_id uuid, p_step_id uuid,
    p_visit integer, p_now timestamptz, p_decisions jsonb, p_mailbox_id uuid, p_resend boolean, p_zone text,
    p_days date[], p_caps integer[], p_opens bigint[], p_closes bigint[], p_jitter interval,
    p_offsets integer[], p_closed jsonb) RETURNS jsonb
    LANGUAGE plpgsql AS $$
DECLARE
    m mailboxes := lock_mailbox(p_tenant_id, p_mailbox_id);
    closed jsonb := gate_closed(
        p_tenant_id, p_enrollment_id, p_from_step_id, p_version_id, p_step_id, p_visit, p_now);
    state lead_sequence_state;
    before text;
    first boolean;
    slot record;
    deferral jsonb;
BEGIN
    IF closed IS NOT NULL THEN
        RETURN jsonb_build_object('outcome', 'held', 'directive', closed);
    END IF;
    before := message_status(p_tenant_id, p_enrollment_id, p_step_id, p_visit);
    state := lock_enrollment(p_tenant_id, p_enrollment_id);
    IF before = 'sent' OR before IN ('sending', 'unknown') AND NOT p_resend THEN
        RETURN jsonb_build_object('outcome', 'settle', 'directive', enrollment_directive(state));
    END IF;
    IF m.status <> 'active' THEN
        RETURN jsonb_build_object('outcome', 'held', 'directive', park_email(
            m, p_enrollment_id, p_step_id, p_visit, p_now, p_decisions, coalesce(before = 'reserved', false)));
    END IF;
    IF counts_days_otherwise(m, p_zone) THEN
        RETURN jsonb_build_object('outcome', 'stale', 'directive', enrollment_directive(state));
    END IF;

    first := state.emails_sent = 0;
    PERFORM give_back_slots(m, p_enrollment_id, p_step_id, p_visit, coalesce(before = 'reserved', false));
    PERFORM drop_planned_slots(m, p_enrollment_id, CASE WHEN first THEN 2147483647 ELSE state.emails_sent END);
    IF is_limited(m) THEN
        slot := take_slot(m, p_enrollment_id, p_step_id, p_visit, p_now, p_days, p_caps, p_opens, p_closes, p_jitter,
                          first);
        IF slot.at IS NULL THEN
            RETURN jsonb_build_object('outcome', 'no_slot', 'directive', enrollment_directive(state));
        END IF;
        IF first THEN
            PERFORM plan_slots(m, p_enrollment_id, p_step_id, slot.day, p_days, p_caps, p_offsets);
        END IF;
        deferral := coalesce(slot.binds, p_closed);
    ELSE
        SELECT greatest(to_timestamp(p_opens[1]), p_now) AS at, p_days[1] AS day INTO slot;
        deferral := p_closed;
    END IF;
    state := pin_decisions(state, p_step_id, m.id, p_now, p_decisions);
    RETURN jsonb_build_object('outcome', 'deferred', 'directive', put_off(
        state, slot.at, coalesce(deferral, '{"cause": "minimum_gap"}') || jsonb_build_object('mailbox_id', m.id), p_now));
END $$;

-- A deferral is true only of the wait that it was written with (0006_mailboxes.sql), and so is the slot that goes with
-- it. A lead that is paused meanwhile had waited for what it is sent already: it is due when it is resumed.
CREATE OR REPLACE FUNCTION forget_deferral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.deferral := NULL;
    IF NEW.status = 'paused' THEN
        NEW.next_action_at := least(NEW.next_action_at, NEW.paused_at);
    END IF;
    UPDATE send_slots SET status = 'free'
     WHERE enrollment_id = NEW.id AND tenant_id = NEW.tenant_id AND status = 'held';
    RETURN NEW;
END $$;

-- What has ended sends no more.
CREATE FUNCTION give_back_all_slots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE send_slots SET status = 'free'
     WHERE enrollment_id = NEW.id AND tenant_id = NEW.tenant_id AND status IN ('planned', 'held');
    RETURN NULL;
END $$;
CREATE TRIGGER give_back_slots AFTER UPDATE ON lead_sequence_state FOR EACH ROW
    WHEN (NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL) EXECUTE FUNCTION give_back_all_slots();

-- The lead was erased. What was sent to it still counts.
CREATE FUNCTION free_orphan_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.status := 'free';
    RETURN NEW;
END $$;
CREATE TRIGGER free_orphan_slot BEFORE UPDATE OF enrollment_id ON send_slots FOR EACH ROW
    WHEN (NEW.enrollment_id IS NULL AND OLD.status IN ('planned', 'held')) EXECUTE FUNCTION free_orphan_slot();

-- Kept back before the final dot: nothing has left, and the slot is somebody else's. What the server refused has reached
-- it, and counts.
CREATE FUNCTION give_back_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE send_slots SET status = 'free'
     WHERE tenant_id = NEW.tenant_id AND id = (
           SELECT id FROM send_slots
            WHERE enrollment_id = NEW.enrollment_id AND tenant_id = NEW.tenant_id AND step_id = NEW.step_id
              AND visit = NEW.visit AND status = 'used'
            ORDER BY at DESC LIMIT 1);
    RETURN NULL;
END $$;
CREATE TRIGGER give_back_withdrawn AFTER UPDATE OF status ON messages FOR EACH ROW
    WHEN (NEW.status = 'withdrawn' AND OLD.status = 'reserved') EXECUTE FUNCTION give_back_withdrawn();

-- What is known of a mailbox's days is known for its limits, and counted in its zone.
CREATE FUNCTION recount_send_days() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    zone text := coalesce(nullif(NEW.timezone, ''), nullif(NEW.day_zone, ''));
BEGIN
    PERFORM sweep_slots(NEW);
    IF zone IS NOT NULL THEN
        UPDATE send_slots SET day = (at AT TIME ZONE zone)::date
         WHERE mailbox_id = NEW.id AND tenant_id = NEW.tenant_id AND status IN ('held', 'used')
           AND day <> (at AT TIME ZONE zone)::date;
    END IF;
    DELETE FROM send_days WHERE tenant_id = NEW.tenant_id AND mailbox_id = NEW.id;
    INSERT INTO send_days (tenant_id, mailbox_id, day, taken, planned)
    SELECT NEW.tenant_id, NEW.id, day, count(*) FILTER (WHERE status <> 'planned'),
           count(*) FILTER (WHERE status = 'planned')
      FROM send_slots WHERE mailbox_id = NEW.id AND tenant_id = NEW.tenant_id AND status <> 'free'
     GROUP BY day;
    RETURN NULL;
END $$;
CREATE TRIGGER recount_send_days AFTER UPDATE ON mailboxes FOR EACH ROW
    WHEN (is_limited(NEW) AND (
          (OLD.timezone, OLD.day_zone) IS DISTINCT FROM (NEW.timezone, NEW.day_zone)
          OR (OLD.daily_cap, OLD.hourly_cap, OLD.ramp_start, OLD.min_gap_seconds, OLD.gap_jitter_seconds)
             IS DISTINCT FROM
             (NEW.daily_cap, NEW.hourly_cap, NEW.ramp_start, NEW.min_gap_seconds, NEW.gap_jitter_seconds)))
    EXECUTE FUNCTION recount_send_days();

-- Rotation. The mailbox with the least draw gets the lead: in proportion to the weights, without moving any lead between
-- the others when one comes or goes.
CREATE FUNCTION mailbox_draw(p_lead_id uuid, p_mailbox_id uuid, p_weight integer) RETURNS float8
    LANGUAGE sql IMMUTABLE AS $$
    SELECT -ln(((uuid_hash_extended(p_lead_id, uuid_hash_extended(p_mailbox_id, 0)) & 9007199254740991)::float8
                + 0.5::float8) / 9007199254740992::float8) / p_weight
$$;

DROP FUNCTION enroll_lead_in_sequence;
-- Enrolls leads and says of each what became of it, all of them in one statement: `enrolled`, or the reason why
-- not, and until when it holds where it ends by itself. In a dry run nothing is written; the answer is the same.
--   p_waiting_for  the event that the first step waits for, if it does
--   p_due_by_zone  when the first step is due, by the lead's time zone; p_due_at for zones that are not in it
--   p_mailbox_ids  those that may write to them; none named: all of the tenant's
--   p_policy       {exclusive, allow_reenrollment, reenroll_after_days} of the sequence,
--                  {max_live_enrollments, max_emails, max_emails_days} of the tenant
-- The caller has made sure that the sequence is active and holds it, and its tenant, FOR SHARE.
CREATE FUNCTION enroll_lead_in_sequence(
    p_tenant_id uuid, p_lead_ids uuid[], p_sequence_id uuid, p_version_id uuid, p_first_step_id uuid,
    p_waiting_for text, p_due_at timestamptz, p_due_by_zone jsonb, p_campaign_id uuid, p_batch_id uuid, p_policy jsonb,
    p_mailbox_ids uuid[], p_now timestamptz, p_dry_run boolean DEFAULT false)
    RETURNS TABLE (lead_id uuid, outcome text, until timestamptz, enrollment_id uuid, mailbox_id uuid)
    LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    senders uuid[];
    weights integer[];
    exclusive_versions uuid[];
    exclusively boolean := (p_policy->>'exclusive')::boolean;
    again boolean := (p_policy->>'allow_reenrollment')::boolean;
    cool_down interval := make_interval(days => (p_policy->>'reenroll_after_days')::integer);
    max_live integer := (p_policy->>'max_live_enrollments')::integer;
    max_emails integer := (p_policy->>'max_emails')::integer;
    emails_within interval := make_interval(days => (p_policy->>'max_emails_days')::integer);
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant_id::text, true);
    -- Held ones only while there are no others: their leads wait for them.
    SELECT array_agg(m.id), array_agg(m.weight) INTO senders, weights
      FROM (SELECT b.id, b.weight, b.status, bool_or(b.status = 'active') OVER () AS some_active
              FROM mailboxes b
             WHERE b.tenant_id = p_tenant_id AND (p_mailbox_ids = '{}' OR b.id = ANY (p_mailbox_ids))) m
     WHERE m.status = 'active' OR NOT m.some_active;
    exclusive_versions := ARRAY(SELECT v.id FROM sequence_versions v WHERE v.tenant_id = p_tenant_id AND v.exclusive);

    -- Where what is live in other sequences counts, two requests for one lead take turns, and the second sees what
    -- the first has done: the statement below begins after the locks are held. In the order of IDs, so that they
    -- never wait in a circle.
    IF NOT p_dry_run AND (exclusively OR max_live IS NOT NULL OR exclusive_versions <> '{}') THEN
        PERFORM FROM leads l WHERE l.tenant_id = p_tenant_id AND l.id = ANY (p_lead_ids)
          ORDER BY l.id FOR NO KEY UPDATE;
    END IF;

    RETURN QUERY
    WITH asked AS (
        SELECT DISTINCT ON (a.lead_id) a.lead_id, a.place
          FROM unnest(p_lead_ids) WITH ORDINALITY a(lead_id, place) ORDER BY a.lead_id, a.place
    ), judged AS MATERIALIZED (
        SELECT a.lead_id, a.place, l.timezone, past.ended_at + cool_down AS cool_at,
               CASE WHEN past.live >= max_live THEN NULL ELSE written.sent_at + emails_within END AS quiet_at, CASE
                   WHEN l.id IS NULL THEN 'not_found'
                   WHEN l.email !~ '^[^@\s]+@[^@\s]+$' THEN 'invalid_email'
                   WHEN l.status IN ('bounced', 'unsubscribed') THEN l.status
                   WHEN is_suppressed(p_tenant_id, l.email) THEN 'suppressed'
                   WHEN past.here THEN 'already_enrolled'
                   WHEN past.taken OR exclusively AND past.live > 0 THEN 'in_exclusive_sequence'
                   WHEN past.ended_at IS NOT NULL AND (NOT again OR past.ended_at + cool_down > p_now)
                       THEN 'cooling_down'
                   WHEN past.live >= max_live OR written.sent_at IS NOT NULL THEN 'contact_capped'
                   ELSE 'enrolled' END AS verdict
          FROM asked a
          LEFT JOIN leads l ON l.tenant_id = p_tenant_id AND l.id = a.lead_id
          LEFT JOIN LATERAL (
              SELECT count(*) FILTER (WHERE s.ended_at IS NULL) AS live,
                     bool_or(s.ended_at IS NULL AND s.sequence_id = p_sequence_id) AS here,
                     bool_or(s.ended_at IS NULL AND s.version_id = ANY (exclusive_versions)) AS taken,
                     -- By the wall's clock, should its own have been moved forward (development).
                     max(s.ended_at - s.clock_offset) FILTER (WHERE s.sequence_id = p_sequence_id) AS ended_at
                FROM lead_sequence_state s
               WHERE s.tenant_id = p_tenant_id AND s.lead_id = a.lead_id) past ON true
          -- The last email but so many: while it counts, so do they, and there are as many as may be.
          LEFT JOIN LATERAL (
              SELECT g.sent_at FROM messages g
               WHERE max_emails IS NOT NULL AND g.tenant_id = p_tenant_id AND g.lead_id = a.lead_id
                 AND g.status = 'sent' AND g.sent_at > p_now - emails_within
               ORDER BY g.sent_at DESC OFFSET coalesce(max_emails, 1) - 1 LIMIT 1) written ON true
    ), matched AS MATERIALIZED (
        -- A lead keeps the mailbox that it last heard from. One that is new is drawn: weighted rendezvous hashing, the
        -- same that chooses variants (domain/variants.py).
        SELECT j.lead_id, coalesce(
                   (SELECT written.mailbox_id FROM (
                        SELECT g.mailbox_id FROM messages g
                         WHERE g.tenant_id = p_tenant_id AND g.lead_id = j.lead_id AND g.status = 'sent'
                         ORDER BY g.sent_at DESC LIMIT 1) written WHERE written.mailbox_id = ANY (senders)),
                   (SELECT b.id FROM unnest(senders, weights) b(id, weight) WHERE b.weight > 0
                     ORDER BY mailbox_draw(j.lead_id, b.id, b.weight) LIMIT 1)) AS mailbox_id
          FROM judged j WHERE j.verdict = 'enrolled'
    ), entered AS (
        INSERT INTO lead_sequence_state AS s
            (tenant_id, lead_id, sequence_id, version_id, campaign_id, batch_id, mailbox_id, current_step_id,
             waiting_for, next_action_at, step_entered_at, enrolled_at, last_activity_at)
        SELECT p_tenant_id, j.lead_id, p_sequence_id, p_version_id, p_campaign_id, p_batch_id, b.mailbox_id,
               p_first_step_id, p_waiting_for, coalesce((p_due_by_zone->>j.timezone)::timestamptz, p_due_at), p_now, p_now, p_now
          FROM judged j JOIN matched b USING (lead_id) WHERE NOT p_dry_run ORDER BY j.lead_id
        -- Two requests may race here; the partial unique index lets one of them win.
        ON CONFLICT (tenant_id, lead_id, sequence_id) WHERE status IN ('pending', 'active', 'paused', 'failed')
            DO NOTHING
        RETURNING s.id, s.lead_id
    ), logged AS (
        INSERT INTO sequence_execution_log (tenant_id, enrollment_id, sequence_id, lead_id, event, occurred_at)
        SELECT p_tenant_id, e.id, p_sequence_id, e.lead_id, 'enrolled', p_now FROM entered e
    ), told AS (
        INSERT INTO outbox (tenant_id, enrollment_id, command)
        SELECT p_tenant_id, e.id, 'start' FROM entered e JOIN judged j USING (lead_id) ORDER BY j.place
    )
    SELECT j.lead_id,
           CASE WHEN j.verdict = 'enrolled' AND e.id IS NULL AND NOT p_dry_run THEN 'already_enrolled'
                ELSE j.verdict END,
           CASE WHEN j.verdict = 'cooling_down' AND again THEN j.cool_at
                WHEN j.verdict = 'contact_capped' THEN j.quiet_at END,
           e.id, b.mailbox_id
      FROM judged j LEFT JOIN entered e ON e.lead_id = j.lead_id LEFT JOIN matched b ON b.lead_id = j.lead_id
     ORDER BY j.place;
END $$;
