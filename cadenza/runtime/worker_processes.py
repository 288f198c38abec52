"""`cadenza worker --processes N`: several workers on one machine, and one process over them that keeps them alive.

Performing steps is CPU-bound in one thread of each worker, so that a machine is filled by processes. They share
nothing: each polls the same task queue, has caches and connections of its own, and may die without the others.
"""

import asyncio
import logging
import os

from cadenza.runtime.lifeline import tell_ready
from cadenza.runtime.program import command_line
from cadenza.runtime.stopping import stop_on_signals, unless
from cadenza.runtime.supervisor import Part, Supervisor
from cadenza.settings import Settings

log = logging.getLogger(__name__)


async def run_workers(processes: int, settings: Settings) -> None:
    """Runs so many workers until SIGTERM or Ctrl-C, then ends them all and waits for what they began.

    One that dies is started again. Raises `StartError` when one cannot be started at first.
    """
    supervisor, stopping = Supervisor(None, log.warning), asyncio.Event()
    stop_on_signals(stopping, supervisor)
    workers = [
        Part(f"worker {number + 1}", command_line("worker"), None, _environment(settings, number))
        for number in range(processes)
    ]
    try:
        await unless(stopping, _start(supervisor, workers))
        await stopping.wait()
    finally:
        await supervisor.stop()


def _environment(settings: Settings, number: int) -> dict[str, str]:
    """Of this one among several, from 0: two processes cannot listen on one port."""
    if settings.metrics_port is None:
        return dict(os.environ)
    return {**os.environ, "CADENZA_METRICS_PORT": str(settings.metrics_port + number)}


async def _start(supervisor: Supervisor, workers: list[Part]) -> None:
    await supervisor.start(*workers)
    log.info("%s workers ready", len(workers))
    tell_ready()
