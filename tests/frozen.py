"""Freezes and continues a process, as a paused container or a swapped-out machine appears to the others."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.programs import Process

_PATIENCE_SECONDS = 10


async def freeze(pid: int) -> None:
    """Returns once the process has certainly stopped."""
    os.kill(pid, signal.SIGSTOP)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            if _state(pid) == "T":
                return
            await asyncio.sleep(0.01)


def thaw(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)


@contextmanager
def thawed_in_the_end(process: Process) -> Iterator[None]:
    """A stopped process cannot end in an orderly way, whatever the test has found."""
    try:
        yield
    finally:
        if process.returncode is None:
            thaw(process.pid)


def _state(pid: int) -> str:
    # The name, in brackets, may contain any character: the state follows the last bracket (proc(5)).
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
