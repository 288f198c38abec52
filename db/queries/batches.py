"""Batches, and the leads that they skipped."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update

from db.models import Batch, BatchSkip
from db.queries.paging import After, newest_page
from db.session import ReadSession, WriteSession

OPEN = ("accepted", "running")

# The sequence is locked before the batch. A change of the sequence's status locks in the same order.
_HOLD_SEQUENCE = text("""
    SELECT q.status FROM sequences q
     WHERE q.tenant_id = :tenant_id
       AND q.id = (SELECT b.sequence_id FROM batches b WHERE b.tenant_id = :tenant_id AND b.id = :batch_id)
       FOR SHARE
""")
_CLAIM = text("""
    UPDATE batches SET leased_by = :driver, leased_until = clock_timestamp() + :lease
     WHERE tenant_id = :tenant_id AND id IN (
           SELECT id FROM batches
            WHERE tenant_id = :tenant_id AND id = :batch_id AND status IN ('accepted', 'running')
              AND (leased_until IS NULL OR leased_until < clock_timestamp() OR leased_by = :driver)
              FOR UPDATE SKIP LOCKED)
    RETURNING id
""")
_SEQUENCE_STATUS = text("SELECT status FROM sequences WHERE tenant_id = :tenant_id AND id = :sequence_id")
# Commands of a batch that Temporal has not received yet. The query starts from the outbox, which is short.
_UNTOLD = text("""
    SELECT b.id, count(*) AS untold
      FROM outbox o
      JOIN lead_sequence_state s ON s.tenant_id = :tenant_id AND s.id = o.enrollment_id
      JOIN unnest(CAST(:batch_ids AS uuid[]), CAST(:commands AS text[])) asked(id, command)
        ON asked.command = o.command
      JOIN batches b ON b.tenant_id = :tenant_id AND b.id = asked.id
     WHERE o.tenant_id = :tenant_id
       AND CASE WHEN o.command = 'start' THEN s.batch_id = b.id
                ELSE s.sequence_id = b.sequence_id AND o.created_at >= b.created_at
                     AND (b.finished_at IS NULL OR o.created_at <= b.finished_at) END
     GROUP BY b.id
""")
_BACKLOG = text("SELECT count(*) FROM (SELECT FROM outbox WHERE tenant_id = :tenant_id LIMIT :at_most) waiting")


async def claim(session: WriteSession, batch_id: UUID, driver: UUID, lease: timedelta) -> Batch | None:
    """Locks the batch, takes its lease, and locks its sequence FOR SHARE. Returns None when the batch has ended or
    another driver holds it."""
    key = {"tenant_id": session.tenant_id, "batch_id": batch_id}
    await session.execute(_HOLD_SEQUENCE, key)
    if await session.scalar(_CLAIM, {**key, "driver": driver, "lease": lease}) is None:
        return None
    return await find_batch(session, batch_id)


async def sequence_status(session: ReadSession, sequence_id: UUID) -> str:
    key = {"tenant_id": session.tenant_id, "sequence_id": sequence_id}
    return str((await session.execute(_SEQUENCE_STATUS, key)).scalar_one())


async def insert_batch(session: WriteSession, values: Mapping[str, Any]) -> Batch:
    statement = insert(Batch).values(tenant_id=session.tenant_id, **values).returning(Batch)
    return (await session.scalars(statement)).one()


async def update_batch(session: WriteSession, batch_id: UUID, values: Mapping[str, Any]) -> None:
    await session.execute(
        update(Batch)
        .where(Batch.tenant_id == session.tenant_id, Batch.id == batch_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def supersede(
    session: WriteSession, kinds: Sequence[str], *, sequence_id: UUID | None = None, campaign_id: UUID | None = None
) -> None:
    """Ends the open batches of these kinds of a sequence, or of a campaign, because a later command replaces them."""
    of_what = Batch.sequence_id == sequence_id if campaign_id is None else Batch.campaign_id == campaign_id
    await session.execute(
        update(Batch)
        .where(Batch.tenant_id == session.tenant_id, of_what, Batch.kind.in_(kinds), Batch.status.in_(OPEN))
        .values(status="superseded", finished_at=func.now(), leased_by=None, leased_until=None)
        .execution_options(synchronize_session=False)
    )


async def insert_skips(session: WriteSession, batch_id: UUID, skips: Sequence[Mapping[str, Any]]) -> None:
    """`skips` has `lead_id`, `code`, `detail` and `until` of each lead."""
    if skips:
        rows = [{"tenant_id": session.tenant_id, "batch_id": batch_id, **skip} for skip in skips]
        await session.execute(insert(BatchSkip), rows)


async def find_batch(session: ReadSession, batch_id: UUID) -> Batch | None:
    statement = select(Batch).where(Batch.tenant_id == session.tenant_id, Batch.id == batch_id)
    return (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()


async def list_batches(
    session: ReadSession, sequence_id: UUID | None, after: After | None, limit: int
) -> Sequence[Batch]:
    statement = select(Batch).where(Batch.tenant_id == session.tenant_id)
    if sequence_id is not None:
        statement = statement.where(Batch.sequence_id == sequence_id)
    page = newest_page(statement, Batch.created_at, Batch.id, after, limit)
    return (await session.scalars(page)).all()


async def list_skips(session: ReadSession, batch_id: UUID, after: int, limit: int) -> Sequence[BatchSkip]:
    """Returns up to `limit + 1` rows after `after`, in the order in which the leads were skipped."""
    statement = (
        select(BatchSkip)
        .where(BatchSkip.tenant_id == session.tenant_id, BatchSkip.batch_id == batch_id, BatchSkip.id > after)
        .order_by(BatchSkip.id)
        .limit(limit + 1)
    )
    return (await session.scalars(statement)).all()


async def count_untold(session: ReadSession, commands: Mapping[UUID, str]) -> dict[UUID, int]:
    """Returns, by batch, how many of its enrollments have a command in the outbox. `commands`: the batch's command."""
    parameters = {
        "tenant_id": session.tenant_id,
        "batch_ids": list(commands.keys()),
        "commands": list(commands.values()),
    }
    return {row.id: row.untold for row in await session.execute(_UNTOLD, parameters)}


async def open_batches(session: ReadSession, sequence_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Returns the newest open batch of each sequence."""
    statement = (
        select(Batch.sequence_id, Batch.id)
        .where(Batch.tenant_id == session.tenant_id, Batch.sequence_id.in_(sequence_ids), Batch.status.in_(OPEN))
        .order_by(Batch.created_at)
    )
    return {row[0]: row[1] for row in (await session.execute(statement)).all()}


async def backlog(session: ReadSession, at_most: int) -> int:
    """Returns the number of commands in the outbox. Counting stops at `at_most`."""
    key = {"tenant_id": session.tenant_id, "at_most": at_most}
    return int((await session.execute(_BACKLOG, key)).scalar_one())
