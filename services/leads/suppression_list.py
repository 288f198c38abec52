"""A whole suppression list at once: taken from a file, and given as one."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO
from uuid import UUID

from db.queries.leads import suppressions as queries
from db.session import Database, WriteSession
from services.access.audit import audited
from services.leads.suppression_csv import (
    Entry,
    ListedSuppression,
    RejectedEntry,
    SuppressionKind,
    defused,
    read_suppressions,
)

BATCH = 1_000
MAX_LISTED = 10_000
"""So many refusals are told one by one; the count holds them all."""
REASON = "imported"
COLUMNS = ("kind", "value", "reason", "created_at")


@dataclass(slots=True)
class ListTaken:
    """`known`: those that were suppressed already, or stand in the file twice. `stopped`: enrollments that have ended
    by this."""

    suppressed: int = 0
    known: int = 0
    stopped: int = 0
    rejected_count: int = 0
    rejected: list[RejectedEntry] = field(default_factory=list[RejectedEntry])


async def import_suppressions(session: WriteSession, file: BinaryIO) -> ListTaken:
    """Suppresses everything on the list, and stops every live enrollment of the leads that it is about, all of it or
    nothing. Importing a list again changes nothing. Raises Invalid for what is no text."""
    taken = ListTaken()
    entries = await asyncio.to_thread(read_suppressions, file, REASON)
    await queries.take_list_turn(session)
    # Parsing is work for the processor: in a thread, it does not keep other requests waiting.
    while batch := await asyncio.to_thread(_next_batch, entries):
        rejected = [one for one in batch if isinstance(one, RejectedEntry)]
        taken.rejected_count += len(rejected)
        taken.rejected += rejected[: MAX_LISTED - len(taken.rejected)]
        listed = [one for one in batch if isinstance(one, ListedSuppression)]
        by_value = {(one.kind, one.value): one.reason for one in reversed(listed)}
        new = await queries.insert_suppressions(session, [(*key, reason) for key, reason in by_value.items()])
        taken.suppressed += new
        taken.known += len(listed) - new
    # Once everything is on the list, and in one statement: enrollments are locked in the order of their IDs.
    taken.stopped = await queries.stop_newly_suppressed(session)
    await audited(session, "suppressions.imported", suppressed=taken.suppressed, rejected=taken.rejected_count)
    return taken


def _next_batch(entries: Iterator[Entry]) -> list[Entry]:
    return list(islice(entries, BATCH))


async def export_suppressions(
    database: Database, tenant_id: UUID, kind: SuppressionKind | None
) -> AsyncIterator[bytes]:
    """The list as CSV, in the order of its values, a thousand at a time: what `import_suppressions` takes. What is
    suppressed or let go meanwhile may be in it or not."""
    yield _csv([COLUMNS])
    after: tuple[str, str] | None = None
    while True:
        async with database.read(tenant_id) as session:
            page = await queries.suppressions_after(session, kind, after, BATCH)
        if not page:
            return
        yield _csv([(row.kind, defused(row.value), defused(row.reason), row.created_at.isoformat()) for row in page])
        after = (page[-1].kind, page[-1].value)


def _csv(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
