"""`cadenza restore`: a home from a backup, whole or not at all.

It is made beside the place where it will stand and takes that place once everything is done, so that a restore that
dies has left nothing that `cadenza up` would start from.
"""

import asyncio
import os
import shutil
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from cadenza.embedded import EmbeddedPostgres
from cadenza.embedded.home import Home
from cadenza.embedded.orphans import HOME_VARIABLE, end_processes, processes_working_in
from cadenza.embedded.postgres_copy import load
from cadenza.embedded.postgres_roles import DATABASE, SUPERUSER, superuser
from cadenza.errors import StartError
from cadenza.files import open_own_folder, sync_folder
from cadenza.maintenance import archive
from cadenza.maintenance.after_restore import gap_between, settle
from cadenza.maintenance.migrate import knows, upgrade
from domain.enrollments.after_restore import Gap
from services.enrollments.after_restore import Marked


@dataclass(frozen=True, slots=True)
class Restored:
    manifest: archive.Manifest
    gap: Gap
    marked: Marked


async def restore(file: Path, home: Path, *, stopped_at: datetime | None, mark: bool = True) -> Restored:
    """`stopped_at`: when the installation that was copied had stopped for good; None is now.

    Raises `StartError`: `home` is then as it was. `mark=False` is for tests (services/enrollments/after_restore.py).
    """
    home = Home(home).folder
    with archive.opened(file) as (manifest, members):
        if not knows(manifest.schema_revision):
            raise StartError(
                f"{file} was made by a newer release (schema {manifest.schema_revision}): restore it with that one"
            )
        gap = gap_between(manifest.taken_at, stopped_at or datetime.now(UTC))
        _refuse_what_is_there(home)
        beside = Home(home.with_name(f".{home.name}.restoring"))
        os.close(open_own_folder(beside.folder))
        with beside:
            _empty(beside)
            try:
                archive.unpack(file, manifest, members, beside.folder)
                marked = await _fill(beside.folder, gap, mark=mark)
                _take_place(beside.folder, home)
            except BaseException:
                _empty(beside)  # a copy of everything is not left lying about
                raise
    return Restored(manifest, gap, marked)


async def _fill(folder: Path, gap: Gap, *, mark: bool) -> Marked:
    """Makes the data folder, under the secrets that are there, and settles what the copy does not know."""
    copy, log = folder / archive.POSTGRES, folder / "logs" / "restore.log"
    async with EmbeddedPostgres(folder, environment={HOME_VARIABLE: str(folder)}) as postgres:
        await load(postgres, copy, log)
        async with superuser(postgres.url(SUPERUSER, DATABASE)) as connection:
            await connection.execute(text("ANALYZE"))
        # An older release's schema first: what settles the gap is this release's.
        await asyncio.to_thread(upgrade, postgres.owner_url)
        marked = await settle(postgres.app_url, gap, mark=mark)
    copy.unlink()
    return marked


def _refuse_what_is_there(home: Path) -> None:
    if home.is_mount():
        raise StartError(f"{home} is a disk of its own, which nothing can take the place of: name a folder in it")
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise StartError(f"{home} is not empty. A backup is restored into a new home: name one, or move this away")


def _empty(beside: Home) -> None:
    """Of what a restore left that died or failed; but for its logs, which say why."""
    end_processes(processes_working_in(beside.folder / "postgres", "postgres"), signal.SIGQUIT)
    for left in beside.folder.iterdir():
        if left == beside.logs or left == beside.outbox:
            continue
        if left.is_dir():
            shutil.rmtree(left)
        elif left.name != "lock":
            left.unlink()


def _take_place(beside: Path, home: Path) -> None:
    try:
        sync_folder(beside)
        beside.rename(home)  # over an empty folder, or nothing
        sync_folder(home.parent)
    except OSError as error:
        raise StartError(f"{beside} cannot become {home}: {error.strerror}") from error
