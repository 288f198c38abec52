"""The enrollments of a lead, and its timeline."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from db.queries.enrollments import overview as queries
from db.queries.enrollments.overview import EnrollmentState, Happened
from db.session import ReadSession
from domain.enrollments.status import EnrollmentStatus
from domain.errors import NotFound
from services.leads.leads import get_lead
from services.paging import InvalidCursor, Page, PageRequest, after_of, cut, decode_cursor, newest_first, read_moment


async def sequence_state(session: ReadSession, lead_id: UUID) -> Sequence[EnrollmentState]:
    """Every enrollment of the lead, the newest first. Raises NotFound."""
    await get_lead(session, lead_id)
    return await queries.enrollment_states(session, lead_id)


async def get_enrollment(session: ReadSession, enrollment_id: UUID) -> EnrollmentState:
    """Raises NotFound."""
    state = await queries.find_enrollment(session, enrollment_id)
    if state is None:
        raise NotFound(f"no enrollment {enrollment_id}")
    return state


async def list_enrollments(
    session: ReadSession,
    page: PageRequest,
    *,
    sequence_id: UUID | None = None,
    lead_id: UUID | None = None,
    status: EnrollmentStatus | None = None,
) -> Page[EnrollmentState]:
    """The newest first. Raises InvalidCursor."""
    filters = {"sequence_id": sequence_id, "lead_id": lead_id, "status": status}
    rows = await queries.list_enrollments(session, filters, after_of(page), page.limit)
    return newest_first(rows, page.limit)


async def timeline(
    session: ReadSession, lead_id: UUID, page: PageRequest, *, newest_first: bool = False
) -> Page[Happened]:
    """What was done to the lead and what the lead did, oldest first unless `newest_first`. Raises NotFound,
    InvalidCursor."""
    await get_lead(session, lead_id)
    after = None if page.cursor is None else decode_cursor(page.cursor, _read_cursor)
    rows = await queries.timeline(session, lead_id, after, page.limit, newest_first=newest_first)
    return cut(rows, page.limit, lambda row: ["timeline", row.at.isoformat(), row.kind, row.id])


def _read_cursor(parts: list[Any]) -> tuple[datetime, str, int]:
    name, at, kind, row_id = parts
    if (
        name != "timeline"
        or kind not in ("log", "engagement")
        or not isinstance(row_id, int)
        or not 0 <= row_id < 2**63
    ):
        raise InvalidCursor
    return read_moment(at), kind, row_id
