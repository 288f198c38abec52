"""The command line as a person has it: the program in a process of its own, against an API in another."""

import asyncio
import json
import os
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
from cadenza.ports import LOOPBACK, choose_port
from db.session import Database
from services.keys import create_key
from tests.integration.api.client import Tenant

PATIENCE_SECONDS = 60.0


@dataclass
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def clean_environment(**ours: str) -> dict[str, str]:
    named = ("CADENZA_", "TEMPORAL_", "NO_COLOR", "COLUMNS", "_CADENZA", "_TYPER", "FORCE_COLOR")
    return {**{name: value for name, value in os.environ.items() if not name.startswith(named)}, **ours}


async def run_program(*arguments: str, environment: Mapping[str, str], given: str | None = None) -> Ran:
    """`python -m cadenza ...` to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cadenza", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=clean_environment(**environment),
    )  # fmt: skip
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
    """`cadenza api` in a process of its own."""
    port = choose_port("--api-port", 0, 8000, set())
    environment = clean_environment(
        CADENZA_DATABASE_URL=migrated_postgres.app_url,
        CADENZA_API_PORT=str(port),
        CADENZA_TASK_QUEUE=f"cli-{uuid4()}",
        TEMPORAL_ADDRESS=temporal_server.address,
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "cadenza", "api", env=environment)
    url = f"http://{LOOPBACK}:{port}"
    try:
        await _until_it_answers(url, process)
        yield url
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)


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
        await session.execute(text("INSERT INTO tenants (id, name) VALUES (:id, 'Test')"), {"id": tenant_id})
        return tenant_id, (await create_key(session, name="Test", scopes=["admin"])).key


async def _until_it_answers(url: str, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), httpx.AsyncClient() as http:
        while process.returncode is None:
            try:
                if (await http.get(f"{url}/healthz")).is_success:
                    return
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
    raise AssertionError(f"the API ended with {process.returncode}")
