"""Keeps the parts of one run alive: starts them in waves, starts again what dies, ends them in the reverse order."""

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from cadenza.embedded.orphans import ProcessBook
from cadenza.errors import StartError
from cadenza.runtime.process import Child, Command, describe_status

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""Whatever lived this long counts as healthy: its next death is answered at once again."""


class Service(Protocol):
    """Something that runs as one process of its own and can be started again after its death."""

    name: str
    child: Child | None

    async def start(self) -> None:
        """Return once it does its work. Raises `StartError`."""
        ...

    async def end(self) -> None:
        """End it, if it runs, and wait for it."""
        ...


class Part:
    """A part of this program in a Python process of its own, which says when it is ready."""

    def __init__(self, name: str, arguments: Sequence[str], log: Path | None, environment: Mapping[str, str]) -> None:
        self.name = name
        self.child: Child | None = None
        self._command = Command(name, arguments, log, environment, has_lifeline=True)

    async def start(self) -> None:
        self.child = Child(self._command)
        await self.child.start()
        await self.child.ready()

    async def end(self) -> None:
        if self.child is not None:
            await self.child.end()


class Supervisor:
    """The services of one run.

    `say` is told, one line each, what a person should know; `changed` is called when a process is another one. `book`
    is for a run that must find its processes again after its own death: those with a lifeline notice it themselves.
    """

    def __init__(
        self, book: ProcessBook | None, say: Callable[[str], None], changed: Callable[[], None] = lambda: None
    ) -> None:
        self._book = book
        self._say = say
        self._changed = changed
        self._waves: list[Sequence[Service]] = []
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self, *services: Service) -> None:
        """Start services at the same time; from then on each is kept alive. Raises the first one's `StartError`."""
        self._waves.append(services)
        try:
            async with asyncio.TaskGroup() as group:
                for service in services:
                    group.create_task(self._start(service))
        except BaseExceptionGroup as several:
            raise _first_start_error(several) from None
        self._keepers += [asyncio.create_task(self._keep(service)) for service in services]

    async def stop(self) -> None:
        """End everything, the last wave first, and wait until it is gone."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        while self._waves:
            wave = self._waves.pop()
            await asyncio.gather(*(service.end() for service in wave))
            if self._book is not None:
                for service in wave:
                    self._book.strike_out(service.name)

    def kill(self) -> None:
        """End everything where it stands: for a person who does not want to wait for `stop`."""
        for wave in self._waves:
            for service in wave:
                if service.child is not None:
                    service.child.send(signal.SIGKILL)

    async def _start(self, service: Service) -> None:
        try:
            await service.start()
        finally:
            if self._book is not None and service.child is not None and service.child.pid is not None:
                self._book.write_down(service.name, service.child.pid)

    async def _keep(self, service: Service) -> None:
        """Start the service again whenever it dies, at once at first, then with a growing delay."""
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
        """Try until it runs. Returns the delay before the next attempt, should there have to be one."""
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
    """The first of several services' `StartError`s; everything, when something else went wrong too."""
    expected, unexpected = several.split(StartError)
    return several if unexpected or not expected else expected.exceptions[0]
