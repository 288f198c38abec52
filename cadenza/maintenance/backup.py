"""`cadenza backup`: writes one file from which a home can be restored, whether the home is running or not.

Temporal's database is copied first, Postgres' second. Postgres decides: what happened between the two copies (a lead
that was enrolled, a step that was performed) is true after the restore, and Temporal is told
(services/enrollments/after_restore.py). In the other order, Temporal would know of things that never happened.
"""

import fcntl
import os
import shutil
import sqlite3
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cadenza.embedded.home import Home
from cadenza.embedded.orphans import HOME_VARIABLE, ProcessRecords
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_copy import dump
from cadenza.embedded.postgres_roles import DATABASE, SUPERUSER, superuser
from cadenza.errors import StartError, one_line
from cadenza.files import open_own_folder, write_private
from cadenza.maintenance import archive


async def backup(file: Path, home_folder: Path, *, force: bool) -> archive.Manifest:
    """Raises `StartError`; then `file` does not exist, or is unchanged."""
    home = Home(home_folder)
    _refuse(file, home, force=force)
    with _working_folder(file) as folder:
        async with _running_postgres(home) as postgres:
            taken_at = datetime.now(UTC)
            copy_temporal(home.folder / archive.TEMPORAL, folder / archive.TEMPORAL)
            revision = await schema_revision(postgres)
            await dump(postgres, folder / archive.POSTGRES, folder / "pg_dump.log")
            write_private(folder / archive.SECRETS, postgres.secrets.model_dump_json(indent=1))
        manifest = archive.describe(folder, release=version("cadenza"), taken_at=taken_at, schema_revision=revision)
        archive.pack(folder, manifest, file)
    return manifest


def copy_temporal(source: Path, target: Path) -> None:
    """Copies the database as of one moment, also while its server writes, with SQLite's backup API, which includes the
    write-ahead log. Raises `StartError`.
    """
    try:
        with (
            closing(sqlite3.connect(f"{source.as_uri()}?mode=rw", uri=True)) as live,
            closing(sqlite3.connect(target)) as copy,
        ):
            live.execute("PRAGMA busy_timeout = 30000")
            live.backup(copy)
    except sqlite3.Error as error:
        raise StartError(f"{source} cannot be copied: {one_line(error)}") from error


def _refuse(file: Path, home: Home, *, force: bool) -> None:
    if file.is_dir() or not file.parent.is_dir():
        raise StartError(f"{file}: name a file in an existing folder")
    if file.exists() and not force:
        raise StartError(f"{file} exists already. Name another file, or replace it with --force")
    for part in (home.folder / "postgres", home.folder / archive.TEMPORAL):
        if not part.exists():
            raise StartError(f"{home.folder} is not a home of `cadenza up`: there is no {part.name} in it")


@contextmanager
def _working_folder(file: Path) -> Generator[Path]:
    """A folder beside the file, for one backup at a time. What a killed backup left there is deleted first."""
    folder = file.with_name(f".{file.name}.making")
    lock = open_own_folder(folder)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in folder.iterdir():
            left.unlink()
        yield folder
        shutil.rmtree(folder)
    except BlockingIOError:
        raise StartError(f"another backup is writing {file}") from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        os.close(lock)


@asynccontextmanager
async def _running_postgres(home: Home) -> AsyncGenerator[EmbeddedPostgres]:
    """Yields the home's Postgres: that of the process that uses the home, or one started here while the home is
    locked."""
    run = home.running()
    if run is not None:
        port = urlsplit(str(run["admin_database_url"])).port
        yield EmbeddedPostgres(home.folder, port=port).of_another_process()
        return
    with home:
        ProcessRecords(home.pids_file, home.folder).end_orphans()
        async with EmbeddedPostgres(home.folder, environment={HOME_VARIABLE: str(home.folder)}) as postgres:
            yield postgres


async def schema_revision(postgres: EmbeddedPostgres) -> str:
    """Returns the newest migration of the server's database. Raises `StartError`."""
    try:
        async with superuser(postgres.url(SUPERUSER, DATABASE)) as connection:
            return str(await connection.scalar(text("SELECT version_num FROM alembic_version")))
    except (DBAPIError, OSError) as error:
        raise StartError(f"the database in {postgres.folder} cannot be read: {one_line(error)}") from error
