"""An inbound message of one tenant: what kind of message it is, which email it belongs to, and what it changes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from db.queries.inbound import receiving
from db.queries.inbound.receiving import About
from db.queries.mailboxes.mailboxes import have_mailbox
from db.session import WriteSession
from mail.inbound import InboundMail, parse_inbound, untagged
from mail.links import read_unverified
from services.inbound.receiving import (
    AutoReplyEvent,
    BounceEvent,
    ComplaintEvent,
    LeadEvent,
    ReplyEvent,
    UnsubscribeEvent,
    receive_about,
)


@dataclass(frozen=True, slots=True)
class MailReceived:
    """How an inbound message was classified, and by which rule it was matched (None: it was not).

    docs/inbound.md lists the rules. `rule` decided what kind of message it is, `matched_by` which email it belongs to.
    """

    classification: str
    matched_by: str | None
    enrollment_id: UUID | None
    recipient: str | None
    rule: str | None = None
    returns_on: date | None = None
    """For an auto-reply: the first day back, if it names one."""


UNRELATED = MailReceived("unrelated", None, None, None)

# A mail server's report about our own message, and a provider's report of a complaint, may have our address as sender.
_REPORTS = ("hard_bounce", "soft_bounce", "complaint")


async def receive_mail(session: WriteSession, raw: bytes) -> MailReceived:
    """Classifies an inbound message, matches it with what was sent, records it and acts on it. No content makes it
    fail."""
    return await receive_parsed(session, parse_inbound(raw))


async def receive_parsed(session: WriteSession, mail: InboundMail) -> MailReceived:
    """The same for a message that is already parsed."""
    if mail.classification not in _REPORTS and await _is_own(session, mail):
        # Found in the Sent folder, or sent to ourselves: no lead did anything.
        return MailReceived("own", None, None, None, "own_mailbox")
    if mail.classification == "unrelated":
        return MailReceived("unrelated", None, None, mail.final_recipient, mail.rule)
    about, matched_by = await _match(session, mail)
    if about is None:
        return MailReceived("unrelated", None, None, mail.final_recipient, "no_lead")
    # It is recorded, so that people can see why a lead was stopped.
    await receive_about(session, about, _as_event(mail), noted={"rule": mail.rule, "matched_by": matched_by})
    return MailReceived(
        mail.classification, matched_by, about.enrollment_id, mail.final_recipient, mail.rule, mail.returns_on
    )


async def _is_own(session: WriteSession, mail: InboundMail) -> bool:
    """Whether it comes from one of the tenant's mailboxes. An address of the same domain alone is not enough."""
    return bool(mail.sender) and await have_mailbox(session, _with_untagged([mail.sender]))


async def _match(session: WriteSession, mail: InboundMail) -> tuple[About | None, str | None]:
    """The email that it belongs to, and the rule that found it. The surest rule is tried first."""
    for rule, find in _MATCHES:
        if (about := await find(session, mail)) is not None:
            return about, rule
    return None, None


async def _by_returned_message(session: WriteSession, mail: InboundMail) -> About | None:
    return await receiving.about_message(session, mail.returned) if mail.returned else None


async def _by_references(session: WriteSession, mail: InboundMail) -> About | None:
    return await receiving.about_message(session, mail.answered) if mail.answered else None


async def _by_rewritten_reference(session: WriteSession, mail: InboundMail) -> About | None:
    return await receiving.about_message_id(session, mail.uuids) if mail.uuids else None


async def _by_token(session: WriteSession, mail: InboundMail) -> About | None:
    tokens = (read_unverified(text, "unsubscribe") for text in mail.tokens)
    ours = [token.message_id for token in tokens if token is not None and token.tenant_id == session.tenant_id]
    return await receiving.about_message_id(session, ours) if ours else None


async def _by_recipient(session: WriteSession, mail: InboundMail) -> About | None:
    return await _about_address(session, mail.about)


async def _by_sender(session: WriteSession, mail: InboundMail) -> About | None:
    """A live enrollment of the sender, else the one that was written to last."""
    if mail.classification in _REPORTS or not mail.sender:
        return None
    return await _about_address(session, [mail.sender])


_MATCHES: tuple[tuple[str, Callable[[WriteSession, InboundMail], Awaitable[About | None]]], ...] = (
    ("returned_message_id", _by_returned_message),
    ("references", _by_references),
    ("rewritten_reference", _by_rewritten_reference),
    ("unsubscribe_token", _by_token),
    ("recipient", _by_recipient),
    ("sender", _by_sender),
)


async def _about_address(session: WriteSession, addresses: tuple[str, ...] | list[str]) -> About | None:
    named = _with_untagged(addresses)
    lead_id = await receiving.lead_by_email(session, named) if named else None
    if lead_id is None:
        return None
    about = await receiving.about_lead(session, lead_id)
    return about if about is not None and about.enrollment_id is not None else None


def _with_untagged(addresses: tuple[str, ...] | list[str]) -> list[str]:
    """Each address, and the same without its tag: `ada+news@` also gives `ada@`."""
    return list(dict.fromkeys(one for address in addresses for one in (address, untagged(address))))


def _as_event(mail: InboundMail) -> LeadEvent:
    match mail.classification:
        case "auto_reply":
            note = mail.note if mail.note in ("no_longer_there", "ticket") else None
            return AutoReplyEvent(type="auto_reply", returns_on=mail.returns_on, note=note, event_id=mail.event_id)
        case "hard_bounce" | "soft_bounce":
            said = f"{mail.status or ''} {mail.diagnostic}".strip()[:2000]
            hard = mail.classification == "hard_bounce"
            return BounceEvent(type="bounce", hard=hard, diagnostic=said or None, event_id=mail.event_id)
        case "complaint":
            return ComplaintEvent(type="complaint", event_id=mail.event_id)
        case "unsubscribe":
            return UnsubscribeEvent(type="unsubscribe", event_id=mail.event_id)
        case _:
            return ReplyEvent(type="reply", event_id=mail.event_id)
