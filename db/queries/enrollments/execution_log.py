"""Reads the execution log of a sequence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select, text, tuple_

from db.models import Lead, LogEntry
from db.session import ReadSession

_STEPS = text("""
    SELECT id FROM sequence_steps
     WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id AND (key = :step OR id::text = lower(:step))
""")
_KEYS = text("SELECT id, key FROM sequence_steps WHERE tenant_id = :tenant_id AND sequence_id = :sequence_id")


@dataclass(frozen=True, slots=True)
class LogFilter:
    """A field of None does not filter. `since` is inclusive, `until` is exclusive."""

    event: str | None = None
    lead_id: UUID | None = None
    enrollment_id: UUID | None = None
    step_ids: Sequence[UUID] | None = None
    since: datetime | None = None
    until: datetime | None = None


class Execution(NamedTuple):
    id: int
    at: datetime
    event: str
    step_id: UUID | None
    enrollment_id: UUID
    lead_id: UUID
    detail: dict[str, Any]
    lead_email: str


async def executions(
    session: ReadSession, sequence_id: UUID, wanted: LogFilter, after: tuple[datetime, int] | None, limit: int
) -> Sequence[Execution]:
    """Returns up to `limit + 1` rows of the sequence after `after`, newest first."""
    row = LogEntry
    columns = (row.id, row.occurred_at, row.event, row.step_id, row.enrollment_id, row.lead_id, row.detail, Lead.email)
    statement = (
        select(*columns)
        .join(Lead, (Lead.tenant_id == row.tenant_id) & (Lead.id == row.lead_id))
        .where(row.tenant_id == session.tenant_id, row.sequence_id == sequence_id, *_conditions(wanted))
        .order_by(row.occurred_at.desc(), row.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        # With the first condition alone, Postgres can skip the partitions of later months.
        statement = statement.where(row.occurred_at <= after[0], tuple_(row.occurred_at, row.id) < after)
    return [Execution(*found) for found in await session.execute(statement)]


def _conditions(wanted: LogFilter) -> list[ColumnElement[bool]]:
    row = LogEntry
    exact = ((row.event, wanted.event), (row.lead_id, wanted.lead_id), (row.enrollment_id, wanted.enrollment_id))
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact if value is not None]
    if wanted.step_ids is not None:
        conditions.append(row.step_id.in_(wanted.step_ids))
    if wanted.since is not None:
        conditions.append(row.occurred_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(row.occurred_at < wanted.until)
    return conditions


async def steps_named(session: ReadSession, sequence_id: UUID, step: str) -> Sequence[UUID]:
    """Returns the steps with this key or ID. A key that was removed and used again belongs to several steps."""
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id, "step": step}
    return (await session.scalars(_STEPS, key)).all()


async def step_keys(session: ReadSession, sequence_id: UUID) -> dict[UUID, str]:
    found = await session.execute(_KEYS, {"tenant_id": session.tenant_id, "sequence_id": sequence_id})
    return {row.id: row.key for row in found}
