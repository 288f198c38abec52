"""What a message that came back is: the rules in their order, and all that they read of it."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal
from uuid import UUID

from mail.inbound.auto_replies import Note, note_of, read_auto_reply
from mail.inbound.bounces import read_bounce
from mail.inbound.complaints import read_feedback
from mail.inbound.dates import return_date
from mail.inbound.message import Read, all_addresses, raw_headers
from mail.inbound.noise import read_noise
from mail.inbound.references import References, read_references, subject_tokens
from mail.inbound.statuses import WhySoft
from mail.inbound.unsubscribes import read_unsubscribe

Classification = Literal["reply", "auto_reply", "hard_bounce", "soft_bounce", "complaint", "unsubscribe", "unrelated"]

MAX_RECIPIENTS = 200


@dataclass(frozen=True, slots=True)
class InboundMail:
    """`event_id` is the same each time that this message is read, over whichever way it came."""

    classification: Classification
    rule: str
    """By which it was classified (docs/inbound.md)."""
    event_id: str
    references: tuple[str, ...] = ()
    """Message-IDs that it is about, the nearest first: those that it returns, then those that it answers."""
    answered: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    uuids: tuple[UUID, ...] = ()
    """IDs within any Message-ID that it names, for where a gateway has rewritten the rest."""
    tokens: tuple[str, ...] = ()
    """What stands where our unsubscribe links have their token: of a complaint, or of an unsubscribe."""
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    """Addresses that it was delivered to, as far as it says, lower case."""
    about: tuple[str, ...] = ()
    """Of a bounce or a complaint: addresses that it may be about, the surest first, lower case."""
    status: str | None = None
    """Of a bounce: the enhanced status code (RFC 3463)."""
    diagnostic: str = ""
    """Of a bounce: what the server said."""
    returns_on: date | None = None
    """Of an automatic reply: the first day back."""
    note: Note | WhySoft | None = None
    """Of an automatic reply, or of a soft bounce: what kind of it."""
    subject: str = ""
    text: str = ""

    @property
    def final_recipient(self) -> str | None:
        """Of a bounce: the address that it is about, lower case."""
        return self.about[0] if self.about else None


@dataclass(frozen=True, slots=True)
class _Understood:
    classification: Classification
    rule: str
    about: tuple[str, ...] = ()
    status: str | None = None
    diagnostic: str = ""
    returns_on: date | None = None
    note: Note | WhySoft | None = None
    is_report: bool = False


def parse_inbound(raw: bytes) -> InboundMail:
    """Reads a message (RFC 5322). What cannot be read is left out; bytes that are no message are `unrelated`."""
    mail = Read.of(raw)
    answers = read_references(mail, is_report=False)
    understood = _feedback(mail) or _unsubscribe(mail) or _bounce(mail) or _noise(mail, answers) or _from_somebody(mail)
    references = read_references(mail, is_report=True) if understood.is_report else answers
    return InboundMail(
        classification=understood.classification,
        rule=understood.rule,
        event_id=_event_id(mail.header("Message-ID"), mail.sender, raw),
        references=references.all,
        answered=references.answered,
        returned=references.returned,
        uuids=references.uuids,
        tokens=references.tokens
        or (subject_tokens(mail.subject) if understood.classification == "unsubscribe" else ()),
        sender=mail.sender,
        recipients=_recipients(mail),
        about=understood.about,
        status=understood.status,
        diagnostic=understood.diagnostic,
        returns_on=understood.returns_on,
        note=understood.note,
        subject=mail.subject,
        text=mail.text,
    )


def _feedback(mail: Read) -> _Understood | None:
    feedback = read_feedback(mail)
    if feedback is None:
        return None
    return _Understood(feedback.kind or "unrelated", feedback.rule, feedback.recipients, is_report=True)


def _unsubscribe(mail: Read) -> _Understood | None:
    """Before automatic replies: a mail program's button says of its letter that a machine has written it."""
    rule = read_unsubscribe(mail)
    return _Understood("unsubscribe", rule) if rule else None


def _bounce(mail: Read) -> _Understood | None:
    bounce = read_bounce(mail)
    if bounce is None:
        return None
    kinds: dict[str | None, Classification] = {"hard": "hard_bounce", "soft": "soft_bounce"}
    kind = kinds.get(bounce.severity, "unrelated")
    return _Understood(
        kind, bounce.rule, bounce.recipients, bounce.status, bounce.diagnostic, note=bounce.why, is_report=True
    )


def _noise(mail: Read, references: References) -> _Understood | None:
    rule = read_noise(mail, references)
    return _Understood("unrelated", rule) if rule else None


def _from_somebody(mail: Read) -> _Understood:
    if rule := read_auto_reply(mail):
        return _Understood("auto_reply", rule, returns_on=return_date(mail), note=note_of(mail))
    if mail.sender is None and not mail.has("In-Reply-To", "References"):
        return _Understood("unrelated", "nobody")
    return _Understood("reply", "reply")


def _recipients(mail: Read) -> tuple[str, ...]:
    # What the delivering servers wrote first: `To` may be a list, or anything.
    values = [
        value
        for name in ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
        for value in raw_headers(mail.message, name)
    ]
    addresses = (address for value in values[:50] for address in all_addresses(value))
    return tuple(dict.fromkeys(addresses))[:MAX_RECIPIENTS]


def _event_id(message_id: str, sender: str | None, raw: bytes) -> str:
    # The sender is part of it: a Message-ID is whatever its author writes.
    known = f"{sender}\n{message_id}".encode() if message_id else raw
    return f"mail:{sha256(known).hexdigest()}"
