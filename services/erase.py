"""Erasing a lead: everything that is known of the person goes, except that the address must not be written to."""

import asyncio
from uuid import UUID

from db.queries.leads import delete_lead
from db.queries.outbox import is_waiting
from db.queries.receiving import live_enrollments, stop
from db.session import Database
from domain.enrollment import StopReason
from domain.messages import Command
from services.dispatch import Dispatcher
from services.leads import no_lead

TELL_SECONDS = 5.0
POLL_SECONDS = 0.05


async def erase_lead(database: Database, dispatcher: Dispatcher, tenant_id: UUID, lead_id: UUID) -> None:
    """Stops the lead's enrollments, tells their workflows, then erases the lead with its history.

    Two transactions, since the word to Temporal lies in the outbox of what is erased: it must be delivered in
    between. A workflow that could not be told (Temporal is away) finds nothing when it wakes up.
    Suppressions stay. Raises NotFound.
    """
    async with database.write(tenant_id) as session:
        live = await live_enrollments(session, lead_id)
        for enrollment in live:
            await stop(session, enrollment.id, StopReason.MANUAL, Command.STOP)
    await _told(database, dispatcher, tenant_id, [enrollment.id for enrollment in live])
    async with database.write(tenant_id) as session:
        if not await delete_lead(session, lead_id):
            raise no_lead(lead_id)


async def _told(database: Database, dispatcher: Dispatcher, tenant_id: UUID, enrollment_ids: list[UUID]) -> None:
    """Returns when the workflows were told, or Temporal does not answer in time.

    Another dispatcher may have an earlier word in its hands (the start of an enrollment made a moment ago), which
    must arrive first.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + TELL_SECONDS
    while enrollment_ids and loop.time() < deadline:
        if (await dispatcher.dispatch(tenant_id)).failed:
            return
        async with database.read(tenant_id) as session:
            if not await is_waiting(session, enrollment_ids):
                return
        await asyncio.sleep(POLL_SECONDS)
