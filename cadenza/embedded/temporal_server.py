"""An embedded Temporal dev server on loopback, with its web UI and its data in one SQLite file."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from cadenza.embedded.ports import LOOPBACK, free_port
from cadenza.embedded.temporal_binary import find_temporal
from cadenza.errors import StartError
from cadenza.runtime.process import Child, ProcessCommand

NAMESPACE = "default"
READY_WITHIN_SECONDS = 60.0
SQLITE_HEADER = b"SQLite format 3\0"
KEEP_CLOSED_SECONDS = 90 * 24 * 3600
"""The dev server's default is one day. A person who fast-forwards by weeks should still be able to read a workflow."""

PRAGMAS = ("journal_mode=wal", "synchronous=normal")  # 2.3 times as fast as the default, and safe after kill -9
DYNAMIC_CONFIG = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    "matching.enableFairness=true",
    # By default it keeps 128,000 workflows in memory for an hour, closed ones too, at 0.1 MB each. A workflow that
    # wakes up is loaded again.
    "history.hostLevelCacheMaxSize=2000",
    f"history.eventsHostLevelCacheMaxSizeBytes={64 * 2**20}",
)


class EmbeddedTemporal:
    """One dev server with its data in `folder/temporal.db`, which is kept.

    `search_attributes` are Keyword attributes to register. `ui_port=None` runs it without the web UI. The web UI
    decrypts payloads through `ui_codec_endpoint`.

    For tests: `in_memory=True` stores nothing, and `dynamic_config` (`key=value`) is added to the settings here. `async
    with` starts and ends the server.
    """

    name = "temporal"

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        ui_port: int | None = None,
        ui_codec_endpoint: str | None = None,
        search_attributes: Sequence[str] = (),
        in_memory: bool = False,
        dynamic_config: Sequence[str] = (),
        program: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = Path(os.path.abspath(folder))
        self.database = None if in_memory else self.folder / "temporal.db"
        self.port = port or free_port()
        self.ui_port = ui_port
        self._ui_codec_endpoint = ui_codec_endpoint
        self.log = self.folder / "logs" / "temporal.log"
        taken = {self.port, self.ui_port or 0}
        self._http_port = free_port(taken)
        self._metrics_port = free_port({*taken, self._http_port})
        self._search_attributes = search_attributes
        self._dynamic_config = dynamic_config
        self._program = program
        self._environment = {"HOME": str(self.folder), "PATH": os.defpath, **(environment or {})}
        self.child: Child | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()

    @property
    def pid(self) -> int | None:
        return None if self.child is None else self.child.pid

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def ui_url(self) -> str | None:
        return None if self.ui_port is None else f"http://{LOOPBACK}:{self.ui_port}"

    async def start(self) -> None:
        """Starts the server and returns when its namespace is available. Raises `StartError`, in one line."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.database is not None:
            _check_database(self.database)
        program = await find_temporal(self.folder, self._program, self.log)
        self.child = Child(
            ProcessCommand(
                name="temporal",
                arguments=self._arguments(program),
                log=self.log,
                environment=self._environment,
                folder=self.folder,
                # A kill does not damage its file, and an orderly shutdown may wait for open requests.
                orphaned_by=signal.SIGKILL,
            )
        )
        await self.child.start()
        try:
            await self._wait_until_ready(self.child)
        except BaseException:
            await self.child.end()  # otherwise nobody would end it
            raise

    async def end(self) -> None:
        """Ends the server by an orderly shutdown, which takes one or two seconds. Waits for it."""
        if self.child is not None:
            await self.child.end()

    def _arguments(self, program: Path) -> list[str | Path]:
        arguments: list[str | Path] = [program, "server", "start-dev", "--log-level", "error"]
        arguments += ["--ip", LOOPBACK, "--port", str(self.port)]
        # All ports are given explicitly, so that each is chosen here and on loopback.
        arguments += ["--http-port", str(self._http_port), "--metrics-port", str(self._metrics_port)]
        if self.ui_port is None:
            arguments += ["--headless"]
        else:
            arguments += ["--ui-ip", LOOPBACK, "--ui-port", str(self.ui_port), "--ui-disable-news-fetch"]
            if self._ui_codec_endpoint is not None:
                arguments += ["--ui-codec-endpoint", self._ui_codec_endpoint]
        if self.database is not None:
            # Relative to the server's working folder, because it reads a % or ? in a path as part of a URL.
            arguments += ["--db-filename", self.database.name]
            for pragma in PRAGMAS:
                arguments += ["--sqlite-pragma", pragma]
        for setting in (*DYNAMIC_CONFIG, *self._dynamic_config):
            arguments += ["--dynamic-config-value", setting]
        for name in self._search_attributes:
            arguments += ["--search-attribute", f"{name}=Keyword"]
        return arguments

    async def _wait_until_ready(self, child: Child) -> None:
        """Polls the server's HTTP API. The SDK's client would start threads in this process."""
        namespace = f"http://{LOOPBACK}:{self._http_port}/api/v1/namespaces/{NAMESPACE}"
        retention = {"config": {"workflowExecutionRetentionTtl": f"{KEEP_CLOSED_SECONDS}s"}}
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY_WITHIN_SECONDS
        async with httpx.AsyncClient(trust_env=False, timeout=10.0) as http:
            while True:
                if child.ended:
                    raise StartError(child.complaint())
                try:
                    answer = await http.post(f"{namespace}/update", json=retention)
                    if answer.is_success:
                        return
                    answer_text = answer.text
                except httpx.TransportError as error:
                    answer_text = repr(error)
                if loop.time() > deadline:
                    raise StartError(f"temporal is not ready: {answer_text[:200]} (log: {self.log})")
                await asyncio.sleep(0.05)


def _check_database(database: Path) -> None:
    try:
        with database.open("rb") as file:
            header = file.read(len(SQLITE_HEADER))
    except FileNotFoundError:
        return
    except OSError as error:
        raise StartError(f"{database}: {error.strerror}") from error
    if header and header != SQLITE_HEADER:
        raise StartError(f"{database} is not a database of Temporal's dev server. Move it away")
