"""Parses an inbound message: applies the rules in their order and collects what they find."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal
from uuid import UUID

from mail.inbound.auto_replies import Note, note_of, read_auto_reply
from mail.inbound.bounces import read_bounce
from mail.inbound.complaints import read_feedback
from mail.inbound.dates import return_date
from mail.inbound.message import ParsedMessage, all_addresses, raw_headers
from mail.inbound.noise import read_noise
from mail.inbound.references import References, read_references, subject_tokens
from mail.inbound.statuses import WhySoft
from mail.inbound.unsubscribes import read_unsubscribe

Classification = Literal["reply", "auto_reply", "hard_bounce", "soft_bounce", "complaint", "unsubscribe", "unrelated"]

MAX_RECIPIENTS = 200


@dataclass(frozen=True, slots=True)
class InboundMail:
    """The result. `event_id` is the same for each copy of a message, whichever way it arrived."""

    classification: Classification
    rule: str
    """The rule that classified the message (docs/inbound.md)."""
    event_id: str
    references: tuple[str, ...] = ()
    """Message-IDs that it refers to, nearest first: those that it returns, then those that it answers."""
    answered: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    uuids: tuple[UUID, ...] = ()
    """UUIDs inside the Message-IDs that it refers to. They remain when a gateway has rewritten the rest."""
    tokens: tuple[str, ...] = ()
    """For a complaint or an unsubscribe: strings at the place of the token in our unsubscribe links."""
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    """Addresses that it was delivered to, according to its headers, lower case."""
    about: tuple[str, ...] = ()
    """For a bounce or a complaint: the addresses that it may concern, most likely first, lower case."""
    status: str | None = None
    """For a bounce: the enhanced status code (RFC 3463)."""
    diagnostic: str = ""
    """For a bounce: the server's diagnostic text."""
    returns_on: date | None = None
    """For an auto-reply: the first day back."""
    note: Note | WhySoft | None = None
    """For an auto-reply or a soft bounce: its kind."""
    subject: str = ""
    text: str = ""

    @property
    def final_recipient(self) -> str | None:
        """For a bounce: the address that has bounced, lower case."""
        return self.about[0] if self.about else None


@dataclass(frozen=True, slots=True)
class _Classified:
    classification: Classification
    rule: str
    about: tuple[str, ...] = ()
    status: str | None = None
    diagnostic: str = ""
    returns_on: date | None = None
    note: Note | WhySoft | None = None
    is_report: bool = False


def parse_inbound(raw: bytes) -> InboundMail:
    """Parses a message (RFC 5322). Fields that cannot be parsed stay empty; bytes that are not a message are
    `unrelated`."""
    mail = ParsedMessage.of(raw)
    answers = read_references(mail, is_report=False)
    classified = _feedback(mail) or _unsubscribe(mail) or _bounce(mail) or _noise(mail, answers) or _from_somebody(mail)
    references = read_references(mail, is_report=True) if classified.is_report else answers
    return InboundMail(
        classification=classified.classification,
        rule=classified.rule,
        event_id=_event_id(mail.header("Message-ID"), mail.sender, raw),
        references=references.all,
        answered=references.answered,
        returned=references.returned,
        uuids=references.uuids,
        tokens=references.tokens
        or (subject_tokens(mail.subject) if classified.classification == "unsubscribe" else ()),
        sender=mail.sender,
        recipients=_recipients(mail),
        about=classified.about,
        status=classified.status,
        diagnostic=classified.diagnostic,
        returns_on=classified.returns_on,
        note=classified.note,
        subject=mail.subject,
        text=mail.text,
    )


def _feedback(mail: ParsedMessage) -> _Classified | None:
    feedback = read_feedback(mail)
    if feedback is None:
        return None
    return _Classified(feedback.kind or "unrelated", feedback.rule, feedback.recipients, is_report=True)


def _unsubscribe(mail: ParsedMessage) -> _Classified | None:
    """Comes before auto-replies: the message of an unsubscribe button may carry the headers of an automatic one."""
    rule = read_unsubscribe(mail)
    return _Classified("unsubscribe", rule) if rule else None


def _bounce(mail: ParsedMessage) -> _Classified | None:
    bounce = read_bounce(mail)
    if bounce is None:
        return None
    kinds: dict[str | None, Classification] = {"hard": "hard_bounce", "soft": "soft_bounce"}
    kind = kinds.get(bounce.severity, "unrelated")
    return _Classified(
        kind, bounce.rule, bounce.recipients, bounce.status, bounce.diagnostic, note=bounce.why, is_report=True
    )


def _noise(mail: ParsedMessage, references: References) -> _Classified | None:
    rule = read_noise(mail, references)
    return _Classified("unrelated", rule) if rule else None


def _from_somebody(mail: ParsedMessage) -> _Classified:
    if rule := read_auto_reply(mail):
        return _Classified("auto_reply", rule, returns_on=return_date(mail), note=note_of(mail))
    if mail.sender is None and not mail.has("In-Reply-To", "References"):
        return _Classified("unrelated", "nobody")
    return _Classified("reply", "reply")


def _recipients(mail: ParsedMessage) -> tuple[str, ...]:
    # The headers of delivering servers come first: `To` may be a list or anything else.
    values = [
        value
        for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
        for value in raw_headers(mail.message, name)
    ]
    addresses = (address for value in values[:50] for address in all_addresses(value))
    return tuple(dict.fromkeys(addresses))[:MAX_RECIPIENTS]


def _event_id(message_id: str, sender: str | None, raw: bytes) -> str:
    # The ID includes the sender, because anybody may write any Message-ID.
    known = f"{sender}\n{message_id}".encode() if message_id else raw
    return f"mail:{sha256(known).hexdigest()}"
