"""Inbound mail that is handed over again: by a provider that heard no answer, or by somebody who listened in."""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI

from api.app import AppConfig, create_app
from cadenza.embedded import EmbeddedPostgres
from tests.integration.api.client import Tenant
from tests.integration.api.conftest import INBOUND_SECRET, temporal_is_away
from tests.integration.api.inbound.test_api_inbound import RFC822, handed_over, mail, mailed, signed
from webhooks.signing import new_secret


def under(webhook_id: str, raw: bytes, secret: str = INBOUND_SECRET, at: datetime | None = None) -> dict[str, str]:
    moment = str(int((at or datetime.now(UTC)).timestamp()))
    mac = hmac.digest(
        base64.b64decode(secret.removeprefix("whsec_")), f"{webhook_id}.{moment}.".encode() + raw, "sha256"
    )
    return {
        "Content-Type": RFC822,
        "webhook-id": webhook_id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


async def test_the_same_delivery_is_answered_as_it_was_before(app: FastAPI, tenant: Tenant) -> None:
    """Also where the same bytes would be understood differently by now: the lead is in another sequence since."""
    mailbox = f"sam-{uuid4().hex[:8]}@sender.example"
    lead_id, email, _ = await mailed(tenant, mailbox)
    raw = mail(email, mailbox)
    first = await handed_over(app, raw, under("msg_a", raw))
    assert (first.json()["classification"], first.json()["matched_by"]) == ("reply", "sender")
    assert (await tenant.state(lead_id))["stop_reason"] == "replied"
    await tenant.enroll(await tenant.sequence(active=True), lead_id)
    again = await handed_over(app, raw, under("msg_a", raw, at=datetime.now(UTC) - timedelta(minutes=1)))
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await tenant.state(lead_id))["status"] == "pending"  # the new one was not told of the old reply
    assert len(await tenant.query("SELECT id FROM lead_engagement")) == 1


async def test_a_bounce_keeps_no_address_for_the_answer(app: FastAPI, tenant: Tenant) -> None:
    _, email, message_id = await mailed(tenant)
    raw = (
        "From: MAILER-DAEMON@mx.example\r\nTo: sam@sender.example\r\nSubject: Undelivered\r\n"
        f"In-Reply-To: {message_id}\r\nReferences: {message_id}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; {email}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "--b--\r\n"
    ).encode()
    first = (await handed_over(app, raw, under("msg_b", raw))).json()
    assert (first["classification"], first["recipient"]) == ("hard_bounce", email)
    assert (await handed_over(app, raw, under("msg_b", raw))).json() == first
    kept = await tenant.query("SELECT response::text AS text FROM idempotency_keys WHERE key LIKE 'inbound-email/%'")
    assert len(kept) == 1 and email not in kept[0].text


async def test_the_same_message_under_another_id_has_no_second_effect(app: FastAPI, tenant: Tenant) -> None:
    """The provider's retry after it lost its own record, or IMAP and the webhook both."""
    _, email, message_id = await mailed(tenant)
    raw = mail(email, "sam@sender.example", message_id)
    for webhook_id in ("msg_1", "msg_2", "msg_3"):
        assert (await handed_over(app, raw, under(webhook_id, raw))).status_code == 200
    assert len(await tenant.query("SELECT id FROM lead_engagement")) == 1


async def test_a_sender_without_ids_of_its_own_loses_nothing(app: FastAPI, tenant: Tenant) -> None:
    """Two messages under one ID are two messages."""
    for _ in range(2):
        _, email, message_id = await mailed(tenant, f"sam-{uuid4().hex[:8]}@sender.example")
        raw = mail(email, "sam@sender.example", message_id)
        answer = await handed_over(app, raw, under("constant", raw))
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
async def test_what_cannot_be_true_is_refused_before_the_body_is_read(app: FastAPI, changed: dict[str, str]) -> None:
    """A body that is too large would be a 413: it was never asked for."""
    large = b"x" * (25 * 2**20 + 1)
    headers = {name: value.encode("latin-1") for name, value in {**under("msg_1", b""), **changed}.items()}
    answer = await handed_over(app, large, headers)  # pyright: ignore[reportArgumentType]
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_signature")


async def test_a_secret_is_replaced_without_losing_a_message(
    migrated_postgres: EmbeddedPostgres, tenant: Tenant
) -> None:
    newest, old = new_secret(), new_secret()
    config = AppConfig(migrated_postgres.app_url, inbound_webhook_secret=f"{newest},{old}")
    app = create_app(config, temporal_is_away)
    raw = mail("x@y.example", "nobody@sender.example")
    async with app.router.lifespan_context(app):
        for secret, status in ((newest, 200), (old, 200), (new_secret(), 401)):
            assert (await handed_over(app, raw, signed(raw, secret))).status_code == status
        both = under("msg_1", raw, new_secret())
        both["webhook-signature"] += " " + under("msg_1", raw, old)["webhook-signature"]
        assert (await handed_over(app, raw, both)).status_code == 200
