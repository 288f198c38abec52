"""A worker as an operator runs it, in a process of its own, for what only a whole process can suffer."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from cadenza.ports import LOOPBACK
from tests.stage import Stage


@asynccontextmanager
async def worker_process(
    stage: Stage, database_url: str, temporal_address: str, **settings: str
) -> AsyncGenerator[asyncio.subprocess.Process, None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cadenza",
        "worker",
        env={
            **os.environ,
            "CADENZA_DATABASE_URL": database_url,
            "CADENZA_SMTP_HOST": LOOPBACK,
            "CADENZA_SMTP_PORT": str(stage.sink.port),
            "CADENZA_TASK_QUEUE": stage.task_queue,
            "TEMPORAL_ADDRESS": temporal_address,
            **settings,
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
