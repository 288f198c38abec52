"""What a restore writes: emails that may have been sent since the backup, and a command to every workflow."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.calls.enrolling import first_mailbox
from db.session import ReadSession, WriteSession
from domain.enrollments.log_event import LogEvent
from domain.enrollments.status import EnrollmentStatus

_COLUMNS = f"""
    SELECT s.id, s.version_id, s.status, s.current_step_id, s.next_action_at, s.hold_until, s.clock_offset, s.visits,
           s.done, s.enrolled_at, l.timezone AS lead_zone,
           coalesce(s.mailbox_id, {first_mailbox("s.tenant_id")}) AS mailbox_id
      FROM lead_sequence_state s JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
     WHERE s.tenant_id = :tenant_id AND s.ended_at IS NULL AND s.current_step_id IS NOT NULL
"""
# Enrollments that began after the installation had stopped belong to the restored one, which knows all their emails.
_IN_COPY = text(f"""{_COLUMNS}
       AND s.enrolled_at <= CAST(:stopped_at AS timestamptz) + s.clock_offset AND s.id > :after
     ORDER BY s.id LIMIT :limit FOR UPDATE OF s
""")
_NAMED = text(f"{_COLUMNS} AND s.id = ANY (CAST(:ids AS uuid[])) ORDER BY s.id FOR UPDATE OF s")
_PLANS = text("SELECT id, plan FROM sequence_versions WHERE tenant_id = :tenant_id AND id = ANY (CAST(:ids AS uuid[]))")
_MAILBOXES = text("SELECT id, email FROM mailboxes WHERE tenant_id = :tenant_id")
# The subject is unknown: a reply in the thread takes it from the step. Messages that are already `sending`, `sent` or
# `unknown` stay unchanged. A reserved one may have been sent after the backup.
_MARK = text("""
    WITH marked AS (
        INSERT INTO messages AS m (tenant_id, id, enrollment_id, lead_id, sequence_id, mailbox_id, step_id, visit,
                                   status, rfc_message_id, subject, reserved_at, sending_at)
        SELECT s.tenant_id, r.id, s.id, s.lead_id, s.sequence_id, r.mailbox_id, r.step_id, r.visit, 'unknown',
               r.rfc_message_id, '', r.at, r.at
          FROM jsonb_to_recordset(CAST(:rows AS jsonb)) r(
               id uuid, enrollment_id uuid, mailbox_id uuid, step_id uuid, visit integer, rfc_message_id text,
               at timestamptz)
          JOIN lead_sequence_state s ON s.tenant_id = :tenant_id AND s.id = r.enrollment_id
        ON CONFLICT ON CONSTRAINT messages_step_key DO UPDATE
           SET status = 'unknown', sending_at = excluded.sending_at
         WHERE m.status IN ('reserved', 'withdrawn', 'refused')
        RETURNING m.id, m.enrollment_id, m.step_id)
    INSERT INTO sequence_execution_log
           (tenant_id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at)
    SELECT s.tenant_id, s.id, s.sequence_id, s.lead_id, m.step_id, CAST(:event AS text),
           jsonb_build_object('message_id', m.id, 'cause', 'restored', 'then', v.plan#>>'{settings,unknown_outcome}',
                              'gap', CAST(:gap AS jsonb)),
           clock_timestamp() + s.clock_offset
      FROM marked m
      JOIN lead_sequence_state s ON s.tenant_id = :tenant_id AND s.id = m.enrollment_id
      JOIN sequence_versions v ON v.tenant_id = s.tenant_id AND v.id = s.version_id
    RETURNING enrollment_id
""").bindparams(
    bindparam("rows", type_=JSONB), bindparam("gap", type_=JSONB), event=LogEvent.EMAIL_OUTCOME_UNKNOWN.value
)
_NOTE_ACTIONS = text("""
    INSERT INTO sequence_execution_log
           (tenant_id, enrollment_id, sequence_id, lead_id, step_id, event, detail, occurred_at)
    SELECT s.tenant_id, s.id, s.sequence_id, s.lead_id, r.step_id, CAST(:event AS text),
           jsonb_build_object('cause', 'restored', 'visit', r.visit, 'gap', CAST(:gap AS jsonb)),
           clock_timestamp() + s.clock_offset
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) r(enrollment_id uuid, step_id uuid, visit integer)
      JOIN lead_sequence_state s ON s.tenant_id = :tenant_id AND s.id = r.enrollment_id
     WHERE NOT EXISTS (
           SELECT FROM sequence_execution_log g
            WHERE g.tenant_id = :tenant_id AND g.enrollment_id = r.enrollment_id AND g.step_id = r.step_id
              AND g.event = CAST(:event AS text) AND g.detail->>'visit' = CAST(r.visit AS text))
""").bindparams(
    bindparam("rows", type_=JSONB), bindparam("gap", type_=JSONB), event=LogEvent.ACTION_OUTCOME_UNKNOWN.value
)
_NOTED_ACTION = text("""
    SELECT detail FROM sequence_execution_log
     WHERE tenant_id = :tenant_id AND enrollment_id = :enrollment_id AND step_id = :step_id
       AND event = :event AND detail->>'visit' = CAST(CAST(:visit AS integer) AS text)
     ORDER BY id DESC LIMIT 1
""").bindparams(event=LogEvent.ACTION_OUTCOME_UNKNOWN.value)
# Temporal's data may be older or newer than the backup, or empty. The raised revision is one that no workflow can have
# seen, so the row in Postgres has precedence. The command starts a workflow that is missing.
_TELL = text("""
    WITH told AS (
        UPDATE lead_sequence_state SET revision = revision + CAST(:ahead AS bigint)
         WHERE tenant_id = :tenant_id AND id = ANY (CAST(:ids AS uuid[]))
        RETURNING id)
    INSERT INTO outbox (tenant_id, enrollment_id, command)
    SELECT CAST(:tenant_id AS uuid), t.id, 'plan_changed' FROM told t
     WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.tenant_id = :tenant_id AND o.enrollment_id = t.id)
     ORDER BY t.id
""")
_REMEMBER = text("""
    UPDATE batches SET cursor = cursor || jsonb_build_object('gap', CAST(:gap AS jsonb))
     WHERE tenant_id = :tenant_id AND kind = :kind AND status IN ('accepted', 'running') AND created_at <= :stopped_at
""").bindparams(bindparam("gap", type_=JSONB))

REVISIONS_AHEAD = 1_000_000
"""More transitions than any enrollment makes between a backup and the end of its installation."""


class InCopy(BaseModel):
    """An enrollment that has not ended, as in the restored database."""

    id: UUID
    version_id: UUID
    status: EnrollmentStatus
    current_step_id: UUID
    next_action_at: datetime | None
    hold_until: datetime | None
    clock_offset: timedelta
    visits: dict[str, int]
    done: list[UUID]
    enrolled_at: datetime
    lead_zone: str
    mailbox_id: UUID | None


async def enrollments_after(session: WriteSession, after: UUID, limit: int, stopped_at: datetime) -> list[InCopy]:
    """Returns the next ones in the order of their IDs, locked."""
    key = {"tenant_id": session.tenant_id, "after": after, "limit": limit, "stopped_at": stopped_at}
    return [InCopy.model_validate(row) for row in (await session.execute(_IN_COPY, key)).mappings()]


async def enrollments_named(session: WriteSession, ids: Sequence[UUID]) -> list[InCopy]:
    key = {"tenant_id": session.tenant_id, "ids": list(ids)}
    return [InCopy.model_validate(row) for row in (await session.execute(_NAMED, key)).mappings()]


async def plans(session: ReadSession, ids: Collection[UUID]) -> list[tuple[UUID, dict[str, Any]]]:
    """Returns the stored plans of these versions, by ID."""
    rows = await session.execute(_PLANS, {"tenant_id": session.tenant_id, "ids": list(ids)})
    return [(row.id, row.plan) for row in rows]


async def mailbox_addresses(session: ReadSession) -> dict[UUID, str]:
    rows = await session.execute(_MAILBOXES, {"tenant_id": session.tenant_id})
    return {row.id: row.email for row in rows}


async def mark_unknown(session: WriteSession, rows: Sequence[Mapping[str, Any]], gap: Mapping[str, str]) -> list[UUID]:
    """Writes messages with an unknown outcome, and the reason, unless the ledger already has a definite status. Returns
    the enrollment of each message that was written."""
    if not rows:
        return []
    key = {"tenant_id": session.tenant_id, "rows": [dict(row) for row in rows], "gap": dict(gap)}
    return list((await session.execute(_MARK, key)).scalars())


async def note_actions(session: WriteSession, rows: Sequence[Mapping[str, Any]], gap: Mapping[str, str]) -> None:
    """Logs that these visits to actions may have happened before."""
    if rows:
        key = {"tenant_id": session.tenant_id, "rows": [dict(row) for row in rows], "gap": dict(gap)}
        await session.execute(_NOTE_ACTIONS, key)


async def noted_action(session: ReadSession, enrollment_id: UUID, step_id: UUID, visit: int) -> dict[str, Any] | None:
    """Returns the detail that was logged for this visit, or None."""
    key = {"tenant_id": session.tenant_id, "enrollment_id": enrollment_id, "step_id": step_id, "visit": visit}
    return (await session.execute(_NOTED_ACTION, key)).scalar_one_or_none()


async def tell_workflows(session: WriteSession, ids: Sequence[UUID]) -> None:
    """Queues a command so that Temporal receives the present directive of these enrollments, whatever its own data
    says."""
    key = {"tenant_id": session.tenant_id, "ids": list(ids), "ahead": REVISIONS_AHEAD}
    await session.execute(_TELL, key)


async def remember_gap(session: WriteSession, kind: str, gap: Mapping[str, str], *, stopped_at: datetime) -> None:
    """Records the gap in the cursors of the open batches of this kind."""
    key = {"tenant_id": session.tenant_id, "kind": kind, "gap": dict(gap), "stopped_at": stopped_at}
    await session.execute(_REMEMBER, key)
