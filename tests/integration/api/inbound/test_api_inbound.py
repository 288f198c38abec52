"""`POST /webhooks/inbound-email`: who may deliver mail, to which tenant it belongs, and its effect."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI

from api.app import AppConfig, create_app
from cadenza.embedded.postgres import EmbeddedPostgres
from tests.integration.api.client import Tenant
from tests.integration.api.conftest import temporal_is_away
from tests.integration.api.inbound.inbound_mail import RFC822, classify, create_mailed_lead, deliver, mail, signed
from webhooks.signing import new_secret


async def test_a_reply_is_matched_by_its_references(app: FastAPI, tenant: Tenant, stranger: Tenant) -> None:
    lead_id, email, message_id = await create_mailed_lead(tenant)
    await create_mailed_lead(stranger)
    raw = mail(email, "somebody-else@forwarded.example", message_id)
    answer = await classify(app, raw)
    assert (answer["classification"], answer["matched_by"]) == ("reply", "references")
    state = await tenant.state(lead_id)
    assert (answer["enrollment_id"], state["status"], state["stop_reason"]) == (state["id"], "stopped", "replied")
    # A message that is delivered twice (or replayed within five minutes) is recorded once.
    await classify(app, raw)
    [kept] = await tenant.query("SELECT detail FROM lead_engagement")
    assert kept.detail == {"rule": answer["rule"], "matched_by": "references"}
    assert await stranger.query("SELECT id FROM lead_engagement") == []


async def test_mail_without_references_goes_to_the_tenant_of_its_mailbox(app: FastAPI, tenant: Tenant) -> None:
    mailbox = f"sam-{uuid4().hex[:8]}@sender.example"
    lead_id, email, _ = await create_mailed_lead(tenant, mailbox)
    answer = await classify(app, mail(email, f"Sam <{mailbox.upper()}>"))
    assert (answer["classification"], answer["matched_by"]) == ("reply", "sender")
    assert (await tenant.state(lead_id))["stop_reason"] == "replied"


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To"])
async def test_delivery_headers_match_the_mailbox(app: FastAPI, tenant: Tenant, header: str) -> None:
    mailbox = f"sam-{uuid4().hex[:8]}@sender.example"
    _, email, _ = await create_mailed_lead(tenant, mailbox)
    raw = mail(email, "list@elsewhere.example", **{header.replace("-", "_"): mailbox})
    assert (await classify(app, raw))["matched_by"] == "sender"


async def test_a_mailbox_of_two_tenants_matches_neither(app: FastAPI, tenant: Tenant, stranger: Tenant) -> None:
    mailbox = f"shared-{uuid4().hex[:8]}@sender.example"
    _, email, _ = await create_mailed_lead(tenant, mailbox)
    await create_mailed_lead(stranger, mailbox)
    assert (await classify(app, mail(email, mailbox)))["classification"] == "unrelated"


async def test_our_own_mail_is_not_a_reply(app: FastAPI, tenant: Tenant) -> None:
    mailbox = f"sam-{uuid4().hex[:8]}@sender.example"
    lead_id, email, message_id = await create_mailed_lead(tenant, mailbox)
    answer = await classify(app, mail(mailbox, email, message_id))
    assert answer == {
        **{"classification": "own", "matched_by": None, "enrollment_id": None, "recipient": None},
        **{"rule": "own_mailbox", "returns_on": None},
    }
    assert (await tenant.state(lead_id))["status"] == "pending"
    assert await tenant.query("SELECT id FROM lead_engagement") == []


async def test_an_auto_reply_does_not_stop_the_enrollment(app: FastAPI, tenant: Tenant) -> None:
    lead_id, email, message_id = await create_mailed_lead(tenant)
    raw = mail(email, "sam@sender.example", message_id, Auto_Submitted="auto-replied")
    assert (await classify(app, raw))["classification"] == "auto_reply"
    assert (await tenant.state(lead_id))["status"] == "pending"


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe\x00 no mail", b"From: x@y.example\r\n\r\nhi", b"To: \xc3\x28@x\r\n\r\n", b"\x00" * 1000]
)
async def test_unmatched_mail_is_unrelated(app: FastAPI, raw: bytes) -> None:
    answer = await classify(app, raw)
    assert (answer["classification"], answer["enrollment_id"]) == ("unrelated", None)


async def test_only_what_is_signed_is_heard(app: FastAPI, tenant: Tenant) -> None:
    lead_id, email, message_id = await create_mailed_lead(tenant)
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
        answer = await deliver(app, raw, headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_signature"), headers
    assert (await tenant.state(lead_id))["status"] == "pending"
    assert (await deliver(app, raw, good)).status_code == 200


async def test_other_types_and_sizes_are_refused(app: FastAPI) -> None:
    answer = await deliver(app, b"{}", {**signed(b"{}"), "Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    large = b"x" * (25 * 2**20 + 1)
    answer = await deliver(app, large, {**signed(b""), "Content-Type": RFC822})
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


async def test_without_a_secret_the_path_does_not_exist(migrated_postgres: EmbeddedPostgres) -> None:
    app = create_app(AppConfig(migrated_postgres.app_url), temporal_is_away)
    async with app.router.lifespan_context(app):
        answer = await deliver(app, b"")
    assert answer.status_code == 404
