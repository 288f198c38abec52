"""Helpers that deliver mail to `POST /webhooks/inbound-email`, and leads with a sent message to answer."""

import base64
import hmac
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from tests.integration.api.client import DELAY, EMAIL, Tenant, client_of
from tests.integration.api.conftest import INBOUND_SECRET

RFC822 = "message/rfc822"


def signed(
    raw: bytes, secret: str = INBOUND_SECRET, at: datetime | None = None, webhook_id: str = "msg_1"
) -> dict[str, str]:
    """Returns the headers of a mail server's request, signed over the raw bytes (the library signs text)."""
    moment = str(int((at or datetime.now(UTC)).timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{webhook_id}.{moment}.".encode() + raw, "sha256")
    return {
        "Content-Type": RFC822,
        "webhook-id": webhook_id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def mail(sender: str, to: str, answers: str | None = None, **headers: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, "Re: Hello"
    message["Message-ID"] = f"<{uuid4()}@lead.example>"
    if answers:
        message["In-Reply-To"] = message["References"] = answers
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Sounds good.\n")
    return message.as_bytes()


async def deliver(app: FastAPI, raw: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    async with client_of(app, None) as http:
        return await http.post("/webhooks/inbound-email", content=raw, headers=headers or signed(raw))


async def classify(app: FastAPI, raw: bytes) -> Any:
    answer = await deliver(app, raw)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def create_mailed_lead(tenant: Tenant, mailbox: str = "sam@sender.example") -> tuple[str, str, str]:
    """Creates a lead with a sent message. Returns the lead's ID, its address, and the Message-ID."""
    await tenant.call("POST", "/mailboxes", 201, json={"email": mailbox})
    email = f"ada-{uuid4().hex[:8]}@acme.example"
    lead_id = await tenant.lead(email=email)
    await tenant.enroll(await tenant.sequence([EMAIL, DELAY], active=True), lead_id)
    return lead_id, email, await tenant.record_sent(lead_id)
