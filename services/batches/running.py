"""Begins a batch, and carries one forward by a chunk.

Both run in the caller's transaction: what a chunk did and where the next one begins are committed together.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from db.models import Batch
from db.queries import batches as queries
from db.session import WriteSession
from services.batches.kind import BatchKind, Chunk, Then
from services.batches.registry import KINDS
from services.enrollments.enrolling import Skipped

FIRST_CHUNK = 1_000
"""How many leads are handled before the request is answered. A small batch is complete by then."""
CHUNK = 1_000
LEASE = timedelta(seconds=30)

_STATUS = {
    Then.MORE: "running",
    Then.WAITING: "running",
    Then.FINISHED: "done",
    Then.SUPERSEDED: "superseded",
}


async def begin(
    session: WriteSession,
    kind: str,
    *,
    sequence_id: UUID,
    campaign_id: UUID | None = None,
    first_chunk: int = FIRST_CHUNK,
) -> Batch:
    """Creates a batch and handles its first chunk. The dispatcher handles the rest, once it is kicked after the commit.

    The caller has locked the sequence. Raises what the kind's `chunk` raises.
    """
    values = {"kind": kind, "sequence_id": sequence_id, "campaign_id": campaign_id}
    batch = await queries.insert_batch(session, values)
    await queries.update_batch(session, batch.id, {"total": await KINDS[kind].count(session, batch)})
    batch = await _found(session, batch.id)
    await _save(session, batch, await KINDS[kind].chunk(session, batch, first_chunk))
    return await _found(session, batch.id)


async def advance(
    session: WriteSession, batch_id: UUID, *, driver: UUID, limit: int = CHUNK
) -> tuple[BatchKind, Chunk] | None:
    """Handles one more chunk. None when the batch has ended or another driver has its lease. Raises what the kind's
    `chunk` raises."""
    batch = await queries.claim(session, batch_id, driver, LEASE)
    if batch is None:
        return None
    kind = KINDS[batch.kind]
    chunk = await kind.chunk(session, batch, limit)
    await _save(session, batch, chunk)
    return kind, chunk


async def fail(session: WriteSession, batch_id: UUID, why: str) -> None:
    """Ends the batch as failed. What it has done stays."""
    values = {"status": "failed", "error": why, "finished_at": datetime.now(UTC), **_RELEASED}
    await queries.update_batch(session, batch_id, values)


async def record_done(
    session: WriteSession,
    batch_id: UUID,
    kind: str,
    *,
    sequence_id: UUID,
    campaign_id: UUID | None,
    accepted: int,
    skipped: Sequence[Skipped],
) -> None:
    """Records a batch that was completed within this transaction."""
    values = {"id": batch_id, "kind": kind, "sequence_id": sequence_id, "campaign_id": campaign_id}
    batch = await queries.insert_batch(session, values)
    await _save(session, batch, Chunk(Then.FINISHED, accepted + len(skipped), accepted, skipped))


_RELEASED: dict[str, Any] = {"leased_by": None, "leased_until": None}


async def _save(session: WriteSession, batch: Batch, chunk: Chunk) -> None:
    now, processed = datetime.now(UTC), batch.processed + chunk.processed
    over = chunk.then in (Then.FINISHED, Then.SUPERSEDED)
    values: dict[str, Any] = {
        "status": _STATUS[chunk.then],
        "processed": processed,
        # Leads may have been added and removed since the count.
        "total": processed if chunk.then is Then.FINISHED else max(batch.total, processed),
        "accepted": batch.accepted + chunk.accepted,
        "skipped": _counted(batch.skipped, chunk.skipped),
        "cursor": dict(chunk.cursor),
        "error": chunk.why,
        "started_at": batch.started_at or now,
    }
    if over:
        values["finished_at"] = now
    if chunk.then is not Then.MORE:
        values |= _RELEASED
    await queries.update_batch(session, batch.id, values)
    await queries.insert_skips(session, batch.id, [asdict(skip) for skip in chunk.skipped])


def _counted(so_far: dict[str, int], skipped: Sequence[Skipped]) -> dict[str, int]:
    return dict(Counter(so_far) + Counter(skip.code for skip in skipped))


async def _found(session: WriteSession, batch_id: UUID) -> Batch:
    batch = await queries.find_batch(session, batch_id)
    assert batch is not None, "it was written in this transaction"
    return batch
