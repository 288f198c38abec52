"""Erasing a lead: everything that is known of the person goes, except that the address must not be written to. What
its sequences count stays, as numbers."""

from uuid import UUID

from db.queries.enrollments.enrolling import stop
from db.queries.inbound.receiving import lock_enrollments
from db.queries.leads import leads
from db.session import Database
from domain.enrollments.status import StopReason
from services.access.audit import audited
from services.dispatch.dispatcher import Dispatcher
from services.leads.leads import no_lead


async def erase_lead(
    database: Database,
    dispatcher: Dispatcher,
    tenant_id: UUID,
    lead_id: UUID,
    *,
    api_key_id: UUID | None = None,
    user_id: UUID | None = None,
) -> None:
    """Stops the lead's enrollments, tells their workflows, then erases the lead with its history.

    Two transactions, since the word to Temporal lies in the outbox of what is erased: it must be delivered in
    between. A workflow that could not be told (Temporal is away) finds nothing when it wakes up.
    Suppressions stay. The audit log says that a lead was erased, when and by whom, and not which. Raises NotFound.
    """
    async with database.write(tenant_id) as session:
        live = await lock_enrollments(session, lead_id)
        for enrollment_id in live:
            await stop(session, enrollment_id, StopReason.MANUAL)
    await dispatcher.tell(tenant_id, live)
    async with database.write(tenant_id, api_key_id=api_key_id, user_id=user_id) as session:
        if not await leads.erase_lead(session, lead_id):
            raise no_lead(lead_id)
        await audited(session, "lead.erased")
