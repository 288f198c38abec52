"""What `cadenza up` puts together: the schema, the first tenant, and the parts of this program."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from cadenza.migrate import upgrade


@dataclass(frozen=True)
class FirstTenant:
    """Whom a fresh home starts with."""

    tenant_id: str
    api_key: str


@dataclass(frozen=True)
class Program:
    """The pieces that `up` starts around the servers, so that its tests can put others in their place."""

    migrate: Callable[[str], None]
    """Given the owner's URL (`postgresql://`). Runs in a thread."""
    first_tenant: Callable[[str, str, str], Awaitable[FirstTenant]]
    """Given the app's URL, the owner's URL and the API key that this home keeps. Does nothing the second time."""
    parts: Sequence[tuple[str, Sequence[str]]]
    """Name and command line of each Python child; it says when it is ready (lifeline.py)."""


async def first_tenant(app_url: str, owner_url: str, api_key: str) -> FirstTenant:
    raise NotImplementedError


def command_line(name: str, *arguments: str) -> list[str]:
    """A part of this program as a command line of its own, so that a person finds it by name."""
    return [sys.executable, "-m", "cadenza", name, *arguments]


PROGRAM = Program(
    migrate=upgrade,
    first_tenant=first_tenant,
    parts=[("worker", command_line("worker")), ("api", command_line("api"))],
)
