"""Keys that seal what Temporal keeps: a ring of which the first seals and all open.

AES-256-GCM. Each workflow has a key of its own, derived (HMAC-SHA256) from the ring's key and the workflow's ID: a
random nonce of 96 bits then never comes near its limit (NIST SP 800-38D section 8.3 allows a key 2^32 of them), and
nothing that was sealed for one workflow opens for another.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.secret_box import key_bytes

NONCE_BYTES = 12


class PayloadUnreadable(Exception):
    """Sealed with a key that is not in the ring, for another workflow, or damaged. Nothing is lost: it opens once the
    key is back."""


@dataclass(frozen=True, slots=True)
class Sealed:
    key_id: str
    data: bytes


class PayloadKeys:
    """`keys` are 32 random bytes each, in base64 (either alphabet); without any, nothing is sealed and none opens.

    Raises ValueError for what is no key; its text does not repeat it.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        ring = [key_bytes(key) for key in keys]
        self._ring = {_key_id(key): key for key in ring}
        self._first = _key_id(ring[0]) if ring else ""

    def __bool__(self) -> bool:
        return bool(self._ring)

    def __repr__(self) -> str:
        return "PayloadKeys(...)"

    def seal(self, data: bytes, workflow_id: str) -> Sealed:
        nonce = os.urandom(NONCE_BYTES)
        cipher = _cipher(self._ring[self._first], workflow_id)
        return Sealed(self._first, nonce + cipher.encrypt(nonce, data, _bound(self._first, workflow_id)))

    def open(self, sealed: Sealed, workflow_id: str) -> bytes:
        """Raises PayloadUnreadable, which names the key that is needed."""
        key = self._ring.get(sealed.key_id)
        if key is None:
            raise PayloadUnreadable(f"CADENZA_PAYLOAD_KEYS lacks the key {sealed.key_id}: put it back")
        nonce, data = sealed.data[:NONCE_BYTES], sealed.data[NONCE_BYTES:]
        try:
            return _cipher(key, workflow_id).decrypt(nonce, data, _bound(sealed.key_id, workflow_id))
        except (InvalidTag, ValueError):  # ValueError: a nonce that is cut off
            raise PayloadUnreadable("it is damaged, or was sealed for another workflow") from None


def _key_id(key: bytes) -> str:
    """Tells keys apart and says nothing about them."""
    return hashlib.sha256(b"cadenza payload key\0" + key).hexdigest()[:16]


def _cipher(key: bytes, workflow_id: str) -> AESGCM:
    return AESGCM(hmac.digest(key, b"cadenza payload\0" + workflow_id.encode(), "sha256"))


def _bound(key_id: str, workflow_id: str) -> bytes:
    return f"{key_id}\0{workflow_id}".encode()
