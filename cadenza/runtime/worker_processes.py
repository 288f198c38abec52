"""`cadenza worker --processes N`: several workers on one machine, and one process that keeps them alive.

Performing steps is CPU-bound in one thread of each worker, so several processes are needed to use a machine fully. They
share nothing: each polls the same task queue, has its own caches and connections, and may die without the others.
"""

import asyncio
import logging
import os

from cadenza.runtime.lifeline import tell_ready
from cadenza.runtime.program import command_line
from cadenza.runtime.stop_signals import run_unless_stopped, stop_on_signals
from cadenza.runtime.supervisor import Part, Supervisor
from cadenza.settings import Settings

log = logging.getLogger(__name__)


async def run_workers(processes: int, settings: Settings) -> None:
    """Runs that many workers until SIGTERM or Ctrl-C, then ends them and waits until they finished what they started.

    A worker that dies is restarted. Raises `StartError` if one cannot be started in the beginning.
    """
    supervisor, stopping = Supervisor(None, log.warning), asyncio.Event()
    stop_on_signals(stopping, supervisor)
    workers = [
        Part(f"worker {number + 1}", command_line("worker"), None, _environment(settings, number))
        for number in range(processes)
    ]
    try:
        await run_unless_stopped(stopping, _start(supervisor, workers))
        await stopping.wait()
    finally:
        await supervisor.stop()


def _environment(settings: Settings, number: int) -> dict[str, str]:
    """Returns the environment of worker `number` (from 0). Each gets its own metrics port."""
    if settings.metrics_port is None:
        return dict(os.environ)
    return {**os.environ, "CADENZA_METRICS_PORT": str(settings.metrics_port + number)}


async def _start(supervisor: Supervisor, workers: list[Part]) -> None:
    await supervisor.start(*workers)
    log.info("%s workers ready", len(workers))
    tell_ready()
