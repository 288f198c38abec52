"""An email as bytes: RFC 5322 headers, text and HTML as alternatives (RFC 2046), UTF-8, seven-bit on the wire.

Seven-bit (quoted-printable or base64), because a body that needs no 8BITMIME passes every server unchanged.
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from uuid import UUID, uuid4

from domain.errors import HeaderInjection, Invalid
from mail.addresses import normalise_address
from mail.html_text import html_to_text

# What any program takes for the end of a line, not only RFC 5322: a parser that splits by Unicode finds headers there.
_LINE_BREAK = re.compile(r"[\x00\n-\r\x1c-\x1e\x85\u2028\u2029]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_HEADER_NAME = re.compile(r"[!-9;-~]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_REPLY = re.compile(r"\s*re(\[\d+\])?\s*:\s*", re.IGNORECASE)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\s-]*")
# What a receiver would take for RFC 2047 words, and words too long for a line, must be encoded although ASCII.
_NEEDS_ENCODING = re.compile(r"[^ -~]|=\?|[^ ]{900}")
_OWN = frozenset(
    [
        *["from", "to", "subject", "date", "message-id", "in-reply-to", "references"],
        *["mime-version", "content-type", "content-transfer-encoding"],
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message, ready but for its form. `date` is aware; `message_id` was fixed before sending."""

    message_id: str
    date: datetime
    from_address: str
    to_address: str
    subject: str
    from_name: str = ""
    to_name: str = ""
    text: str = ""
    html: str = ""
    thread: Sequence[str] = ()
    """Message-IDs that this one answers, the oldest first, in angle brackets."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further headers. Those that the message needs itself are refused."""


def compose(message: Outgoing) -> bytes:
    """The message as it is handed to SMTP, with CRLF line ends and no Bcc.

    Raises HeaderInjection (a line break in a header), AddressInvalid, and Invalid for a message without a body,
    with a malformed Message-ID, or with a header that is not the caller's to set.
    """
    for name in message.headers:
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN:
            raise Invalid(f"the header {name!r} cannot be set", extra={"header": name})
    texts = {
        "Subject": message.subject,
        "Message-ID": _message_id(message.message_id),
        **thread_headers(message.thread),
        **message.headers,
    }
    # The headers are written here and not by EmailMessage: it drops spaces between words when it folds a subject,
    # and turns a long Message-ID or URL into encoded words, which no receiver matches or follows.
    headers = {
        "From": _mailbox("From", message.from_name, message.from_address),
        "To": _mailbox("To", message.to_name, message.to_address),
        "Date": format_datetime(message.date),
        **{name: _encoded(name, text) for name, text in texts.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode("ascii") + _body(message.text, message.html)


def _body(text: str, html: str) -> bytes:
    """MIME headers and what they describe, written here as the headers above are: `email.mime` takes five times as long
    for the same bytes (docs/benchmarks.md)."""
    text, html = _encodable(text), _encodable(html)
    if not text.strip() and not html.strip():
        raise Invalid("a message needs a text or an HTML body")
    plain = _part(text if text.strip() else html_to_text(html) + "\n", "plain")
    if not html.strip():
        return b"MIME-Version: 1.0\r\n" + plain
    # Neither quoted-printable nor base64 ever has `=_` in it (RFC 2045 section 6.7), so that no body has this line.
    boundary = f"=_{uuid4().hex}".encode()
    head = b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="' + boundary + b'"\r\n\r\n'
    parts = b"".join(b"--" + boundary + b"\r\n" + part for part in (plain, _part(html, "html")))
    return head + parts + b"--" + boundary + b"--\r\n"


def _part(text: str, subtype: str) -> bytes:
    """Quoted-printable, or base64 where most of it would have to be quoted. Ends with a line's end."""
    lines = _LINE_END.sub("\r\n", text)
    raw = (lines if lines.endswith("\r\n") else lines + "\r\n").encode()
    if len(text.encode("ascii", "ignore")) < len(text) / 2:
        encoding, encoded = b"base64", encodebytes(raw).replace(b"\n", b"\r\n")
    else:
        encoding, encoded = b"quoted-printable", b2a_qp(raw, istext=True)
    kind = b"Content-Type: text/" + subtype.encode() + b'; charset="utf-8"\r\n'
    return kind + b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + encoded


def new_message_id(message_uuid: UUID, domain: str) -> str:
    """The Message-ID (RFC 5322 section 3.6.4) of the message with this ID, sent from a mailbox of `domain`."""
    return f"<{message_uuid}@{normalise_address('postmaster@' + domain).partition('@')[2]}>"


def reply_subject(subject: str) -> str:
    """`Re: ` once, whatever the subject already begins with."""
    while prefix := _REPLY.match(subject):
        subject = subject[prefix.end() :]
    return f"Re: {subject}".strip()


def thread_headers(previous: Sequence[str]) -> dict[str, str]:
    """In-Reply-To and the whole References chain of an answer (RFC 5322 section 3.6.4), the oldest first."""
    chain = [_message_id(one) for one in previous]
    return {"In-Reply-To": chain[-1], "References": " ".join(chain)} if chain else {}


def _message_id(text: str) -> str:
    if _LINE_BREAK.search(text):
        raise HeaderInjection("a Message-ID contains a line break")
    if not _MESSAGE_ID.fullmatch(text) or not text.isascii() or len(text) > 900:
        raise Invalid("a Message-ID is one word in angle brackets")
    return text


def _mailbox(header: str, name: str, address: str) -> str:
    if _LINE_BREAK.search(address):
        raise HeaderInjection("an address contains a line break")
    address, shown = normalise_address(address), _encoded(header, name.strip(" "))
    if not _NEEDS_ENCODING.search(name) and not _ATOMS.fullmatch(shown):
        shown = '"' + re.sub(r'(["\\])', r"\\\1", shown) + '"'
    return f"{shown} <{address}>" if shown else address


def _encoded(header: str, text: str) -> str:
    """As it stands where it is plain ASCII, else as encoded words (RFC 2047); folded."""
    if _LINE_BREAK.search(text):
        raise HeaderInjection(f"the header {header!r} contains a line break")
    if _NEEDS_ENCODING.search(text):
        return Header(_encodable(text), "utf-8", header_name=header).encode(linesep="\r\n")
    return _folded(text, len(header) + 2)


def _folded(value: str, start: int) -> str:
    """Folded at blanks only, to 78 columns where words allow it (RFC 5322 section 2.2.3)."""
    folded, column = "", start
    for word in value.split():
        if folded and column + 1 + len(word) > 78:
            folded, column = f"{folded}\r\n {word}", 1 + len(word)
        else:
            folded, column = f"{folded} {word}" if folded else word, column + 1 + len(word)
    return folded


def _encodable(text: str) -> str:
    """Without what UTF-8 or a message cannot carry: lone surrogates, NUL."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
