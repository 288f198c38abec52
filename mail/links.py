"""Links in mail: unsubscribe, open, click. Each contains a signed token that says what the link is for.

A token binds its kind, the tenant, the message and, for a click, the exact URL. It cannot be changed into another link,
so there is no open redirect, and it names no person. Tokens do not expire: an unsubscribe link works as long as the
mail is kept. It also works after the signing key was replaced, while the old key is still in the key ring.
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
# Characters that browsers remove from a URL at any place (WHATWG URL, 4.4).
_LEFT_OUT = re.compile(r"[\t\r\n]")
# A DNS host name or an IP address, and a port. Programs disagree about the host of anything else:
# `good.example\@evil.example`, `good.example@evil.example`, `%65vil.example`.
_HOST = re.compile(r"([a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.IGNORECASE)
# Characters that programs take into a link from the sentence around it. No token ends with one of them.
_AFTER = " .,;:!?)]}>\"'*\u00a0\u200b"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    tenant_id: UUID
    message_id: UUID
    """ID of the row in `messages`."""
    url: str = ""
    """For a click: the target."""


def ring(keys: str) -> list[str]:
    """Splits a key ring, written as `newest,older,oldest`. A single key is returned unchanged, including spaces."""
    return [key.strip() for key in keys.split(",")] if "," in keys else [keys]


class TokenKey:
    """Writes and verifies tokens. Whoever has a key can forge tokens."""

    def __init__(self, keys: str) -> None:
        """`keys`: one key, or several separated by commas. The first one signs, all of them verify."""
        named = ring(keys)
        # A value with commas may have been a single key before key rings existed. Its links must still work.
        if len(named) > 1:
            named.append(keys)
        # Derive a key for links only: the setting may be used to sign other things later.
        self._keys = [hmac.digest(key.encode(), b"cadenza/links", hashlib.sha256) for key in named]

    def write(self, token: Token) -> str:
        content = _MARKS[token.kind] + token.tenant_id.bytes + token.message_id.bytes + token.url.encode("ascii")
        return _text(content + _mac(self._keys[0], content))

    def read(self, text: str, kind: Kind) -> Token | None:
        """Returns the token, or None if no key of the ring has signed it or if it is of another kind."""
        text = text.rstrip(_AFTER)
        if len(text) > MAX_TOKEN:
            return None
        try:
            raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        content, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        # Some bytes have several spellings in base64. Only one of them is accepted.
        if len(content) < _HEAD_BYTES or _text(raw) != text:
            return None
        verified = [hmac.compare_digest(mac, _mac(key, content)) for key in self._keys]
        if not any(verified):
            return None
        url = content[33:].decode("ascii")
        token = Token(_KINDS[content[:1]], UUID(bytes=content[1:17]), UUID(bytes=content[17:33]), url)
        return token if token.kind == kind else None


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, hashlib.sha256)[:_MAC_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read_unverified(text: str, kind: Kind) -> Token | None:
    """Returns the content of a token without checking its signature; None if it is malformed. Only for matching inbound
    mail, where a Message-ID proves no more than this. Never use it for a request."""
    if len(text) > MAX_TOKEN:
        return None
    try:
        content = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(content) != _HEAD_BYTES + _MAC_BYTES or content[:1] != _MARKS[kind]:
        return None
    return Token(kind, UUID(bytes=content[1:17]), UUID(bytes=content[17:33]))


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
        """Returns a link that leads to `url` through our server. Returns `url` unchanged if it is not a web address, if
        programs read it differently (a user name, a backslash, a host that DNS cannot have), if it is too long, or if
        it is one of our own links."""
        target = _target(url)
        if target is None or len(target) > MAX_CLICK_URL or target.startswith(f"{self.public_url}/"):
            return url
        return f"{self.public_url}/t/c/{self._token('click', target)}"

    def _token(self, kind: Kind, url: str = "") -> str:
        return self.key.write(Token(kind, self.tenant_id, self.message_id, url))


class Links:
    """Makes the links of messages. `public_url` is where people reach the API; `signing_key` may be a key ring."""

    def __init__(self, public_url: str, signing_key: str) -> None:
        self.public_url = public_url.rstrip("/")
        self.key = TokenKey(signing_key)

    def of(self, tenant_id: UUID, message_id: UUID) -> MessageLinks:
        return MessageLinks(self.public_url, self.key, tenant_id, message_id)


def _target(url: str) -> str | None:
    """Returns the address that a browser would open, in ASCII; None if it is not a web address or is ambiguous."""
    written = _LEFT_OUT.sub("", url.strip())
    try:
        parts = urlsplit(written)
        host = _in_ascii(parts.netloc)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or "\\" in written:
        return None
    # Only an internationalised host is rewritten. Everything else keeps its spelling.
    start = len(parts.scheme) + len("://")
    if written[start : start + len(parts.netloc)] != parts.netloc:
        return None
    return quote(written[:start] + host + written[start + len(parts.netloc) :], safe=_ASCII)


def _in_ascii(netloc: str) -> str:
    """Converts an internationalised host to ASCII (IDNA 2008, UTS 46), as browsers do. Raises ValueError."""
    if netloc.isascii():
        return netloc
    host, colon, port = netloc.partition(":")
    return idna.encode(host, uts46=True).decode("ascii") + colon + port
