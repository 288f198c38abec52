"""A worker's HTTP port for monitoring: `/metrics`, `/healthz`, `/readyz`.

The Temporal SDK serves its own metrics on a second port, which is only for this process. `/metrics` here has both.
"""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import uvicorn
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, REGISTRY, Gauge, generate_latest
from temporalio.client import Client

from cadenza.embedded.ports import LOOPBACK
from cadenza.errors import StartError
from db.session import Database
from services.observability.health import not_answering

READY = Gauge("cadenza_worker_ready", "1 while the worker polls, and reaches Postgres and Temporal.")
PATIENCE_SECONDS = 2.0
Answer = tuple[int, str, bytes]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class MetricsPort:
    """The worker sets `client` and `polling` once it has them."""

    def __init__(self, database: Database, sdk_port: int | None) -> None:
        self._database = database
        self._sdk = httpx.AsyncClient(
            # Without a port nothing asks it. But a base URL without a valid port would raise an error here.
            base_url="" if sdk_port is None else f"http://{LOOPBACK}:{sdk_port}",
            trust_env=False,
            timeout=PATIENCE_SECONDS,
        )
        self.client: Client | None = None
        self.polling: Callable[[], bool] = lambda: False

    @asynccontextmanager
    async def served(self, host: str, port: int | None) -> AsyncGenerator[None]:
        """Serves until the end of the block; without a port it does nothing. Raises `StartError` for a port in use."""
        if port is None:
            yield
            return
        try:
            listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        except OSError as error:
            raise StartError(f"CADENZA_METRICS_PORT {port} on {host}: {error.strerror}") from error
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        server = _ServerWithoutSignals(config)
        serving = asyncio.create_task(server.serve([listening]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving
            await self._sdk.aclose()

    async def _answer(self, scope: dict[str, Any], _receive: object, send: Send) -> None:
        paths: dict[str, Callable[[], Awaitable[Answer]]] = {
            "/metrics": self._metrics,
            "/healthz": self._healthz,
            "/readyz": self._readyz,
        }
        answer = paths.get(scope["path"])
        status, kind, body = await answer() if answer else (404, "text/plain", b"")
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _metrics(self) -> Answer:
        READY.set(not await self._missing())
        return 200, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(REGISTRY) + await self._sdks()

    async def _sdks(self) -> bytes:
        return (await self._sdk.get("/metrics")).raise_for_status().content

    async def _healthz(self) -> Answer:
        return 200, "application/json", b'{"status": "ok"}'

    async def _readyz(self) -> Answer:
        missing = await self._missing()
        body = {"status": "unavailable", "missing": missing} if missing else {"status": "ok"}
        return (503 if missing else 200), "application/json", json.dumps(body).encode()

    async def _missing(self) -> list[str]:
        missing = await not_answering(self._database, self._connected)
        return missing if self.polling() else [*missing, "polling"]

    async def _connected(self) -> Client:
        if self.client is None:
            raise RuntimeError("not connected yet")
        return self.client


class _ServerWithoutSignals(uvicorn.Server):
    """Leaves signals alone: in this process the worker handles them."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield
