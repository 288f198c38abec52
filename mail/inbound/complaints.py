"""Recognises complaints: a recipient has pressed "this is spam" and the provider informs the sender (feedback loop)."""

import re
from dataclasses import dataclass
from email.message import Message
from typing import Literal

from mail.inbound.message import ParsedMessage, all_addresses, children, payload, read_header, read_message

_REPORTS = ("message/feedback-report",)
# Feedback types of RFC 5965 section 7.3. Some providers write `other` for every complaint.
_COMPLAINTS = ("abuse", "fraud", "virus", "other", "complaint", "spam", "")
_OPT_OUTS = ("opt-out", "opt-out-list", "unsubscribe")
_JMRP = "X-HmXmrOriginalRecipient"


@dataclass(frozen=True, slots=True)
class Feedback:
    """`kind` None: a report about something else (`auth-failure`, `not-spam`)."""

    rule: str
    kind: Literal["complaint", "unsubscribe"] | None
    recipients: tuple[str, ...] = ()
    """Addresses that may have complained, lower case."""


def read_feedback(mail: ParsedMessage) -> Feedback | None:
    return _feedback_report(mail) or _outlook_report(mail) or _forwarded_complaint(mail)


def _feedback_report(mail: ParsedMessage) -> Feedback | None:
    """An ARF report (RFC 5965)."""
    part = next((one for one in mail.parts if one.get_content_type() in _REPORTS), None)
    if part is None:
        return None
    fields = _fields(part)
    kind = read_header(fields, "Feedback-Type").strip().lower()
    recipients = _recipients(mail, fields)
    if kind in _COMPLAINTS:
        return Feedback("feedback_report", "complaint", recipients)
    return Feedback("feedback_report", "unsubscribe" if kind in _OPT_OUTS else None, recipients)


def _outlook_report(mail: ParsedMessage) -> Feedback | None:
    """Outlook.com's JMRP in its format before ARF: the original message with a header that names the complainer."""
    for message in (mail.message, mail.returned):
        if message is not None and _JMRP in message:
            named = all_addresses(read_header(message, _JMRP))
            return Feedback("outlook_report", "complaint", tuple(dict.fromkeys([*named, *_recipients(mail, None)])))
    return None


def _forwarded_complaint(mail: ParsedMessage) -> Feedback | None:
    """A report without its machine-readable part, or a message forwarded by a complaints mailbox."""
    says_so = re.match(
        r"(?:complaint about message from|abuse report|email feedback report|spam complaint)", mail.subject, re.I
    )
    if mail.report_type() == "feedback-report" or (says_so and mail.returned is not None):
        return Feedback("forwarded_complaint", "complaint", _recipients(mail, None))
    return None


def _fields(part: Message) -> Message:
    inside = children(part)
    if inside:
        return inside[0]
    if part.keys() and "Feedback-Type" in part:
        return part
    text = payload(part)
    return read_message(text.lstrip(b"\r\n") + b"\n\n")


def _recipients(mail: ParsedMessage, fields: Message | None) -> tuple[str, ...]:
    named: list[str] = []
    for name in ("Original-Rcpt-To", "Removal-Recipient") if fields is not None else ():
        named += [one for value in (fields or mail.message).get_all(name, []) for one in all_addresses(str(value))]
    if mail.returned is not None:
        named += [
            one
            for name in ("X-Original-To", "Delivered-To", "To")
            for one in all_addresses(read_header(mail.returned, name))
        ]
    return tuple(dict.fromkeys(one for one in named if not one.startswith("redacted")))[:5]
