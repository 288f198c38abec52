"""`cadenza restore`: creates a home from a backup, completely or not at all.

The home is created in a folder beside its final place and moved there when everything is done. So a restore that
fails leaves nothing from which `cadenza up` would start.
"""

import asyncio
import os
import shutil
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from cadenza.embedded.home import Home
from cadenza.embedded.orphans import HOME_VARIABLE, end_processes, processes_working_in
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_copy import load
from cadenza.embedded.postgres_roles import DATABASE, SUPERUSER, superuser
from cadenza.errors import StartError
from cadenza.files import open_own_folder, sync_folder
from cadenza.maintenance import archive
from cadenza.maintenance.after_restore import gap_between, settle
from cadenza.maintenance.migrate import has_migration, upgrade
from domain.enrollments.after_restore import Gap
from services.enrollments.after_restore import Marked


@dataclass(frozen=True, slots=True)
class Restored:
    manifest: archive.Manifest
    gap: Gap
    marked: Marked


async def restore(file: Path, home: Path, *, stopped_at: datetime | None, mark: bool = True) -> Restored:
    """`stopped_at`: when the installation that was copied stopped for good; None means now.

    Raises `StartError`; then `home` is unchanged. `mark=False` is for tests (services/enrollments/after_restore.py).
    """
    home = Home(home).folder
    with archive.opened(file) as (manifest, members):
        if not has_migration(manifest.schema_revision):
            raise StartError(
                f"{file} was made by a newer release (schema {manifest.schema_revision}): restore it with that one"
            )
        gap = gap_between(manifest.taken_at, stopped_at or datetime.now(UTC))
        _refuse_existing_home(home)
        temporary = Home(home.with_name(f".{home.name}.restoring"))
        os.close(open_own_folder(temporary.folder))
        with temporary:
            _remove_contents(temporary)
            try:
                archive.unpack(file, manifest, members, temporary.folder)
                marked = await _restore_databases(temporary.folder, gap, mark=mark)
                _move_into_place(temporary.folder, home)
            except BaseException:
                _remove_contents(temporary)  # the data must not be left behind
                raise
    return Restored(manifest, gap, marked)


async def _restore_databases(folder: Path, gap: Gap, *, mark: bool) -> Marked:
    """Creates the data folder with the given secrets, and settles what the copy does not know."""
    copy, log = folder / archive.POSTGRES, folder / "logs" / "restore.log"
    async with EmbeddedPostgres(folder, environment={HOME_VARIABLE: str(folder)}) as postgres:
        await load(postgres, copy, log)
        async with superuser(postgres.url(SUPERUSER, DATABASE)) as connection:
            await connection.execute(text("ANALYZE"))
        # An older schema is migrated first, because settling the gap needs this release's functions.
        await asyncio.to_thread(upgrade, postgres.owner_url)
        marked = await settle(postgres.app_url, gap, mark=mark)
    copy.unlink()
    return marked


def _refuse_existing_home(home: Path) -> None:
    if home.is_mount():
        raise StartError(f"{home} is a mount point, which cannot be replaced: name a folder in it")
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise StartError(f"{home} is not empty. A backup is restored into a new home: name one, or move this away")


def _remove_contents(temporary: Home) -> None:
    """Removes what a failed restore left behind, except its logs, which say why it failed."""
    end_processes(processes_working_in(temporary.folder / "postgres", "postgres"), signal.SIGQUIT)
    for left in temporary.folder.iterdir():
        if left == temporary.logs or left == temporary.outbox:
            continue
        if left.is_dir():
            shutil.rmtree(left)
        elif left.name != "lock":
            left.unlink()


def _move_into_place(temporary: Path, home: Path) -> None:
    try:
        sync_folder(temporary)
        temporary.rename(home)  # replaces an empty folder, or nothing
        sync_folder(home.parent)
    except OSError as error:
        raise StartError(f"{temporary} cannot become {home}: {error.strerror}") from error
