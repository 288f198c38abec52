"""Webhook endpoints and their deliveries, to real receivers on loopback."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.app import AppConfig, create_app
from cadenza.embedded.postgres import EmbeddedPostgres
from db.calls.access import ForgetOldWebhooks, TenantsWithWebhooks, tenants
from db.queries.webhooks import deliveries as webhook_deliveries
from db.session import Database
from domain.webhooks.events import EVENT_TYPES, retry_after
from services.webhooks.deliveries import WebhookDeliverer
from tests.integration.api.client import Tenant, new_tenant
from tests.integration.api.conftest import temporal_is_away
from tests.receiver import Receiver, receiving
from webhooks.client import WebhookClient

ALL = list(EVENT_TYPES)


async def endpoint(tenant: Tenant, receiver: Receiver, *types: str) -> Any:
    body = {"url": receiver.url, "event_types": list(types) or ALL}
    return await tenant.call("POST", "/webhook-endpoints", 201, json=body)


async def deliveries(tenant: Tenant, endpoint_id: str) -> list[Any]:
    return (await tenant.call("GET", f"/webhook-endpoints/{endpoint_id}/deliveries"))["items"]


async def settled(tenant: Tenant, endpoint_id: str, *statuses: str) -> list[Any]:
    """Waits until the deliveries have the expected statuses (newest first), and returns them."""
    async with asyncio.timeout(20):
        while True:
            found = await deliveries(tenant, endpoint_id)
            if [one["status"] for one in found] == list(statuses):
                return found
            await asyncio.sleep(0.05)


async def test_an_endpoint_is_stored_and_its_secret_shown_once(tenant: Tenant) -> None:
    body = {"url": "https://hooks.example.com/x", "event_types": ["email.sent", "email.sent"], "description": "CRM"}
    made = await tenant.call("POST", "/webhook-endpoints", 201, json=body)
    assert (made["event_types"], made["enabled"], made["disabled_reason"]) == (["email.sent"], True, None)
    secret = made.pop("secret")
    assert secret.startswith("whsec_") and len(secret) == 38
    path = f"/webhook-endpoints/{made['id']}"
    assert await tenant.call("GET", path) == made
    assert (await tenant.call("GET", "/webhook-endpoints"))["items"] == [made]
    changed = await tenant.call("PATCH", path, json={"enabled": False, "event_types": ["lead.bounced"]})
    assert (changed["enabled"], changed["event_types"], changed["url"]) == (False, ["lead.bounced"], body["url"])
    rotated = await tenant.call("POST", f"{path}/rotate-secret")
    assert rotated["secret"] != secret
    for bad in ({"event_types": []}, {"event_types": ["nonsense"]}, {"url": "ftp://x.example/"}, {"secret": "mine"}):
        await tenant.refused("PATCH", path, 422, "validation_failed", json=bad)
    await tenant.call("DELETE", path, 204)
    for method, tail in (("GET", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
        await tenant.refused(method, path + tail, 404, "not_found")


@pytest.fixture
async def strict(migrated_postgres: EmbeddedPostgres) -> Any:
    """The API with production settings: webhooks are sent to public addresses only."""
    app = create_app(AppConfig(migrated_postgres.app_url), temporal_is_away)
    async with app.router.lifespan_context(app):
        yield app


async def test_urls_into_private_networks_are_refused(strict: FastAPI, database: Database) -> None:
    async with new_tenant(strict, database) as tenant:
        for url in ("https://127.0.0.1/", "https://2130706433/", "https://[::ffff:10.0.0.1]/", "https://[fc00::1]/"):
            body = {"url": url, "event_types": ["email.sent"]}
            problem = await tenant.call("POST", "/webhook-endpoints", 422, json=body)
            assert problem["errors"][0]["code"] == "webhook_address_refused", url
        for url in ("http://hooks.example.com/", "https://u:p@hooks.example.com/", "https://hooks.example.com:22/"):
            body = {"url": url, "event_types": ["email.sent"]}
            problem = await tenant.call("POST", "/webhook-endpoints", 422, json=body)
            assert problem["errors"][0]["code"] == "webhook_url_invalid", url
        # The address behind a host name is checked when the request is made.
        body = {"url": "https://localhost/", "event_types": ["email.sent"]}
        made = await tenant.call("POST", "/webhook-endpoints", 201, json=body)
        tried = await tenant.call("POST", f"/webhook-endpoints/{made['id']}/test")
        assert (tried["delivered"], tried["code"]) == (False, "webhook_address_refused")


async def test_a_test_event_reports_the_answer(tenant: Tenant) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver)
        receiver.answers = [(204, {}), (500, {}), (302, {"Location": "https://elsewhere.example/"})]
        path = f"/webhook-endpoints/{made['id']}/test"
        tried = [await tenant.call("POST", path) for _ in range(3)]
    assert [(one["delivered"], one["status_code"], one["code"]) for one in tried] == [
        (True, 204, None),
        (False, 500, "webhook_failed"),
        (False, 302, "webhook_redirected"),
    ]
    assert receiver.heard[0].verified(made["secret"])["type"] == "webhook.test"


async def test_all_events_of_a_lead_are_delivered(tenant: Tenant) -> None:
    sequence_id, lead_id = await tenant.sequence(active=True), await tenant.lead(first_name="Zoë")
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver)
        await tenant.enroll(sequence_id, lead_id)
        await receiver.until_heard(1)
        await tenant.call("POST", f"/leads/{lead_id}/pause-sequence")
        await tenant.call("POST", f"/leads/{lead_id}/resume-sequence")
        await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "open"})
        await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "open", "machine": True})
        await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "click", "url": "https://a.example/"})
        await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "reply", "event_id": "r"})
        await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "reply", "event_id": "r"})
        heard = await receiver.until_heard(7)
        await settled(tenant, made["id"], *["delivered"] * 7)
    received = {one.json["type"]: one.verified(made["secret"]) for one in heard}
    assert set(received) == {
        *(f"enrollment.{move}" for move in ("started", "paused", "resumed", "replied", "stopped")),
        *("email.opened", "email.clicked"),
    }
    stopped = received["enrollment.stopped"]["data"]
    assert stopped["detail"] == {"reason": "replied"}
    assert (stopped["lead"]["id"], stopped["lead"]["first_name"]) == (lead_id, "Zoë")
    assert "tenant_id" not in stopped["lead"]
    assert stopped["enrollment"]["status"] == "stopped"
    assert stopped["enrollment"]["sequence"] == {"id": sequence_id, "name": "Outreach"}
    assert received["email.clicked"]["data"]["detail"] == {"url": "https://a.example/"}
    assert len({one.headers["webhook-id"] for one in heard}) == 7


async def test_only_chosen_events_of_enabled_endpoints_are_delivered(tenant: Tenant) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver, "lead.unsubscribed")
        lead_id = await tenant.lead()
        await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "click"})
        await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "unsubscribe"})
        await settled(tenant, made["id"], "delivered")
        await tenant.call("PATCH", f"/webhook-endpoints/{made['id']}", json={"enabled": False})
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "unsubscribe"})
    assert len(await deliveries(tenant, made["id"])) == 1


async def test_a_rolled_back_event_is_not_delivered(tenant: Tenant) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver, "lead.bounced")
        lead_id = await tenant.lead()
        with pytest.raises(ZeroDivisionError):
            async with tenant.database.write(tenant.id) as session:
                await session.execute(
                    text(
                        "INSERT INTO lead_engagement (tenant_id, lead_id, type, occurred_at)"
                        " VALUES (:t, :l, 'bounce', now())"
                    ),
                    {"t": tenant.id, "l": lead_id},
                )
                raise ZeroDivisionError
    assert await deliveries(tenant, made["id"]) == []


async def test_a_failed_delivery_is_retried_with_the_same_id(tenant: Tenant, database: Database) -> None:
    async with receiving() as receiver:
        receiver.answers = [(503, {})]
        made = await endpoint(tenant, receiver, "lead.bounced")
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "bounce"})
        await receiver.until_heard(1)
        await settled_attempt(tenant, made["id"])
        [failed] = await deliveries(tenant, made["id"])
        assert (failed["status"], failed["attempts"], failed["last_status_code"]) == ("pending", 1, 503)
        assert failed["last_error"] == "webhook_failed: the receiver answered 503"
        await make_due(tenant)
        await tenant.call("POST", "/sequences/process-queue")
        [received] = await settled(tenant, made["id"], "delivered")
    first, second = receiver.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == f"msg_{UUID(received['id']).hex}"
    assert (first.body, received["attempts"], received["last_error"]) == (second.body, 2, None)
    assert second.verified(made["secret"])


async def make_due(tenant: Tenant) -> None:
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text("UPDATE webhook_deliveries SET next_attempt_at = now() WHERE status = 'pending'"))


async def test_parallel_deliverers_deliver_once_and_take_over_from_a_dead_one(
    tenant: Tenant, database: Database
) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver, "lead.complained")
        async with tenant.database.write(tenant.id) as session:
            await session.execute(
                text(
                    "INSERT INTO webhook_deliveries (tenant_id, endpoint_id, event_type, payload)"
                    " SELECT :t, :e, 'lead.complained', jsonb_build_object('n', n) FROM generate_series(1, 120) n"
                ),
                {"t": tenant.id, "e": made["id"]},
            )
        # A deliverer dies after it claimed rows. They are claimed again after its lease.
        lost = await webhook_deliveries.claim(database, tenant.id, limit=5, lease=timedelta(seconds=0.5))
        client = WebhookClient(allow_private=True)
        deliverers = [WebhookDeliverer(database, client) for _ in range(4)]
        await asyncio.gather(*(one.run(tenant.id) for one in deliverers))
        async with asyncio.timeout(20):
            while len(receiver.heard) < 120:
                await deliverers[0].run(tenant.id)
                await asyncio.sleep(0.1)
        await client.aclose()
    assert len(lost) == 5
    assert sorted(one.json["n"] for one in receiver.heard) == list(range(1, 121))


async def test_an_endpoint_that_fails_for_a_day_is_disabled_with_a_notification(tenant: Tenant) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver, "lead.bounced", "notification.created")
        receiver.answers = [(500, {})]
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "bounce"})
        await receiver.until_heard(1)
        await settled_attempt(tenant, made["id"])
        # As if the last attempt were made a day later.
        async with tenant.database.write(tenant.id) as session:
            await session.execute(text("UPDATE webhook_deliveries SET attempts = 8, next_attempt_at = now()"))
        receiver.answers = [(500, {})]
        await tenant.call("POST", "/sequences/process-queue")
        await settled(tenant, made["id"], "failed")
    after = await tenant.call("GET", f"/webhook-endpoints/{made['id']}")
    assert (after["enabled"], after["disabled_reason"]) == (False, "failing")
    [notification] = (await tenant.call("GET", "/notifications"))["items"]
    assert (notification["kind"], notification["user_id"]) == ("webhook_endpoint_disabled", None)
    assert made["id"] in notification["message"]
    enabled = await tenant.call("PATCH", f"/webhook-endpoints/{made['id']}", json={"enabled": True})
    assert (enabled["enabled"], enabled["disabled_reason"]) == (True, None)


async def settled_attempt(tenant: Tenant, endpoint_id: str) -> None:
    async with asyncio.timeout(20):
        while (await deliveries(tenant, endpoint_id))[0]["last_error"] is None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_working_endpoint_is_not_disabled_for_one_refused_event(tenant: Tenant) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver, "lead.bounced")
        receiver.answers = [(500, {})]
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "bounce"})
        await receiver.until_heard(1)
        await settled_attempt(tenant, made["id"])
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "bounce"})
        await settled(tenant, made["id"], "delivered", "pending")
        async with tenant.database.write(tenant.id) as session:
            await session.execute(
                text("UPDATE webhook_deliveries SET attempts = 8, next_attempt_at = now() WHERE status = 'pending'")
            )
        receiver.answers = [(500, {})]
        await tenant.call("POST", "/sequences/process-queue")
        await settled(tenant, made["id"], "delivered", "failed")
    assert (await tenant.call("GET", f"/webhook-endpoints/{made['id']}"))["enabled"] is True


async def test_an_endpoint_that_answers_410_is_disabled_at_once(tenant: Tenant) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver, "lead.bounced")
        receiver.answers = [(410, {})]
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "bounce"})
        await settled(tenant, made["id"], "failed")
    after = await tenant.call("GET", f"/webhook-endpoints/{made['id']}")
    assert (after["enabled"], after["disabled_reason"]) == (False, "gone")


async def test_a_disabled_endpoint_gets_pending_events_when_enabled(tenant: Tenant) -> None:
    async with receiving() as receiver:
        receiver.answers = [(500, {})]
        made = await endpoint(tenant, receiver, "lead.bounced")
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "bounce"})
        await receiver.until_heard(1)
        await settled_attempt(tenant, made["id"])
        await tenant.call("PATCH", f"/webhook-endpoints/{made['id']}", json={"enabled": False})
        await make_due(tenant)
        assert await webhook_deliveries.claim(tenant.database, tenant.id, limit=9, lease=timedelta(0)) == []
        assert tenant.id not in await tenants(tenant.database, TenantsWithWebhooks())
        await tenant.call("PATCH", f"/webhook-endpoints/{made['id']}", json={"enabled": True})
        await settled(tenant, made["id"], "delivered")


async def test_deliveries_about_an_erased_lead_are_deleted(tenant: Tenant) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver, "lead.unsubscribed")
        lead_id = await tenant.lead()
        await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "unsubscribe"})
        await settled(tenant, made["id"], "delivered")
    await tenant.call("DELETE", f"/leads/{lead_id}", 204)
    assert await deliveries(tenant, made["id"]) == []


async def test_deliveries_are_deleted_after_a_month(tenant: Tenant) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver, "lead.unsubscribed")
        for _ in range(2):
            await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "unsubscribe"})
        newest, oldest = await settled(tenant, made["id"], "delivered", "delivered")
    async with tenant.database.write(tenant.id) as session:
        await session.execute(
            text("UPDATE webhook_deliveries SET created_at = now() - interval '31 days' WHERE id = :id"),
            {"id": oldest["id"]},
        )
    assert await ForgetOldWebhooks(older_than=timedelta(days=30)).alone(tenant.database) >= 1
    assert [one["id"] for one in await deliveries(tenant, made["id"])] == [newest["id"]]


async def test_another_tenants_endpoint_gets_none_of_our_events(tenant: Tenant, stranger: Tenant) -> None:
    async with receiving() as theirs, receiving() as ours:
        await endpoint(stranger, theirs)
        made = await endpoint(tenant, ours)
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "unsubscribe"})
        await settled(tenant, made["id"], "delivered")
        await stranger.call("POST", "/sequences/process-queue")
    assert theirs.heard == []


def test_a_delivery_is_retried_for_about_a_day() -> None:
    pauses = [pause for attempt in range(1, 20) if (pause := retry_after(attempt, 0)) is not None]
    assert timedelta(hours=22) < sum(pauses, timedelta()) < timedelta(hours=26)
    assert pauses == sorted(pauses) and pauses[0] == timedelta(seconds=5)
    assert retry_after(1, 1) == timedelta(seconds=6)
    assert retry_after(len(pauses) + 1, 0) is None


async def test_invalid_endpoints_are_refused(tenant: Tenant) -> None:
    for body in ({}, {"url": "https://x.example/"}, {"url": "", "event_types": ["email.sent"]}):
        await tenant.refused("POST", "/webhook-endpoints", 422, "validation_failed", json=body)
    await tenant.refused("GET", f"/webhook-endpoints/{uuid4()}", 404, "not_found")
