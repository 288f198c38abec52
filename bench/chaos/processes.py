"""The app as in production: each part is a separate process, which may be killed and is restarted.

Workers and APIs are restarted whenever they end, as an init system does. Temporal and Postgres are restarted on the
same folder and port. Each life of a process is recorded: its start, its end, and its client ports to Postgres, by which
an action in the database can be attributed to a process.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psutil

from bench.report import progress
from bench.servers.child_process import ROOT
from bench.servers.rig import Rig, rig
from cadenza.embedded.ports import LOOPBACK, free_port
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from db.session import Database

KILLED = -9
SAMPLE_SECONDS = 0.2
LEAST_LIFE_SECONDS = 4.0
"""Minimum age at which a process is killed, so that it has done some work."""
RESTART_SECONDS = 1.0
"""Pause before a restart after an exit that was not caused by a kill."""


@dataclass
class ProcessLife:
    """One life of a process, from start to end."""

    name: str
    pid: int
    began: float
    """Unix seconds, as all times here."""
    ended: float | None = None
    status: int | None = None
    ports: set[int] = field(default_factory=set[int])
    """Local ports of its connections to Postgres."""

    @property
    def was_killed(self) -> bool:
        return self.status == KILLED

    def note_ports(self, postgres_port: int) -> None:
        with suppress(psutil.Error):
            for one in psutil.Process(self.pid).net_connections("tcp"):
                if one.raddr and one.raddr.port == postgres_port:
                    self.ports.add(one.laddr.port)


class RestartedProcess:
    """A process that is restarted whenever it ends."""

    def __init__(
        self, name: str, arguments: list[str], environment: Callable[[int], Mapping[str, str]], log: Path, port: int
    ) -> None:
        """`environment` returns the environment of the n-th life, from 0. `port`: the port of Postgres."""
        self.name, self.lives = name, list[ProcessLife]()
        self._arguments, self._environment, self._log, self._port = arguments, environment, log, port
        self._process: asyncio.subprocess.Process | None = None
        self._down_seconds: float | None = None
        self._ending = False
        self._up = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep())

    async def kill(self, down_seconds: float) -> None:
        """Sends SIGKILL; the process is restarted after `down_seconds`. If it is down, waits until it is up again."""
        process = await self._old_enough()
        self.sample()
        self._down_seconds = down_seconds
        process.kill()

    async def _old_enough(self) -> asyncio.subprocess.Process:
        """Waits for a running process of at least LEAST_LIFE_SECONDS."""
        while True:
            await self._up.wait()
            age = time.time() - self.lives[-1].began
            if age < LEAST_LIFE_SECONDS:
                await asyncio.sleep(LEAST_LIFE_SECONDS - age)
            elif self._process is not None and self._process.returncode is None:
                return self._process
            else:
                await asyncio.sleep(0)  # it has just ended by itself; let `_keep` notice it

    async def end(self) -> None:
        self._ending = True
        if self._keeper is not None:
            if self._process is not None and self._process.returncode is None:
                self._process.terminate()
            await self._keeper

    def sample(self) -> None:
        if self.lives and self.lives[-1].ended is None:
            self.lives[-1].note_ports(self._port)

    async def _keep(self) -> None:
        while True:
            assert self._process is not None
            status = await self._process.wait()
            self._up.clear()
            life = self.lives[-1]
            life.ended, life.status = time.time(), status
            if self._ending:
                return
            if status != KILLED:
                progress(f"{self.name} ended by itself, with {status}: see {self._log.name}")
            pause, self._down_seconds = self._down_seconds, None
            await asyncio.sleep(RESTART_SECONDS if pause is None else pause)
            if self._ending:
                return
            await self._spawn()

    async def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *self._arguments,
                cwd=ROOT,
                env={**os.environ, **self._environment(len(self.lives))},
                stdout=log,
                stderr=log,
            )
        self.lives.append(ProcessLife(self.name, self._process.pid, time.time()))
        self._up.set()


@dataclass
class ChaosProcesses:
    servers: Rig
    task_queue: str
    workers: list[RestartedProcess]
    apis: list[RestartedProcess]
    control: RestartedProcess | None
    """The naive sender's worker, which is killed whenever the app's is."""
    urls: list[str]
    journal: Path
    folder: Path
    outages: list[ProcessLife] = field(default_factory=list[ProcessLife])
    """The ended lives of Temporal and Postgres."""

    @property
    def database(self) -> Database:
        return self.servers.database

    @property
    def services(self) -> list[RestartedProcess]:
        return [*self.workers, *self.apis, *([self.control] if self.control else [])]

    @property
    def lives(self) -> list[ProcessLife]:
        return [life for one in self.services for life in one.lives] + self.outages

    async def kill_worker(self, which: int, down_seconds: float) -> None:
        killed = [self.workers[which % len(self.workers)], *([self.control] if self.control else [])]
        await asyncio.gather(*(one.kill(down_seconds) for one in killed))

    async def kill_api(self, which: int, down_seconds: float) -> None:
        await self.apis[which % len(self.apis)].kill(down_seconds)

    async def kill_temporal(self, down_seconds: float) -> None:
        await self._kill_server(self.servers.temporal, down_seconds)

    async def kill_postgres(self, down_seconds: float) -> None:
        for one in self.services:
            one.sample()
        await self._kill_server(self.servers.postgres, down_seconds)

    async def _kill_server(self, server: EmbeddedPostgres | EmbeddedTemporal, down_seconds: float) -> None:
        child = server.child
        assert child is not None and child.process is not None, "started"
        child.process.kill()
        status = await child.wait()
        self.outages.append(ProcessLife(server.name, child.process.pid, 0.0, time.time(), status))
        await asyncio.sleep(down_seconds)
        await server.start()

    async def sample_ports(self) -> None:
        """Records the ports of all processes, until it is cancelled."""
        while True:
            for one in self.services:
                one.sample()
            await asyncio.sleep(SAMPLE_SECONDS)


@dataclass(frozen=True)
class ProcessCounts:
    """The numbers of processes, and the fault point of each life of a worker or an API, if any."""

    workers: int = 1
    apis: int = 1
    control: bool = False
    fault_point: Callable[[int], str | None] = lambda life: None


@asynccontextmanager
async def running_processes(
    shape: ProcessCounts, schedule: Path, seed: int, folder: Path
) -> AsyncGenerator[ChaosProcesses]:
    """Starts all processes; the sink follows SCHEDULE. Logs and the journal are in `folder`."""
    journal = folder / "journal"
    journal.unlink(missing_ok=True)  # leads must not act on arrivals of an earlier run
    sink = ("bench.chaos.smtp_sink", str(schedule), str(journal), str(seed))
    async with rig(sink=sink) as servers:
        one = _all_processes(servers, shape, journal, folder)
        sampling = asyncio.create_task(one.sample_ports())
        try:
            await asyncio.gather(*(service.start() for service in one.services))
            yield one
        finally:
            sampling.cancel()
            await asyncio.gather(*(service.end() for service in one.services))


def _all_processes(servers: Rig, shape: ProcessCounts, journal: Path, folder: Path) -> ChaosProcesses:
    task_queue = f"chaos-{uuid4()}"
    environment = {
        "CADENZA_DATABASE_URL": servers.postgres.app_url,
        "CADENZA_SMTP_HOST": LOOPBACK,
        "CADENZA_SMTP_PORT": str(servers.smtp_port),
        "CADENZA_TASK_QUEUE": task_queue,
        "TEMPORAL_ADDRESS": servers.temporal.address,
        # One API key makes all requests, so it must not be limited.
        "CADENZA_RATE_LIMIT_PER_SECOND": "0",
    }

    def service(name: str, *arguments: str, armed: bool = True, **more: str) -> RestartedProcess:
        def of_life(number: int) -> Mapping[str, str]:
            point = shape.fault_point(number) if armed else None
            fault = {"CADENZA_DEV": "true", "CADENZA_FAULT_POINT": point} if point else {}
            return {**environment, **more, **fault}

        return RestartedProcess(name, list(arguments), of_life, folder / f"{name}.log", servers.postgres.port)

    ports = [free_port() for _ in range(shape.apis)]
    return ChaosProcesses(
        servers,
        task_queue,
        [service(f"worker-{place}", "cadenza", "worker") for place in range(shape.workers)],
        [service(f"api-{place}", "cadenza", "api", CADENZA_API_PORT=str(port)) for place, port in enumerate(ports)],
        service("control", "bench.chaos.naive_sender", f"{task_queue}-naive", armed=False) if shape.control else None,
        [f"http://{LOOPBACK}:{port}" for port in ports],
        journal,
        folder,
    )
