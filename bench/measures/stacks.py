"""Samples the stacks of a Python process (py-spy) and assigns each sample to an owner.

The owner of a sample is that of its innermost frame in `OWNERS`: time in the standard library belongs to its caller.
`cumulative` counts a sample once for each module in its stack.
"""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

RATE = 250
# The first match counts, so specific paths come first.
OWNERS: Sequence[tuple[str, str]] = (
    ("temporalio/worker/workflow_sandbox/", "workflow sandbox"),
    ("temporalio/worker/_workflow", "workflow tasks (SDK)"),
    ("temporalio/bridge/", "SDK bridge and protobuf"),
    ("temporalio/worker/", "activity tasks (SDK)"),
    ("temporalio/contrib/pydantic", "payloads (pydantic converter)"),
    ("temporalio/", "SDK, the rest"),
    ("google/protobuf/", "SDK bridge and protobuf"),
    ("workflows/", "the workflow's own code"),
    ("asyncpg/", "asyncpg"),
    ("db/call_pool.py", "asyncpg"),
    ("aiosmtplib/", "SMTP"),
    ("mail/smtp/", "SMTP"),
    ("mail/", "composing (MIME, HTML)"),
    ("email/", "composing (MIME, HTML)"),
    ("liquid/", "templates (Liquid)"),
    ("domain/engine/templates.py", "templates (Liquid)"),
    ("domain/engine/liquid_dialect.py", "templates (Liquid)"),
    ("pydantic/", "pydantic models"),
    ("sqlalchemy/", "SQLAlchemy"),
    ("domain/", "domain"),
    ("services/", "services"),
    ("activities/", "activities"),
    ("db/", "db queries"),
)
THE_LOOP = "event loop"


@dataclass
class Samples:
    """Number of samples by owner; `self_time` by function and `cumulative` by module."""

    total: int = 0
    owners: Counter[str] = field(default_factory=Counter[str])
    self_time: Counter[str] = field(default_factory=Counter[str])
    cumulative: Counter[str] = field(default_factory=Counter[str])

    def add(self, frames: Sequence[str], count: int) -> None:
        """Adds a stack. `frames` are in py-spy's format, `function (file)`, outermost first."""
        files = [frame.rpartition(" (")[2].rstrip(")") for frame in frames]
        self.total += count
        self.owners[_owner(files)] += count
        self.self_time[frames[-1]] += count
        for file in set(files):
            self.cumulative[file] += count

    def share(self, owner: str) -> float:
        return self.owners[owner] / self.total if self.total else 0.0


def _owner(files: Sequence[str]) -> str:
    for file in reversed(files):
        for part, owner in OWNERS:
            if part in file:
                return owner
    return THE_LOOP


def read(raw: str) -> Samples:
    """Parses the output of `py-spy record --format raw`: a line `outer;inner count` for each stack."""
    samples = Samples()
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        samples.add(stack.split(";"), int(count))
    return samples


@asynccontextmanager
async def sampled(pid: int, file: Path) -> AsyncGenerator[None]:
    """Samples the process's busy threads while the block runs, into `file`. Parse it with `read` afterwards."""
    arguments = ["--pid", str(pid), "--output", str(file), "--rate", str(RATE), "--format", "raw"]
    spy = await asyncio.create_subprocess_exec(
        Path(sys.executable).parent / "py-spy",
        *["record", "--nonblocking", "--nolineno", "--full-filenames", *arguments],
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        if spy.returncode is None:
            spy.send_signal(signal.SIGINT)  # py-spy writes its samples on Ctrl-C
        await spy.wait()
