"""Mail that comes in for the whole installation: first whose it is, then what it means there."""

from dataclasses import dataclass
from uuid import UUID

from db.queries.inbound import find_inbound_tenant
from db.session import Database
from mail.inbound import parse_inbound, untagged
from services.inbound_mail import UNRELATED, MailReceived, receive_mail


@dataclass(frozen=True, slots=True)
class InboundReceived:
    """`tenant_id` is None for mail that is nobody's here."""

    tenant_id: UUID | None
    mail: MailReceived


async def receive_inbound(database: Database, raw: bytes) -> InboundReceived:
    """Records and obeys the message in the tenant that it is for, in one transaction of that tenant."""
    mail = parse_inbound(raw)
    addresses = [one for address in mail.recipients for one in (address, untagged(address))]
    tenant_id = await find_inbound_tenant(database, mail.references, list(dict.fromkeys(addresses)))
    if tenant_id is None:
        return InboundReceived(None, UNRELATED)
    async with database.write(tenant_id) as session:
        return InboundReceived(tenant_id, await receive_mail(session, raw))
