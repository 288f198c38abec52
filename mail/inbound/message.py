"""Parses a message (RFC 5322) from untrusted bytes within limits: no input makes it fail or take long.

It uses the older email parser (`policy.compat32`), because the newer one raises on some malformed headers. The parser
has no limits of its own, so the input is limited before: bytes, delimiter lines, nested containers, headers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses, parsedate_to_datetime
from functools import cached_property
from itertools import islice
from typing import Any, cast

from mail.html.text import html_to_text
from mail.inbound.text import clean

MAX_BYTES = 2**19
"""Bytes of a message that are parsed. The rest is attachments or a completely returned message."""
MAX_TEXT = 100_000
MAX_HEADER = 16_384
MAX_HEADERS = 500
MAX_PARTS = 200
_MAX_CONTAINERS = 60
_MAX_DELIMITERS = 2_000
_MAX_BLANK_LINES = 5_000
_CONTAINER = re.compile(rb"content-type:\s{0,20}(?:multipart|message)/", re.IGNORECASE)
_DELIMITER = re.compile(rb"^--", re.MULTILINE)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_FOLD = re.compile(r"[\r\n]+[ \t]*")
# Where mail programs begin the quoted message.
_HTML_QUOTE = re.compile(
    r"<blockquote|<div[^>]{0,200}(?:gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|divRplyFwdMsg|appendonsend"
    r"|border-top:\s?solid #(?:E1E1E1|B5C4DF))",
    re.IGNORECASE,
)
_CHARSETS_REFUSED = frozenset(["idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"])


class _Bounded(Compat32):
    """Limits the length of headers: the standard library's parsers of parameters and addresses take quadratic time."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        kept, length = list[str](), 0
        for line in sourcelines:
            if length >= MAX_HEADER:
                break
            kept.append(line[:MAX_HEADER])
            length += len(line)
        name, value = super().header_source_parse(kept)
        return name, value[:MAX_HEADER]


class _BoundedMessage(Message):
    """Keeps at most MAX_HEADERS headers, because a look-up by name reads all of them. Replaces charsets that take
    quadratic time or do not encode text."""

    def set_raw(self, name: str, value: str) -> None:
        if len(self) < MAX_HEADERS:
            super().set_raw(name, value)  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]

    def get_param(self, param: str, failobj: Any = None, header: str = "content-type", unquote: bool = True) -> Any:
        value = super().get_param(param, failobj, header, unquote)
        if param.lower() == "charset" and isinstance(value, str) and value.strip().lower() in _CHARSETS_REFUSED:
            return "utf-8"
        return value


_POLICY = _Bounded()


def _within_bounds(raw: bytes) -> bytes:
    raw = raw[:MAX_BYTES]
    limits = ((_CONTAINER, _MAX_CONTAINERS), (_DELIMITER, _MAX_DELIMITERS), (_BLANK_LINE, _MAX_BLANK_LINES))
    for pattern, limit in limits:
        if (found := next(islice(pattern.finditer(raw), limit, None), None)) is not None:
            raw = raw[: found.start()]
    return raw


@dataclass(frozen=True)
class ParsedMessage:
    """A parsed message with the properties that most rules need."""

    message: Message
    raw: bytes = field(repr=False, default=b"")

    @classmethod
    def of(cls, raw: bytes) -> "ParsedMessage":
        return cls(read_message(raw), raw)

    def header(self, name: str) -> str:
        """Returns the first header of that name, unfolded, decoded and stripped; empty if there is none."""
        return read_header(self.message, name).strip()

    def word(self, name: str) -> str:
        """Returns a header's value up to the first semicolon, space or comment, in lower case."""
        return re.split(r"[\s;(]", self.header(name).lower(), maxsplit=1)[0]

    def has(self, *names: str) -> bool:
        return any(name in self.message for name in names)

    @cached_property
    def parts(self) -> tuple[Message, ...]:
        """All parts in reading order, the message itself first, without the parts of returned messages."""
        return tuple(islice(_walk(self.message), MAX_PARTS))

    @cached_property
    def returned(self) -> Message | None:
        """The message that a report returns, complete or with its headers only (RFC 6522 section 3)."""
        for part in self.parts:
            kind = part.get_content_type()
            if kind in ("message/rfc822", "message/global") and (inside := children(part)):
                return inside[0]
            # Only the first type is standard for headers alone; some servers write the others.
            if kind in (
                "text/rfc822-headers",
                "text/rfc822-header",
                "message/rfc822-headers",
                "message/global-headers",
            ):
                return read_message(payload(part))
        return None

    @cached_property
    def text(self) -> str:
        """The first text part that is not an attachment, or else the text of the first HTML part."""
        html = ""
        for part in self.parts:
            if part.is_multipart() or _is_attachment(part):
                continue
            if part.get_content_type() == "text/plain" and (text := decoded(part)).strip():
                return text[:MAX_TEXT]
            if part.get_content_type() == "text/html" and not html:
                html = decoded(part)
        own = _HTML_QUOTE.split(html[:MAX_TEXT], maxsplit=1)[0]
        return (html_to_text(own) or html_to_text(html[:MAX_TEXT]))[:MAX_TEXT]

    @cached_property
    def sender(self) -> str | None:
        return first_address(self.header("From"))

    @cached_property
    def subject(self) -> str:
        return self.header("Subject")[:998]

    def report_type(self) -> str:
        """Returns the report-type of a multipart/report; otherwise empty."""
        if self.message.get_content_type() != "multipart/report":
            return ""
        return parameter(self.message, "report-type")

    def sent_at_offset(self) -> tuple[str, int | None]:
        """Returns the Date header as an ISO date in the sender's zone, and the zone's offset in minutes. Falls back to
        Received; returns ("", None) if neither can be parsed."""
        for value in (self.header("Date"), self.header("Received").rpartition(";")[2].strip()):
            try:
                sent = parsedate_to_datetime(value[:200])
                offset = sent.utcoffset()
            except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
                continue
            return sent.date().isoformat(), None if offset is None else int(offset.total_seconds() // 60)
        return "", None


def is_from_nobody(mail: ParsedMessage) -> bool:
    """Returns whether the return path is null (RFC 3834 section 3.3): only machines send with a null return path."""
    paths = mail.message.get_all("Return-Path", [])[:3]
    return any(str(value).strip() in ("<>", "<MAILER-DAEMON>") for value in paths)


def read_message(raw: bytes) -> Message:
    return message_from_bytes(_within_bounds(raw), _class=_BoundedMessage, policy=_POLICY)


def read_header(message: Message, name: str) -> str:
    """Returns the first header of that name, unfolded and decoded; empty if there is none."""
    value = message.get(name)
    if value is None:
        return ""
    unfolded = _FOLD.sub(" ", str(value)[:MAX_HEADER])
    if "=?" not in unfolded:
        return clean(unfolded)
    try:
        return clean(str(make_header(decode_header(unfolded[:4096]))))
    except (MessageError, LookupError, ValueError):
        return clean(unfolded)


def raw_headers(message: Message, name: str) -> Iterator[str]:
    """Yields every header of that name, still folded."""
    for value in message.get_all(name, []):
        yield clean(str(value)[:MAX_HEADER])


def first_address(value: str) -> str | None:
    """Returns the first address of a header's value in lower case, without its display name; None if there is none."""
    addresses = all_addresses(value)
    return addresses[0] if addresses else None


def all_addresses(value: str) -> list[str]:
    """Returns all addresses of a header's value in lower case, in their order."""
    value = value[:MAX_HEADER]
    if value.count("(") > 20 or value.count("<") > 2_000:
        # Remove comments: the standard library parses nested ones recursively.
        value = value.replace("(", " ").replace(")", " ")
    try:
        pairs = getaddresses([value])
    except (IndexError, ValueError, AttributeError):
        return []
    found = (re.sub(r"\s", "", address).lower() for _, address in pairs)
    return [clean(address) for address in found if "@" in address and len(address) <= 320]


def untagged(address: str) -> str:
    """Returns the address without the part between `+` and `@` (RFC 5233). Most servers deliver both forms to the same
    mailbox."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if local.partition("+")[0] else address


def children(part: Message) -> list[Message]:
    # Check is_multipart first: otherwise the payload of a leaf is decoded with its charset, which may be invalid.
    return cast("list[Message]", part.get_payload()) if part.is_multipart() else []


def payload(part: Message) -> bytes:
    decoded_payload = part.get_payload(decode=True)
    return decoded_payload if isinstance(decoded_payload, bytes) else b""


def decoded(part: Message) -> str:
    """Returns the text of a leaf part, of at most MAX_TEXT * 4 bytes."""
    raw = payload(part)[: MAX_TEXT * 4]
    try:
        text = raw.decode(part.get_content_charset("utf-8"), errors="replace")
    except (LookupError, ValueError):
        text = raw.decode("utf-8", errors="replace")
    return clean(text.replace("\r\n", "\n"))


def parameter(part: Message, name: str) -> str:
    """Returns a parameter of Content-Type in lower case."""
    value = part.get_param(name, "")
    text = value[2] if isinstance(value, tuple) else str(value or "")
    return clean(text).strip().lower()


def _walk(message: Message) -> Iterator[Message]:
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        if part.get_content_maintype() == "multipart":
            waiting.extend(reversed(children(part)))


def _is_attachment(part: Message) -> bool:
    return part.get_content_disposition() == "attachment"
