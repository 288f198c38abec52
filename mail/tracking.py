"""Links in mail: unsubscribe, open, click. Each carries a signed token that says what it is for, and nothing else.

A token binds its kind, the tenant, the message and, for a click, the very URL: it can be turned into no other link
(no open redirect), and it names nobody. Tokens do not expire: an unsubscribe link works as long as the mail is kept.
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

Kind = Literal["open", "click", "unsubscribe"]

MAX_TOKEN = 4000
MAX_CLICK_URL = 2000
_MARKS: dict[Kind, bytes] = {"open": b"o", "click": b"c", "unsubscribe": b"u"}
_KINDS: dict[bytes, Kind] = {mark: kind for kind, mark in _MARKS.items()}
_MAC_BYTES = 16
_HEAD_BYTES = 1 + 16 + 16
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_BROKEN_ESCAPE = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    tenant_id: UUID
    message_id: UUID
    """Of the row in `messages`."""
    url: str = ""
    """Of a click: where it leads."""


class TokenKey:
    """Makes and reads tokens. Whoever has the key can forge them."""

    def __init__(self, key: str) -> None:
        # A key of their own: the setting may come to sign other things, too.
        self._key = hmac.digest(key.encode(), b"cadenza/links", hashlib.sha256)

    def write(self, token: Token) -> str:
        said = _MARKS[token.kind] + token.tenant_id.bytes + token.message_id.bytes + token.url.encode("ascii")
        return base64.urlsafe_b64encode(said + self._mac(said)).rstrip(b"=").decode()

    def read(self, text: str, kind: Kind) -> Token | None:
        """None for anything that this key did not write for this kind."""
        if len(text) > MAX_TOKEN:
            return None
        try:
            raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        said, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if len(said) < _HEAD_BYTES or not hmac.compare_digest(mac, self._mac(said)):
            return None
        token = Token(_KINDS[said[:1]], UUID(bytes=said[1:17]), UUID(bytes=said[17:33]), said[33:].decode("ascii"))
        return token if token.kind == kind else None

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self._key, said, hashlib.sha256)[:_MAC_BYTES]


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
        """A link that leads to `url` by way of here; `url` itself where that cannot be: it is no web address, it is
        too long, or it is one of ours."""
        target = quote(url.strip(), safe=_ASCII)
        if len(target) > MAX_CLICK_URL or not _is_web(target) or target.startswith(f"{self.public_url}/"):
            return url
        return f"{self.public_url}/t/c/{self._token('click', target)}"

    def headers(self) -> dict[str, str]:
        """One-click unsubscribe (RFC 8058)."""
        return {
            "List-Unsubscribe": f"<{self.unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }

    def _token(self, kind: Kind, url: str = "") -> str:
        return self.key.write(Token(kind, self.tenant_id, self.message_id, url))


class Links:
    """Makes the links of messages. `public_url` is where people reach the API."""

    def __init__(self, public_url: str, signing_key: str) -> None:
        self.public_url = public_url.rstrip("/")
        self.key = TokenKey(signing_key)

    def of(self, tenant_id: UUID, message_id: UUID) -> MessageLinks:
        return MessageLinks(self.public_url, self.key, tenant_id, message_id)


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.netloc) and not _BROKEN_ESCAPE.search(url)
