"""Two tenants, each with one object of every kind, and a connection that sees both."""

from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_roles import SUPERUSER
from tests.integration.api.client import Tenant
from tests.integration.api.isolation.tenant_objects import TenantObjects, create_one_of_each


@pytest.fixture
async def ours(tenant: Tenant, capture_dir: Path) -> TenantObjects:
    return await create_one_of_each(tenant, capture_dir)


@pytest.fixture
async def theirs(stranger: Tenant, capture_dir: Path) -> TenantObjects:
    return await create_one_of_each(stranger, capture_dir)


@pytest.fixture
async def all_seeing(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[asyncpg.Connection]:
    """A connection that no row level security policy binds."""
    connection = await asyncpg.connect(migrated_postgres.url(SUPERUSER))
    yield connection
    await connection.close()
