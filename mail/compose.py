"""Composes an email as bytes: RFC 5322 headers, text and HTML as alternatives (RFC 2046), UTF-8 encoded in seven bits.

The body is quoted-printable or base64, because a message that needs no 8BITMIME passes every server unchanged.
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
from mail.html.text import html_to_text

# Everything that any program treats as a line end, not only what RFC 5322 does: a parser that splits at Unicode line
# breaks would find extra headers there.
_LINE_BREAK = re.compile(r"[\x00\n-\r\x1c-\x1e\x85\u2028\u2029]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_HEADER_NAME = re.compile(r"[!-9;-~]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_REPLY = re.compile(r"\s*re(\[\d+\])?\s*:\s*", re.IGNORECASE)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\s-]*")
# ASCII text that must be encoded all the same: what a receiver would read as RFC 2047 encoded words, and words too long
# for a line.
_NEEDS_ENCODING = re.compile(r"[^ -~]|=\?|[^ ]{900}")
_OWN = frozenset(
    [
        *["from", "to", "subject", "date", "message-id", "in-reply-to", "references"],
        *["mime-version", "content-type", "content-transfer-encoding"],
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """The content of one message, before it is composed. `date` is timezone-aware; `message_id` was chosen before
    sending."""

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
    """Message-IDs that this message answers, oldest first, in angle brackets."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Additional headers. `compose` refuses those that it sets itself."""


def compose(message: Outgoing) -> bytes:
    """Returns the message in the form that SMTP takes, with CRLF line ends and without Bcc.

    Raises HeaderInjection (a line break in a header), AddressInvalid, and Invalid for a message without a body, with a
    malformed Message-ID, or with a header that the caller may not set.
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
    # EmailMessage does not write the headers: it drops spaces between words when it folds a subject, and turns a long
    # Message-ID or URL into encoded words, which receivers neither match nor follow.
    headers = {
        "From": _mailbox("From", message.from_name, message.from_address),
        "To": _mailbox("To", message.to_name, message.to_address),
        "Date": format_datetime(message.date),
        **{name: _encoded(name, text) for name, text in texts.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode("ascii") + _body(message.text, message.html)


def _body(text: str, html: str) -> bytes:
    """Returns the MIME headers and the body. Written here like the headers above: `email.mime` takes five times as long
    for the same bytes (docs/benchmarks.md)."""
    text, html = _encodable(text), _encodable(html)
    if not text.strip() and not html.strip():
        raise Invalid("a message needs a text or an HTML body")
    plain = _part(text if text.strip() else html_to_text(html) + "\n", "plain")
    if not html.strip():
        return b"MIME-Version: 1.0\r\n" + plain
    # Neither quoted-printable nor base64 ever contains `=_` (RFC 2045 section 6.7), so no body contains the boundary.
    boundary = f"=_{uuid4().hex}".encode()
    head = b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="' + boundary + b'"\r\n\r\n'
    parts = b"".join(b"--" + boundary + b"\r\n" + part for part in (plain, _part(html, "html")))
    return head + parts + b"--" + boundary + b"--\r\n"


def _part(text: str, subtype: str) -> bytes:
    """Encodes as quoted-printable, or as base64 if most characters would have to be quoted. Ends with a line end."""
    lines = _LINE_END.sub("\r\n", text)
    raw = (lines if lines.endswith("\r\n") else lines + "\r\n").encode()
    if len(text.encode("ascii", "ignore")) < len(text) / 2:
        encoding, encoded = b"base64", encodebytes(raw).replace(b"\n", b"\r\n")
    else:
        encoding, encoded = b"quoted-printable", b2a_qp(raw, istext=True)
    kind = b"Content-Type: text/" + subtype.encode() + b'; charset="utf-8"\r\n'
    return kind + b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + encoded


def new_message_id(message_uuid: UUID, domain: str) -> str:
    """Returns the Message-ID (RFC 5322 section 3.6.4) of message `message_uuid` sent from a mailbox of `domain`."""
    return f"<{message_uuid}@{normalise_address('postmaster@' + domain).partition('@')[2]}>"


def reply_subject(subject: str) -> str:
    """Returns the subject with exactly one `Re: ` in front, whatever it begins with."""
    while prefix := _REPLY.match(subject):
        subject = subject[prefix.end() :]
    return f"Re: {subject}".strip()


def thread_headers(previous: Sequence[str]) -> dict[str, str]:
    """Returns In-Reply-To and the whole References chain of an answer (RFC 5322 section 3.6.4), oldest first."""
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
    """Returns plain ASCII unchanged and other text as encoded words (RFC 2047); folds both."""
    if _LINE_BREAK.search(text):
        raise HeaderInjection(f"the header {header!r} contains a line break")
    if _NEEDS_ENCODING.search(text):
        return Header(_encodable(text), "utf-8", header_name=header).encode(linesep="\r\n")
    return _folded(text, len(header) + 2)


def _folded(value: str, start: int) -> str:
    """Folds at spaces only, to 78 columns where the words are short enough (RFC 5322 section 2.2.3)."""
    folded, column = "", start
    for word in value.split():
        if folded and column + 1 + len(word) > 78:
            folded, column = f"{folded}\r\n {word}", 1 + len(word)
        else:
            folded, column = f"{folded} {word}" if folded else word, column + 1 + len(word)
    return folded


def _encodable(text: str) -> str:
    """Removes NUL and replaces lone surrogates: a message cannot carry the one, UTF-8 cannot encode the other."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
