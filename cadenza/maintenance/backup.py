"""`cadenza backup`: one file from which a home comes back, taken while it runs or while it does not.

Temporal's database is copied first and Postgres' after it. Postgres decides, so whatever it has seen that Temporal's
copy has not (a lead that was enrolled between the two, a step that was performed) is true after the restore, and
Temporal is told of it (services/enrollments/after_restore.py). The other way round Temporal would remember what never
happened.
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

from cadenza.embedded import EmbeddedPostgres
from cadenza.embedded.home import Home
from cadenza.embedded.orphans import HOME_VARIABLE, ProcessBook
from cadenza.embedded.postgres_copy import dump
from cadenza.embedded.postgres_roles import DATABASE, SUPERUSER, superuser
from cadenza.errors import StartError, one_line
from cadenza.files import open_own_folder, write_private
from cadenza.maintenance import archive


async def backup(file: Path, home_folder: Path, *, force: bool) -> archive.Manifest:
    """Raises `StartError`: `file` is then not there, or what it was before."""
    home = Home(home_folder)
    _refuse(file, home, force=force)
    with _workshop(file) as folder:
        async with _serving(home) as postgres:
            taken_at = datetime.now(UTC)
            copy_temporal(home.folder / archive.TEMPORAL, folder / archive.TEMPORAL)
            revision = await schema_revision(postgres)
            await dump(postgres, folder / archive.POSTGRES, folder / "pg_dump.log")
            write_private(folder / archive.SECRETS, postgres.secrets.model_dump_json(indent=1))
        manifest = archive.describe(folder, release=version("cadenza"), taken_at=taken_at, schema_revision=revision)
        archive.pack(folder, manifest, file)
    return manifest


def copy_temporal(source: Path, target: Path) -> None:
    """One moment of the database, also while its server writes: SQLite's own way, which knows of the log beside it.

    Raises `StartError`.
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
        raise StartError(f"{file}: name a file, in a folder that is there")
    if file.exists() and not force:
        raise StartError(f"{file} is there already. Name another file, or replace it with --force")
    for part in (home.folder / "postgres", home.folder / archive.TEMPORAL):
        if not part.exists():
            raise StartError(f"{home.folder} is no home of `cadenza up`: there is no {part.name} in it")


@contextmanager
def _workshop(file: Path) -> Generator[Path]:
    """A folder beside the file, for one backup at a time; what a backup that was killed has left there goes first."""
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
async def _serving(home: Home) -> AsyncGenerator[EmbeddedPostgres]:
    """The home's Postgres: that of the run that has it, or one of our own, while nobody else may have it."""
    run = home.running()
    if run is not None:
        port = urlsplit(str(run["admin_database_url"])).port
        yield EmbeddedPostgres(home.folder, port=port).of_another_process()
        return
    with home:
        ProcessBook(home.pids_file, home.folder).end_orphans()
        async with EmbeddedPostgres(home.folder, environment={HOME_VARIABLE: str(home.folder)}) as postgres:
            yield postgres


async def schema_revision(postgres: EmbeddedPostgres) -> str:
    """The newest migration that its database has had. Raises `StartError`."""
    try:
        async with superuser(postgres.url(SUPERUSER, DATABASE)) as connection:
            return str(await connection.scalar(text("SELECT version_num FROM alembic_version")))
    except (DBAPIError, OSError) as error:
        raise StartError(f"the database in {postgres.folder} cannot be read: {one_line(error)}") from error
