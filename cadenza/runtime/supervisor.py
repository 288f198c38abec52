"""Keeps the parts of a run alive: starts them in waves, restarts what dies, and ends them in reverse order."""

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from cadenza.embedded.orphans import ProcessRecords
from cadenza.errors import StartError
from cadenza.runtime.process import Child, ProcessCommand, describe_status

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""A service that lived this long counts as healthy: after its next death it is restarted without a longer delay."""


class Service(Protocol):
    """Something that runs in its own process and can be started again after it died."""

    name: str
    child: Child | None

    async def start(self) -> None:
        """Returns once it is ready. Raises `StartError`."""
        ...

    async def end(self) -> None:
        """Ends it, if it runs, and waits for it."""
        ...


class Part:
    """A part of this program in its own Python process, which reports when it is ready."""

    def __init__(self, name: str, arguments: Sequence[str], log: Path | None, environment: Mapping[str, str]) -> None:
        self.name = name
        self.child: Child | None = None
        self._command = ProcessCommand(name, arguments, log, environment, has_lifeline=True)

    async def start(self) -> None:
        self.child = Child(self._command)
        await self.child.start()
        await self.child.ready()

    async def end(self) -> None:
        if self.child is not None:
            await self.child.end()


class Supervisor:
    """The services of one run.

    `say` is called with one-line messages for people; `changed` is called when a process was replaced. `records` is for
    a run that must find its processes again after its own death. Processes with a lifeline notice that death
    themselves.
    """

    def __init__(
        self, records: ProcessRecords | None, say: Callable[[str], None], changed: Callable[[], None] = lambda: None
    ) -> None:
        self._records = records
        self._say = say
        self._changed = changed
        self._waves: list[Sequence[Service]] = []
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self, *services: Service) -> None:
        """Starts services at the same time and keeps them alive from then on. Raises the first one's `StartError`."""
        self._waves.append(services)
        try:
            async with asyncio.TaskGroup() as group:
                for service in services:
                    group.create_task(self._start(service))
        except BaseExceptionGroup as several:
            raise _first_start_error(several) from None
        self._keepers += [asyncio.create_task(self._keep(service)) for service in services]

    async def stop(self) -> None:
        """Ends everything, the last wave first, and waits for it."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        while self._waves:
            wave = self._waves.pop()
            await asyncio.gather(*(service.end() for service in wave))
            if self._records is not None:
                for service in wave:
                    self._records.remove(service.name)

    def kill(self) -> None:
        """Kills everything at once, for a person who does not want to wait for `stop`."""
        for wave in self._waves:
            for service in wave:
                if service.child is not None:
                    service.child.send(signal.SIGKILL)

    async def _start(self, service: Service) -> None:
        try:
            await service.start()
        finally:
            if self._records is not None and service.child is not None and service.child.pid is not None:
                self._records.add(service.name, service.child.pid)

    async def _keep(self, service: Service) -> None:
        """Restarts the service whenever it dies: soon at first, then with a growing delay."""
        loop = asyncio.get_running_loop()
        delay = FIRST_DELAY_SECONDS
        while True:
            assert service.child is not None, "started"
            began = loop.time()
            status = describe_status(await service.child.wait())
            if loop.time() - began > STEADY_SECONDS:
                delay = FIRST_DELAY_SECONDS
            delay = await self._start_again(service, f"{service.name} died ({status})", delay)

    async def _start_again(self, service: Service, died: str, delay: float) -> float:
        """Tries until the service runs. Returns the delay for the next restart, if there is one."""
        while True:
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY_SECONDS)
            await service.end()
            try:
                await self._start(service)
            except StartError as error:
                self._say(f"{died}, and could not be started again: {error}; next try in {delay:g} s")
                continue
            self._changed()
            self._say(f"{died}, started again")
            return delay


def _first_start_error(several: BaseExceptionGroup) -> BaseException:
    """Returns the first `StartError` of several services, or the whole group if it has other errors."""
    expected, unexpected = several.split(StartError)
    return several if unexpected or not expected else expected.exceptions[0]
