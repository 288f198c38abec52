"""The worker's hot path to Postgres: one SQL function, one statement, one round trip, and nothing around it.

A call through SQLAlchemy takes 0.23 ms of CPU, one through the driver 0.06 ms (docs/benchmarks.md), and a step makes
four. A caller that needs a transaction, or rows as objects, uses a session (db/session.py).
"""

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from db.bounds import SESSION_SETTINGS
from db.outages import READ_ONLY

# `:name`, but not the cast `::type`.
_PARAMETER = re.compile(r"(?<!:):(\w+)")


class Call:
    """A statement with named parameters (`:tenant_id`), converted for the driver: the parameters are numbered in
    order."""

    __slots__ = ("names", "sql")

    def __init__(self, statement: str) -> None:
        self.names: list[str] = []
        self.sql = _PARAMETER.sub(self._number, statement)

    def _number(self, parameter: re.Match[str]) -> str:
        name = parameter.group(1)
        if name not in self.names:
            self.names.append(name)
        return f"${self.names.index(name) + 1}"


class CallPool:
    """Connections for calls. They are opened when needed, and kept. JSON is converted from and to Python values."""

    def __init__(self, url: URL, size: int) -> None:
        query = dict(url.query)
        self._ssl = query.pop("ssl", None)
        self._dsn = url.set(drivername="postgresql", query=query).render_as_string(hide_password=False)
        self._size = size
        self._opening = asyncio.Lock()
        self._pool: Any = None

    async def value(self, call: Call, parameters: Mapping[str, Any]) -> Any:
        """Returns the single value of the call. Raises DBAPIError, as a session would, and OSError."""
        pool = self._pool or await self._open()
        lost = False
        try:
            async with pool.acquire() as connection:
                try:
                    return await connection.fetchval(call.sql, *[parameters[name] for name in call.names])
                finally:
                    lost = _is_lost(connection)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            if getattr(error, "sqlstate", None) == READ_ONLY:
                await pool.expire_connections()  # as in db/session.py: new ones may lead to the new primary
            # Without the parameters, which contain people's addresses and messages.
            raise DBAPIError(call.sql, None, error, hide_parameters=True, connection_invalidated=lost) from error

    async def aclose(self) -> None:
        if self._pool is not None:
            await self._pool.close()

    async def _open(self) -> Any:
        async with self._opening:
            if self._pool is None:
                ssl: dict[str, Any] = {} if self._ssl is None else {"ssl": self._ssl}
                self._pool = await asyncpg.create_pool(  # pyright: ignore[reportUnknownMemberType]
                    self._dsn,
                    min_size=0,
                    max_size=self._size,
                    init=_speak_json,
                    reset=_nothing_to_reset,
                    server_settings=dict(SESSION_SETTINGS),
                    **ssl,
                )
        return self._pool


def _is_lost(connection: Any) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True  # the pool has already taken it back, because it was broken


async def _speak_json(connection: Any) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


async def _nothing_to_reset(_connection: Any) -> None:
    """A call leaves nothing behind: its settings end with its transaction. A reset would cost another round trip."""
