"""Development only: moves the clock of enrollments, so that three weeks can be watched in seconds.

Temporal moves the workflow's own clock. The enrollment's `clock_offset` says how far it runs ahead, so that outside
events (a reply, a pause) get their time from the same clock.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from db.queries.enrollments import clocks
from db.session import Database
from domain.errors import NotFound
from services.dispatch.dispatcher import Dispatcher
from workflows.gateway import Gateway

AT_ONCE = 32
# How long the start of many leads that were enrolled a moment ago may take.
START_SECONDS = 60.0
# How long the work that came due may take before the answer is given anyway.
SETTLE_SECONDS = 30.0
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Moved:
    enrollment_id: UUID
    now: datetime
    """The enrollment's clock after the move, UTC."""


async def fast_forward(
    database: Database,
    gateway: Gateway,
    dispatcher: Dispatcher,
    tenant_id: UUID,
    by: timedelta,
    enrollment_id: UUID | None = None,
) -> list[Moved]:
    """Moves the clock of one enrollment, or of every live one of the tenant, and waits until the work that came due is
    done.

    Raises NotFound for an enrollment that does not exist.
    """
    async with database.read(tenant_id) as session:
        rows = await clocks.enrollments_to_move(session, enrollment_id)
    if enrollment_id is not None and not rows:
        raise NotFound(f"no enrollment {enrollment_id}")
    # A lead that was enrolled a moment ago has no workflow until it is dispatched.
    await dispatcher.tell(tenant_id, [row.id for row in rows], within_seconds=START_SECONDS)
    slots = asyncio.Semaphore(AT_ONCE)

    async def move(one: UUID, offset: timedelta) -> Moved:
        async with slots:
            # Work that is due now belongs before the move.
            await _settled(database, tenant_id, one)
            await gateway.fast_forward(tenant_id, one, by)
            async with database.write(tenant_id) as session:
                now = await clocks.set_clock(session, one, offset + by)
            await _settled(database, tenant_id, one)
            return Moved(one, now)

    moved = await asyncio.gather(*(move(row.id, row.clock_offset) for row in rows), return_exceptions=True)
    for one in moved:
        # The other clocks have been moved already.
        if isinstance(one, BaseException):
            raise one
    return [one for one in moved if isinstance(one, Moved)]


async def _settled(database: Database, tenant_id: UUID, enrollment_id: UUID) -> None:
    """Returns when no step is due any more. Does not wait for a step that keeps failing."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLE_SECONDS
    while loop.time() < deadline:
        async with database.read(tenant_id) as session:
            if not await clocks.has_due_work(session, enrollment_id):
                return
        await asyncio.sleep(POLL_SECONDS)
