"""The progress of batches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from db.models import Batch, BatchSkip
from db.queries import batches as queries
from db.session import ReadSession
from domain.errors import NotFound
from domain.mailboxes.forecast import Forecast
from services.batches.registry import KINDS
from services.enrollments.forecast import forecast_batch
from services.paging import InvalidCursor, Page, PageRequest, after_of, cut, decode_cursor, newest_first

FINAL = ("done", "superseded", "failed")


@dataclass(frozen=True, slots=True)
class Progress:
    """`untold`: how many accepted leads wait in the outbox for Temporal."""

    row: Batch
    untold: int
    forecast: Forecast | None = None
    """When the enrolled leads will have been sent their first email. Only in the answer for a single batch."""

    @property
    def started(self) -> int:
        return self.row.accepted - self.untold

    @property
    def done(self) -> bool:
        """Whether the batch has ended and nothing of it waits in the outbox."""
        return self.row.status in FINAL and not self.untold

    @property
    def share(self) -> float:
        """The share of leads that were skipped or delivered to Temporal, from 0 to 1."""
        if not self.row.total:
            return float(self.row.status in FINAL)
        return (self.row.processed - self.untold) / self.row.total


async def progress_of(session: ReadSession, batch: Batch) -> Progress:
    progress = (await _looked_at(session, [batch]))[0]
    return replace(progress, forecast=await forecast_batch(session, batch))


async def get_batch(session: ReadSession, batch_id: UUID) -> Progress:
    """Raises NotFound."""
    return await progress_of(session, await _found(session, batch_id))


async def list_batches(session: ReadSession, page: PageRequest, sequence_id: UUID | None = None) -> Page[Progress]:
    """The newest first, of one sequence if it is given. Raises InvalidCursor."""
    rows = await queries.list_batches(session, sequence_id, after_of(page), page.limit)
    found = newest_first(rows, page.limit)
    return Page(await _looked_at(session, found.items), found.next_cursor)


async def list_skipped(session: ReadSession, batch_id: UUID, page: PageRequest) -> Page[BatchSkip]:
    """In the order in which they were skipped. Raises NotFound, InvalidCursor."""
    await _found(session, batch_id)
    after = 0 if page.cursor is None else decode_cursor(page.cursor, _read_cursor)
    rows = await queries.list_skips(session, batch_id, after, page.limit)
    return cut(rows, page.limit, lambda row: ["skipped", row.id])


async def _found(session: ReadSession, batch_id: UUID) -> Batch:
    batch = await queries.find_batch(session, batch_id)
    if batch is None:
        raise NotFound(f"there is no batch {batch_id}")
    return batch


async def _looked_at(session: ReadSession, rows: Sequence[Batch]) -> list[Progress]:
    untold = await queries.count_untold(session, {row.id: KINDS[row.kind].command for row in rows})
    # More rows may wait than leads: a lead may have a second row.
    return [Progress(row, min(untold.get(row.id, 0), row.accepted)) for row in rows]


def _read_cursor(parts: list[Any]) -> int:
    name, row_id = parts
    if name != "skipped" or not isinstance(row_id, int) or not 0 <= row_id < 2**63:
        raise InvalidCursor
    return row_id
