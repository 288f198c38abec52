"""A worker as an operator runs it, in a process of its own, for what only a whole process can suffer."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import IO

from cadenza.ports import LOOPBACK
from tests.stage import Stage


@asynccontextmanager
async def worker_process(
    stage: Stage,
    database_url: str,
    temporal_address: str,
    *,
    options: Sequence[str] = (),
    log: IO[bytes] | None = None,
    **settings: str,
) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    """`cadenza worker` with these options; what it says goes to `log`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cadenza",
        "worker",
        *options,
        env={
            **os.environ,
            "CADENZA_DATABASE_URL": database_url,
            "CADENZA_SMTP_HOST": LOOPBACK,
            "CADENZA_SMTP_PORT": str(stage.sink.port),
            "CADENZA_TASK_QUEUE": stage.task_queue,
            "TEMPORAL_ADDRESS": temporal_address,
            **settings,
        },
        stderr=log or asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
