"""What a preview reads besides the sequence: the sender, and whether the lead may be emailed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from db.calls.enrolling import SenderFor
from db.models import Mailbox
from db.session import ReadSession


@dataclass(frozen=True, slots=True)
class Senders:
    """`own`: the mailbox from which the lead would be sent email. `named`: the mailboxes that steps name, by ID."""

    own: Mailbox | None
    named: Mapping[UUID, Mailbox]

    def of(self, mailbox_id: UUID | None) -> Mailbox | None:
        return self.own if mailbox_id is None else self.named.get(mailbox_id)


async def senders(session: ReadSession, lead_id: UUID, *, among: Sequence[UUID], named: Sequence[UUID]) -> Senders:
    """`among`: the mailboxes that the sequence may send from; empty: any mailbox of the tenant."""
    own = await SenderFor(tenant_id=session.tenant_id, lead_id=lead_id, mailbox_ids=list(among)).within(session)
    wanted = [*named, *([own] if own else [])]
    mine = select(Mailbox).where(Mailbox.tenant_id == session.tenant_id, Mailbox.id.in_(wanted))
    found = {mailbox.id: mailbox for mailbox in await session.scalars(mine)}
    return Senders(found.get(own) if own else None, found)
