"""The end of a process that supervises others: on a signal, in order, and at once for whoever will not wait."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress

from cadenza.errors import StartError
from cadenza.runtime.supervisor import Supervisor


async def unless(stopping: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Do the work, but give it up as soon as the run is to stop."""
    task = asyncio.create_task(work)
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if task.done():
        return task.result()
    task.cancel()
    with suppress(asyncio.CancelledError, StartError):
        await task


def stop_on_signals(stopping: asyncio.Event, supervisor: Supervisor) -> None:
    """The first signal stops in order; the next one, from a person who will not wait, stops at once."""

    def stop() -> None:
        if stopping.is_set():
            supervisor.kill()
        stopping.set()

    for signal_ in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(signal_, stop)
