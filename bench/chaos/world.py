"""The app as it runs in production, each part a process of its own; any of them may be killed, and comes up again.

Workers and APIs are started again whenever they end, as an init system does it; Temporal and Postgres on the same
folder and port. Each life of a process is kept: when it began and ended, and by which ports it spoke to Postgres, so
that what a connection did can be laid at one life's door.
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

from bench.rig import ROOT, Rig, progress, rig
from cadenza.embedded import EmbeddedPostgres, EmbeddedTemporal
from cadenza.embedded.ports import LOOPBACK, free_port
from db.session import Database

KILLED = -9
SAMPLE_SECONDS = 0.2
LEAST_LIFE_SECONDS = 4.0
"""A process is not killed again before it has done anything."""
RESTART_SECONDS = 1.0
"""After an end that nobody brought about."""


@dataclass
class Life:
    """One life of one process."""

    name: str
    pid: int
    began: float
    """Unix seconds, as all times here."""
    ended: float | None = None
    status: int | None = None
    ports: set[int] = field(default_factory=set[int])
    """From which it was connected to Postgres."""

    @property
    def was_killed(self) -> bool:
        return self.status == KILLED

    def note_ports(self, postgres_port: int) -> None:
        with suppress(psutil.Error):
            for one in psutil.Process(self.pid).net_connections("tcp"):
                if one.raddr and one.raddr.port == postgres_port:
                    self.ports.add(one.laddr.port)


class Service:
    """One process, and whatever takes its place."""

    def __init__(
        self, name: str, arguments: list[str], environment: Callable[[int], Mapping[str, str]], log: Path, port: int
    ) -> None:
        """`environment` is that of its n-th life, from 0. `port`: of Postgres."""
        self.name, self.lives = name, list[Life]()
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
        """SIGKILL; started again after so long. One that is dead at the moment is killed when it is up again."""
        process = await self._old_enough()
        self.sample()
        self._down_seconds = down_seconds
        process.kill()

    async def _old_enough(self) -> asyncio.subprocess.Process:
        """A life of it that has lasted for a while, and lasts."""
        while True:
            await self._up.wait()
            age = time.time() - self.lives[-1].began
            if age < LEAST_LIFE_SECONDS:
                await asyncio.sleep(LEAST_LIFE_SECONDS - age)
            elif self._process is not None and self._process.returncode is None:
                return self._process
            else:
                await asyncio.sleep(0)  # it has just ended by itself, and its keeper is about to see that

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
        self.lives.append(Life(self.name, self._process.pid, time.time()))
        self._up.set()


@dataclass
class World:
    servers: Rig
    task_queue: str
    workers: list[Service]
    apis: list[Service]
    control: Service | None
    """The naive sender's worker: killed whenever the app's is."""
    urls: list[str]
    journal: Path
    folder: Path
    outages: list[Life] = field(default_factory=list[Life])
    """Of Temporal and Postgres: each entry is a life that ended."""

    @property
    def database(self) -> Database:
        return self.servers.database

    @property
    def services(self) -> list[Service]:
        return [*self.workers, *self.apis, *([self.control] if self.control else [])]

    @property
    def lives(self) -> list[Life]:
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
        self.outages.append(Life(server.name, child.process.pid, 0.0, time.time(), status))
        await asyncio.sleep(down_seconds)
        await server.start()

    async def sample_ports(self) -> None:
        """For ever."""
        while True:
            for one in self.services:
                one.sample()
            await asyncio.sleep(SAMPLE_SECONDS)


@dataclass(frozen=True)
class Shape:
    """How many processes there are, and at which fault point each life of a worker or an API is armed, if any."""

    workers: int = 1
    apis: int = 1
    control: bool = False
    fault_point: Callable[[int], str | None] = lambda life: None


@asynccontextmanager
async def world(shape: Shape, schedule: Path, seed: int, folder: Path) -> AsyncGenerator[World]:
    """With the sink behaving as SCHEDULE has it. Logs and the journal are in `folder`."""
    journal = folder / "journal"
    journal.unlink(missing_ok=True)  # of an earlier run that was kept: nobody is to act on its arrivals
    sink = ("bench.chaos.sink", str(schedule), str(journal), str(seed))
    async with rig(sink=sink) as servers:
        one = _processes(servers, shape, journal, folder)
        sampling = asyncio.create_task(one.sample_ports())
        try:
            await asyncio.gather(*(service.start() for service in one.services))
            yield one
        finally:
            sampling.cancel()
            await asyncio.gather(*(service.end() for service in one.services))


def _processes(servers: Rig, shape: Shape, journal: Path, folder: Path) -> World:
    task_queue = f"chaos-{uuid4()}"
    environment = {
        "CADENZA_DATABASE_URL": servers.postgres.app_url,
        "CADENZA_SMTP_HOST": LOOPBACK,
        "CADENZA_SMTP_PORT": str(servers.smtp_port),
        "CADENZA_TASK_QUEUE": task_queue,
        "TEMPORAL_ADDRESS": servers.temporal.address,
        # One key asks for everybody.
        "CADENZA_RATE_LIMIT_PER_SECOND": "0",
    }

    def service(name: str, *arguments: str, armed: bool = True, **more: str) -> Service:
        def of_life(number: int) -> Mapping[str, str]:
            point = shape.fault_point(number) if armed else None
            fault = {"CADENZA_DEV": "true", "CADENZA_FAULT_POINT": point} if point else {}
            return {**environment, **more, **fault}

        return Service(name, list(arguments), of_life, folder / f"{name}.log", servers.postgres.port)

    ports = [free_port() for _ in range(shape.apis)]
    return World(
        servers,
        task_queue,
        [service(f"worker-{place}", "cadenza", "worker") for place in range(shape.workers)],
        [service(f"api-{place}", "cadenza", "api", CADENZA_API_PORT=str(port)) for place, port in enumerate(ports)],
        service("control", "bench.chaos.control", f"{task_queue}-naive", armed=False) if shape.control else None,
        [f"http://{LOOPBACK}:{port}" for port in ports],
        journal,
        folder,
    )
