"""Sampled stacks of a Python process (py-spy), and whose time each of them is.

A sample belongs to the innermost frame that some row of `OWNERS` names: what the standard library does for asyncpg is
asyncpg's. Frames between are counted once for each module that they pass through (`cumulative`).
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
# The first match counts: what is more special stands further up.
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
    ("mail/smtp_", "SMTP"),
    ("mail/transport.py", "SMTP"),
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
    """How many samples each owner has; `self_time` and `cumulative` by module."""

    total: int = 0
    owners: Counter[str] = field(default_factory=Counter[str])
    self_time: Counter[str] = field(default_factory=Counter[str])
    cumulative: Counter[str] = field(default_factory=Counter[str])

    def add(self, frames: Sequence[str], count: int) -> None:
        """`frames` as py-spy writes them, `function (file)`, the outermost first."""
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
    """What `py-spy record --format raw` has written: `outer;inner count`, a line for each stack."""
    samples = Samples()
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        samples.add(stack.split(";"), int(count))
    return samples


@asynccontextmanager
async def sampled(pid: int, file: Path) -> AsyncGenerator[None]:
    """Samples the process's busy threads while the block runs; `read` the file afterwards."""
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
            spy.send_signal(signal.SIGINT)  # Ctrl-C: it writes what it has
        await spy.wait()
