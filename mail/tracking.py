"""Links in mail: unsubscribe, open, click. Each carries a signed token that says what it is for, and nothing else.

A token binds its kind, the tenant, the message and, for a click, the very URL: it can be turned into no other link
(no open redirect), and it names nobody. Tokens do not expire: an unsubscribe link works as long as the mail is kept,
also after the key that signs has changed, while the old one stays in the ring.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlsplit
from uuid import UUID

import idna

Kind = Literal["open", "click", "unsubscribe"]

MAX_TOKEN = 4000
MAX_CLICK_URL = 2000
_MARKS: dict[Kind, bytes] = {"open": b"o", "click": b"c", "unsubscribe": b"u"}
_KINDS: dict[bytes, Kind] = {mark: kind for kind, mark in _MARKS.items()}
_MAC_BYTES = 16
_HEAD_BYTES = 1 + 16 + 16
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
# What browsers leave out of an address wherever it stands (WHATWG URL, 4.4), so that it leads where it led.
_LEFT_OUT = re.compile(r"[\t\r\n]")
# A host as DNS has it, or an address, and a port. All else is another host to one program than to the next:
# `good.example\@evil.example`, `good.example@evil.example`, `%65vil.example`.
_HOST = re.compile(r"([a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.IGNORECASE)
# What programs that make links of text take along from the sentence around it. No token ends so.
_AFTER = " .,;:!?)]}>\"'*\u00a0\u200b"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    tenant_id: UUID
    message_id: UUID
    """Of the row in `messages`."""
    url: str = ""
    """Of a click: where it leads."""


def ring(keys: str) -> list[str]:
    """The keys of a ring as it is written: `newest,older,oldest`. One alone is what it is, blanks and all."""
    return [key.strip() for key in keys.split(",")] if "," in keys else [keys]


class TokenKey:
    """Makes and reads tokens. Whoever has a key can forge them."""

    def __init__(self, keys: str) -> None:
        """One key, or several with commas between them: the first signs, all verify."""
        named = ring(keys)
        # One that has commas itself was one key before there were rings, and its links go on working.
        if len(named) > 1:
            named.append(keys)
        # A key of their own: the setting may come to sign other things, too.
        self._keys = [hmac.digest(key.encode(), b"cadenza/links", hashlib.sha256) for key in named]

    def write(self, token: Token) -> str:
        said = _MARKS[token.kind] + token.tenant_id.bytes + token.message_id.bytes + token.url.encode("ascii")
        return _text(said + _mac(self._keys[0], said))

    def read(self, text: str, kind: Kind) -> Token | None:
        """None for anything that no key of the ring wrote for this kind."""
        text = text.rstrip(_AFTER)
        if len(text) > MAX_TOKEN:
            return None
        try:
            raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        # Base64 has several spellings of some bytes; a token has one.
        if len(said) < _HEAD_BYTES or _text(raw) != text:
            return None
        verified = [hmac.compare_digest(mac, _mac(key, said)) for key in self._keys]
        if not any(verified):
            return None
        token = Token(_KINDS[said[:1]], UUID(bytes=said[1:17]), UUID(bytes=said[17:33]), said[33:].decode("ascii"))
        return token if token.kind == kind else None


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.digest(key, said, hashlib.sha256)[:_MAC_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read_unverified(text: str, kind: Kind) -> Token | None:
    """What a token says of itself, whoever wrote it: for mail that comes back, where a Message-ID that anybody may
    write does as much. Never for a request."""
    if len(text) > MAX_TOKEN:
        return None
    try:
        said = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(said) != _HEAD_BYTES + _MAC_BYTES or said[:1] != _MARKS[kind]:
        return None
    return Token(kind, UUID(bytes=said[1:17]), UUID(bytes=said[17:33]))


@dataclass(frozen=True, slots=True)
class MessageLinks:
    """The links of one message."""

    public_url: str
    key: TokenKey
    tenant_id: UUID
    message_id: UUID

    @property
    def unsubscribe(self) -> str:
        return f"{self.public_url}/u/{self._token('unsubscribe')}"

    @property
    def pixel(self) -> str:
        return f"{self.public_url}/t/o/{self._token('open')}.gif"

    def click(self, url: str) -> str:
        """A link that leads to `url` by way of here; `url` itself where that cannot be: it is no web address, or one
        that programs read differently (a user name, a backslash, a host that DNS cannot have), it is too long, or it
        is one of ours."""
        target = _target(url)
        if target is None or len(target) > MAX_CLICK_URL or target.startswith(f"{self.public_url}/"):
            return url
        return f"{self.public_url}/t/c/{self._token('click', target)}"

    def _token(self, kind: Kind, url: str = "") -> str:
        return self.key.write(Token(kind, self.tenant_id, self.message_id, url))


class Links:
    """Makes the links of messages. `public_url` is where people reach the API; `signing_key` may be a ring."""

    def __init__(self, public_url: str, signing_key: str) -> None:
        self.public_url = public_url.rstrip("/")
        self.key = TokenKey(signing_key)

    def of(self, tenant_id: UUID, message_id: UUID) -> MessageLinks:
        return MessageLinks(self.public_url, self.key, tenant_id, message_id)


def _target(url: str) -> str | None:
    """Where a browser would go, in ASCII; None where that is not an address of the web, or not beyond doubt."""
    written = _LEFT_OUT.sub("", url.strip())
    try:
        parts = urlsplit(written)
        host = _in_ascii(parts.netloc)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or "\\" in written:
        return None
    # A letter beyond ASCII changes the host; all else is spelled as it was.
    start = len(parts.scheme) + len("://")
    if written[start : start + len(parts.netloc)] != parts.netloc:
        return None
    return quote(written[:start] + host + written[start + len(parts.netloc) :], safe=_ASCII)


def _in_ascii(netloc: str) -> str:
    """An internationalised host by IDNA 2008, as browsers ask DNS for it. Raises ValueError."""
    if netloc.isascii():
        return netloc
    host, colon, port = netloc.partition(":")
    return idna.encode(host, uts46=True).decode("ascii") + colon + port
