"""Runs a part of the program in its own process, as an operator does, for tests that kill or freeze it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import IO

from cadenza.embedded.ports import LOOPBACK
from tests.api_process import clean_environment
from tests.programs import DEVNULL, Process, start_program
from tests.shared_servers import namespace_at
from tests.stage import Stage

KILLED = -9
PATIENCE_SECONDS = 300.0


@asynccontextmanager
async def part(
    name: str,
    stage: Stage,
    database_url: str,
    temporal_address: str,
    *,
    options: Sequence[str] = (),
    log: IO[bytes] | None = None,
    **settings: str,
) -> AsyncGenerator[Process]:
    """Runs `cadenza NAME` with these options until the block ends or the process does. Its output goes to `log`."""
    environment = clean_environment(
        CADENZA_DATABASE_URL=database_url,
        CADENZA_SMTP_HOST=LOOPBACK,
        CADENZA_SMTP_PORT=str(stage.sink.port),
        CADENZA_TASK_QUEUE=stage.task_queue,
        TEMPORAL_ADDRESS=temporal_address,
        TEMPORAL_NAMESPACE=namespace_at(temporal_address),
        **settings,
    )
    process = await start_program(name, *options, environment=environment, stderr=log or DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)


async def has_died(process: Process) -> None:
    """Waits until the process has killed itself."""
    assert await asyncio.wait_for(process.wait(), PATIENCE_SECONDS) == KILLED
