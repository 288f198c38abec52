"""`/webhooks/inbound-email`: mail as the operator's mail server or provider hands it over. Signed, without a key."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO

from fastapi import APIRouter, Request

from api.documented import problems
from api.requests.json_body import UnsupportedMediaType, limited, media_type
from api.requests.uploads import spooled
from api.schemas.development import MailReceivedResponse
from api.unavailable import reaching_postgres
from api.wiring import wiring
from services.inbound.installation_mail import receive_inbound
from webhooks.signing import Claim, claim

router = APIRouter(prefix="/webhooks", tags=["Inbound mail"])

MAX_MESSAGE_BYTES = 25 * 2**20
RFC822 = "message/rfc822"
_PIECE_BYTES = 2**16
_HEADERS: list[dict[str, Any]] = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": what}
    for name, what in {
        "webhook-id": "Any unique text of at most 256 characters; the same when the message is handed over again.",
        "webhook-timestamp": "Unix seconds; at most five minutes old.",
        "webhook-signature": "`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64.",
    }.items()
]
_DOCUMENTED: dict[str, Any] = {
    "parameters": _HEADERS,
    "requestBody": {
        "required": True,
        "content": {RFC822: {"schema": {"type": "string", "format": "binary"}}},
    },
}


@router.post("/inbound-email", responses=problems(401, 413, 415, 500, 503), openapi_extra=_DOCUMENTED)
async def receive_inbound_email(request: Request) -> MailReceivedResponse:
    """A raw message (RFC 5322), signed by Standard Webhooks with the installation's `inbound_webhook_secret`.

    It is matched with what was sent by the Message-IDs that it refers to, then by the returned part's recipient, then
    by its sender; the tenant is found by the same references, else by the mailbox that it was delivered to. Handing
    the same message over twice records it once; under the same `webhook-id` it is answered as it was before.
    """
    wired = wiring(request)
    claimed = claim(request.headers, datetime.now(UTC))  # before any of the body is read
    if media_type(request) != RFC822:
        raise UnsupportedMediaType(f"send the message as `Content-Type: {RFC822}`")
    raw = await _signed_body(request, claimed)
    with reaching_postgres():
        received = await receive_inbound(wired.database, raw, claimed.webhook_id)
    if received.tenant_id is not None:
        wired.dispatcher.kick(received.tenant_id)
    return MailReceivedResponse.model_validate(received.mail)


async def _signed_body(request: Request, claimed: Claim) -> bytes:
    """Kept on the disk until it is known who sent it: strangers fill no memory. Raises InvalidSignature and
    PayloadTooLarge."""
    secret = wiring(request).config.inbound_webhook_secret
    assert secret is not None, "the router is there only with a secret"
    async with spooled(limited(request, MAX_MESSAGE_BYTES)) as file:
        return await asyncio.to_thread(_verified, file, claimed, secret)


def _verified(file: BinaryIO, claimed: Claim, secret: str) -> bytes:
    claimed.verify(secret, iter(partial(file.read, _PIECE_BYTES), b""))
    file.seek(0)
    return file.read()
