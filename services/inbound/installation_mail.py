"""Inbound mail of the whole installation: finds the tenant, then hands the message to it."""

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from db.calls.access import FindInboundTenant
from db.session import Database, WriteSession
from mail.inbound import InboundMail, parse_inbound, untagged
from services.idempotency import KeptAnswer, claim, keep
from services.inbound.tenant_mail import UNRELATED, MailReceived, receive_parsed


@dataclass(frozen=True, slots=True)
class InboundReceived:
    """`tenant_id` is None for mail of no tenant here."""

    tenant_id: UUID | None
    mail: MailReceived


async def receive_inbound(database: Database, raw: bytes, webhook_id: str) -> InboundReceived:
    """Records the message and acts on it, in one transaction of the tenant that it is for.

    A message with an ID and bytes that were delivered before gets the earlier answer.
    """
    mail = parse_inbound(raw)
    addresses = [one for address in mail.recipients for one in (address, untagged(address))]
    tenant_id = await FindInboundTenant(
        message_ids=list(mail.references), addresses=list(dict.fromkeys(addresses))
    ).via(database.calls)
    if tenant_id is None:
        return InboundReceived(None, UNRELATED)
    async with database.write(tenant_id) as session:
        return InboundReceived(tenant_id, await _once(session, raw, mail, webhook_id))


async def _once(session: WriteSession, raw: bytes, mail: InboundMail, webhook_id: str) -> MailReceived:
    """A sender that gives all its messages one ID loses none: only the ID and the bytes together make a repetition."""
    digest = sha256(webhook_id.encode() + b"\0" + raw).digest()
    key = f"inbound-email/{digest.hex()}"
    answered = await claim(session, key, digest)
    if answered is not None:
        return _again(answered.body, mail)
    received = await receive_parsed(session, mail)
    # The answer is stored without the address, which would outlast its lead here. The message's bytes contain it.
    kept = {**asdict(received), "recipient": None}
    kept["enrollment_id"] = str(received.enrollment_id) if received.enrollment_id else None
    await keep(session, key, KeptAnswer(200, {"received": kept, "has_recipient": received.recipient is not None}))
    return received


def _again(answer: Any, mail: InboundMail) -> MailReceived:
    kept: dict[str, Any] = dict(answer["received"])
    if kept["enrollment_id"]:
        kept["enrollment_id"] = UUID(kept["enrollment_id"])
    if answer["has_recipient"]:
        kept["recipient"] = mail.final_recipient
    return MailReceived(**kept)
