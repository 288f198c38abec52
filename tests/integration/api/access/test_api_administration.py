"""Users, tenants, mailboxes, suppressions, notifications."""

from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from sqlalchemy import text

from db.session import Database
from services.access.api_keys import generate_key
from services.access.bootstrap import ensure_first_tenant
from tests.integration.api.client import Tenant, client_of


async def test_users_can_be_changed_and_a_deleted_user_owns_no_leads(tenant: Tenant) -> None:
    made = await tenant.call("POST", "/users", 201, json={"email": " Sam@Cadenza.Example ", "name": "Sam"})
    assert (made["email"], made["name"]) == ("sam@cadenza.example", "Sam")
    await tenant.refused("POST", "/users", 409, "user_exists", json={"email": "sam@cadenza.example"})
    other = await tenant.call("POST", "/users", 201, json={"email": "kim@cadenza.example"})
    path = f"/users/{made['id']}"
    assert await tenant.refused("PATCH", path, 409, "user_exists", json={"email": other["email"]}) == ["email"]
    changed = await tenant.call("PATCH", path, json={"name": "Sam Smith", "email": "sam@cadenza.example"})
    assert changed["name"] == "Sam Smith"
    assert await tenant.call("GET", path) == changed
    assert [one["id"] for one in (await tenant.call("GET", "/users"))["items"]] == [other["id"], made["id"]]
    lead_id = await tenant.lead(owner_id=made["id"])
    await tenant.call("DELETE", path, 204)
    assert (await tenant.call("GET", f"/leads/{lead_id}"))["owner_id"] is None
    await tenant.refused("DELETE", path, 404, "not_found")
    await tenant.refused("PATCH", path, 404, "not_found", json={"name": "x"})


async def test_creating_takes_an_idempotency_key(tenant: Tenant) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await tenant.call("POST", "/users", 201, json={"email": "sam@cadenza.example"}, headers=headers)
    assert await tenant.call("POST", "/users", 201, json={"email": "sam@cadenza.example"}, headers=headers) == first


async def test_only_the_operator_creates_tenants(app: FastAPI, database: Database, tenant: Tenant) -> None:
    await tenant.refused("POST", "/tenants", 403, "not_operator", json={"name": "Mine"})
    operator = await ensure_first_tenant(database, known_key=generate_key())
    async with client_of(app, operator.api_key) as http:
        answer = await http.post("/tenants", json={"name": "Acme", "postal_address": "1 Main Street"})
        assert answer.status_code == 201
        made = answer.json()
        assert (await http.get("/tenants")).json()["items"][0]["operator"] is True
        # Not even the operator can read the new tenant.
        assert (await http.get(f"/tenants/{made['id']}")).status_code == 404
    assert (made["name"], made["postal_address"], made["operator"]) == ("Acme", "1 Main Street", False)
    assert made["webhook_secret"].startswith("whsec_")
    async with client_of(app, made["api_key"]) as http:
        assert [one["id"] for one in (await http.get("/tenants")).json()["items"]] == [made["id"]]
        assert (await http.get("/leads")).json()["items"] == []
        path = f"/tenants/{made['id']}"
        changed = (await http.patch(path, json={"postal_address": "2 Main Street"})).json()
        assert (changed["name"], changed["postal_address"]) == ("Acme", "2 Main Street")
        assert "api_key" not in changed
        assert (await http.get("/api-keys")).json()["items"][0]["scopes"] == ["admin"]
        assert (await http.post("/tenants", json={"name": "Sub"})).json()["code"] == "not_operator"
        for other in (tenant.id, uuid4(), operator.tenant_id):
            assert (await http.patch(f"/tenants/{other}", json={"name": "Theirs"})).status_code == 404
    async with client_of(app, await tenant.key("read", "write")) as http:
        assert (await http.get("/tenants")).status_code == 403


async def test_an_older_installation_gets_an_operator(database: Database) -> None:
    first = await ensure_first_tenant(database, known_key=generate_key())
    async with database.write(first.tenant_id) as session:
        await session.execute(text("UPDATE tenants SET operator = false"))
    await ensure_first_tenant(database, known_key=first.api_key)
    async with database.read(first.tenant_id) as session:
        assert await session.scalar(text("SELECT operator FROM tenants"))


async def test_a_mailbox_in_use_cannot_be_deleted(tenant: Tenant) -> None:
    mailbox = await tenant.call("POST", "/mailboxes", 201, json={"email": "sam@sender.example", "name": "Sam"})
    other = await tenant.call("POST", "/mailboxes", 201, json={"email": "kim@sender.example", "weight": 0})
    path = f"/mailboxes/{mailbox['id']}"
    assert await tenant.call("GET", path) == mailbox | {"inbox": None, "sent_today": 0}
    changed = await tenant.call("PATCH", path, json={"status": "held", "name": "Samira"})
    assert (changed["status"], changed["name"]) == ("held", "Samira")
    await tenant.refused("PATCH", path, 409, "mailbox_exists", json={"email": "kim@sender.example"})
    await tenant.refused("PATCH", path, 422, "validation_failed", json={"status": "gone"})
    await tenant.call("PATCH", path, json={"status": "active"})
    sequence_id, lead_id = await tenant.sequence(active=True), await tenant.lead()
    await tenant.enroll(sequence_id, lead_id)
    problem = await tenant.call("DELETE", path, 409)
    assert (problem["code"], problem["live_enrollments"]) == ("mailbox_in_use", 1)
    await tenant.call("POST", f"/leads/{lead_id}/stop-sequence")
    await tenant.record_sent(lead_id, mailbox_id=mailbox["id"])
    await tenant.call("DELETE", path, 204)
    await tenant.refused("GET", path, 404, "not_found")
    # Its sent messages stay on record.
    assert [row.mailbox_id for row in await tenant.query("SELECT mailbox_id FROM messages")] == [None]
    await tenant.call("DELETE", f"/mailboxes/{other['id']}", 204)


async def test_a_suppression_stops_live_enrollments_and_prevents_new_ones(tenant: Tenant) -> None:
    sequence_id = await tenant.sequence(active=True)
    ada = await tenant.lead(email="ada@acme.example")
    bob = await tenant.lead(email="bob@globex.example")
    eve = await tenant.lead(email="eve@sub.globex.example")
    await tenant.enroll(sequence_id, ada, bob, eve)
    made = await tenant.call("POST", "/suppressions", 201, json={"kind": "address", "value": "ADA@acme.example"})
    assert (made["value"], made["reason"]) == ("ada@acme.example", "manual")
    domain = {"kind": "domain", "value": "@Globex.Example", "reason": "competitor"}
    made_domain = await tenant.call("POST", "/suppressions", 201, json=domain)
    assert made_domain["value"] == "globex.example"
    states = [await tenant.state(lead) for lead in (ada, bob, eve)]
    assert [(one["status"], one["stop_reason"]) for one in states] == [
        ("stopped", "suppressed"),
        ("stopped", "suppressed"),
        ("stopped", "suppressed"),  # a domain includes its subdomains
    ]
    told = await tenant.query("SELECT command FROM outbox ORDER BY id")
    assert [row.command for row in told].count("stop") == 3
    again = await tenant.enroll(sequence_id, ada, bob)
    assert [one["code"] for one in again["skipped"]] == ["suppressed", "suppressed"]
    problem = await tenant.call("POST", "/suppressions", 409, json=domain)
    assert (problem["code"], problem["suppression_id"]) == ("suppression_exists", made_domain["id"])
    assert await ids(tenant, "?kind=domain") == [made_domain["id"]]
    assert await ids(tenant, "?search=ADA") == [made["id"]]
    assert await ids(tenant, "?search=%25") == []
    assert await tenant.call("GET", f"/suppressions/{made['id']}") == made
    await tenant.call("DELETE", f"/suppressions/{made['id']}", 204)
    assert len((await tenant.enroll(sequence_id, ada))["enrolled"]) == 1


async def ids(tenant: Tenant, query: str) -> list[str]:
    return [one["id"] for one in (await tenant.call("GET", f"/suppressions{query}"))["items"]]


async def test_an_invalid_address_or_domain_cannot_be_suppressed(tenant: Tenant) -> None:
    for body in (
        {"kind": "address", "value": "nobody"},
        {"kind": "domain", "value": "not a domain"},
        {"kind": "domain", "value": "a@b.example"},
    ):
        assert await tenant.refused("POST", "/suppressions", 422, "validation_failed", json=body) == ["value"]


async def test_notifications_are_listed_by_user_and_read_once(tenant: Tenant) -> None:
    users = [
        (await tenant.call("POST", "/users", 201, json={"email": f"{name}@cadenza.example"}))["id"]
        for name in ("sam", "kim")
    ]
    for user_id, message in ((users[0], "for Sam"), (users[1], "for Kim"), (None, "for all")):
        await notify(tenant, user_id, message)

    async def seen(query: str) -> list[str]:
        return [one["message"] for one in (await tenant.call("GET", f"/notifications{query}"))["items"]]

    assert await seen("") == ["for all", "for Kim", "for Sam"]
    assert await seen(f"?user_id={users[0]}") == ["for all", "for Sam"]
    [first, *_] = (await tenant.call("GET", f"/notifications?user_id={users[1]}"))["items"]
    assert first["read_at"] is None
    read = await tenant.call("POST", f"/notifications/{first['id']}/read")
    assert read["read_at"] is not None
    assert await tenant.call("POST", f"/notifications/{first['id']}/read") == read
    assert await seen("?unread=true") == ["for Kim", "for Sam"]
    assert await seen("?unread=false") == ["for all"]
    await tenant.refused("POST", f"/notifications/{uuid4()}/read", 404, "not_found")
    await tenant.call("DELETE", f"/users/{users[0]}", 204)
    assert await seen("") == ["for all", "for Kim"]


async def notify(tenant: Tenant, user_id: str | None, message: str) -> None:
    async with tenant.database.write(tenant.id) as session:
        await session.execute(
            text("INSERT INTO notifications (tenant_id, user_id, kind, message) VALUES (:t, :u, 'sequence', :m)"),
            {"t": tenant.id, "u": user_id, "m": message},
        )


async def test_lists_continue_from_their_cursor(tenant: Tenant) -> None:
    posts: dict[str, Any] = {
        "/users": lambda n: {"email": f"u{n}@cadenza.example"},
        "/suppressions": lambda n: {"kind": "address", "value": f"u{n}@acme.example"},
        "/webhook-endpoints": lambda n: {"url": f"https://hooks.example.com/{n}", "event_types": ["email.sent"]},
    }
    for path, body in posts.items():
        made = [(await tenant.call("POST", path, 201, json=body(n)))["id"] for n in range(3)]
        first = await tenant.call("GET", f"{path}?limit=2")
        rest = await tenant.call("GET", f"{path}?limit=2&cursor={first['next_cursor']}")
        assert [one["id"] for one in (*first["items"], *rest["items"])] == made[::-1], path
        assert rest["next_cursor"] is None
        await tenant.refused("GET", f"{path}?cursor=nonsense", 422, "invalid_cursor")


async def test_an_api_key_is_found_by_its_id(tenant: Tenant) -> None:
    made = await tenant.call("POST", "/api-keys", 201, json={"name": "CRM", "scopes": ["read"]})
    found = await tenant.call("GET", f"/api-keys/{made['id']}")
    assert found["name"] == "CRM" and "key" not in found
    await tenant.refused("GET", f"/api-keys/{uuid4()}", 404, "not_found")


async def test_administration_needs_an_admin_key(app: FastAPI, tenant: Tenant) -> None:
    async with client_of(app, await tenant.key("write")) as http:
        for path in ("/users", "/suppressions", "/webhook-endpoints", "/tenants", "/api-keys"):
            answer = await http.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), path
        assert (await http.get("/notifications")).status_code == 200


async def test_the_first_tenant_gets_an_address_once(database: Database) -> None:
    first = await ensure_first_tenant(database, known_key=generate_key())

    async def address_after(given: str) -> str:
        await ensure_first_tenant(database, known_key=first.api_key, postal_address=given)
        async with database.read(first.tenant_id) as session:
            return str(await session.scalar(text("SELECT postal_address FROM tenants")))

    async with database.write(first.tenant_id) as session:
        await session.execute(text("UPDATE tenants SET postal_address = ''"))
    assert await address_after("1 Old Street") == "1 Old Street"
    assert await address_after("2 New Street") == "1 Old Street"
