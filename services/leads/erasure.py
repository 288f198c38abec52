"""Erasing a lead: everything that is known of the person goes, except that the address must not be written to. What
its sequences count stays, as numbers."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from db.queries.enrollments.enrolling import stop
from db.queries.inbound.receiving import lock_enrollments
from db.queries.leads import leads
from db.session import Database
from domain.enrollments.status import StopReason
from services.access.audit import audited
from services.not_found import no_lead

TellWorkflows = Callable[[UUID, Sequence[UUID]], Awaitable[None]]
"""Tells Temporal what waits of a tenant's enrollments: `Dispatcher.tell`, which stands above this room."""


async def erase_lead(
    database: Database,
    tell_workflows: TellWorkflows,
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
    await tell_workflows(tenant_id, live)
    async with database.write(tenant_id, api_key_id=api_key_id, user_id=user_id) as session:
        if not await leads.erase_lead(session, lead_id):
            raise no_lead(lead_id)
        await audited(session, "lead.erased")
