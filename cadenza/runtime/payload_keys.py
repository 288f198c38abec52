"""The keys that encrypt what Temporal stores. The first key of the ring encrypts; all of them decrypt.

The cipher is AES-256-GCM. Each workflow has its own key, derived (HMAC-SHA256) from the ring's key and the workflow's
ID. So the random nonces of 96 bits stay far below their limit (NIST SP 800-38D section 8.3 allows 2^32 for each key),
and what was encrypted for one workflow cannot be decrypted for another.
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
    """It was encrypted with a key that is not in the ring or for another workflow, or is damaged. With a missing key
    nothing is lost: it can be read once the key is back."""


@dataclass(frozen=True, slots=True)
class Sealed:
    key_id: str
    data: bytes


class PayloadKeys:
    """`keys` are 32 random bytes each, in base64 (either alphabet). Without any, nothing is encrypted or decrypted.

    Raises ValueError for an invalid key; the error text does not contain the key.
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
        except (InvalidTag, ValueError):  # ValueError: the nonce is too short
            raise PayloadUnreadable("it is damaged, or was encrypted for another workflow") from None


def _key_id(key: bytes) -> str:
    """Identifies the key without revealing anything about it."""
    return hashlib.sha256(b"cadenza payload key\0" + key).hexdigest()[:16]


def _cipher(key: bytes, workflow_id: str) -> AESGCM:
    return AESGCM(hmac.digest(key, b"cadenza payload\0" + workflow_id.encode(), "sha256"))


def _bound(key_id: str, workflow_id: str) -> bytes:
    return f"{key_id}\0{workflow_id}".encode()
