"""A child process of a benchmark."""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
"""The checkout that this file belongs to."""
STANDARD_ERROR = 2


@dataclass
class ChildProcess:
    """A child process of the benchmark."""

    process: asyncio.subprocess.Process

    @property
    def cpu_seconds(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    async def line(self) -> str:
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode().strip()

    async def end(self) -> str:
        """Terminates the process; returns the rest of its output."""
        self.process.terminate()
        output, _ = await self.process.communicate()
        return (output or b"").decode().strip()


async def child(
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    tree: Path = ROOT,
    is_heard: bool = True,
) -> ChildProcess:
    """Starts `python -m ARGUMENTS`. Its log goes to `log`, or else to this process's standard error. `tree` is the
    checkout whose code it runs.

    Without `is_heard` the standard output goes there, too. Temporal's SDK writes warnings to it and would block for
    ever when the pipe of an unread child is full."""
    with ExitStack() as files:
        logged = STANDARD_ERROR if log is None else files.enter_context(log.open("ab"))
        return ChildProcess(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *arguments,
                cwd=tree,
                env={**os.environ, **(environment or {})},
                stdout=asyncio.subprocess.PIPE if is_heard else logged,
                stderr=logged,
            )
        )
