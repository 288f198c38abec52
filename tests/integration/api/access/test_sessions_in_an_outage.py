"""An outage of Postgres signs nobody out. While Postgres is read-only, signed-in users can read; while it is down, they
are told to retry."""

import asyncio
from pathlib import Path

from sqlalchemy import text

from api.app import AppConfig, create_app
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.maintenance.migrate import upgrade
from db.session import Database
from tests.integration.api.client import new_tenant
from tests.integration.api.conftest import temporal_is_away
from tests.integration.api.people import browser_of, code_of, person, sign_in
from tests.own_postgres import set_read_only


async def test_a_session_survives_an_outage(server_folder: Path) -> None:
    async with EmbeddedPostgres(server_folder / "postgres-signed-in", durable=False) as postgres:
        await asyncio.to_thread(upgrade, postgres.owner_url)
        app = create_app(AppConfig(postgres.app_url), temporal_is_away)
        database = Database(postgres.app_url)
        async with (
            app.router.lifespan_context(app),
            new_tenant(app, database) as tenant,
            browser_of(app) as http,
            browser_of(app) as another,
        ):
            user = await person(app, tenant)
            assert (await sign_in(http, user["email"])).status_code == 201
            async with database.write(tenant.id) as session:  # so that the next use would be recorded
                await session.execute(text("UPDATE sessions SET last_seen_at = now() - interval '1 hour'"))
            await set_read_only(postgres, True)
            while (await sign_in(another, user["email"])).status_code == 201:
                pass  # until every connection knows about it
            assert (await http.get("/leads")).status_code == 200
            assert code_of(await sign_in(another, user["email"])) == (503, "database_read_only")
            assert code_of(await http.delete("/session")) == (503, "database_read_only")
            await set_read_only(postgres, False)
            await postgres.end()
            assert code_of(await http.get("/leads")) == (503, "unavailable")
            assert code_of(await sign_in(another, user["email"])) == (503, "unavailable")
            await postgres.start()
            assert (await http.get("/leads")).status_code == 200
        await database.aclose()
