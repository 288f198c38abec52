"""Figures of how sequences perform: counted now, or from the materialized view. Also the refresh of that view, and the
stored winners."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text

from db.session import ReadSession

# An index-only scan that ends at the bound, so that the question whether a sequence is small costs the same for every
# sequence.
_SIZE = text("""
    SELECT count(*) FROM (SELECT 1 FROM lead_sequence_state
                           WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id LIMIT :at_most) counted
""")
_LIVE = text("""
    SELECT *, now() AS as_of FROM sequence_performance_live
     WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id
""")
_KEPT = text("""
    SELECT * FROM tenant_sequence_performance WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id
""")
# For several sequences at once. Postgres skips the parts of the view that only serve its other columns (log, days).
LIVE_REPLIES = text("""
    SELECT sequence_id, emails_sent AS sent, emails_replied AS replied FROM sequence_performance_live
     WHERE tenant_id = :tenant_id AND sequence_id = ANY (CAST(:sequence_ids AS uuid[]))
""")
_KEPT_REPLIES = text("""
    SELECT sequence_id, emails_sent AS sent, emails_replied AS replied FROM tenant_sequence_performance
     WHERE tenant_id = :tenant_id AND sequence_id = ANY (CAST(:sequence_ids AS uuid[]))
""")
# Removed steps come after the present ones.
_STEPS = text("""
    SELECT t.id, t.key, t.name, t.type, t.position, t.removed_at IS NOT NULL AS removed,
           CASE WHEN t.type = 'email' THEN t.config->'variants' END AS variants,
           CASE WHEN t.type = 'email' THEN t.config->'auto_winner' END AS auto_winner,
           w.variant AS winner, w.certainty, w.decided_at
      FROM sequence_steps t
      LEFT JOIN variant_winners w ON w.tenant_id = t.tenant_id AND w.step_id = t.id
     WHERE t.tenant_id = :tenant_id AND t.sequence_id = :sequence_id
     ORDER BY t.position NULLS LAST, t.removed_at, t.id
""")


class StepCounts(BaseModel):
    """`reached`: enrollments that have ever been at the step. `here_now`: those that are at it now."""

    step_id: UUID
    reached: int
    here_now: int


class EmailCounts(BaseModel):
    """Messages of one step and variant (None: the step had no variants). `attempted`: sent, or refused as a bounce."""

    step_id: UUID
    variant: str | None
    sent: int
    attempted: int
    opened: int
    clicked: int
    replied: int
    bounced: int
    unsubscribed: int


class BranchCount(BaseModel):
    """How often a condition took one branch."""

    step_id: UUID
    branch: str | None
    outcome: dict[str, Any] | None
    count: int


class DayCounts(BaseModel):
    """What happened on one UTC day. Each kind of event of an email counts once, on the day of its first occurrence."""

    date: date
    enrolled: int
    sent: int
    opened: int
    clicked: int
    replied: int
    bounced: int
    unsubscribed: int
    completed: int
    stopped: int


class Performance(BaseModel):
    """A row of `sequence_performance`. The definition of the view says what each figure counts."""

    as_of: datetime
    enrolled: int
    pending: int
    active: int
    paused: int
    completed: int
    stopped: int
    failed: int
    stopped_by_reason: dict[str, int]
    emails_sent: int
    emails_attempted: int
    emails_opened: int
    emails_clicked: int
    emails_replied: int
    emails_bounced: int
    emails_unsubscribed: int
    machine_opens: int
    machine_clicks: int
    steps: list[StepCounts]
    emails: list[EmailCounts]
    branches: list[BranchCount]
    daily: list[DayCounts]


@dataclass(frozen=True, slots=True)
class Replies:
    """How many emails of a sequence were sent, and how many of them were replied to."""

    sent: int = 0
    replied: int = 0


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of the draft, or a removed one, with its winner if one was chosen."""

    id: UUID
    key: str
    name: str
    type: str
    position: int | None
    removed: bool
    variants: list[dict[str, Any]] | None
    auto_winner: dict[str, Any] | None
    winner: str | None
    certainty: float | None
    decided_at: datetime | None


async def size(session: ReadSession, sequence_id: UUID, at_most: int) -> int:
    """Returns the number of enrollments of the sequence. Counting stops at `at_most`."""
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id, "at_most": at_most}
    return int(await session.scalar(_SIZE, key) or 0)


async def live_performance(session: ReadSession, sequence_id: UUID) -> Performance | None:
    """Counts from the present rows. The cost grows with the sequence."""
    return await _performance(session, _LIVE, sequence_id)


async def kept_performance(session: ReadSession, sequence_id: UUID) -> Performance | None:
    """Returns the figures as of the last refresh; None for a sequence that is newer than the refresh."""
    return await _performance(session, _KEPT, sequence_id)


async def live_replies(session: ReadSession, sequence_ids: Sequence[UUID]) -> dict[UUID, Replies]:
    """Returns, by sequence, the two figures that a list of sequences shows, counted as in `live_performance`."""
    return await _replies(session, LIVE_REPLIES, sequence_ids)


async def kept_replies(session: ReadSession, sequence_ids: Sequence[UUID]) -> dict[UUID, Replies]:
    """Returns the same by sequence as of the last refresh. Sequences that are newer than the refresh are missing."""
    return await _replies(session, _KEPT_REPLIES, sequence_ids)


async def steps(session: ReadSession, sequence_id: UUID) -> Sequence[StepRow]:
    """Returns the steps in the order of their positions, then the removed ones."""
    rows = await session.execute(_STEPS, {"tenant_id": session.tenant_id, "sequence_id": sequence_id})
    return [StepRow(*row) for row in rows]


async def _replies(session: ReadSession, statement: Any, sequence_ids: Sequence[UUID]) -> dict[UUID, Replies]:
    if not sequence_ids:
        return {}
    key = {"tenant_id": session.tenant_id, "sequence_ids": list(sequence_ids)}
    return {row.sequence_id: Replies(row.sent, row.replied) for row in await session.execute(statement, key)}


async def _performance(session: ReadSession, statement: Any, sequence_id: UUID) -> Performance | None:
    found = await session.execute(statement, {"tenant_id": session.tenant_id, "sequence_id": sequence_id})
    row = found.mappings().one_or_none()
    return None if row is None else Performance.model_validate(dict(row))
