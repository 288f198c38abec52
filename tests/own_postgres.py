"""A PostgreSQL that a test may break: its own, migrated, thrown away; and the ways to break it."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_roles import superuser
from cadenza.maintenance.migrate import upgrade

_CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'cadenza_app'"


@asynccontextmanager
async def own_postgres(
    folder: Path, *, durable: bool = False, environment: Mapping[str, str] | None = None
) -> AsyncGenerator[EmbeddedPostgres, None]:
    """`durable`: what was committed outlives a crash, as an operator's server has it."""
    async with EmbeddedPostgres(folder, durable=durable, environment=environment) as server:
        await asyncio.to_thread(upgrade, server.owner_url)
        yield server


async def as_superuser(server: EmbeddedPostgres, *statements: str) -> Any:
    """What the last of them answers. Each is its own transaction."""
    async with superuser(server.superuser_url) as connection:
        for statement in statements:
            result = await connection.execute(text(statement))
        return result.scalar() if result.returns_rows else None


async def cut_connections(server: EmbeddedPostgres) -> int:
    """Ends every session of the app's role; how many there were."""
    return int(await as_superuser(server, _CUT))


async def set_read_only(server: EmbeddedPostgres, on: bool) -> None:
    """As a standby, or a primary that is being moved: whoever begins a transaction may only read."""
    value = "on" if on else "off"
    await as_superuser(server, f"ALTER SYSTEM SET default_transaction_read_only = {value}", "SELECT pg_reload_conf()")


async def crash(server: EmbeddedPostgres) -> None:
    """Immediate shutdown: as after a crash, the next start replays the log."""
    assert server.child is not None
    server.child.send(signal.SIGQUIT)
    await server.child.wait()
