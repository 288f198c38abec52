"""What a message that came back is, and which of ours it answers. Reads any bytes and never raises on them.

The older email parser is used (`policy.compat32`): the newer one raises on some broken headers while reading them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from hashlib import sha256
from typing import Literal, cast

from mail.html_text import html_to_text

Classification = Literal["reply", "auto_reply", "hard_bounce", "soft_bounce", "unrelated"]

MAX_TEXT = 100_000
MAX_REFERENCES = 200
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_STATUS = re.compile(r"\s*([245])\.\d{1,3}\.\d{1,3}")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS)
_ISO_DATE = re.compile(r"\b(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b")
_DAY_FIRST = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<month>{_MONTH})\.?,?\s+(?P<year>20\d\d)\b", re.IGNORECASE
)
_MONTH_FIRST = re.compile(
    rf"\b(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>20\d\d)\b", re.IGNORECASE
)
_QUOTED = re.compile(r"^\s*>.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class InboundMail:
    """`event_id` is the same each time that this message is read, over whichever way it came."""

    classification: Classification
    event_id: str
    references: tuple[str, ...] = ()
    """Message-IDs that it answers, the nearest first; of a bounce, the one that bounced."""
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    """Addresses that it was delivered to, as far as it says, lower case."""
    final_recipient: str | None = None
    """Of a bounce: the address that it is about, lower case."""
    status: str | None = None
    """Of a bounce: the enhanced status code (RFC 3463)."""
    returns_on: date | None = None
    """Of an automatic reply: the latest date that it names."""
    subject: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Report:
    """One recipient's part of a delivery status notification (RFC 3464 section 2.3)."""

    action: str
    status: str
    recipient: str | None


def parse_inbound(raw: bytes) -> InboundMail:
    """Reads a message (RFC 5322). What cannot be read is left out; bytes that are no message are `unrelated`."""
    message = message_from_bytes(raw)
    sender = first_address(read_header(message, "From"))
    references = _references(message)
    text = _text(message)[:MAX_TEXT]
    classification: Classification = "reply"
    report = _report(message)
    returns_on = None
    if report is not None:
        classification = _of_report(report)
        references = _dedupe([*_returned_message_ids(message), *references])
    elif message.get_content_type() == "multipart/report":
        # A read receipt (RFC 8098), a complaint (RFC 5965), a notice without its machine-readable part: no reply.
        classification = "unrelated"
    elif _is_automatic(message):
        classification, returns_on = "auto_reply", _latest_date(text)
    elif sender is None and not references:
        classification = "unrelated"
    return InboundMail(
        classification=classification,
        event_id=_event_id(read_header(message, "Message-ID").strip(), sender, raw),
        references=references,
        sender=sender,
        recipients=_recipients(message),
        final_recipient=report.recipient if report else None,
        status=report.status if report else None,
        returns_on=returns_on,
        subject=read_header(message, "Subject").strip()[:998],
        text=text,
    )


def _is_automatic(message: Message) -> bool:
    """RFC 3834 section 5, and what was used before it and still is."""
    submitted = read_header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or read_header(message, "Precedence").strip().lower() in ("auto_reply", "auto-reply")
        or any(name in message for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponse"))
        or read_header(message, "Return-Path").strip() == "<>"
    )


def _report(message: Message) -> _Report | None:
    """The first failure of a delivery status notification (RFC 3464), else its first recipient."""
    if message.get_content_type() != "multipart/report":
        return None
    reports = [
        _Report(
            action=read_header(fields, "Action").strip().lower(),
            status=found.group().strip() if (found := _STATUS.match(read_header(fields, "Status"))) else "",
            recipient=_typed_address(
                read_header(fields, "Final-Recipient") or read_header(fields, "Original-Recipient")
            ),
        )
        for part in message.walk()
        if part.get_content_type() == "message/delivery-status"
        for fields in _parts(part)
        if "Action" in fields
    ]
    failed = [report for report in reports if report.action == "failed"]
    return (failed or reports or [None])[0]


def _of_report(report: _Report) -> Classification:
    # `delayed` says that the server still tries, `delivered` and `relayed` that all is well: nothing has bounced.
    if report.action != "failed":
        return "unrelated"
    # RFC 3464 demands a status. Where it is missing or says success, a failure that a server gave up on is final.
    return "soft_bounce" if report.status.startswith("4") else "hard_bounce"


def _returned_message_ids(message: Message) -> Iterator[str]:
    """The Message-ID of the message that a report returns, whole or its headers only (RFC 3462)."""
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            for returned in _parts(part)[:1]:
                yield from _ids(read_header(returned, "Message-ID"))
        elif part.get_content_type() == "text/rfc822-headers":
            returned = message_from_bytes(_payload(part))
            yield from _ids(read_header(returned, "Message-ID"))


def _references(message: Message) -> tuple[str, ...]:
    chain = _ids(read_header(message, "References"))
    return _dedupe([*_ids(read_header(message, "In-Reply-To")), *reversed(chain)])


def _dedupe(ids: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))[:MAX_REFERENCES]


def _ids(value: str) -> list[str]:
    return _MESSAGE_ID.findall(value)


def read_header(message: Message, name: str) -> str:
    """The first header of that name, unfolded and decoded; empty when there is none."""
    value = message.get(name)
    if value is None:
        return ""
    unfolded = re.sub(r"[\r\n]+[ \t]*", " ", str(value))
    try:
        return _clean(str(make_header(decode_header(unfolded))))
    except (MessageError, LookupError, ValueError):
        return _clean(unfolded)


def first_address(value: str) -> str | None:
    """The first address of a header's value, lower case, without the name before it."""
    addresses = [address for _, address in getaddresses([value]) if "@" in address]
    return addresses[0].strip().lower() if addresses else None


def _recipients(message: Message) -> tuple[str, ...]:
    # What the delivering servers wrote first: `To` may be a list, or anything.
    values = [str(value) for name in ("Delivered-To", "X-Original-To", "To") for value in message.get_all(name, [])]
    addresses = (address.strip().lower() for _, address in getaddresses(values))
    return tuple(dict.fromkeys(_clean(address) for address in addresses if "@" in address))[:MAX_REFERENCES]


def _typed_address(value: str) -> str | None:
    """`rfc822; ada@them.example` (RFC 3464 section 2.1.2)."""
    return first_address(value.rpartition(";")[2])


def _text(message: Message) -> str:
    """The first text that is no attachment, else the words of the first HTML part."""
    html = ""
    for part in message.walk():
        if part.is_multipart() or part.get_content_disposition() == "attachment":
            continue
        if part.get_content_type() == "text/plain":
            return _decoded(part)
        if part.get_content_type() == "text/html" and not html:
            html = _decoded(part)
    return html_to_text(html[: MAX_TEXT * 5])


def _decoded(part: Message) -> str:
    payload = _payload(part)
    try:
        text = payload.decode(part.get_content_charset("utf-8"), errors="replace")
    except (LookupError, ValueError):
        text = payload.decode("utf-8", errors="replace")
    return _clean(text.replace("\r\n", "\n"))


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _parts(message: Message) -> list[Message]:
    payload = message.get_payload()
    return cast("list[Message]", payload) if isinstance(payload, list) else []


def _clean(text: str) -> str:
    """Without what Postgres cannot keep: NUL, and surrogates, which stand for bytes that are no text."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _latest_date(text: str) -> date | None:
    """The latest date that is named with its year, outside of what is quoted: "away from … until …" ends with it."""
    unquoted = _QUOTED.sub("", text)
    found: list[date] = []
    for pattern in (_ISO_DATE, _DAY_FIRST, _MONTH_FIRST):
        for match in pattern.finditer(unquoted):
            month = match["month"]
            number = int(month) if month.isdigit() else _month_number(month)
            try:
                found.append(date(int(match["year"]), number, int(match["day"])))
            except ValueError:
                continue
    return max(found, default=None)


def _month_number(name: str) -> int:
    return next(n for n, month in enumerate(_MONTHS, 1) if month.startswith(name[:3].lower()))


def _event_id(message_id: str, sender: str | None, raw: bytes) -> str:
    # The sender is part of it: a Message-ID is whatever its author writes.
    known = f"{sender}\n{message_id}".encode() if message_id else raw
    return f"mail:{sha256(known).hexdigest()}"
