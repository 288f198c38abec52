"""The API of a benchmark: `cadenza api` in its own process, called over HTTP by one or several tenants."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psutil

from bench.servers.child_process import ChildProcess, child
from bench.servers.rig import Rig
from cadenza.embedded.ports import LOOPBACK, free_port
from services.access.api_keys import create_key

LEADS_AT_ONCE = 10_000
READY_SECONDS = 60.0


@dataclass
class Api:
    rig: Rig
    process: ChildProcess
    url: str

    @property
    def rss_mb(self) -> float:
        return psutil.Process(self.process.process.pid).memory_info().rss / 2**20

    @asynccontextmanager
    async def tenant(self, tenant_id: UUID) -> AsyncGenerator[httpx.AsyncClient]:
        """Yields a client with an API key of this tenant."""
        async with self.rig.database.write(tenant_id) as session:
            key = (await create_key(session, name="Bench", scopes=["write"])).key
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=120) as http:
            yield http


@asynccontextmanager
async def api(
    rig: Rig,
    task_queue: str,
    settings: Mapping[str, str] | None = None,
    *,
    port: int | None = None,
    log: Path | None = None,
) -> AsyncGenerator[Api]:
    """Starts the API; yields it once it is ready. `settings`: additional environment variables."""
    port = port or free_port()
    process = await child(
        "cadenza",
        "api",
        environment={
            "CADENZA_DATABASE_URL": rig.postgres.app_url,
            "CADENZA_API_PORT": str(port),
            "CADENZA_TASK_QUEUE": task_queue,
            "TEMPORAL_ADDRESS": rig.temporal.address,
            # One API key makes all requests, so it must not be limited.
            "CADENZA_RATE_LIMIT_PER_SECOND": "0",
            **(settings or {}),
        },
        log=log,
        is_heard=False,
    )
    url = f"http://{LOOPBACK}:{port}"
    try:
        await _until_ready(url)
        yield Api(rig, process, url)
    finally:
        await process.end()


async def _until_ready(url: str) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_SECONDS
    async with httpx.AsyncClient(trust_env=False) as http:
        while True:
            try:
                if (await http.get(f"{url}/readyz")).is_success:
                    return
            except httpx.TransportError:
                pass
            if loop.time() > deadline:
                raise TimeoutError("the API does not answer")
            await asyncio.sleep(0.1)


async def ask(http: httpx.AsyncClient, method: str, path: str, body: Any = None) -> Any:
    """Returns the answer's JSON. Raises HTTPStatusError for a status of 4xx or 5xx."""
    answer = await http.request(method, path, json=body)
    answer.raise_for_status()
    return answer.json()


async def campaign_of(rig: Rig, http: httpx.AsyncClient, count: int) -> str:
    """Creates a campaign of `count` new leads of the rig's tenant; returns its ID."""
    made = await ask(http, "POST", "/campaigns", {"name": f"{count} leads"})
    for begin in range(0, count, LEADS_AT_ONCE):
        lead_ids = [str(one) for one in await rig.leads(min(LEADS_AT_ONCE, count - begin))]
        await ask(http, "POST", f"/campaigns/{made['id']}/leads", {"lead_ids": lead_ids})
    return made["id"]
