"""A part of the program in a process of its own, on a stage's servers: for tests that let it die."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from cadenza.embedded import EmbeddedPostgres, EmbeddedTemporal
from cadenza.ports import LOOPBACK
from tests.api_process import clean_environment
from tests.stage import Stage

KILLED = -9
PATIENCE_SECONDS = 300.0


@asynccontextmanager
async def part(
    name: str, stage: Stage, postgres: EmbeddedPostgres, temporal: EmbeddedTemporal, **settings: str
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """`cadenza NAME`, until the block ends or it does."""
    environment = clean_environment(
        CADENZA_DATABASE_URL=postgres.app_url,
        CADENZA_SMTP_HOST=LOOPBACK,
        CADENZA_SMTP_PORT=str(stage.sink.port),
        CADENZA_TASK_QUEUE=stage.task_queue,
        TEMPORAL_ADDRESS=temporal.address,
        **settings,
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cadenza", name, env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)


async def has_died(process: asyncio.subprocess.Process) -> None:
    """Waits until it has killed itself."""
    assert await asyncio.wait_for(process.wait(), PATIENCE_SECONDS) == KILLED
