"""The audit log: every administrative change with the key that made it, in the same transaction, without secrets."""

import asyncio
from typing import Any, get_args
from uuid import uuid4

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cadenza.embedded.postgres import EmbeddedPostgres
from db.session import Database
from services.access.api_keys import find_key, generate_key
from services.access.audit import AuditAction
from services.access.bootstrap import ensure_first_tenant
from tests.integration.api.client import Tenant, client_of

PERSONAL = (
    "sam@cadenza.example",
    "Samantha",
    "sales@sender.example",
    "hunter2hunter2",
    "hooks.example",
    "evil.example",
)


async def entries(tenant: Tenant, query: str = "") -> list[dict[str, Any]]:
    return (await tenant.call("GET", f"/audit-log?limit=200{query}"))["items"]


async def administer(tenant: Tenant) -> dict[str, str]:
    """Carries out every action that is logged. Returns the ID of each target by kind."""
    user = await tenant.call("POST", "/users", 201, json={"email": "sam@cadenza.example", "name": "Sam"})
    await tenant.call("PATCH", f"/users/{user['id']}", json={"name": "Samantha"})
    await tenant.call("POST", f"/users/{user['id']}/invitations", 201)
    await tenant.call("DELETE", f"/users/{user['id']}", 204)
    mailbox = await tenant.call("POST", "/mailboxes", 201, json={"email": "sales@sender.example"})
    await tenant.call("POST", "/mailboxes", 201, json={"email": "sales@other.example"})
    server = {"host": "127.0.0.1", "port": 25, "security": "tls", "username": "sam", "password": "hunter2hunter2"}
    await tenant.call("PATCH", f"/mailboxes/{mailbox['id']}", json={"smtp": server})
    await tenant.call("PUT", "/sender-domains/sender.example", json={"dkim": {"selector": "s1"}})
    await tenant.call("DELETE", f"/mailboxes/{mailbox['id']}", 204)
    key = await tenant.call("POST", "/api-keys", 201, json={"name": "CRM", "scopes": ["write", "read"]})
    await tenant.call("DELETE", f"/api-keys/{key['id']}", 204)
    await tenant.call("PATCH", f"/tenants/{tenant.id}", json={"name": "Samantha"})
    endpoint = await tenant.call(
        "POST", "/webhook-endpoints", 201, json={"url": "https://hooks.example/", "event_types": ["email.sent"]}
    )
    await tenant.call("PATCH", f"/webhook-endpoints/{endpoint['id']}", json={"enabled": False})
    await tenant.call("POST", f"/webhook-endpoints/{endpoint['id']}/rotate-secret")
    await tenant.call("DELETE", f"/webhook-endpoints/{endpoint['id']}", 204)
    suppression = await tenant.call("POST", "/suppressions", 201, json={"kind": "domain", "value": "evil.example"})
    await tenant.call("DELETE", f"/suppressions/{suppression['id']}", 204)
    await tenant.call(
        "POST", "/suppressions/import", content=b"a@evil.example\nno address\n", headers={"Content-Type": "text/plain"}
    )
    lead = await tenant.call("POST", "/leads", 201, json={"email": "ada@evil.example"})
    await tenant.call("DELETE", f"/leads/{lead['id']}", 204)
    sequence_id = await tenant.sequence()
    for status in ("active", "paused", "active", "archived"):
        await tenant.call("PUT", f"/sequences/{sequence_id}", json={"status": status})
    targets = {"user": user, "mailbox": mailbox, "api_key": key, "webhook_endpoint": endpoint}
    targets |= {"suppression": suppression, "sequence": {"id": sequence_id}, "tenant": {"id": str(tenant.id)}}
    return {name: one["id"] for name, one in targets.items()}


async def test_every_action_is_logged_with_its_key(tenant: Tenant) -> None:
    me = (await tenant.call("GET", "/api-keys"))["items"][0]["id"]
    before = len(await entries(tenant))
    targets = await administer(tenant)
    logged = (await entries(tenant))[:-before]
    by_others = {"tenant.created", "session.created", "session.ended", "session.refused", "user.password_set"}
    assert {one["action"] for one in logged} == set(get_args(AuditAction)) - by_others  # test_api_sign_in.py
    assert {(one["api_key_id"], one["user_id"]) for one in logged} == {(me, None)}
    for one in logged:
        noun = one["action"].partition(".")[0]
        if noun in targets and one["action"] != "mailbox.created":
            assert one["target_id"] == targets[noun], one
    assert [one["action"] for one in logged[:4]] == [
        "sequence.archived", "sequence.resumed", "sequence.paused", "sequence.activated"
    ]  # fmt: skip


async def test_an_entry_names_changed_fields_and_no_values(tenant: Tenant) -> None:
    await administer(tenant)
    details = {one["action"]: one["detail"] for one in await entries(tenant)}
    assert details["mailbox.updated"] == {"fields": ["smtp"]}
    assert details["user.updated"] == details["tenant.updated"] == {"fields": ["name"]}
    assert details["suppressions.imported"] == {"suppressed": 1, "rejected": 1}
    [crm] = await entries(tenant, "&action=api_key.revoked")
    made = [one for one in await entries(tenant, "&action=api_key.created") if one["target_id"] == crm["target_id"]]
    assert made[0]["detail"] == {"scopes": ["read", "write"]}
    kept = str(await tenant.query("SELECT to_jsonb(a)::text FROM audit_log a"))
    assert [one for one in PERSONAL if one in kept] == []


async def test_the_log_is_paged_and_can_be_filtered(tenant: Tenant) -> None:
    await administer(tenant)
    everything = await entries(tenant)
    assert await tenant.all_pages("/audit-log", 5) == everything
    assert {one["action"] for one in await entries(tenant, "&action=user.deleted")} == {"user.deleted"}
    assert await tenant.refused("GET", "/audit-log?action=user.renamed", 422, "validation_failed") == ["action"]


async def test_refused_and_rolled_back_requests_are_not_logged(tenant: Tenant, stranger: Tenant) -> None:
    user = await tenant.call("POST", "/users", 201, json={"email": "sam@cadenza.example"})
    before = await entries(tenant)
    await tenant.refused("POST", "/users", 409, "user_exists", json={"email": "sam@cadenza.example"})
    await tenant.refused("DELETE", f"/users/{uuid4()}", 404, "not_found")
    await stranger.refused("DELETE", f"/users/{user['id']}", 404, "not_found")
    await tenant.refused(
        "PUT", f"/sequences/{await tenant.sequence([])}", 422, "sequence_invalid", json={"status": "active"}
    )
    assert await entries(tenant) == before


async def test_a_repeated_request_is_logged_once(tenant: Tenant) -> None:
    headers = {"Idempotency-Key": "once"}
    for _ in range(2):
        await tenant.call("POST", "/users", 201, json={"email": "sam@cadenza.example"}, headers=headers)
    assert len(await entries(tenant, "&action=user.created")) == 1


async def test_the_entry_of_an_erased_lead_identifies_nobody(tenant: Tenant) -> None:
    lead = await tenant.call("POST", "/leads", 201, json={"email": "ada@evil.example"})
    await tenant.call("DELETE", f"/leads/{lead['id']}", 204)
    await tenant.refused("DELETE", f"/leads/{lead['id']}", 404, "not_found")
    [entry] = await entries(tenant, "&action=lead.erased")
    assert (entry["target_id"], entry["detail"]) == (None, {})


async def test_only_admins_read_the_log(app: FastAPI, tenant: Tenant) -> None:
    async with client_of(app, await tenant.key("read", "write")) as http:
        assert (await http.get("/audit-log")).status_code == 403


async def test_a_new_tenant_is_logged_by_the_operator_and_by_itself(
    app: FastAPI, database: Database, tenant: Tenant
) -> None:
    operator = await ensure_first_tenant(database, known_key=generate_key())
    found = await find_key(database, operator.api_key)
    assert found is not None
    async with client_of(app, operator.api_key) as http:
        path = "/audit-log?action=tenant.created&limit=200"
        before = (await http.get(path)).json()["items"]
        made = (await http.post("/tenants", json={"name": "Acme"})).json()
        await tenant.refused("POST", "/tenants", 403, "not_operator", json={"name": "Mine"})
        assert (await http.post("/tenants", json={"name": ""})).status_code == 422
        [entry, *rest] = (await http.get(path)).json()["items"]
        assert rest == before
    assert (entry["target_id"], entry["api_key_id"], entry["detail"]) == (made["id"], str(found.key_id), {})
    assert await entries(tenant, "&action=tenant.created") == []
    async with client_of(app, made["api_key"]) as http:
        logged = (await http.get("/audit-log")).json()["items"]
    assert {(one["action"], one["api_key_id"]) for one in logged} == {
        ("tenant.created", None),
        ("api_key.created", None),
    }


async def test_many_new_tenants_at_once_do_not_exhaust_the_connections(app: FastAPI, database: Database) -> None:
    operator = await ensure_first_tenant(database, known_key=generate_key())
    async with client_of(app, operator.api_key) as http:
        made = await asyncio.gather(*(http.post("/tenants", json={"name": "Acme"}) for _ in range(40)))
    assert {answer.status_code for answer in made} == {201}


async def test_the_app_can_neither_change_nor_remove_an_entry(tenant: Tenant) -> None:
    await tenant.call("POST", "/users", 201, json={"email": "sam@cadenza.example"})
    for statement in ("UPDATE audit_log SET action = 'nothing'", "DELETE FROM audit_log", "TRUNCATE audit_log"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with tenant.database.write(tenant.id) as session:
                await session.execute(text(statement))


async def test_entries_are_deleted_with_their_tenant(tenant: Tenant, migrated_postgres: EmbeddedPostgres) -> None:
    """It goes with nothing else: what the entry names may be deleted earlier."""
    await administer(tenant)
    connection = await asyncpg.connect(migrated_postgres.owner_url)
    await connection.execute("SELECT set_config('app.tenant_id', $1, false)", str(tenant.id))
    await connection.execute("DELETE FROM tenants WHERE id = $1", tenant.id)
    assert await connection.fetchval("SELECT count(*) FROM audit_log") == 0
    await connection.close()
