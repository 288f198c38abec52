"""Signatures by Standard Webhooks (https://www.standardwebhooks.com), version 1: HMAC-SHA256 over ID, time and body.

A secret is `whsec_` and 24 random bytes in standard base64. Receivers can verify our requests with any library of the
standard. Requests to us are verified here, on bytes: the Python library decodes every body as UTF-8, which mail need
not be.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from standardwebhooks.webhooks import Webhook

from domain.errors import DomainError

TOLERANCE = timedelta(minutes=5)
"""How far the sender's clock may differ from ours. A captured request cannot be replayed later than this."""

_PREFIX = "whsec_"
_VERSION = "v1"
_SECONDS = re.compile(r"[0-9]{1,12}")
_MAX_SIGNATURES = 20
_MAX_ID = 256


class InvalidSignature(DomainError):
    """The signature is missing, forged or too old. The error does not say which, so that nobody learns by trying."""

    code = "invalid_signature"
    status = 401
    title = "The request is not signed with the secret of this endpoint"
    remedy = "Sign the request as Standard Webhooks says, with this installation's secret and a correct clock."
    retryable = False


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def is_secret(text: str) -> bool:
    """Returns whether every library of the standard can read the secret."""
    try:
        return len(base64.b64decode(text.removeprefix(_PREFIX), validate=True)) >= 24 and text.startswith(_PREFIX)
    except (binascii.Error, ValueError):
        return False


def signed_headers(secret: str, webhook_id: str, at: datetime, body: str) -> dict[str, str]:
    """Returns the three signature headers for `body`. `at` is the time of this attempt."""
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, at.astimezone(UTC), body),
    }


@dataclass(frozen=True, slots=True)
class SignatureClaim:
    """The signature headers of a request, before its body was read and verified."""

    webhook_id: str
    timestamp: str
    signatures: list[str]

    def verify(self, ring: str, body: Iterable[bytes]) -> None:
        """Raises InvalidSignature unless the body, given in pieces, was signed with one of the secrets. `ring` contains
        several secrets, separated by commas, while one replaces another."""
        keys = [base64.b64decode(secret.strip().removeprefix(_PREFIX)) for secret in ring.split(",")]
        macs = [hmac.new(key, f"{self.webhook_id}.{self.timestamp}.".encode(), sha256) for key in keys]
        for piece in body:
            for mac in macs:
                mac.update(piece)
        expected = [base64.b64encode(mac.digest()) for mac in macs]
        equal = [hmac.compare_digest(given.encode(), one) for given in self.signatures for one in expected]
        if not any(equal):
            raise InvalidSignature


def claim(headers: Mapping[str, str], now: datetime) -> SignatureClaim:
    """Reads the signature headers (by lower-case name). Raises InvalidSignature if one is missing or malformed, or if
    the time is beyond the tolerance. A request may have several signatures, separated by spaces."""
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not webhook_id or len(webhook_id) > _MAX_ID or not _SECONDS.fullmatch(timestamp):
        raise InvalidSignature
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise InvalidSignature
    given = headers.get("webhook-signature", "").split(" ")[:_MAX_SIGNATURES]
    signatures = [one.removeprefix(f"{_VERSION},") for one in given if one.startswith(f"{_VERSION},")]
    if not signatures:
        raise InvalidSignature
    return SignatureClaim(webhook_id, timestamp, signatures)


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Returns the webhook-id of a request that was signed with the secret within the tolerance. Raises
    InvalidSignature."""
    claimed = claim(headers, now)
    claimed.verify(secret, [body])
    return claimed.webhook_id
