"""What every test shares: the guarded exit, and real servers on free loopback ports."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.maintenance.migrate import upgrade
from tests.guarded_exit import pytest_cmdline_main
from tests.integration.up.up_run import UpRun, dev_run
from tests.properties import register_profiles
from tests.shared_servers import Servers, SharedPostgres, SharedTemporal, new_temporal

__all__ = ["pytest_cmdline_main"]

SHARED = "shared_servers"
SERVERS = pytest.StashKey[Servers]()

register_profiles()


@pytest.fixture(scope="session")
def server_folder() -> Generator[Path, None, None]:
    """A folder for servers' data. Not pytest's own: PostgreSQL's account, under root, could not get into that."""
    with tempfile.TemporaryDirectory(prefix="cadenza-tests-") as folder:
        yield Path(folder)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """For each process that the tests are handed out to: where it asks for the servers that all of them share."""
    config: pytest.Config = node.config
    if SERVERS not in config.stash:
        config.stash[SERVERS] = Servers()
        config.stash[SERVERS].start()
        config.add_cleanup(config.stash[SERVERS].end)
    node.workerinput[SHARED] = str(config.stash[SERVERS].socket)


def _shared(config: pytest.Config) -> tuple[Path, str] | None:
    """Where to ask, and this process's name; nothing for a run in one process, which has servers of its own."""
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    return given and (Path(given[SHARED]), given["workerid"])


@pytest.fixture(scope="session")
async def postgres_server(server_folder: Path, pytestconfig: pytest.Config) -> AsyncGenerator[EmbeddedPostgres]:
    """PostgreSQL with this program's roles; `create_database` gives a test a database of its own, without a schema."""
    if shared := _shared(pytestconfig):
        yield await SharedPostgres.asked_for(*shared)
        return
    async with EmbeddedPostgres(server_folder / "postgres", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
async def temporal_server(server_folder: Path, pytestconfig: pytest.Config) -> AsyncGenerator[EmbeddedTemporal]:
    """A Temporal dev server that keeps nothing, with the program's search attributes."""
    if shared := _shared(pytestconfig):
        yield await SharedTemporal.asked_for(*shared)
        return
    async with new_temporal(server_folder / "temporal") as server:
        yield server


@pytest.fixture(scope="session")
def up() -> Generator[UpRun]:
    """`cadenza up --dev`, for the tests that leave it as it is: each has a tenant of its own (`new_tenant`)."""
    with dev_run() as run:
        yield run


@pytest.fixture(scope="session")
async def migrated_postgres(postgres_server: EmbeddedPostgres) -> EmbeddedPostgres:
    """PostgreSQL with the schema in this process's database; tests keep apart by having a tenant each."""
    if not isinstance(postgres_server, SharedPostgres):
        await asyncio.to_thread(upgrade, postgres_server.owner_url)
    return postgres_server
