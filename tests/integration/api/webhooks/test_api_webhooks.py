"""Webhook endpoints, and what they are told: real receivers on loopback."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.app import AppConfig, create_app
from cadenza.embedded import EmbeddedPostgres
from db.queries.webhooks import deliveries as webhook_deliveries
from db.session import Database
from domain.webhooks import EVENT_TYPES, retry_after
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
    """The deliveries, once each stands at the status expected (the newest first)."""
    async with asyncio.timeout(20):
        while True:
            found = await deliveries(tenant, endpoint_id)
            if [one["status"] for one in found] == list(statuses):
                return found
            await asyncio.sleep(0.05)


async def test_an_endpoint_is_kept_and_its_secret_shown_once(tenant: Tenant) -> None:
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
    """The API as in production: webhooks reach public addresses only."""
    app = create_app(AppConfig(migrated_postgres.app_url), temporal_is_away)
    async with app.router.lifespan_context(app):
        yield app


async def test_urls_into_our_network_are_refused_when_they_are_written(strict: FastAPI, database: Database) -> None:
    async with new_tenant(strict, database) as tenant:
        for url in ("https://127.0.0.1/", "https://2130706433/", "https://[::ffff:10.0.0.1]/", "https://[fc00::1]/"):
            body = {"url": url, "event_types": ["email.sent"]}
            problem = await tenant.call("POST", "/webhook-endpoints", 422, json=body)
            assert problem["errors"][0]["code"] == "webhook_address_refused", url
        for url in ("http://hooks.example.com/", "https://u:p@hooks.example.com/", "https://hooks.example.com:22/"):
            body = {"url": url, "event_types": ["email.sent"]}
            problem = await tenant.call("POST", "/webhook-endpoints", 422, json=body)
            assert problem["errors"][0]["code"] == "webhook_url_invalid", url
        # A name that leads inside is found out on the call.
        body = {"url": "https://localhost/", "event_types": ["email.sent"]}
        made = await tenant.call("POST", "/webhook-endpoints", 201, json=body)
        tried = await tenant.call("POST", f"/webhook-endpoints/{made['id']}/test")
        assert (tried["delivered"], tried["code"]) == (False, "webhook_address_refused")


async def test_a_test_event_says_how_it_was_taken(tenant: Tenant) -> None:
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


async def test_what_happens_to_a_lead_is_told_in_full(tenant: Tenant) -> None:
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
    told = {one.json["type"]: one.verified(made["secret"]) for one in heard}
    assert set(told) == {
        *(f"enrollment.{move}" for move in ("started", "paused", "resumed", "replied", "stopped")),
        *("email.opened", "email.clicked"),
    }
    stopped = told["enrollment.stopped"]["data"]
    assert stopped["detail"] == {"reason": "replied"}
    assert (stopped["lead"]["id"], stopped["lead"]["first_name"]) == (lead_id, "Zoë")
    assert "tenant_id" not in stopped["lead"]
    assert stopped["enrollment"]["status"] == "stopped"
    assert stopped["enrollment"]["sequence"] == {"id": sequence_id, "name": "Outreach"}
    assert told["email.clicked"]["data"]["detail"] == {"url": "https://a.example/"}
    assert len({one.headers["webhook-id"] for one in heard}) == 7


async def test_only_what_was_asked_for_and_only_while_enabled(tenant: Tenant) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver, "lead.unsubscribed")
        lead_id = await tenant.lead()
        await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "click"})
        await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "unsubscribe"})
        await settled(tenant, made["id"], "delivered")
        await tenant.call("PATCH", f"/webhook-endpoints/{made['id']}", json={"enabled": False})
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "unsubscribe"})
    assert len(await deliveries(tenant, made["id"])) == 1


async def test_nothing_is_told_of_what_was_rolled_back(tenant: Tenant) -> None:
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


async def test_a_failure_is_tried_again_under_the_same_id(tenant: Tenant, database: Database) -> None:
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
        [told] = await settled(tenant, made["id"], "delivered")
    first, second = receiver.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == f"msg_{UUID(told['id']).hex}"
    assert (first.body, told["attempts"], told["last_error"]) == (second.body, 2, None)
    assert second.verified(made["secret"])


async def make_due(tenant: Tenant) -> None:
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text("UPDATE webhook_deliveries SET next_attempt_at = now() WHERE status = 'pending'"))


async def test_deliverers_that_contend_deliver_each_once_and_a_dead_ones_work_is_taken_over(
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
        # One that dies with rows in its hands: they come back when its lease has run out.
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


async def test_an_endpoint_that_takes_nothing_for_a_day_is_disabled_and_says_so(tenant: Tenant) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver, "lead.bounced", "notification.created")
        receiver.answers = [(500, {})]
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "bounce"})
        await receiver.until_heard(1)
        await settled_attempt(tenant, made["id"])
        # The last attempt, a day later.
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


async def test_one_that_is_alive_is_not_disabled_for_one_event_that_it_refuses(tenant: Tenant) -> None:
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


async def test_one_that_is_gone_is_disabled_at_once(tenant: Tenant) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver, "lead.bounced")
        receiver.answers = [(410, {})]
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "bounce"})
        await settled(tenant, made["id"], "failed")
    after = await tenant.call("GET", f"/webhook-endpoints/{made['id']}")
    assert (after["enabled"], after["disabled_reason"]) == (False, "gone")


async def test_a_disabled_endpoint_is_told_later_what_waited_for_it(tenant: Tenant) -> None:
    async with receiving() as receiver:
        receiver.answers = [(500, {})]
        made = await endpoint(tenant, receiver, "lead.bounced")
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "bounce"})
        await receiver.until_heard(1)
        await settled_attempt(tenant, made["id"])
        await tenant.call("PATCH", f"/webhook-endpoints/{made['id']}", json={"enabled": False})
        await make_due(tenant)
        assert await webhook_deliveries.claim(tenant.database, tenant.id, limit=9, lease=timedelta(0)) == []
        assert tenant.id not in await webhook_deliveries.tenants_with_webhooks(tenant.database)
        await tenant.call("PATCH", f"/webhook-endpoints/{made['id']}", json={"enabled": True})
        await settled(tenant, made["id"], "delivered")


async def test_what_is_said_of_an_erased_lead_goes_with_it(tenant: Tenant) -> None:
    async with receiving() as receiver:
        made = await endpoint(tenant, receiver, "lead.unsubscribed")
        lead_id = await tenant.lead()
        await tenant.call("POST", f"/leads/{lead_id}/events", json={"type": "unsubscribe"})
        await settled(tenant, made["id"], "delivered")
    await tenant.call("DELETE", f"/leads/{lead_id}", 204)
    assert await deliveries(tenant, made["id"]) == []


async def test_what_is_a_month_old_is_forgotten(tenant: Tenant) -> None:
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
    assert await webhook_deliveries.forget_old(tenant.database, timedelta(days=30)) >= 1
    assert [one["id"] for one in await deliveries(tenant, made["id"])] == [newest["id"]]


async def test_another_tenants_endpoint_hears_nothing_of_ours(tenant: Tenant, stranger: Tenant) -> None:
    async with receiving() as theirs, receiving() as ours:
        await endpoint(stranger, theirs)
        made = await endpoint(tenant, ours)
        await tenant.call("POST", f"/leads/{await tenant.lead()}/events", json={"type": "unsubscribe"})
        await settled(tenant, made["id"], "delivered")
        await stranger.call("POST", "/sequences/process-queue")
    assert theirs.heard == []


def test_a_delivery_is_tried_for_about_a_day() -> None:
    pauses = [pause for attempt in range(1, 20) if (pause := retry_after(attempt, 0)) is not None]
    assert timedelta(hours=22) < sum(pauses, timedelta()) < timedelta(hours=26)
    assert pauses == sorted(pauses) and pauses[0] == timedelta(seconds=5)
    assert retry_after(1, 1) == timedelta(seconds=6)
    assert retry_after(len(pauses) + 1, 0) is None


async def test_bodies_that_are_no_use_are_refused(tenant: Tenant) -> None:
    for body in ({}, {"url": "https://x.example/"}, {"url": "", "event_types": ["email.sent"]}):
        await tenant.refused("POST", "/webhook-endpoints", 422, "validation_failed", json=body)
    await tenant.refused("GET", f"/webhook-endpoints/{uuid4()}", 404, "not_found")
