"""The API on real Postgres while Temporal is unreachable. It must accept everything nevertheless."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from fastapi import FastAPI
from temporalio.client import Client

from api.app import AppConfig, create_app
from cadenza.embedded.postgres import EmbeddedPostgres
from db.session import Database
from services.secret_box import SecretBox, new_key
from tests.integration.api.client import Tenant, new_tenant
from tests.integration.smtp_servers import trusting_loopback
from webhooks.signing import new_secret

INBOUND_SECRET = new_secret()
SECRETS = SecretBox([new_key()])
SIGNING_KEY = "a key that signs the links in mail of tests"


async def temporal_is_away() -> Client:
    raise RuntimeError("connection refused")


@pytest.fixture(scope="session")
def capture_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("captured")


@pytest.fixture(scope="session")
async def database(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Database]:
    one = Database(migrated_postgres.app_url)
    yield one
    await one.aclose()


@pytest.fixture(scope="session")
async def app(migrated_postgres: EmbeddedPostgres, capture_dir: Path) -> AsyncGenerator[FastAPI]:
    config = AppConfig(
        migrated_postgres.app_url,
        dev=True,
        capture_dir=capture_dir,
        temporal_ui_url="http://temporal.test/",
        inbound_webhook_secret=INBOUND_SECRET,
        signing_key=SIGNING_KEY,
        secrets=SECRETS,
        mail_allow_private=True,
        mail_tls=trusting_loopback(),
        webhook_allow_private=True,
    )
    one = create_app(config, temporal_is_away)
    async with one.router.lifespan_context(one):
        yield one


@pytest.fixture
async def tenant(app: FastAPI, database: Database) -> AsyncGenerator[Tenant]:
    async with new_tenant(app, database) as one:
        yield one


@pytest.fixture
async def stranger(app: FastAPI, database: Database) -> AsyncGenerator[Tenant]:
    """Another tenant, with its own admin key."""
    async with new_tenant(app, database) as one:
        yield one
