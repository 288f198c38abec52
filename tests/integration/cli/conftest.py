"""The command line in its own process, against an API in another process."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from db.session import Database
from tests.api_process import PATIENCE_SECONDS, clean_environment, running_api
from tests.integration.api.client import Tenant, create_tenant
from tests.programs import PIPE, start_program


@dataclass
class Ran:
    """A command that has ended: its exit status and output."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


async def run_program(
    *arguments: str, environment: Mapping[str, str], given: str | None = None, module: str | None = "cadenza"
) -> Ran:
    """Runs `python -m cadenza ...` (or `python ...` without a module) to its end."""
    files = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE}
    if module == "cadenza":
        process = await start_program(*arguments, environment=clean_environment(**environment), **files)
    else:
        command = (sys.executable, *(("-m", module) if module else ()), *arguments)
        process = await asyncio.create_subprocess_exec(*command, env=clean_environment(**environment), **files)
    out, err = await asyncio.wait_for(process.communicate((given or "").encode()), PATIENCE_SECONDS)
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), err.decode())


@dataclass
class Person:
    """A person at a terminal, with their own tenant."""

    tenant: Tenant
    api_url: str
    key: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.environment = {"CADENZA_API_URL": self.api_url, "CADENZA_API_KEY": self.key}

    async def does(self, *arguments: str, status: int = 0, given: str | None = None, **more: str) -> Ran:
        """Runs a command to its end and checks its exit status."""
        ran = await run_program(*arguments, environment={**self.environment, **more}, given=given)
        assert ran.status == status, f"{arguments}: {ran.status}\n{ran.out}\n{ran.err}"
        return ran

    def file(self, name: str, content: str) -> str:
        path = self.folder / name
        path.write_text(content, "utf-8")
        return str(path)

    def content(self, path: str) -> str:
        return Path(path).read_text("utf-8")


@pytest.fixture(scope="session")
async def api_url(migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal) -> AsyncGenerator[str]:
    async with running_api(migrated_postgres, temporal_server) as url:
        yield url


@pytest.fixture(scope="session")
async def database(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Database]:
    one = Database(migrated_postgres.app_url)
    yield one
    await one.aclose()


@pytest.fixture
async def person(api_url: str, database: Database, tmp_path: Path) -> AsyncGenerator[Person]:
    tenant_id, key = await create_tenant(database)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=api_url, headers=headers) as http:
        yield Person(Tenant(tenant_id, http, database), api_url, key, tmp_path)
