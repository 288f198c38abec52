"""Copying a database of an embedded server out and in, with PostgreSQL's own programs."""

import os
from pathlib import Path

from cadenza.embedded import EmbeddedPostgres
from cadenza.embedded.ports import LOOPBACK
from cadenza.embedded.postgres import installation
from cadenza.embedded.postgres_roles import DATABASE, SUPERUSER
from cadenza.runtime.process import Command, run_to_end


async def dump(postgres: EmbeddedPostgres, file: Path, log: Path, *, compressed: bool = True) -> None:
    """One consistent copy, taken while others write. As the superuser, whom row level security hides nothing from.

    Raises `StartError`.
    """
    how = ["--format=custom"] if compressed else ["--format=custom", "--compress=0"]
    await _run(postgres, "pg_dump", [*how, "--file", file, DATABASE], log)


async def load(postgres: EmbeddedPostgres, file: Path, log: Path) -> None:
    """Fills the empty database: tables, functions, policies and grants under the roles that owned them, all of which
    a server of ours has. Raises `StartError`."""
    await _run(postgres, "pg_restore", ["--exit-on-error", "--dbname", DATABASE, file], log)


async def _run(postgres: EmbeddedPostgres, program: str, arguments: list[str | Path], log: Path) -> None:
    # The password is never an argument, which everybody on this machine could read.
    environment = {"LC_ALL": "C", "PATH": os.defpath, "PGPASSWORD": postgres.secrets.superuser_password}
    where = ["--host", LOOPBACK, "--port", str(postgres.port), "--username", SUPERUSER, "--no-password"]
    command = [installation() / "bin" / program, *where, *arguments]
    await run_to_end(Command(f"PostgreSQL's {program}", command, log, environment))
