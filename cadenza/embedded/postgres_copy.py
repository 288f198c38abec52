"""Dumps and restores a database of an embedded server with PostgreSQL's own programs."""

import os
from pathlib import Path

from cadenza.embedded.ports import LOOPBACK
from cadenza.embedded.postgres import EmbeddedPostgres, installation
from cadenza.embedded.postgres_roles import DATABASE, SUPERUSER
from cadenza.runtime.process import ProcessCommand, run_to_end


async def dump(postgres: EmbeddedPostgres, file: Path, log: Path, *, compressed: bool = True) -> None:
    """Writes one consistent copy while others may write. It runs as the superuser, who sees every row despite row level
    security. Raises `StartError`.
    """
    format_options = ["--format=custom"] if compressed else ["--format=custom", "--compress=0"]
    await _run(postgres, "pg_dump", [*format_options, "--file", file, DATABASE], log)


async def load(postgres: EmbeddedPostgres, file: Path, log: Path) -> None:
    """Fills an empty database: tables, functions, policies and grants, under the roles that owned them. Every embedded
    server has these roles. Raises `StartError`."""
    await _run(postgres, "pg_restore", ["--exit-on-error", "--dbname", DATABASE, file], log)


async def _run(postgres: EmbeddedPostgres, program: str, arguments: list[str | Path], log: Path) -> None:
    # The password is not passed as an argument, because every user of this machine could read it there.
    environment = {"LC_ALL": "C", "PATH": os.defpath, "PGPASSWORD": postgres.secrets.superuser_password}
    connection_options = ["--host", LOOPBACK, "--port", str(postgres.port), "--username", SUPERUSER, "--no-password"]
    command = [installation() / "bin" / program, *connection_options, *arguments]
    await run_to_end(ProcessCommand(f"PostgreSQL's {program}", command, log, environment))
