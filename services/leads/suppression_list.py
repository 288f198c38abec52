"""Imports and exports a whole suppression list."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO
from uuid import UUID

from db.calls.steering import stop_newly_suppressed
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
"""At most this many rejected rows are listed. The count covers all."""
REASON = "imported"
COLUMNS = ("kind", "value", "reason", "created_at")


@dataclass(slots=True)
class ListTaken:
    """`known`: entries that were suppressed already or occur twice in the file. `stopped`: the enrollments that the
    import ended."""

    suppressed: int = 0
    known: int = 0
    stopped: int = 0
    rejected_count: int = 0
    rejected: list[RejectedEntry] = field(default_factory=list[RejectedEntry])


async def import_suppressions(session: WriteSession, file: BinaryIO) -> ListTaken:
    """Suppresses every entry of the list and stops every live enrollment of the leads concerned, in one transaction.
    Importing a list again changes nothing. Raises Invalid when the file is not text."""
    taken = ListTaken()
    entries = await asyncio.to_thread(read_suppressions, file, REASON)
    await queries.take_list_turn(session)
    # Parsing uses the CPU. In a thread it does not block other requests.
    while batch := await asyncio.to_thread(_next_batch, entries):
        rejected = [one for one in batch if isinstance(one, RejectedEntry)]
        taken.rejected_count += len(rejected)
        taken.rejected += rejected[: MAX_LISTED - len(taken.rejected)]
        listed = [one for one in batch if isinstance(one, ListedSuppression)]
        by_value = {(one.kind, one.value): one.reason for one in reversed(listed)}
        new = await queries.insert_suppressions(session, [(*key, reason) for key, reason in by_value.items()])
        taken.suppressed += new
        taken.known += len(listed) - new
    # One statement after all entries are stored: it locks enrollments in the order of their IDs.
    taken.stopped = await stop_newly_suppressed(session)
    await audited(session, "suppressions.imported", suppressed=taken.suppressed, rejected=taken.rejected_count)
    return taken


def _next_batch(entries: Iterator[Entry]) -> list[Entry]:
    return list(islice(entries, BATCH))


async def export_suppressions(
    database: Database, tenant_id: UUID, kind: SuppressionKind | None
) -> AsyncIterator[bytes]:
    """The list as CSV, ordered by value, read a thousand rows at a time. `import_suppressions` can read it. Changes
    during the export may or may not be in it."""
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
