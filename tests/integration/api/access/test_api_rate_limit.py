"""A key that sends too many requests is refused with the time to wait, and does not affect other keys."""

from collections.abc import AsyncGenerator

import pytest
from fastapi import FastAPI

from api.app import AppConfig, create_app
from api.requests.rate_limit import RateLimit
from cadenza.embedded.postgres import EmbeddedPostgres
from db.session import Database
from tests.integration.api.client import Tenant, client_of, new_tenant
from tests.integration.api.conftest import temporal_is_away

BURST = 4


@pytest.fixture
async def limited_app(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[FastAPI]:
    # So slow that no request becomes available again during a test.
    config = AppConfig(migrated_postgres.app_url, rate_limit=RateLimit(per_second=0.001, burst=BURST))
    one = create_app(config, temporal_is_away)
    async with one.router.lifespan_context(one):
        yield one


@pytest.fixture
async def limited(limited_app: FastAPI, database: Database) -> AsyncGenerator[Tenant]:
    async with new_tenant(limited_app, database) as one:
        yield one


async def test_answers_say_how_many_requests_are_left_until_the_key_is_refused(limited: Tenant) -> None:
    taken = [await limited.http.get("/session"), await limited.http.post("/leads", json={})]
    taken += [await limited.http.get("/leads/none"), await limited.http.get("/users")]
    assert [one.status_code for one in taken] == [200, 422, 422, 200]
    assert [one.headers["RateLimit-Remaining"] for one in taken] == ["3", "2", "1", "0"]
    assert {one.headers["RateLimit-Limit"] for one in taken} == {str(BURST)}
    refused = await limited.http.post("/leads", json={"email": "ada@acme.example"})
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["content-type"] == "application/problem+json"
    assert 900 < int(refused.headers["Retry-After"]) <= 1000
    assert 3900 < int(refused.headers["RateLimit-Reset"]) <= 4000
    assert await limited.query("SELECT id FROM leads") == []


async def test_other_keys_and_tenants_are_not_limited(
    limited_app: FastAPI, limited: Tenant, database: Database
) -> None:
    for _ in range(BURST):
        await limited.call("GET", "/session")
    await limited.refused("GET", "/session", 429, "rate_limited")
    async with client_of(limited_app, await limited.key("read")) as other:
        assert (await other.get("/session")).status_code == 200
    async with new_tenant(limited_app, database) as stranger:
        await stranger.call("GET", "/session")


async def test_requests_without_a_key_are_not_counted(limited_app: FastAPI, limited: Tenant) -> None:
    for _ in range(BURST):
        await limited.call("GET", "/session")
    for path, status in (("/healthz", 200), ("/t/o/x.gif", 200), ("/u/x", 404), ("/openapi.json", 200)):
        for _ in range(2 * BURST):
            answer = await limited.http.get(path)
            assert answer.status_code == status, path
            assert "RateLimit-Limit" not in answer.headers, path
    async with client_of(limited_app, "cdz_" + "x" * 41) as nobody:
        assert {(await nobody.get("/session")).status_code for _ in range(2 * BURST)} == {401}


async def test_without_a_limit_there_are_no_rate_limit_headers(tenant: Tenant) -> None:
    assert "RateLimit-Limit" not in (await tenant.http.get("/session")).headers
