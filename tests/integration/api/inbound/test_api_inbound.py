"""`POST /webhooks/inbound-email`: who may hand mail over, whose it is, and what it does."""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.app import AppConfig, create_app
from cadenza.embedded import EmbeddedPostgres
from tests.integration.api.client import DELAY, EMAIL, Tenant, client_of
from tests.integration.api.conftest import INBOUND_SECRET, temporal_is_away
from webhooks.signing import new_secret

RFC822 = "message/rfc822"


def signed(raw: bytes, secret: str = INBOUND_SECRET, at: datetime | None = None) -> dict[str, str]:
    """As a mail server would sign it: over the bytes as they are (the library signs text)."""
    moment = str(int((at or datetime.now(UTC)).timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"msg_1.{moment}.".encode() + raw, "sha256")
    return {
        "Content-Type": RFC822,
        "webhook-id": "msg_1",
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


async def handed_over(app: FastAPI, raw: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    async with client_of(app, None) as http:
        return await http.post("/webhooks/inbound-email", content=raw, headers=headers or signed(raw))


async def understood(app: FastAPI, raw: bytes) -> Any:
    answer = await handed_over(app, raw)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def mailed(tenant: Tenant, mailbox: str = "sam@sender.example") -> tuple[str, str, str]:
    """A lead that was written to: its ID, its address, the Message-ID."""
    await tenant.call("POST", "/mailboxes", 201, json={"email": mailbox})
    email = f"ada-{uuid4().hex[:8]}@acme.example"
    lead_id = await tenant.lead(email=email)
    await tenant.enroll(await tenant.sequence([EMAIL, DELAY], active=True), lead_id)
    message_id = f"<{uuid4()}@sender.example>"
    async with tenant.database.write(tenant.id) as session:
        await session.execute(
            text(
                "INSERT INTO messages (tenant_id, enrollment_id, sequence_id, lead_id, mailbox_id, step_id, visit,"
                " status, rfc_message_id, subject, reserved_at, sent_at)"
                " SELECT tenant_id, id, sequence_id, lead_id, mailbox_id, current_step_id, 1, 'sent', :message_id,"
                " 'Hello', now(), now() FROM lead_sequence_state"
                " WHERE lead_id = :lead_id"
            ),
            {"message_id": message_id, "lead_id": lead_id},
        )
    return lead_id, email, message_id


async def test_a_reply_finds_its_tenant_by_what_it_answers(app: FastAPI, tenant: Tenant, stranger: Tenant) -> None:
    lead_id, email, message_id = await mailed(tenant)
    await mailed(stranger)
    raw = mail(email, "somebody-else@forwarded.example", message_id)
    answer = await understood(app, raw)
    assert (answer["classification"], answer["matched_by"]) == ("reply", "references")
    state = await tenant.state(lead_id)
    assert (answer["enrollment_id"], state["status"], state["stop_reason"]) == (state["id"], "stopped", "replied")
    # Handed over twice (or replayed within its five minutes), it is recorded once.
    await understood(app, raw)
    [kept] = await tenant.query("SELECT detail FROM lead_engagement")
    assert kept.detail == {"rule": answer["rule"], "matched_by": "references"}
    assert await stranger.query("SELECT id FROM lead_engagement") == []


async def test_mail_without_references_goes_to_the_tenant_of_its_mailbox(app: FastAPI, tenant: Tenant) -> None:
    mailbox = f"sam-{uuid4().hex[:8]}@sender.example"
    lead_id, email, _ = await mailed(tenant, mailbox)
    answer = await understood(app, mail(email, f"Sam <{mailbox.upper()}>"))
    assert (answer["classification"], answer["matched_by"]) == ("reply", "sender")
    assert (await tenant.state(lead_id))["stop_reason"] == "replied"


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To"])
async def test_what_the_delivering_server_wrote_counts(app: FastAPI, tenant: Tenant, header: str) -> None:
    mailbox = f"sam-{uuid4().hex[:8]}@sender.example"
    _, email, _ = await mailed(tenant, mailbox)
    raw = mail(email, "list@elsewhere.example", **{header.replace("-", "_"): mailbox})
    assert (await understood(app, raw))["matched_by"] == "sender"


async def test_a_mailbox_that_two_tenants_have_decides_nothing(app: FastAPI, tenant: Tenant, stranger: Tenant) -> None:
    mailbox = f"shared-{uuid4().hex[:8]}@sender.example"
    _, email, _ = await mailed(tenant, mailbox)
    await mailed(stranger, mailbox)
    assert (await understood(app, mail(email, mailbox)))["classification"] == "unrelated"


async def test_our_own_mail_is_no_reply(app: FastAPI, tenant: Tenant) -> None:
    mailbox = f"sam-{uuid4().hex[:8]}@sender.example"
    lead_id, email, message_id = await mailed(tenant, mailbox)
    answer = await understood(app, mail(mailbox, email, message_id))
    assert answer == {
        **{"classification": "own", "matched_by": None, "enrollment_id": None, "recipient": None},
        **{"rule": "own_mailbox", "returns_on": None},
    }
    assert (await tenant.state(lead_id))["status"] == "pending"
    assert await tenant.query("SELECT id FROM lead_engagement") == []


async def test_an_automatic_answer_holds_and_stops_nothing(app: FastAPI, tenant: Tenant) -> None:
    lead_id, email, message_id = await mailed(tenant)
    raw = mail(email, "sam@sender.example", message_id, Auto_Submitted="auto-replied")
    assert (await understood(app, raw))["classification"] == "auto_reply"
    assert (await tenant.state(lead_id))["status"] == "pending"


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe\x00 no mail", b"From: x@y.example\r\n\r\nhi", b"To: \xc3\x28@x\r\n\r\n", b"\x00" * 1000]
)
async def test_what_is_nobodys_is_unrelated(app: FastAPI, raw: bytes) -> None:
    answer = await understood(app, raw)
    assert (answer["classification"], answer["enrollment_id"]) == ("unrelated", None)


async def test_only_what_is_signed_is_heard(app: FastAPI, tenant: Tenant) -> None:
    lead_id, email, message_id = await mailed(tenant)
    raw = mail(email, "sam@sender.example", message_id)
    good = signed(raw)
    bad = [
        {"Content-Type": RFC822},
        {"Content-Type": RFC822, "Authorization": tenant.http.headers["Authorization"]},
        signed(raw, secret=new_secret()),
        signed(raw, at=datetime.now(UTC) - timedelta(minutes=6)),
        signed(raw, at=datetime.now(UTC) + timedelta(minutes=6)),
        signed(raw + b"forged"),
        {**good, "webhook-id": "another"},
        {**good, "webhook-signature": "v1,nonsense"},
    ]
    for headers in bad:
        answer = await handed_over(app, raw, headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_signature"), headers
    assert (await tenant.state(lead_id))["status"] == "pending"
    assert (await handed_over(app, raw, good)).status_code == 200


async def test_other_types_and_sizes_are_refused(app: FastAPI) -> None:
    answer = await handed_over(app, b"{}", {**signed(b"{}"), "Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    large = b"x" * (25 * 2**20 + 1)
    answer = await handed_over(app, large, {**signed(b""), "Content-Type": RFC822})
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


async def test_without_a_secret_it_is_not_there(migrated_postgres: EmbeddedPostgres) -> None:
    app = create_app(AppConfig(migrated_postgres.app_url), temporal_is_away)
    async with app.router.lifespan_context(app):
        answer = await handed_over(app, b"")
    assert answer.status_code == 404
