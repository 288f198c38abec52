"""Reads everything that `explain` needs about one enrollment, in one statement."""

from uuid import UUID

from sqlalchemy import text

from db.calls.enrolling import first_mailbox, is_suppressed
from db.session import ReadSession
from domain.enrollments.explain import Situation

# `now` is on the enrollment's own clock, which a fast-forward (development) moves ahead of the wall clock.
_SITUATION = text(f"""
    SELECT jsonb_build_object(
               'enrollment_id', s.id, 'lead_id', s.lead_id, 'sequence_id', s.sequence_id, 'status', s.status,
               'stop_reason', s.stop_reason, 'error', s.error, 'due_at', s.next_action_at,
               'hold_until', s.hold_until, 'paused_at', s.paused_at, 'paused_by', s.paused_by,
               'ended_at', s.ended_at, 'sequence_status', q.status,
               'lead_zone', l.timezone, 'sequence_zone', v.plan#>>'{{settings,timezone}}',
               'suppressed', {is_suppressed("s.tenant_id", "l.email")},
               'send_window', v.plan#>'{{settings,send_window}}', 'deferral', s.deferral,
               'step', here.step, 'following', v.plan->'steps'->here.place::integer,
               'sends_email', jsonb_path_exists(v.plan, '$.steps[*] ? (@.type == "email")'),
               'mailbox', (SELECT jsonb_build_object('id', m.id, 'status', m.status, 'timezone', m.timezone,
                                                     'working_hours', m.working_hours,
                                                     'hold_reason', m.hold_reason, 'held_at', m.held_at,
                                                     'sent_today', CASE WHEN s.deferral->>'cause' = 'daily_cap' THEN (
                                                         SELECT count(*) FROM send_slots u
                                                          WHERE u.mailbox_id = m.id AND u.tenant_id = m.tenant_id
                                                            AND u.status = 'used' AND u.at >= mailbox_midnight.at)
                                                     END)
                             FROM mailboxes m
                            CROSS JOIN LATERAL (
                                SELECT coalesce(nullif(m.timezone, ''), nullif(m.day_zone, ''),
                                                v.plan#>>'{{settings,timezone}}', 'UTC') AS zone) whose
                            CROSS JOIN LATERAL (
                                SELECT date_trunc('day', (clock_timestamp() + s.clock_offset) AT TIME ZONE whose.zone)
                                       AT TIME ZONE whose.zone AS at) mailbox_midnight
                            WHERE m.tenant_id = s.tenant_id
                              AND m.id = coalesce(CAST(s.deferral->>'mailbox_id' AS uuid),
                                                  CAST(here.step#>>'{{config,mailbox_id}}' AS uuid), s.mailbox_id,
                                                  {first_mailbox("s.tenant_id")})),
               'untold', (SELECT jsonb_build_object('command', o.command, 'since', o.created_at,
                                                    'attempts', o.attempts, 'error', o.last_error)
                            FROM outbox o WHERE o.tenant_id = s.tenant_id AND o.enrollment_id = s.id
                           ORDER BY o.id LIMIT 1),
               'now', clock_timestamp() + s.clock_offset)
      FROM lead_sequence_state s
      JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
      JOIN sequences q ON q.tenant_id = s.tenant_id AND q.id = s.sequence_id
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
      LEFT JOIN LATERAL jsonb_array_elements(v.plan->'steps') WITH ORDINALITY here(step, place)
             ON here.step->>'id' = s.current_step_id::text
     WHERE s.tenant_id = :tenant_id AND s.id = :enrollment_id
""")


async def load_situation(session: ReadSession, enrollment_id: UUID) -> Situation | None:
    found = await session.scalar(_SITUATION, {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id})
    return None if found is None else Situation.model_validate(found)
