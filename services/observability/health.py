"""Checks whether Postgres and Temporal answer. `/readyz` of the API and of workers calls it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.service import RPCError

from db.session import Database
from domain.errors import DomainError

PATIENCE = timedelta(seconds=2)
_ONE = text("SELECT 1")


async def not_answering(database: Database, client: Callable[[], Awaitable[Client]]) -> list[str]:
    """Returns those of `postgres` and `temporal` that do not answer in time."""
    names, checks = ("postgres", "temporal"), (_postgres(database), _temporal(client))
    return [name for name, answer in zip(names, await asyncio.gather(*checks), strict=True) if not answer]


async def _postgres(database: Database) -> bool:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await database.call(_ONE, {}) == 1
    except (SQLAlchemyError, OSError):
        return False


async def _temporal(connected: Callable[[], Awaitable[Client]]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            client = await connected()
            return await client.service_client.check_health(timeout=PATIENCE)
    except (RPCError, RuntimeError, OSError, DomainError):
        return False
