"""The API as an operator runs it, in a process of its own; and the program as a person runs it."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx

from cadenza.embedded.ports import LOOPBACK, choose_port
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from tests.programs import Process, start_program
from tests.shared_servers import namespace_at

PATIENCE_SECONDS = 180.0


def clean_environment(**ours: str) -> dict[str, str]:
    """Of this process, without what would steer the program."""
    named = ("CADENZA_", "TEMPORAL_", "NO_COLOR", "COLUMNS", "_CADENZA", "_TYPER", "FORCE_COLOR")
    return {**{name: value for name, value in os.environ.items() if not name.startswith(named)}, **ours}


@asynccontextmanager
async def running_api(postgres: EmbeddedPostgres, temporal: EmbeddedTemporal, **settings: str) -> AsyncGenerator[str]:
    """`cadenza api` until the block ends; its URL, once it answers."""
    port = choose_port("--api-port", 0, 8000, set())
    ours = {
        "CADENZA_DATABASE_URL": postgres.app_url,
        "CADENZA_API_PORT": str(port),
        "CADENZA_TASK_QUEUE": f"api-{uuid4()}",
        "TEMPORAL_ADDRESS": temporal.address,
        "TEMPORAL_NAMESPACE": namespace_at(temporal.address),
    }
    environment = clean_environment(**{**ours, **settings})
    process = await start_program("api", environment=environment)
    url = f"http://{LOOPBACK}:{port}"
    try:
        await _until_it_answers(url, process)
        yield url
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)


async def _until_it_answers(url: str, process: Process) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), httpx.AsyncClient() as http:
        while process.returncode is None:
            try:
                if (await http.get(f"{url}/healthz")).is_success:
                    return
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
    raise AssertionError(f"the API ended with {process.returncode}")
