-- Send slots: the calendar of a mailbox with limits.
--
-- send_slots contains emails that were sent (`used`), those with a reserved time (`held`), and those with only a
-- reserved day (`planned`). Slots that are `free` are waiting to be deleted. send_days contains the totals of each day,
-- and the times that are known to be taken (`busy`). The caller of a function with a parameter `m` holds the lock on
-- that mailbox (lock_mailbox). A transaction that has locked enrollments but no mailbox only marks slots as free. The
-- next one that locks the mailbox deletes them (sweep_slots).

-- How late a held slot may be used, since a worker comes a moment after its timer. A held slot occupies this much time.
CREATE OR REPLACE FUNCTION slot_grace() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '10 seconds' $$;

-- When a slot that begins at `p_at` ends.
CREATE OR REPLACE FUNCTION slot_end(p_status text, p_at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_status = 'used' THEN p_at ELSE p_at + slot_grace() END
$$;

-- Adds to the totals of a day.
CREATE OR REPLACE FUNCTION count_slot(
    m mailboxes, p_day date, p_taken integer, p_planned integer, p_busy tstzmultirange)
    RETURNS void LANGUAGE sql AS $$
    INSERT INTO send_days AS d (tenant_id, mailbox_id, day, taken, planned, busy)
    VALUES (m.tenant_id, m.id, p_day, p_taken, p_planned, p_busy)
    ON CONFLICT (tenant_id, mailbox_id, day) DO UPDATE
       SET taken = d.taken + p_taken, planned = d.planned + p_planned, busy = d.busy + p_busy
$$;

-- Subtracts a deleted slot from the totals. Its day, and the times around it, may have room again.
CREATE OR REPLACE FUNCTION uncount_slot(m mailboxes, p_at timestamptz, p_day date) RETURNS void LANGUAGE sql AS $$
    UPDATE send_days d
       SET taken = taken - (p_at IS NOT NULL AND d.day = p_day)::integer,
           planned = planned - (p_at IS NULL AND d.day = p_day)::integer,
           busy = CASE WHEN p_at IS NULL THEN busy
                       ELSE busy - tstzmultirange(tstzrange(p_at - around, p_at + around)) END
      FROM (SELECT 2 * slot_grace() + greatest(
                       make_interval(secs => m.min_gap_seconds),
                       CASE WHEN m.hourly_cap IS NOT NULL THEN interval '1 hour' END) AS around) r
     WHERE d.tenant_id = m.tenant_id AND d.mailbox_id = m.id AND d.day BETWEEN p_day - 1 AND p_day + 1
$$;

-- Deletes the slots that were marked as free.
CREATE OR REPLACE FUNCTION sweep_slots(m mailboxes) RETURNS void LANGUAGE plpgsql AS $$
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

-- The earliest moment from `p_from` to `p_until` (both included) that keeps the minimum gap to every other slot and the
-- hourly cap within any sixty minutes. A held slot may be used up to slot_grace() late, so it counts as if it was at
-- every moment of that time. The same holds for the new slot, which occupies `p_width`.
--   p_jitter     added to the gap before it and to `p_opening` (when the day begins), as far as the room allows
--   p_except     the ID of a slot that does not count
--   p_used_only  held slots do not count either
--   clear_from   where the free room that contains `at` begins; both are NULL when there is no room
CREATE OR REPLACE FUNCTION earliest_room(
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
            upper_bound := least(upper_bound,
                                 CASE WHEN gapped THEN starts[i + 1] - gap - p_width ELSE starts[i + 1] END);
        END IF;
        IF i >= most THEN
            lower_bound := greatest(lower_bound, ends[i - most + 1] + an_hour);
        END IF;
        IF i + most <= others THEN
            upper_bound := least(upper_bound, starts[i + most] - an_hour - p_width);
        END IF;
        CONTINUE WHEN lower_bound > upper_bound;
        -- The room is unusable if sixty minutes around it already contain as many slots as the hourly cap: `before` of
        -- them in front of the room and the others behind it.
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

-- Takes the earliest slot at or after `p_now` within the spans. Span i is open from p_opens[i] until just before
-- p_closes[i] (seconds since 1970: sending them takes a tenth of the work that timestamps take). It belongs to
-- p_days[i], and that day takes p_caps[i] emails (NULL: any number).
--   p_first  true for a lead's first email, which must leave the room that is planned for later emails of other leads
--   at       NULL when there is no slot
--   binds    the limit that delayed it, if any did: {cause, ...}
CREATE OR REPLACE FUNCTION take_slot(
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
    -- No room is left before this time and, with a minimum gap, directly after the slot.
    PERFORM count_slot(m, day, 1, 0, tstzmultirange(tstzrange(begins, CASE
        WHEN gap > '0' AND at - gap - slot_grace() <= room.clear_from THEN at + slot_grace() + gap
        ELSE room.clear_from END)));

    -- Find the limit that delayed it first.
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

-- Plans room on later days for the lead's later emails. `p_offsets`: their days, counted from the day of the first
-- email.
CREATE OR REPLACE FUNCTION plan_slots(
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

-- Frees the room that was planned for the lead's emails up to number `p_up_to`, because those have their slots.
CREATE OR REPLACE FUNCTION drop_planned_slots(m mailboxes, p_enrollment_id uuid, p_up_to integer) RETURNS void
    LANGUAGE sql AS $$
    UPDATE send_slots SET status = 'free'
     WHERE enrollment_id = p_enrollment_id AND tenant_id = m.tenant_id AND status = 'planned' AND visit <= p_up_to
$$;

-- Frees what the enrollment holds and will not use: its held slot and, with `p_again`, the slot of an earlier attempt
-- whose message was not sent. A slot of another mailbox is only marked as free, since that mailbox is not locked.
CREATE OR REPLACE FUNCTION give_back_slots(
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

-- Uses a slot at this moment, which lies in a span of `p_day`: the enrollment's own slot if it is on time, else any
-- room. Returns false, without a change, if there is none.
CREATE OR REPLACE FUNCTION use_slot(
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
            -- All other slots left room for this one. More slots than room can exist only if a limit was lowered since.
            -- Then only emails that were really sent count.
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
