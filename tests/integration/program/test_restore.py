"""Restoring: the restored schema equals the migrated one, and a killed restore leaves no home."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from cadenza.embedded.home_secrets import HomeSecrets
from cadenza.embedded.orphans import is_alive, processes_working_in
from cadenza.embedded.ports import LOOPBACK
from cadenza.embedded.postgres import EmbeddedPostgres, installation
from cadenza.embedded.postgres_copy import dump
from cadenza.embedded.postgres_roles import DATABASE, SUPERUSER
from cadenza.maintenance import archive
from cadenza.maintenance.backup import schema_revision
from tests.api_process import clean_environment
from tests.server_folder import temporary_server_folder

PATIENCE_SECONDS = 120.0


@pytest.fixture
def folder() -> Generator[Path]:
    """A folder outside pytest's own, which PostgreSQL's account could not enter when tests run as root."""
    with temporary_server_folder() as made:
        yield made


@pytest.fixture
async def file(folder: Path, migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Path]:
    """A backup of the present schema, with the rows that other tests have left."""
    workshop = folder / "workshop"
    workshop.mkdir()
    taken_at = datetime.now(UTC)
    await dump(migrated_postgres, workshop / archive.POSTGRES, folder / "pg_dump.log")
    with closing(sqlite3.connect(workshop / archive.TEMPORAL)) as temporal:
        temporal.execute("CREATE TABLE remembered (what text)")
    (workshop / archive.SECRETS).write_text(HomeSecrets().model_dump_json())
    revision = await schema_revision(migrated_postgres)
    manifest = archive.describe(workshop, release="0.1.0", taken_at=taken_at, schema_revision=revision)
    archive.pack(workshop, manifest, folder / "some.backup")
    yield folder / "some.backup"


def restoring(file: Path, home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cadenza", "restore", str(file), "--home", str(home)]
    return subprocess.Popen(command, env=clean_environment())


async def test_the_restored_schema_equals_the_migrated_one(
    file: Path, folder: Path, migrated_postgres: EmbeddedPostgres
) -> None:
    """Compares owners, grants, policies, functions, triggers: everything in the output of pg_dump."""
    home = folder / "home"
    assert restoring(file, home).wait(PATIENCE_SECONDS) == 0
    async with EmbeddedPostgres(home) as restored:
        assert schema_of(restored) == schema_of(migrated_postgres)
    for name in (archive.SECRETS, archive.TEMPORAL):
        assert (home / name).stat().st_mode & 0o777 == 0o600
    assert not (home / archive.POSTGRES).exists()
    with closing(sqlite3.connect(home / archive.TEMPORAL)) as temporal:
        assert temporal.execute("SELECT count(*) FROM remembered").fetchone() == (0,)


@pytest.mark.parametrize("moment", ["postgres.new", "postgres/postmaster.pid", "logs/restore.log"])
def test_a_killed_restore_leaves_no_home(file: Path, folder: Path, moment: str) -> None:
    home, beside = folder / "home", folder / ".home.restoring"
    killed = restoring(file, home)
    until(lambda: (beside / moment).exists() or killed.poll() is not None, f"{moment} is there")
    os.kill(killed.pid, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL, "it was not over yet"
    assert not home.exists()

    assert restoring(file, home).wait(PATIENCE_SECONDS) == 0
    assert {archive.SECRETS, archive.TEMPORAL, "postgres"} <= {path.name for path in home.iterdir()}
    assert not beside.exists()
    left = [one for where in (home, beside) for one in processes_working_in(where / "postgres", "postgres")]
    psutil.wait_procs(left, timeout=10)
    assert not any(is_alive(one) for one in left)


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.002)


def schema_of(postgres: EmbeddedPostgres) -> list[str]:
    """Returns the schema as SQL lines, without what differs in each dump or after an expression was parsed again."""
    where = ["--host", LOOPBACK, "--port", str(postgres.port), "--username", SUPERUSER, "--dbname", DATABASE]
    dumped = subprocess.run(
        [installation() / "bin" / "pg_dump", "--schema-only", *where],
        env={"PGPASSWORD": postgres.secrets.superuser_password, "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = [line for line in dumped.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
    return [re.sub(r"[()]|(?<=::text) AS text", "", line) for line in lines]
