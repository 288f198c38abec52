"""Development: builds the messages that a lead's mail server would send back for a captured message.

They are real messages (RFC 5322), so `mail.inbound` processes them like any other."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from email import message_from_bytes
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, make_msgid

from mail.inbound import first_address, read_header

# The older policy writes headers unchanged. A captured message may be too broken for the newer policy to parse.
_POLICY = compat32.clone(linesep="\r\n", max_line_length=998)


def build_reply(
    captured: bytes, text: str, *, now: datetime, auto_reply: bool = False, returns_on: date | None = None
) -> bytes:
    """Builds a reply by the recipient of `captured` (RFC 5322). With `auto_reply` it is an out-of-office reply (RFC
    3834), which names `returns_on` if given.

    `now` is timezone-aware and becomes its Date.
    """
    original = message_from_bytes(captured)
    if auto_reply and returns_on is not None:
        text = f"{text}\n\nI will be back on {returns_on.isoformat()}."
    reply = MIMEText(text.encode("utf-8", "replace").decode(), "plain", "utf-8")
    _address(reply, sender=_party(original, "To"), recipient=_party(original, "From"), now=now)
    _thread(reply, original)
    subject = read_header(original, "Subject")
    if auto_reply:
        subject = f"Automatic reply: {subject}"
        reply["Auto-Submitted"] = "auto-replied"
    elif not subject.lower().startswith("re:"):
        subject = f"Re: {subject}"
    reply["Subject"] = Header(" ".join(subject.split()), "utf-8").encode()
    return reply.as_bytes(policy=_POLICY)


def build_bounce(captured: bytes, *, now: datetime, status: str = "5.1.1") -> bytes:
    """Builds a delivery status notification (RFC 3464) which says that `captured` failed, with the headers of
    `captured`.

    `status` is an enhanced status code (RFC 3463): 5.x.x is a hard bounce, 4.x.x a soft one.
    """
    original = message_from_bytes(captured)
    recipient = _party(original, "To")
    domain = recipient.rpartition("@")[2]
    code = "550" if status.startswith("5") else "450"
    explanation = MIMEText(f"Your message to {recipient} could not be delivered.\n", "plain", "utf-8")
    report = _status(
        [("Reporting-MTA", f"dns; {domain}"), ("Arrival-Date", format_datetime(now))],
        [
            ("Final-Recipient", f"rfc822; {recipient}"),
            ("Action", "failed"),
            ("Status", status),
            ("Diagnostic-Code", f"smtp; {code} {status} the recipient cannot be reached"),
        ],
    )
    parts = [explanation, report, _headers_of(captured)]
    bounce = MIMEMultipart("report", None, parts, report_type="delivery-status")
    _address(bounce, sender=f"MAILER-DAEMON@{domain}", recipient=_party(original, "From"), now=now)
    bounce["Subject"] = "Undelivered Mail Returned to Sender"
    bounce["Return-Path"] = "<>"
    bounce["Auto-Submitted"] = "auto-replied"
    return bounce.as_bytes(policy=_POLICY)


def build_complaint(captured: bytes, *, now: datetime) -> bytes:
    """Builds what the recipient's provider sends after "this is spam" was pressed: an ARF report (RFC 5965) with the
    headers of `captured`. The recipient's address is redacted, as most providers do."""
    original = message_from_bytes(captured)
    explanation = MIMEText("This is an email abuse report.\n", "plain", "utf-8")
    fields = MIMEBase("message", "feedback-report")
    fields.set_payload(
        f"Feedback-Type: abuse\nUser-Agent: Cadenza/dev\nVersion: 1\nArrival-Date: {format_datetime(now)}\n"
    )
    complaint = MIMEMultipart(
        "report", None, [explanation, fields, _headers_of(captured)], report_type="feedback-report"
    )
    _address(complaint, sender="feedback@provider.example", recipient=_party(original, "From"), now=now)
    complaint["Subject"] = "Email feedback report"
    return complaint.as_bytes(policy=_POLICY)


def build_unsubscribe(captured: bytes, *, now: datetime) -> bytes:
    """Builds the message that a mail program's unsubscribe button sends for the recipient of `captured` (RFC 2369)."""
    original = message_from_bytes(captured)
    request = MIMEText("", "plain", "utf-8")
    _address(request, sender=_party(original, "To"), recipient=_party(original, "From"), now=now)
    request["Subject"] = "unsubscribe"
    return request.as_bytes(policy=_POLICY)


def _headers_of(captured: bytes) -> MIMEBase:
    """Builds the text/rfc822-headers part (RFC 6522 section 3)."""
    returned = MIMEBase("text", "rfc822-headers")
    head = captured.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    returned.set_payload(head.decode("ascii", "replace").replace("\ufffd", "?") + "\n")
    return returned


def _address(message: Message, *, sender: str, recipient: str, now: datetime) -> None:
    message["From"], message["To"] = sender, recipient
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain="reply.example")


def _thread(reply: Message, original: Message) -> None:
    message_id = " ".join(read_header(original, "Message-ID").split())
    if message_id and message_id.isascii():
        chain = [*read_header(original, "References").split(), message_id]
        reply["In-Reply-To"] = message_id
        reply["References"] = " ".join(one for one in chain if one.isascii())


def _status(*groups: Sequence[tuple[str, str]]) -> Message:
    """Builds the message/delivery-status part (RFC 3464 section 2.1): groups of fields, separated by blank lines."""
    part = Message()
    part["Content-Type"] = "message/delivery-status"
    for group in groups:
        fields = Message()
        for name, value in group:
            fields[name] = value
        part.attach(fields)
    return part


def _party(original: Message, header: str) -> str:
    address = first_address(read_header(original, header)) or ""
    return address if re.fullmatch(r"[!-;=?-~]+@[!-;=?-~]+", address) else "unknown@localhost"
