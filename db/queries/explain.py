"""Everything that bears on one enrollment at one moment, read in one statement."""

from uuid import UUID

from sqlalchemy import text

from db.session import ReadSession
from domain.explain import Situation

# The enrollment's own clock: fast-forward (development) moves it ahead of the wall's.
_SITUATION = text("""
    SELECT jsonb_build_object(
               'enrollment_id', s.id, 'lead_id', s.lead_id, 'sequence_id', s.sequence_id, 'status', s.status,
               'stop_reason', s.stop_reason, 'error', s.error, 'due_at', s.next_action_at,
               'hold_until', s.hold_until, 'paused_at', s.paused_at, 'paused_by', s.paused_by,
               'ended_at', s.ended_at, 'sequence_status', q.status,
               'lead_zone', l.timezone, 'sequence_zone', v.plan#>>'{settings,timezone}',
               'suppressed', is_suppressed(s.tenant_id, l.email),
               'step', (SELECT step FROM jsonb_array_elements(v.plan->'steps') step
                         WHERE step->>'id' = s.current_step_id::text),
               'sends_email', jsonb_path_exists(v.plan, '$.steps[*] ? (@.type == "email")'),
               'mailbox', (SELECT jsonb_build_object('id', m.id, 'status', m.status, 'hold_reason', m.hold_reason)
                             FROM mailboxes m
                            WHERE m.tenant_id = s.tenant_id
                              AND m.id = coalesce(s.mailbox_id, (SELECT f.id FROM mailboxes f
                                                                  WHERE f.tenant_id = s.tenant_id
                                                                    AND f.status = 'active'
                                                                  ORDER BY f.created_at, f.id LIMIT 1))),
               'untold', (SELECT jsonb_build_object('command', o.command, 'since', o.created_at,
                                                    'attempts', o.attempts, 'error', o.last_error)
                            FROM outbox o WHERE o.tenant_id = s.tenant_id AND o.enrollment_id = s.id
                           ORDER BY o.id LIMIT 1),
               'now', clock_timestamp() + s.clock_offset)
      FROM lead_sequence_state s
      JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
      JOIN sequences q ON q.tenant_id = s.tenant_id AND q.id = s.sequence_id
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
     WHERE s.tenant_id = :tenant_id AND s.id = :enrollment_id
""")


async def load_situation(session: ReadSession, enrollment_id: UUID) -> Situation | None:
    found = await session.scalar(_SITUATION, {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id})
    return None if found is None else Situation.model_validate(found)
