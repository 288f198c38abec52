"""Inbound mail that is delivered again: by a provider that got no answer, or by an eavesdropper."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI

from api.app import AppConfig, create_app
from cadenza.embedded.postgres import EmbeddedPostgres
from tests.integration.api.client import Tenant
from tests.integration.api.conftest import temporal_is_away
from tests.integration.api.inbound.inbound_mail import create_mailed_lead, deliver, mail, signed
from webhooks.signing import new_secret


async def test_the_same_delivery_gets_the_same_answer(app: FastAPI, tenant: Tenant) -> None:
    """The answer is the same even if the bytes would be classified differently now: here the lead has entered another
    sequence."""
    mailbox = f"sam-{uuid4().hex[:8]}@sender.example"
    lead_id, email, _ = await create_mailed_lead(tenant, mailbox)
    raw = mail(email, mailbox)
    first = await deliver(app, raw, signed(raw, webhook_id="msg_a"))
    assert (first.json()["classification"], first.json()["matched_by"]) == ("reply", "sender")
    assert (await tenant.state(lead_id))["stop_reason"] == "replied"
    await tenant.enroll(await tenant.sequence(active=True), lead_id)
    again = await deliver(app, raw, signed(raw, at=datetime.now(UTC) - timedelta(minutes=1), webhook_id="msg_a"))
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await tenant.state(lead_id))["status"] == "pending"  # the old reply does not stop the new enrollment
    assert len(await tenant.query("SELECT id FROM lead_engagement")) == 1


async def test_the_stored_answer_to_a_bounce_has_no_address(app: FastAPI, tenant: Tenant) -> None:
    _, email, message_id = await create_mailed_lead(tenant)
    raw = (
        "From: MAILER-DAEMON@mx.example\r\nTo: sam@sender.example\r\nSubject: Undelivered\r\n"
        f"In-Reply-To: {message_id}\r\nReferences: {message_id}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; {email}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "--b--\r\n"
    ).encode()
    first = (await deliver(app, raw, signed(raw, webhook_id="msg_b"))).json()
    assert (first["classification"], first["recipient"]) == ("hard_bounce", email)
    assert (await deliver(app, raw, signed(raw, webhook_id="msg_b"))).json() == first
    kept = await tenant.query("SELECT response::text AS text FROM idempotency_keys WHERE key LIKE 'inbound-email/%'")
    assert len(kept) == 1 and email not in kept[0].text


async def test_the_same_message_under_another_id_has_no_second_effect(app: FastAPI, tenant: Tenant) -> None:
    """As after a provider's retry under a new ID, or when a message arrives by IMAP and by webhook."""
    _, email, message_id = await create_mailed_lead(tenant)
    raw = mail(email, "sam@sender.example", message_id)
    for webhook_id in ("msg_1", "msg_2", "msg_3"):
        assert (await deliver(app, raw, signed(raw, webhook_id=webhook_id))).status_code == 200
    assert len(await tenant.query("SELECT id FROM lead_engagement")) == 1


async def test_different_messages_under_one_id_are_both_recorded(app: FastAPI, tenant: Tenant) -> None:
    """Two different messages with the same ID are two messages."""
    for _ in range(2):
        _, email, message_id = await create_mailed_lead(tenant, f"sam-{uuid4().hex[:8]}@sender.example")
        raw = mail(email, "sam@sender.example", message_id)
        answer = await deliver(app, raw, signed(raw, webhook_id="constant"))
        assert answer.json()["classification"] == "reply"
    assert len(await tenant.query("SELECT id FROM lead_engagement")) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": ""},
        {"webhook-id": "x" * 257},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "\u0661\u0662\u0663".encode().decode("latin-1")},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-signature": ""},
    ],
)
async def test_invalid_signature_headers_are_refused_before_the_body_is_read(
    app: FastAPI, changed: dict[str, str]
) -> None:
    """The body is not read: it is too large and would give 413."""
    large = b"x" * (25 * 2**20 + 1)
    headers = {name: value.encode("latin-1") for name, value in {**signed(b"", webhook_id="msg_1"), **changed}.items()}
    answer = await deliver(app, large, headers)  # pyright: ignore[reportArgumentType]
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_signature")


async def test_a_secret_can_be_rotated_without_losing_a_message(
    migrated_postgres: EmbeddedPostgres, tenant: Tenant
) -> None:
    newest, old = new_secret(), new_secret()
    config = AppConfig(migrated_postgres.app_url, inbound_webhook_secret=f"{newest},{old}")
    app = create_app(config, temporal_is_away)
    raw = mail("x@y.example", "nobody@sender.example")
    async with app.router.lifespan_context(app):
        for secret, status in ((newest, 200), (old, 200), (new_secret(), 401)):
            assert (await deliver(app, raw, signed(raw, secret))).status_code == status
        both = signed(raw, new_secret(), webhook_id="msg_1")
        both["webhook-signature"] += " " + signed(raw, old, webhook_id="msg_1")["webhook-signature"]
        assert (await deliver(app, raw, both)).status_code == 200
