"""Stored secrets are sealed with a key that is not in the database.

Fernet of `cryptography` (AES-128-CBC and HMAC-SHA256; a token holds its version and time). With several keys, the first
seals and all open. To change the key, put a new one in front, seal everything again (`cadenza rotate-secrets`), and
remove the old one.
"""

import base64
import binascii
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from domain.errors import Conflict

KEY_BYTES = 32


class SecretKeysMissing(Conflict):
    """There is no key to seal or open with. Nothing is stored unsealed instead."""

    code = "secret_keys_missing"
    title = "No key is configured to encrypt secrets with"
    remedy = "Set `CADENZA_SECRET_KEYS` for the API and the worker."
    retryable = False


class SecretUnreadable(Conflict):
    """Sealed with a key that is not in the ring (any more), or damaged. Setting the secret again repairs it."""

    code = "secret_unreadable"
    title = "A stored secret cannot be decrypted with the configured keys"
    remedy = "Put the missing key back into `CADENZA_SECRET_KEYS`, or enter the password (or key) again."
    retryable = False


class SecretBox:
    """Seals and opens secrets. `keys` are 32 random bytes each, in base64 of either alphabet. An empty list means no
    keys.

    Raises ValueError for a malformed key. The message does not contain it.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._ring = MultiFernet([Fernet(base64.urlsafe_b64encode(key_bytes(key))) for key in keys]) if keys else None

    def __repr__(self) -> str:
        return "SecretBox(...)"

    def seal(self, secret: str) -> str:
        """Raises SecretKeysMissing."""
        return self._keys().encrypt(secret.encode()).decode("ascii")

    def open(self, token: str) -> str:
        """Raises SecretKeysMissing, SecretUnreadable."""
        ring = self._keys()
        try:
            return ring.decrypt(token.encode()).decode()
        except InvalidToken:
            raise SecretUnreadable("it was sealed with another key, or is damaged") from None

    def reseal(self, token: str) -> str:
        """The same secret, sealed with the newest key. Raises SecretKeysMissing, SecretUnreadable."""
        ring = self._keys()
        try:
            return ring.rotate(token.encode()).decode("ascii")
        except InvalidToken:
            raise SecretUnreadable("it was sealed with another key, or is damaged") from None

    def _keys(self) -> MultiFernet:
        if self._ring is None:
            raise SecretKeysMissing("set CADENZA_SECRET_KEYS for the API and the worker")
        return self._ring


def new_key() -> str:
    """A new key for the ring."""
    return Fernet.generate_key().decode("ascii")


def key_bytes(text: str) -> bytes:
    """The bytes of a written key, base64 in either alphabet. Raises ValueError, whose message does not contain it."""
    wrong = ValueError(f"a key is {KEY_BYTES} random bytes in base64")
    try:
        raw = base64.b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        raise wrong from None
    if len(raw) != KEY_BYTES:
        raise wrong
    return raw
