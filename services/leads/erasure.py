"""Erases a lead: all personal data goes, except suppressions of the address. The figures of its sequences stay, as
numbers."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from db.calls.steering import StopLeadSequence
from db.queries.inbound.receiving import lock_enrollments
from db.queries.leads import leads
from db.session import Database
from domain.enrollments.status import StopReason
from services.access.audit import audited
from services.not_found import no_lead

TellWorkflows = Callable[[UUID, Sequence[UUID]], Awaitable[None]]
"""Delivers the outbox rows of these enrollments of a tenant: `Dispatcher.tell`. An argument, since `dispatch` may use
`leads` and not the other way round."""


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

    Two transactions, because erasing deletes the outbox rows too: they must be delivered in between. A workflow that
    could not be told (Temporal is down) finds no enrollment when it wakes up, and ends.
    Suppressions stay. The audit log records that a lead was erased, when and by whom, but not which. Raises NotFound.
    """
    async with database.write(tenant_id) as session:
        live = await lock_enrollments(session, lead_id)
        for enrollment_id in live:
            stop = StopLeadSequence(tenant_id=tenant_id, enrollment_id=enrollment_id, reason=StopReason.MANUAL)
            await stop.within(session)
    await tell_workflows(tenant_id, live)
    async with database.write(tenant_id, api_key_id=api_key_id, user_id=user_id) as session:
        if not await leads.erase_lead(session, lead_id):
            raise no_lead(lead_id)
        await audited(session, "lead.erased")
