"""Two tenants with one of everything each, and a connection that sees both."""

from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from cadenza.embedded import EmbeddedPostgres
from cadenza.embedded.postgres_roles import DATABASE
from tests.integration.api.client import Tenant
from tests.integration.api.isolation.things import Things, things_of


@pytest.fixture
async def ours(tenant: Tenant, capture_dir: Path) -> Things:
    return await things_of(tenant, capture_dir)


@pytest.fixture
async def theirs(stranger: Tenant, capture_dir: Path) -> Things:
    return await things_of(stranger, capture_dir)


@pytest.fixture
async def all_seeing(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[asyncpg.Connection]:
    """A connection that no policy binds."""
    connection = await asyncpg.connect(migrated_postgres.superuser_url.rpartition("/")[0] + f"/{DATABASE}")
    yield connection
    await connection.close()
