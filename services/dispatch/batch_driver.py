"""Carries a tenant's open batches forward, chunk by chunk. Any process may do it; a lease keeps others away.

A chunk is one transaction: it is done completely or not at all. So a driver may die at any moment. Its lease runs out,
and the next driver continues after the last committed chunk.
"""

import asyncio
import logging
from collections.abc import Callable
from uuid import UUID, uuid4

from db.calls.outbox import BatchesToDrive
from db.queries import batches as queries
from db.session import Database
from domain.errors import DomainError
from services.batches.kind import BatchKind, Chunk, Then
from services.batches.running import CHUNK, advance, fail
from services.dispatch.fair_slots import FairSlots

log = logging.getLogger(__name__)

CHUNKS_AT_ONCE = 2
"""Over all tenants, which take turns. Chunks load Postgres, and every step needs Postgres."""
BACKLOG = 1_000
"""A paced batch continues when fewer outbox rows than this wait for Temporal."""
PATIENCE_SECONDS = 5.0
"""How long it waits for that at most. While Temporal is down, leads are still enrolled, but slowly."""
POLL_SECONDS = 0.1


class BatchDriver:
    def __init__(self, database: Database, after_chunk: Callable[[UUID], None], *, chunk: int = CHUNK) -> None:
        """`after_chunk` is called with the tenant's ID after each committed chunk, because outbox rows now wait."""
        self._id = uuid4()
        self._database = database
        self._after_chunk = after_chunk
        self._chunk = chunk
        self._slots = FairSlots(CHUNKS_AT_ONCE)

    async def drive(self, tenant_id: UUID, *, within_seconds: float) -> None:
        """Works on every open batch of the tenant in turn, until all are done or blocked, or the time is up.

        Raises the errors of Postgres.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        left: set[UUID] = set()
        going_on = await self._open(tenant_id)
        while going_on and loop.time() < deadline:
            chunks = [await self._advance(tenant_id, batch_id) for batch_id in going_on]
            if any(kind.paced for kind, chunk in filter(None, chunks) if chunk.then is Then.MORE):
                await self._until_told(tenant_id)
            # A blocked batch, or one that another driver has leased, is left to the next pass. The list is read again,
            # since new batches may have begun.
            left |= {one for one, done in zip(going_on, chunks, strict=True) if done is None or _waits(done[1])}
            going_on = [one for one in await self._open(tenant_id) if one not in left]

    async def _open(self, tenant_id: UUID) -> list[UUID]:
        return await BatchesToDrive(tenant_id=tenant_id, driver=self._id).via(self._database.calls)

    async def _advance(self, tenant_id: UUID, batch_id: UUID) -> tuple[BatchKind, Chunk] | None:
        async with self._slots.slot(tenant_id):
            try:
                async with self._database.write(tenant_id) as session:
                    done = await advance(session, batch_id, driver=self._id, limit=self._chunk)
            except DomainError as refusal:
                log.warning("batch %s of tenant %s has failed: %s", batch_id, tenant_id, refusal.code)
                async with self._database.write(tenant_id) as session:
                    await fail(session, batch_id, f"{refusal.code}: {refusal.detail}")
                return None
        self._after_chunk(tenant_id)
        return done

    async def _until_told(self, tenant_id: UUID) -> None:
        loop = asyncio.get_running_loop()
        patience = loop.time() + PATIENCE_SECONDS
        while loop.time() < patience:
            async with self._database.read(tenant_id) as session:
                if await queries.backlog(session, BACKLOG) < BACKLOG:
                    return
            await asyncio.sleep(POLL_SECONDS)


def _waits(chunk: Chunk) -> bool:
    return chunk.then is Then.WAITING
