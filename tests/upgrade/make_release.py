"""Makes the home of an older release, its leads asleep, and keeps it in `releases/` for the tests of upgrading.

    git worktree add --detach /tmp/older v0.1.0
    .venv/bin/python -m tests.upgrade.make_release /tmp/older 0.1.0

Run it once for each release, when the next one is begun, and add what it writes. The older code runs with the packages
that are installed here.
"""

import asyncio
import lzma
import socket
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_copy import dump
from cadenza.embedded.postgres_roles import DATABASE, SUPERUSER, superuser
from cadenza.maintenance import archive
from cadenza.maintenance.backup import copy_temporal, schema_revision
from tests.integration.up.house import House
from tests.integration.up.up_run import UpRun
from tests.upgrade.world import put_to_bed

RELEASES = Path(__file__).parent / "releases"
FUNCTIONS = RELEASES / "previous-functions.txt"
"""What the newest release that was made calls: the next one must still have it (`test_schema.py`)."""


def make(code: Path, release: str) -> Path:
    with tempfile.TemporaryDirectory(prefix="cadenza-release-") as folder:
        home = Path(folder) / "home"
        # Its own code, not what lies in the folder that this runs in.
        environment = {"PYTHONPATH": str(code), "PYTHONSAFEPATH": "1"}
        run = UpRun(home, "--dev", module="cadenza", environment=environment)
        try:
            put_to_bed(House(run))
            assert run.end() == 0
        finally:
            run.close()
        return asyncio.run(_keep(home, release, Path(folder)))


async def _keep(home: Path, release: str, folder: Path) -> Path:
    """The archive of `cadenza backup`, of which the older release may not know, as small as it gets."""
    workshop = folder / "workshop"
    workshop.mkdir()
    async with EmbeddedPostgres(home) as postgres:
        taken_at = datetime.now(UTC)
        copy_temporal(home / archive.TEMPORAL, workshop / archive.TEMPORAL)
        revision = await schema_revision(postgres)
        FUNCTIONS.write_text("".join(f"{one}\n" for one in await _functions(postgres)), "utf-8")
        await dump(postgres, workshop / archive.POSTGRES, folder / "pg_dump.log", compressed=False)
        (workshop / archive.SECRETS).write_text(postgres.secrets.model_dump_json())
    with closing(sqlite3.connect(workshop / archive.TEMPORAL)) as temporal:
        temporal.execute("PRAGMA journal_mode = delete")
        temporal.execute("VACUUM")
    _forget_the_machine(workshop / archive.TEMPORAL)
    manifest = archive.describe(workshop, release=release, taken_at=taken_at, schema_revision=revision)
    archive.pack(workshop, manifest, folder / "release.tar")
    kept = RELEASES / f"{release}.backup.xz"
    kept.write_bytes(lzma.compress((folder / "release.tar").read_bytes(), preset=9 | lzma.PRESET_EXTREME))
    return kept


async def _functions(postgres: EmbeddedPostgres) -> list[str]:
    """The signatures of its functions, and its views."""
    listed = text(
        "SELECT p.oid::regprocedure::text AS name FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace"
        " UNION ALL"
        " SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v' ORDER BY 1"
    )
    async with superuser(postgres.url(SUPERUSER, DATABASE)) as connection:
        return list((await connection.execute(listed)).scalars())


def _forget_the_machine(temporal: Path) -> None:
    """Workers sign their tasks with their machine's name, which is nobody's business; Temporal does not read it."""
    name = socket.gethostname().encode()
    temporal.write_bytes(temporal.read_bytes().replace(b"@" + name, b"@" + b"m" * len(name)))


if __name__ == "__main__":
    made = make(Path(sys.argv[1]).resolve(), sys.argv[2])
    print(f"wrote {made}: {made.stat().st_size:,} bytes")
