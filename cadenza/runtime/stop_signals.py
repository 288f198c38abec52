"""Stops a process that supervises others: the first signal stops in order, the second at once."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress

from cadenza.errors import StartError
from cadenza.runtime.supervisor import Supervisor


async def run_unless_stopped(stopping: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Does the work, but cancels it as soon as the process must stop."""
    task = asyncio.create_task(work)
    stop_wait = asyncio.create_task(stopping.wait())
    await asyncio.wait({task, stop_wait}, return_when=asyncio.FIRST_COMPLETED)
    stop_wait.cancel()
    if task.done():
        return task.result()
    task.cancel()
    with suppress(asyncio.CancelledError, StartError):
        await task


def stop_on_signals(stopping: asyncio.Event, supervisor: Supervisor) -> None:
    """The first signal stops everything in order. A second one kills, for a person who does not want to wait."""

    def stop() -> None:
        if stopping.is_set():
            supervisor.kill()
        stopping.set()

    for signal_ in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(signal_, stop)
