"""The execution log of a sequence: every action on its leads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.queries.enrollments import execution_log as queries
from db.queries.enrollments.execution_log import Execution, LogFilter
from db.queries.sequences.sequences import find_sequence
from db.session import ReadSession
from domain.errors import FieldError, Invalid
from services.not_found import no_sequence
from services.paging import InvalidCursor, Page, PageRequest, cut, decode_cursor, read_moment

MAX_ID = 2**63


@dataclass(frozen=True, slots=True)
class ExecutionQuery:
    """Filters; None means all. `since` is inclusive, `until` exclusive."""

    event: str | None = None
    lead_id: UUID | None = None
    enrollment_id: UUID | None = None
    step: str | None = None
    """A step's key or ID."""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Executions:
    """A page of the log, and the keys of the sequence's steps."""

    page: Page[Execution]
    step_keys: Mapping[UUID, str]


async def list_executions(
    session: ReadSession, sequence_id: UUID, asked: ExecutionQuery, page: PageRequest
) -> Executions:
    """The newest first. Raises NotFound, InvalidCursor, and Invalid for a step that the sequence never had."""
    if await find_sequence(session, sequence_id) is None:
        raise no_sequence(sequence_id)
    wanted = LogFilter(
        event=asked.event,
        lead_id=asked.lead_id,
        enrollment_id=asked.enrollment_id,
        step_ids=await _step_ids(session, sequence_id, asked.step),
        since=asked.since,
        until=asked.until,
    )
    after = None if page.cursor is None else decode_cursor(page.cursor, _read_cursor)
    rows = await queries.executions(session, sequence_id, wanted, after, page.limit)
    shown = cut(rows, page.limit, lambda row: ["executions", row.at.isoformat(), row.id])
    return Executions(shown, await queries.step_keys(session, sequence_id))


async def _step_ids(session: ReadSession, sequence_id: UUID, step: str | None) -> list[UUID] | None:
    if step is None:
        return None
    found = await queries.steps_named(session, sequence_id, step)
    if not found:
        detail = "no step of this sequence has this key or ID"
        raise Invalid(detail, errors=[FieldError("step", "unknown_step", detail)])
    return list(found)


def _read_cursor(parts: list[Any]) -> tuple[datetime, int]:
    name, at, row_id = parts
    if name != "executions" or not isinstance(row_id, int) or not 0 <= row_id < MAX_ID:
        raise InvalidCursor
    return read_moment(at), row_id
