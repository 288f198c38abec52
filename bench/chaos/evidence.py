"""Everything that a run is judged by: the sink's journal, Postgres, Temporal, the lives of the processes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bench.chaos.fates import Role
from bench.chaos.processes import ChaosProcesses, ProcessLife
from bench.chaos.smtp_sink import SinkEvent


@dataclass(frozen=True, slots=True)
class EnrollmentRecord:
    email: str
    status: str
    reason: str | None
    lead_status: str
    error: str | None = None
    stopped_at: float | None = None
    let_go: frozenset[str] = frozenset()
    """Message-IDs that were handed over or being handed over when the enrollment was stopped."""


@dataclass(frozen=True, slots=True)
class MessageNote:
    """A change of a message as recorded by the database: its new status, `unknown, skip` or `unknown, resend`."""

    at: float
    what: str
    port: int


@dataclass(frozen=True, slots=True)
class MessageRecord:
    message_id: str
    to: str
    email: str
    """The key of its step. A message that was only reserved has no subject yet."""
    status: str
    notes: tuple[MessageNote, ...] = ()


@dataclass(frozen=True)
class Evidence:
    roles: Sequence[Role]
    enrollments: Mapping[str, EnrollmentRecord]
    """By the lead's email address."""
    messages: Sequence[MessageRecord]
    journal: Sequence[SinkEvent]
    lives: Sequence[ProcessLife]
    answered: Mapping[str, float]
    """By email address: when the API had answered the lead's action, in Unix seconds."""
    open_workflows: int = 0
    answers: Mapping[str, int] = field(default_factory=dict[str, int])
    """Status codes and connection errors of the clients."""
    resumed: int = 0


_ENROLLMENTS = text("""
    SELECT l.email, s.status, s.stop_reason, l.status AS lead_status, s.error, g.at, g.message_ids
      FROM lead_sequence_state s
      JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
      LEFT JOIN chaos_let_go g ON g.enrollment_id = s.id
     WHERE s.tenant_id = :tenant_id AND s.sequence_id = :sequence_id
""")
_MESSAGES = text("""
    SELECT m.rfc_message_id, l.email, step.key, m.status,
           coalesce((SELECT jsonb_agg(jsonb_build_array(extract(epoch FROM n.at), n.what, n.port) ORDER BY n.at)
                       FROM chaos_notes n WHERE n.message_id = m.id), '[]') AS notes
      FROM messages m
      JOIN leads l ON l.tenant_id = m.tenant_id AND l.id = m.lead_id
      JOIN sequence_steps step ON step.tenant_id = m.tenant_id AND step.id = m.step_id
     WHERE m.tenant_id = :tenant_id AND m.sequence_id = :sequence_id
""")


async def gather_evidence(
    processes: ChaosProcesses,
    sequence_id: UUID,
    roles: Sequence[Role],
    journal: Sequence[SinkEvent],
    answered: Mapping[str, float],
    **more: Any,
) -> Evidence:
    key = {"tenant_id": processes.servers.tenant_id, "sequence_id": sequence_id}
    async with processes.database.read(processes.servers.tenant_id) as session:
        enrollments = [_enrollment(row) for row in await session.execute(_ENROLLMENTS, key)]
        messages = [_message(row) for row in await session.execute(_MESSAGES, key)]
    return Evidence(
        roles, {one.email: one for one in enrollments}, messages, journal, processes.lives, answered, **more
    )


def _enrollment(row: Any) -> EnrollmentRecord:
    stopped_at = row.at.timestamp() if row.at else None
    let_go = frozenset(row.message_ids or ())
    return EnrollmentRecord(row.email, row.status, row.stop_reason, row.lead_status, row.error, stopped_at, let_go)


def _message(row: Any) -> MessageRecord:
    notes = tuple(MessageNote(float(at), what, int(port or 0)) for at, what, port in row.notes)
    return MessageRecord(row.rfc_message_id, row.email, row.key, row.status, notes)
