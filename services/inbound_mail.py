"""A message that came in for a tenant: what it is, whose it is, and what it does to the lead."""

from dataclasses import dataclass
from uuid import UUID

from db.queries import receiving
from db.queries.mailboxes import mailbox_id_of
from db.queries.receiving import About
from db.session import WriteSession
from mail.inbound import InboundMail, parse_inbound
from services.receive import AutoReplyEvent, BounceEvent, LeadEvent, ReplyEvent, receive_about


@dataclass(frozen=True, slots=True)
class MailReceived:
    """How an inbound message was understood, and by which rule it was matched (None: it was not)."""

    classification: str
    matched_by: str | None
    enrollment_id: UUID | None
    recipient: str | None


UNRELATED = MailReceived("unrelated", None, None, None)


async def receive_mail(session: WriteSession, raw: bytes) -> MailReceived:
    """An inbound message: classified, matched with what was sent, recorded, obeyed. Never fails on its bytes."""
    mail = parse_inbound(raw)
    if mail.sender and await mailbox_id_of(session, mail.sender):
        # Our own, seen in Sent or sent to ourselves: no lead has done anything.
        return MailReceived("own", None, None, None)
    about, rule = await _match(session, mail)
    if about is None or mail.classification == "unrelated":
        return MailReceived("unrelated", None, None, mail.final_recipient)
    event = _as_event(mail)
    if event is not None:
        await receive_about(session, about, event)
    return MailReceived(mail.classification, rule, about.enrollment_id, mail.final_recipient)


async def _match(session: WriteSession, mail: InboundMail) -> tuple[About | None, str | None]:
    """First by the messages that it refers to, then by the returned part's recipient, then by its sender."""
    if mail.references and (about := await receiving.about_message(session, mail.references)):
        return about, "references"
    for rule, address in (("recipient", mail.final_recipient), ("sender", mail.sender)):
        if address and (lead_id := await receiving.lead_by_email(session, address.lower())):
            about = await receiving.about_lead(session, lead_id)
            if about.enrollment_id is not None:
                return about, rule
    return None, None


def _as_event(mail: InboundMail) -> LeadEvent | None:
    match mail.classification:
        case "reply":
            return ReplyEvent(type="reply", event_id=mail.event_id)
        case "auto_reply":
            return AutoReplyEvent(type="auto_reply", returns_on=mail.returns_on, event_id=mail.event_id)
        case "hard_bounce" | "soft_bounce":
            hard = mail.classification == "hard_bounce"
            return BounceEvent(type="bounce", hard=hard, event_id=mail.event_id)
        case _:
            return None
