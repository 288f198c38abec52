"""Where a lead stands in its sequences, and its whole story."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from db.queries import states as queries
from db.queries.states import EnrollmentState, Happened
from db.session import ReadSession
from services.leads import get_lead
from services.paging import InvalidCursor, Page, PageRequest, cut, decode_cursor


async def sequence_state(session: ReadSession, lead_id: UUID) -> Sequence[EnrollmentState]:
    """Every enrollment of the lead, the newest first. Raises NotFound."""
    await get_lead(session, lead_id)
    return await queries.enrollment_states(session, lead_id)


async def timeline(session: ReadSession, lead_id: UUID, page: PageRequest) -> Page[Happened]:
    """What was done and what the lead did, in the order of time. Raises NotFound, InvalidCursor."""
    await get_lead(session, lead_id)
    after = None if page.cursor is None else decode_cursor(page.cursor, _read_cursor)
    rows = await queries.timeline(session, lead_id, after, page.limit)
    return cut(rows, page.limit, lambda row: ["timeline", row.at.isoformat(), row.kind, row.id])


def _read_cursor(parts: list[Any]) -> tuple[datetime, str, int]:
    name, at, kind, row_id = parts
    moment = datetime.fromisoformat(at)
    if name != "timeline" or moment.tzinfo is None or not isinstance(row_id, int) or not 0 <= row_id < 2**63:
        raise InvalidCursor
    return moment, str(kind), row_id
