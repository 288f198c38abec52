"""Links in mail while Postgres is slow or down: redirects work, and an unsubscribe is confirmed only if recorded."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text

from api.app import AppConfig, create_app
from api.link_recorder import PATIENCE_SECONDS
from cadenza.embedded.ports import LOOPBACK, choose_port
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.maintenance.migrate import upgrade
from db.session import Database
from tests.integration.api.client import Tenant, client_of, new_tenant
from tests.integration.api.conftest import SIGNING_KEY, temporal_is_away
from tests.integration.api.inbound.test_api_tracking import BROWSER, TARGET, events, message_of


@dataclass
class Fragile:
    """An API, its own Postgres, and a tenant."""

    postgres: EmbeddedPostgres
    app: FastAPI
    tenant: Tenant


@pytest.fixture
async def fragile(server_folder: Path) -> AsyncGenerator[Fragile]:
    """An API with its own Postgres, which a test may stop."""
    async with EmbeddedPostgres(server_folder / "postgres-outage", durable=False) as postgres:
        await asyncio.to_thread(upgrade, postgres.owner_url)
        app = create_app(AppConfig(postgres.app_url, signing_key=SIGNING_KEY), temporal_is_away)
        database = Database(postgres.app_url)
        async with app.router.lifespan_context(app), new_tenant(app, database) as tenant:
            yield Fragile(postgres, app, tenant)
        await database.aclose()


async def test_without_postgres_links_redirect_and_unsubscribing_fails_visibly(
    fragile: Fragile, caplog: pytest.LogCaptureFixture
) -> None:
    lead_id, links = await message_of(fragile.tenant)
    await fragile.postgres.end()
    with caplog.at_level(logging.WARNING):
        async with client_of(fragile.app, None) as http:
            click = await http.get(links.click(TARGET), headers=BROWSER)
            assert (click.status_code, click.headers["location"]) == (302, TARGET)
            assert (await http.get(links.pixel, headers=BROWSER)).headers["content-type"] == "image/gif"
            page = await http.get(links.unsubscribe)
            assert page.status_code == 200 and '<form method="post">' in page.text and "•" not in page.text
            refused = await http.post(links.unsubscribe)
    assert (refused.status_code, refused.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert int(refused.headers["retry-after"]) > 0 and "not unsubscribed" in refused.text
    lost = [record.getMessage() for record in caplog.records if str(links.message_id) in record.getMessage()]
    assert len(lost) == 3 and not any("@" in line for line in lost)

    await fragile.postgres.start()
    fragile.tenant.database = Database(fragile.postgres.app_url)
    async with client_of(fragile.app, None) as http:
        assert (await http.post(links.unsubscribe)).status_code == 200  # the mail program retries
    assert await events(fragile.tenant) == [("unsubscribe", False)]
    [row] = await fragile.tenant.query("SELECT stop_reason FROM lead_sequence_state WHERE lead_id = :id", id=lead_id)
    assert row.stop_reason == "unsubscribed"
    await fragile.tenant.database.aclose()


async def test_a_slow_postgres_does_not_delay_the_redirect(app: FastAPI, tenant: Tenant) -> None:
    """Runs on a real server, where the answer is sent before the click is recorded."""
    lead_id, links = await message_of(tenant)
    port = choose_port("--api-port", 0, 8000, set())
    server = uvicorn.Server(uvicorn.Config(app, host=LOOPBACK, port=port, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    try:
        await _until(lambda: _is(server.started))
        async with (
            httpx.AsyncClient(timeout=PATIENCE_SECONDS - 2, headers=BROWSER) as http,
            tenant.database.write(tenant.id) as session,
        ):
            # A transaction locks the enrollment's row until this block ends.
            await session.execute(text("SELECT FROM lead_sequence_state FOR UPDATE"))
            answer = await http.get(f"http://{LOOPBACK}:{port}" + links.click(TARGET).removeprefix(links.public_url))
            assert (answer.status_code, answer.headers["location"]) == (302, TARGET)
            assert await events(tenant) == []

        async def recorded() -> bool:
            return ("click", False) in await events(tenant)

        await _until(recorded)
    finally:
        server.should_exit = True
        await serving
    assert (await tenant.state(lead_id))["emails_clicked"] == 1


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _is(fact: bool) -> bool:
    return fact
