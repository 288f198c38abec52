"""A browser's session: its cookie, its rights, protection against other sites, and its end."""

import hashlib
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.app import AppConfig, create_app
from api.requests.rate_limit import RateLimit
from cadenza.embedded.postgres import EmbeddedPostgres
from db.session import Database
from tests.integration.api.client import Tenant, client_of, new_tenant
from tests.integration.api.conftest import temporal_is_away
from tests.integration.api.people import (
    COOKIE,
    CSRF,
    accepted,
    browser_of,
    code_of,
    invited,
    person,
    session_status,
    sign_in,
)

LEAD = {"email": "ada@acme.example"}


async def with_key(http: httpx.AsyncClient, key: str) -> httpx.Response:
    answer = await http.post("/session", json={"api_key": key})
    assert answer.status_code == 201, answer.text
    return answer


async def change_sessions(tenant: Tenant, assignment: str) -> None:
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text(f"UPDATE sessions SET {assignment}"))


async def test_the_cookie_is_for_this_host_only_and_hidden_from_scripts(app: FastAPI, tenant: Tenant) -> None:
    async with browser_of(app) as http:
        answer = await with_key(http, await tenant.key("read", "write"))
    cookie = answer.headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    token, *attributes = rest.split("; ")
    assert name == COOKIE
    assert {one.lower() for one in attributes} == {"httponly", "max-age=1209600", "path=/", "samesite=strict"}
    assert answer.headers["cache-control"] == "no-store"
    assert len(token) == 43
    assert token not in answer.text
    [row] = await tenant.query("SELECT token_hash FROM sessions")
    assert row.token_hash == hashlib.sha256(token.encode()).digest()


async def test_over_https_the_cookie_is_secure(migrated_postgres: EmbeddedPostgres, tenant: Tenant) -> None:
    config = AppConfig(migrated_postgres.app_url, public_url="https://cadenza.example/")
    one = create_app(config, temporal_is_away)
    async with one.router.lifespan_context(one), browser_of(one) as http:
        cookie = (await with_key(http, await tenant.key("read"))).headers["set-cookie"]
        name, _, rest = cookie.partition("=")
        token, *attributes = rest.split("; ")
        assert name == f"__Host-{COOKIE}"
        assert {one.lower() for one in attributes} == {
            "httponly", "max-age=1209600", "path=/", "samesite=strict", "secure"
        }  # fmt: skip
        assert (await http.get("/session", headers={"Cookie": f"{name}={token}"})).status_code == 200
        # A cookie name that another host of the domain, or plain http, could set is ignored.
        assert (await http.get("/session", headers={"Cookie": f"{COOKIE}={token}"})).status_code == 401
        from_the_page = {**CSRF, "Cookie": f"{name}={token}", "Origin": "https://cadenza.example"}
        assert (await http.delete("/session", headers=from_the_page)).status_code == 204


async def test_signing_in_creates_a_new_token_and_ends_the_old_session(app: FastAPI, tenant: Tenant) -> None:
    key = await tenant.key("read")
    async with browser_of(app) as http:
        http.cookies.set(COOKIE, "a" * 43, domain="api.test", path="/")  # planted by somebody
        tokens = ["a" * 43]
        for _ in range(2):
            await with_key(http, key)
            tokens.append(str(http.cookies[COOKIE]))
        assert len(set(tokens)) == 3
        assert await session_status(http) == 200
        for old in tokens[:2]:
            http.cookies.set(COOKIE, old, domain="api.test", path="/")
            assert await session_status(http) == 401


async def test_a_session_has_the_scopes_of_its_key_or_user(app: FastAPI, tenant: Tenant) -> None:
    reader = await person(app, tenant, role="read")
    async with browser_of(app) as http:
        shown = (await with_key(http, await tenant.key("read", "write"))).json()
        assert shown == (await http.get("/session")).json()
        assert (shown["tenant_id"], shown["scopes"], shown["user"]) == (str(tenant.id), ["read", "write"], None)
        keys = {key["id"] for key in (await tenant.call("GET", "/api-keys"))["items"]}
        assert shown["api_key_id"] in keys
        assert (await http.post("/leads", json=LEAD)).status_code == 201
        assert code_of(await http.get("/api-keys")) == (403, "insufficient_scope")
        shown = (await sign_in(http, reader["email"])).json()
        assert (shown["scopes"], shown["api_key_id"]) == (["read"], None)
        assert shown["user"] == {"id": reader["id"], "email": reader["email"], "name": "Sam"}
        assert code_of(await http.post("/leads", json=LEAD)) == (403, "insufficient_scope")
        # A changed role takes effect with the next request, and a wider role includes the narrower ones.
        await tenant.call("PATCH", f"/users/{reader['id']}", json={"role": "admin"})
        assert (await http.get("/session")).json()["scopes"] == ["read", "write", "admin"]
        assert (await http.get("/api-keys")).status_code == 200


async def test_signing_out_ends_the_session(app: FastAPI, tenant: Tenant) -> None:
    async with browser_of(app) as http:
        await with_key(http, await tenant.key("read"))
        token = str(http.cookies[COOKIE])
        answer = await http.delete("/session")
        assert (answer.status_code, COOKIE in http.cookies) == (204, False)
        http.cookies.set(COOKIE, token, domain="api.test", path="/")
        assert code_of(await http.get("/leads")) == (401, "unauthorized")
    assert await tenant.query("SELECT id FROM sessions") == []
    assert await tenant.call("DELETE", "/session", 204) is None  # a request with a key has no session to end


@pytest.mark.parametrize(
    ("moved", "status"),
    [
        ("last_seen_at = now() - interval '11 hours 59 minutes'", 200),
        ("last_seen_at = now() - interval '12 hours 1 minute'", 401),
        ("expires_at = now() + interval '1 minute'", 200),
        ("expires_at = now() - interval '1 minute'", 401),
    ],
)
async def test_a_session_ends_by_the_databases_clock(app: FastAPI, tenant: Tenant, moved: str, status: int) -> None:
    async with browser_of(app) as http:
        await with_key(http, await tenant.key("read"))
        await change_sessions(tenant, moved)
        assert await session_status(http) == status


async def test_use_extends_a_session_to_at_most_two_weeks(app: FastAPI, tenant: Tenant) -> None:
    async with browser_of(app) as http:
        await with_key(http, await tenant.key("read"))
        [made] = await tenant.query("SELECT expires_at - created_at AS lasts, expires_at FROM sessions")
        assert made.lasts.days == 14
        await change_sessions(tenant, "last_seen_at = now() - interval '11 hours'")
        assert await session_status(http) == 200
        [used] = await tenant.query("SELECT now() - last_seen_at < '1 minute' AS lately, expires_at FROM sessions")
        assert (used.lately, used.expires_at) == (True, made.expires_at)


async def test_expired_sessions_are_deleted(app: FastAPI, tenant: Tenant) -> None:
    key = await tenant.key("read")
    async with browser_of(app) as first, browser_of(app) as second:
        await with_key(first, key)
        await change_sessions(tenant, "expires_at = now()")
        await with_key(second, key)
    assert len(await tenant.query("SELECT id FROM sessions")) == 1


async def test_a_session_ends_with_its_key(app: FastAPI, tenant: Tenant) -> None:
    made = await tenant.call("POST", "/api-keys", 201, json={"name": "Sam's", "scopes": ["admin"]})
    async with browser_of(app) as http:
        await with_key(http, made["key"])
        assert code_of(await http.delete(f"/api-keys/{made['id']}")) == (409, "api_key_in_use")
        await tenant.call("DELETE", f"/api-keys/{made['id']}", 204)
        assert await session_status(http) == 401
    assert await tenant.query("SELECT id FROM sessions") == []


async def test_a_session_of_a_revoked_key_is_refused(app: FastAPI, tenant: Tenant) -> None:
    async with browser_of(app) as http:
        await with_key(http, await tenant.key("read"))
        async with tenant.database.write(tenant.id) as session:
            await session.execute(text("UPDATE api_keys SET revoked_at = now()"))
        assert await session_status(http) == 401


async def test_a_session_ends_with_its_user_or_a_new_password(app: FastAPI, tenant: Tenant) -> None:
    user = await person(app, tenant)
    async with browser_of(app) as here, browser_of(app) as there:
        await sign_in(here, user["email"])
        await sign_in(there, user["email"])
        assert (await accepted(there, await invited(tenant, user), "another long password")).status_code == 201
        assert (await session_status(here), await session_status(there)) == (401, 200)
        await tenant.call("DELETE", f"/users/{user['id']}", 204)
        assert await session_status(there) == 401


FOREIGN: list[dict[str, str]] = [
    {},
    {"X-Cadenza-CSRF": "0"},
    {**CSRF, "Origin": "https://evil.example"},
    {**CSRF, "Origin": "http://api.test.evil.example"},
    {**CSRF, "Origin": "http://api.test:8080"},
    {**CSRF, "Origin": "null"},
    {**CSRF, "Origin": ""},
    {**CSRF, "Origin": "http://["},
    {**CSRF, "Origin": "//api.test@evil.example"},
    {**CSRF, "Sec-Fetch-Site": "cross-site"},
    {**CSRF, "Sec-Fetch-Site": "same-site"},
    {**CSRF, "Sec-Fetch-Site": "none"},
    {**CSRF, "Origin": "http://api.test", "Sec-Fetch-Site": "cross-site"},
]
OURS: list[dict[str, str]] = [
    CSRF,
    {**CSRF, "Origin": "http://api.test"},
    {**CSRF, "Origin": "http://api.test", "Sec-Fetch-Site": "same-origin"},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_what_another_site_makes_a_browser_send_is_refused(
    app: FastAPI, tenant: Tenant, headers: dict[str, str]
) -> None:
    key = await tenant.key("admin")
    user = await tenant.call("POST", "/users", 201, json={"email": "sam@cadenza.example"})
    async with client_of(app, None) as http:
        await http.post("/session", json={"api_key": key}, headers=CSRF)
        tries: list[tuple[str, str, Any]] = [
            ("POST", "/leads", LEAD),
            ("PATCH", f"/users/{user['id']}", {"name": "Eve"}),
            ("DELETE", f"/users/{user['id']}", None),
            ("PUT", f"/sequences/{uuid4()}", {"status": "archived"}),
            ("DELETE", "/session", None),
            # Signing in as somebody else is refused as well.
            ("POST", "/session", {"api_key": key}),
            ("POST", "/invitations/accept", {"token": "x", "password": "x" * 12}),
        ]
        for method, path, body in tries:
            answer = await http.request(method, path, json=body, headers=headers)
            assert code_of(answer) == (403, "csrf_refused"), (method, path)
            assert "set-cookie" not in answer.headers
        # A request that changes nothing needs no header: other sites cannot read the answer.
        assert (await http.get("/session", headers=headers)).status_code == 200
        # A request with a key needs no header: browsers do not add a key by themselves.
        answer = await http.post("/leads", json=LEAD, headers={**headers, "Authorization": f"Bearer {key}"})
        assert answer.status_code == 201
    assert (await tenant.call("GET", f"/users/{user['id']}"))["name"] == ""


@pytest.mark.parametrize("headers", OURS)
async def test_requests_of_our_own_page_are_accepted(app: FastAPI, tenant: Tenant, headers: dict[str, str]) -> None:
    async with client_of(app, None) as http:
        answer = await http.post("/session", json={"api_key": await tenant.key("write")}, headers=headers)
        assert answer.status_code == 201
        assert (await http.post("/leads", json=LEAD, headers=headers)).status_code == 201


async def test_other_sites_cannot_read_answers(app: FastAPI, tenant: Tenant) -> None:
    """The CSRF header protects only while no script of another site may send it."""
    async with client_of(app, await tenant.key("read")) as http:
        asks = {
            "Origin": "https://evil.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-cadenza-csrf",
        }
        for answer in (await http.options("/leads", headers=asks), await http.get("/leads", headers=asks)):
            assert [name for name in answer.headers if name.startswith("access-control-")] == []


async def test_a_key_wins_over_a_cookie(app: FastAPI, tenant: Tenant, stranger: Tenant) -> None:
    async with browser_of(app) as http:
        await with_key(http, await tenant.key("read"))
        key = {"Authorization": f"Bearer {await stranger.key('read')}"}
        assert (await http.get("/session", headers=key)).json()["tenant_id"] == str(stranger.id)
        refused = await http.get("/session", headers={"Authorization": "Bearer nonsense"})
        assert code_of(refused) == (401, "unauthorized")


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "a" * 10_000, "é"])
async def test_an_unknown_cookie_is_refused(app: FastAPI, token: str) -> None:
    async with client_of(app, None) as http:
        answer = await http.get("/session", headers=[(b"cookie", f"{COOKIE}={token}".encode("latin-1"))])
        assert code_of(answer) == (401, "unauthorized")


async def test_a_request_sent_twice_is_carried_out_once(app: FastAPI, tenant: Tenant) -> None:
    async with browser_of(app) as http:
        await with_key(http, await tenant.key("write"))
        once = {"Idempotency-Key": "once"}
        first, second = [await http.post("/leads", json=LEAD, headers=once) for _ in range(2)]
        assert (second.status_code, second.json()) == (201, first.json())
        assert second.headers["idempotent-replayed"] == "true"


async def test_a_session_counts_as_its_key_or_user(migrated_postgres: EmbeddedPostgres, database: Database) -> None:
    config = AppConfig(migrated_postgres.app_url, rate_limit=RateLimit(per_second=0.001, burst=6))
    one = create_app(config, temporal_is_away)
    async with one.router.lifespan_context(one), new_tenant(one, database) as tenant:
        key = await tenant.key("read")
        async with browser_of(one) as http, client_of(one, key) as program:
            for left in (5, 4):  # signing in counts as a request, and does not reset the count
                assert (await with_key(http, key)).headers["ratelimit-remaining"] == str(left)
            for left in (3, 2):
                assert (await http.get("/session")).headers["ratelimit-remaining"] == str(left)
            assert (await program.get("/session")).headers["ratelimit-remaining"] == "1"
            assert (await http.get("/session")).status_code == 200
            assert code_of(await http.get("/session")) == (429, "rate_limited")
            assert (await http.post("/session", json={"api_key": key})).status_code == 429
        user = await person(one, tenant)
        async with browser_of(one) as here, browser_of(one) as there:
            await sign_in(here, user["email"])
            await sign_in(there, user["email"])
            assert (await here.get("/session")).headers["ratelimit-remaining"] == "5"
            assert (await there.get("/session")).headers["ratelimit-remaining"] == "4"
