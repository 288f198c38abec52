"""What every test shares: the guarded exit, and real servers of their own on free loopback ports."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from cadenza.embedded import EmbeddedPostgres, EmbeddedTemporal
from cadenza.exit import leave
from cadenza.maintenance.migrate import upgrade
from workflows.search_attributes import REGISTRY


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main() -> Generator[None, int | pytest.ExitCode | None, int | pytest.ExitCode | None]:
    """Leave by the guarded exit once the summary is printed and every fixture has ended.

    Without it the interpreter's tear-down crashes in temporalio's threads now and then, and a run whose tests
    all passed ends as a failure. The status is pytest's own.
    """
    status = yield
    leave(int(status or 0))


@pytest.fixture(scope="session")
def server_folder() -> Generator[Path, None, None]:
    """A folder for servers' data. Not pytest's own: PostgreSQL's account, under root, could not get into that."""
    with tempfile.TemporaryDirectory(prefix="cadenza-tests-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
async def postgres_server(server_folder: Path) -> AsyncGenerator[EmbeddedPostgres, None]:
    """PostgreSQL with this program's roles and no schema; `create_database` gives a test one of its own."""
    async with EmbeddedPostgres(server_folder / "postgres", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
async def temporal_server(server_folder: Path) -> AsyncGenerator[EmbeddedTemporal, None]:
    """A Temporal dev server that keeps nothing, with the program's search attributes."""
    names = [attribute.name for attribute in REGISTRY]
    async with EmbeddedTemporal(server_folder / "temporal", search_attributes=names, in_memory=True) as server:
        yield server


@pytest.fixture(scope="session")
async def migrated_postgres(postgres_server: EmbeddedPostgres) -> EmbeddedPostgres:
    """PostgreSQL with the schema in its own database; tests keep apart by having a tenant each."""
    await asyncio.to_thread(upgrade, postgres_server.owner_url)
    return postgres_server
