"""The command line as a person has it: the program in a process of its own, against an API in another."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from cadenza.embedded import EmbeddedPostgres, EmbeddedTemporal
from db.session import Database
from services.access.api_keys import create_key
from tests.api_process import PATIENCE_SECONDS, clean_environment, running_api
from tests.integration.api.client import Tenant
from tests.programs import PIPE, start_program


@dataclass
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


async def run_program(
    *arguments: str, environment: Mapping[str, str], given: str | None = None, module: str | None = "cadenza"
) -> Ran:
    """`python -m cadenza ...` (without a module, `python ...`) to its end."""
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
    """Somebody at a terminal, with a tenant of their own."""

    tenant: Tenant
    api_url: str
    key: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.environment = {"CADENZA_API_URL": self.api_url, "CADENZA_API_KEY": self.key}

    async def does(self, *arguments: str, status: int = 0, given: str | None = None, **more: str) -> Ran:
        """The command, once it has ended with the status expected."""
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
    tenant_id, key = await new_tenant(database)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=api_url, headers=headers) as http:
        yield Person(Tenant(tenant_id, http, database), api_url, key, tmp_path)


async def new_tenant(database: Database) -> tuple[UUID, str]:
    tenant_id = uuid4()
    async with database.write(tenant_id) as session:
        await session.execute(
            text("INSERT INTO tenants (id, name, postal_address) VALUES (:id, 'Test', '1 Main Street, Springfield')"),
            {"id": tenant_id},
        )
        return tenant_id, (await create_key(session, name="Test", scopes=["admin"])).key
