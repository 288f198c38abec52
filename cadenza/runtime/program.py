"""The pieces of `cadenza up`: the schema, the first tenant, and the parts of this program."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from cadenza.maintenance.migrate import upgrade
from cadenza.settings import asyncpg_url
from db.session import Database
from services.access.bootstrap import FirstTenant, ensure_first_tenant


@dataclass(frozen=True)
class Program:
    """What `up` starts around the servers. Tests replace some of it."""

    migrate: Callable[[str], None]
    """Called with the owner's URL (`postgresql://`), in a thread."""
    first_tenant: Callable[[str, str, str], Awaitable[FirstTenant]]
    """Called with the app's URL (`postgresql://`), the API key that this home stores, and a postal address for a tenant
    that has none. If the tenant exists, it changes nothing."""
    parts: Sequence[tuple[str, Sequence[str]]]
    """Name and command line of each Python child. The child reports when it is ready (lifeline.py)."""


async def first_tenant(app_url: str, api_key: str, postal_address: str) -> FirstTenant:
    """Returns the tenant of this home with a key that works: `api_key`, or a new one if that was revoked."""
    database = Database(asyncpg_url(app_url))
    try:
        return await ensure_first_tenant(database, known_key=api_key, postal_address=postal_address)
    finally:
        await database.aclose()


def command_line(name: str, *arguments: str) -> list[str]:
    """Returns the command line of a part of this program, by which a person can find its process."""
    return [sys.executable, "-m", "cadenza", name, *arguments]


PROGRAM = Program(
    migrate=upgrade,
    first_tenant=first_tenant,
    parts=[("worker", command_line("worker")), ("api", command_line("api"))],
)
