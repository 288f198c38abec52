"""One PostgreSQL server and one Temporal server for all processes of a test run (pytest-xdist).

The controller, which hands out the tests, starts each server when the first worker asks for it, and ends it when the
run ends. Every worker has its own database and namespace, so that what one process leaves there does not affect
another. For example, passes over the outbox handle every tenant of a database.
"""

import asyncio
import json
import tempfile
import threading
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_roles import DATABASE
from cadenza.embedded.temporal_server import NAMESPACE, EmbeddedTemporal
from cadenza.maintenance.migrate import upgrade
from cadenza.runtime.search_attributes import ensure_search_attributes
from workflows.search_attributes import REGISTRY

READY_WITHIN_SECONDS = 60.0
_namespaces: dict[str, str] = {}


def namespace_at(temporal_address: str) -> str:
    """The namespace that this process uses: its own on the shared server, otherwise the usual one."""
    return _namespaces.get(temporal_address, NAMESPACE)


def new_temporal(folder: Path) -> EmbeddedTemporal:
    """A server that stores nothing on disk, with the program's search attributes."""
    return EmbeddedTemporal(folder, search_attributes=[attribute.name for attribute in REGISTRY], in_memory=True)


class SharedPostgres(EmbeddedPostgres):
    """The run's server as one worker sees it: by default, URLs lead to the worker's own database."""

    def __init__(self, folder: Path, port: int, pid: int, worker: str) -> None:
        super().__init__(folder, port=port)
        self._pid = pid
        self._own = f"{DATABASE}_{worker}"

    @classmethod
    async def asked_for(cls, servers: Path, worker: str) -> Self:
        told = await _ask(servers, "postgres")
        server = cls(Path(told["folder"]), told["port"], told["pid"], worker).of_another_process()
        await server.create_database(server._own, template=DATABASE)
        return server

    @property
    def pid(self) -> int:
        return self._pid

    def url(self, role: str, database: str = DATABASE) -> str:
        return super().url(role, self._own if database == DATABASE else database)


class SharedTemporal(EmbeddedTemporal):
    """The run's server. For its address, `namespace_at` returns the worker's own namespace."""

    @classmethod
    async def asked_for(cls, servers: Path, worker: str) -> Self:
        told = await _ask(servers, "temporal")
        server = cls(Path(told["folder"]), port=told["port"])
        await _register_namespace(server.address, worker)
        _namespaces[server.address] = worker
        return server


class Servers:
    """What the controller runs, in a thread with its own event loop."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cadenza-tests-")
        self.socket = Path(self._folder.name) / "servers"
        self._started: dict[str, asyncio.Task[dict[str, Any]]] = {}
        self._ready, self._done = threading.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        # The servers end with the thread that started them, so the thread lives as long as the run.
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._run()], name="servers")

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()
        self._folder.cleanup()

    async def _run(self) -> None:
        async with AsyncExitStack() as stack:

            async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                name = (await reader.readline()).decode().strip()
                if name not in self._started:
                    self._started[name] = asyncio.create_task(self._start(name, stack))
                try:
                    told = await asyncio.shield(self._started[name])
                except Exception as error:
                    told = {"error": repr(error)}
                    raise
                finally:
                    writer.write(json.dumps(told).encode() + b"\n")
                    await writer.drain()
                    writer.close()

            server = await asyncio.start_unix_server(answer, self.socket)
            self._ready.set()
            await self._done.wait()
            server.close()

    async def _start(self, name: str, stack: AsyncExitStack) -> dict[str, Any]:
        folder = Path(self._folder.name) / name
        if name == "temporal":
            temporal = await stack.enter_async_context(new_temporal(folder))
            return {"folder": str(folder), "port": temporal.port}
        postgres = await stack.enter_async_context(EmbeddedPostgres(folder, durable=False, max_connections=600))
        await asyncio.to_thread(upgrade, postgres.owner_url)
        return {"folder": str(folder), "port": postgres.port, "pid": postgres.pid}


async def _ask(servers: Path, name: str) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(servers)
    writer.write(f"{name}\n".encode())
    told = json.loads(await reader.readline())
    writer.close()
    assert "error" not in told, told["error"]
    return told


async def _register_namespace(address: str, name: str) -> None:
    """Registers the namespace. Returns once the server knows it, after a second or two."""
    operator = await Client.connect(address)
    # As long as the usual namespace keeps closed workflows (cadenza/embedded/temporal_server.py).
    retention = Duration()
    retention.FromTimedelta(timedelta(days=90))
    register = RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=retention)
    await operator.workflow_service.register_namespace(register)
    client = await Client.connect(address, namespace=name)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + READY_WITHIN_SECONDS
    while True:
        try:
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=name))
            await ensure_search_attributes(client)
            await client.count_workflows(f"{REGISTRY[0].name} = 'nothing'")
            return
        except RPCError as error:
            assert loop.time() < deadline, f"the namespace {name} is not ready: {error.message}"
            await asyncio.sleep(0.1)
