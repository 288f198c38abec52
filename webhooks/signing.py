"""Signatures by Standard Webhooks (https://www.standardwebhooks.com), version 1: HMAC-SHA256 over ID, time and body.

A secret is `whsec_` and 24 random bytes in standard base64. Its owner checks what we send with any library of that
standard; what others send us is checked here, byte by byte: the Python library reads every body as UTF-8, and mail
need not be.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import Webhook, hmac_data

from domain.errors import DomainError

TOLERANCE = timedelta(minutes=5)
"""How far the sender's clock may be from ours: a captured request is worthless after it."""

_PREFIX = "whsec_"
_VERSION = "v1"
_SECONDS = re.compile(r"[0-9]{1,12}")
_MAX_SIGNATURES = 20


class InvalidSignature(DomainError):
    """Missing, forged, or too old. It says no more than that, so that nobody learns by trying."""

    code = "invalid_signature"
    status = 401
    title = "The request is not signed with the secret of this endpoint"


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def is_secret(text: str) -> bool:
    """Whether every library of the standard can read it."""
    try:
        return len(base64.b64decode(text.removeprefix(_PREFIX), validate=True)) >= 24 and text.startswith(_PREFIX)
    except (binascii.Error, ValueError):
        return False


def signed_headers(secret: str, webhook_id: str, at: datetime, body: str) -> dict[str, str]:
    """The three headers under which `body` is sent. `at` is the time of this attempt."""
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, at.astimezone(UTC), body),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The webhook-id of a request that was signed with the secret within the tolerance. Raises InvalidSignature.

    `headers` by names in lower case. Several signatures may be given, parted by blanks (a secret being rotated).
    """
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not webhook_id or not _SECONDS.fullmatch(timestamp):
        raise InvalidSignature
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise InvalidSignature
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    expected = base64.b64encode(hmac_data(key, f"{webhook_id}.{timestamp}.".encode() + body)).decode()
    for given in headers.get("webhook-signature", "").split(" ")[:_MAX_SIGNATURES]:
        version, _, signature = given.partition(",")
        if version == _VERSION and hmac.compare_digest(signature.encode(), expected.encode()):
            return webhook_id
    raise InvalidSignature
