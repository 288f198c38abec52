"""Authentication, and what the scopes of an API key allow. Tests that keep tenants apart are in isolation/."""

from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from db.session import Database
from services.access.api_keys import generate_key
from services.access.bootstrap import ensure_first_tenant
from tests.integration.api.client import Tenant, client_of


@pytest.mark.parametrize(
    "header",
    [
        *[None, "", "Bearer", "Bearer ", "Basic abc", "Bearer nonsense", "Bearer cdz_\xff"],
        pytest.param(f"Bearer {generate_key()}", id="a key of nobody's"),
    ],
)
async def test_a_request_without_a_valid_key_is_refused(app: FastAPI, header: str | None) -> None:
    async with client_of(app, None) as http:
        headers = [] if header is None else [(b"authorization", header.encode("latin-1"))]
        # The key is checked before the body, so that a stranger learns nothing from the body's errors.
        response = await http.post("/sequences", headers=headers, content=b"{not json")
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_scope_includes_the_narrower_ones(app: FastAPI, tenant: Tenant) -> None:
    allowed = {"read": {"GET /leads"}, "write": {"GET /leads", "POST /leads"}}
    calls = [("GET", "/leads"), ("POST", "/leads"), ("GET", "/api-keys"), ("POST", "/api-keys")]
    for scope in ("read", "write"):
        async with client_of(app, await tenant.key(scope)) as http:
            for method, path in calls:
                body = {"email": f"{scope}@acme.example"} if path == "/leads" else {"name": "x", "scopes": ["admin"]}
                response = await http.request(method, path, json=body if method == "POST" else None)
                if f"{method} {path}" in allowed[scope]:
                    assert response.is_success, response.text
                else:
                    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")


async def test_a_key_is_shown_once_and_stops_working_when_revoked(app: FastAPI, tenant: Tenant) -> None:
    made = await tenant.call("POST", "/api-keys", 201, json={"name": "CRM", "scopes": ["write", "read"]})
    assert (made["scopes"], made["last_used_at"], made["revoked_at"]) == (["read", "write"], None, None)
    assert made["key"].startswith(f"cdz_{made['prefix']}_")
    async with client_of(app, made["key"]) as http:
        assert (await http.get("/leads")).is_success
        listed = {key["id"]: key for key in (await tenant.call("GET", "/api-keys"))["items"]}
        assert "key" not in listed[made["id"]]
        used_at = listed[made["id"]]["last_used_at"]
        assert used_at is not None
        assert (await http.get("/leads")).is_success
        await tenant.call("DELETE", f"/api-keys/{made['id']}", 204)
        assert (await http.get("/leads")).status_code == 401
    listed = {key["id"]: key for key in (await tenant.call("GET", "/api-keys"))["items"]}
    assert listed[made["id"]]["last_used_at"] == used_at  # accurate to the minute
    assert listed[made["id"]]["revoked_at"] is not None
    own = next(key["id"] for key in listed.values() if key["revoked_at"] is None)
    await tenant.refused("DELETE", f"/api-keys/{own}", 409, "api_key_in_use")
    await tenant.refused("DELETE", f"/api-keys/{uuid4()}", 404, "not_found")


async def test_a_new_home_gets_one_tenant_one_key_and_one_mailbox(app: FastAPI, database: Database) -> None:
    key = generate_key()
    first = await ensure_first_tenant(database, known_key=key)
    again = await ensure_first_tenant(database, known_key=key)
    assert first == again
    assert first.api_key == key
    async with client_of(app, key) as http:
        mailboxes = (await http.get("/mailboxes")).json()["items"]
        keys = (await http.get("/api-keys")).json()["items"]
    assert [(one["email"], one["name"]) for one in mailboxes] == [("sales@cadenza.example", "Sam from Cadenza")]
    assert keys[0]["scopes"] == ["read", "write", "admin"]
    async with database.write(first.tenant_id) as session:
        await session.execute(text("UPDATE api_keys SET revoked_at = now()"))
    renewed = await ensure_first_tenant(database, known_key=key)
    assert renewed.tenant_id == first.tenant_id
    assert renewed.api_key != key
    without = await ensure_first_tenant(database, known_key="nonsense")
    assert without.tenant_id == first.tenant_id
