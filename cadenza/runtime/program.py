"""What `cadenza up` puts together: the schema, the first tenant, and the parts of this program."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from cadenza.maintenance.migrate import upgrade
from cadenza.settings import asyncpg_url
from db.session import Database
from services.access.bootstrap import FirstTenant, ensure_first_tenant


@dataclass(frozen=True)
class Program:
    """The pieces that `up` starts around the servers, so that its tests can put others in their place."""

    migrate: Callable[[str], None]
    """Given the owner's URL (`postgresql://`). Runs in a thread."""
    first_tenant: Callable[[str, str, str], Awaitable[FirstTenant]]
    """Given the app's URL (`postgresql://`), the API key that this home keeps, and a postal address for a tenant that
    has none. The second time it only looks."""
    parts: Sequence[tuple[str, Sequence[str]]]
    """Name and command line of each Python child; it says when it is ready (lifeline.py)."""


async def first_tenant(app_url: str, api_key: str, postal_address: str) -> FirstTenant:
    """The tenant of this home, with a key that works: `api_key`, unless that one was revoked."""
    database = Database(asyncpg_url(app_url))
    try:
        return await ensure_first_tenant(database, known_key=api_key, postal_address=postal_address)
    finally:
        await database.aclose()


def command_line(name: str, *arguments: str) -> list[str]:
    """A part of this program as a command line of its own, so that a person finds it by name."""
    return [sys.executable, "-m", "cadenza", name, *arguments]


PROGRAM = Program(
    migrate=upgrade,
    first_tenant=first_tenant,
    parts=[("worker", command_line("worker")), ("api", command_line("api"))],
)
