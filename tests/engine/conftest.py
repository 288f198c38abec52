"""A migrated database, and a stage for each test: a tenant, a sink and a worker of its own."""

from collections.abc import AsyncGenerator

import pytest

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from tests.stage import Stage
from tests.stage import stage as set_up


@pytest.fixture
async def stage(migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal) -> AsyncGenerator[Stage, None]:
    async with set_up(migrated_postgres.app_url, temporal_server.address) as one:
        yield one
