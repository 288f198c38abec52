"""`/webhooks/inbound-email`: mail that the operator's mail server or provider delivers. Signed; needs no key."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO

from fastapi import APIRouter, Request

from api.app_context import app_context
from api.error_responses import problems
from api.outages import reaching_postgres
from api.requests.json_body import UnsupportedMediaType, limited, media_type
from api.requests.uploads import spooled
from api.schemas.development import MailReceivedResponse
from services.inbound.installation_mail import receive_inbound
from webhooks.signing import SignatureClaim, claim

router = APIRouter(prefix="/webhooks", tags=["Inbound mail"])

MAX_MESSAGE_BYTES = 25 * 2**20
RFC822 = "message/rfc822"
_PIECE_BYTES = 2**16
_HEADERS: list[dict[str, Any]] = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": what}
    for name, what in {
        "webhook-id": "Any unique text of at most 256 characters; the same for each delivery of the same message.",
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

    It is matched with a sent message by the Message-IDs that it refers to, then by the recipient of the returned part,
    then by its sender. The tenant is found by the same references, or else by the mailbox it was delivered to. A
    message that is delivered twice is recorded once; the same `webhook-id` gets the same answer again.
    """
    context = app_context(request)
    claimed = claim(request.headers, datetime.now(UTC))  # before any of the body is read
    if media_type(request) != RFC822:
        raise UnsupportedMediaType(f"send the message as `Content-Type: {RFC822}`")
    raw = await _signed_body(request, claimed)
    with reaching_postgres():
        received = await receive_inbound(context.database, raw, claimed.webhook_id)
    if received.tenant_id is not None:
        context.dispatcher.kick(received.tenant_id)
    return MailReceivedResponse.model_validate(received.mail)


async def _signed_body(request: Request, claimed: SignatureClaim) -> bytes:
    """Buffers the body on disk until its signature is verified, so that strangers cannot fill the memory. Raises
    InvalidSignature and PayloadTooLarge."""
    secret = app_context(request).config.inbound_webhook_secret
    assert secret is not None, "the router is there only with a secret"
    async with spooled(limited(request, MAX_MESSAGE_BYTES)) as file:
        return await asyncio.to_thread(_verified, file, claimed, secret)


def _verified(file: BinaryIO, claimed: SignatureClaim, secret: str) -> bytes:
    claimed.verify(secret, iter(partial(file.read, _PIECE_BYTES), b""))
    file.seek(0)
    return file.read()
