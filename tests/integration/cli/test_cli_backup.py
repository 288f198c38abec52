"""`cadenza backup`, `restore` and `after-restore`: each refusal is one line and changes nothing."""

import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_roles import SUPERUSER
from cadenza.maintenance import archive
from tests.integration.cli.conftest import Ran, run_program

TAKEN = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def refused(*arguments: str, **environment: str) -> str:
    ran = await run_program(*arguments, environment=environment)
    assert (ran.status, ran.out) == (1, ""), ran
    [line] = ran.err.splitlines()
    return line


async def succeeded(*arguments: str, **environment: str) -> Ran:
    ran = await run_program(*arguments, environment=environment)
    assert ran.status == 0, ran.err
    return ran


def backup_in(folder: Path, schema_revision: str = "0001") -> Path:
    """Creates a file with the format of a backup, but without a database that could be restored."""
    workshop = folder / "workshop"
    workshop.mkdir()
    for name in archive.MEMBERS:
        (workshop / name).write_bytes(b"{}")
    manifest = archive.describe(workshop, release="0.1.0", taken_at=TAKEN, schema_revision=schema_revision)
    archive.pack(workshop, manifest, folder / "some.backup")
    return folder / "some.backup"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_backup_of_a_missing_home_is_refused(tmp_path: Path) -> None:
    message = await refused("backup", str(tmp_path / "out"), "--home", str(tmp_path / "nothing"))
    assert "is not a home of `cadenza up`" in message
    assert names_in(tmp_path) == []


async def test_a_backup_without_a_valid_target_is_refused(tmp_path: Path) -> None:
    assert "name a file" in await refused("backup", str(tmp_path), "--home", str(tmp_path))
    assert "name a file" in await refused("backup", str(tmp_path / "no" / "out"), "--home", str(tmp_path))


@pytest.fixture
def dear(tmp_path: Path) -> Path:
    """A folder of ours with a file, to which another user's symbolic link points."""
    folder = tmp_path / "dear"
    folder.mkdir()
    (folder / "to-me").write_text("kept")
    return folder


async def test_backup_does_not_follow_a_link_beside_its_file(tmp_path: Path, dear: Path) -> None:
    """In a folder where others may write, such as /tmp, the backup's working folder could be a link to our files."""
    home = tmp_path / "home"
    (home / "postgres").mkdir(parents=True)
    (home / archive.TEMPORAL).touch()
    beside = tmp_path / ".out.making"
    beside.symlink_to(dear)
    message = await refused("backup", str(tmp_path / "out"), "--home", str(home))
    assert f"{beside} cannot be used" in message
    assert names_in(dear) == ["to-me"]


async def test_restore_does_not_follow_a_link_beside_the_new_home(tmp_path: Path, dear: Path) -> None:
    beside = tmp_path / ".new.restoring"
    beside.symlink_to(dear)
    message = await refused("restore", str(backup_in(tmp_path)), "--home", str(tmp_path / "new"))
    assert f"{beside} cannot be used" in message
    assert names_in(dear) == ["to-me"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder somebody else's")
async def test_restore_does_not_use_another_users_folder(tmp_path: Path) -> None:
    beside = tmp_path / ".new.restoring"
    beside.mkdir()
    os.chown(beside, 12345, 12345)
    message = await refused("restore", str(backup_in(tmp_path)), "--home", str(tmp_path / "new"))
    assert "belongs to another user" in message
    assert names_in(beside) == []


async def test_an_existing_file_is_replaced_only_with_force(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("dear to me")
    assert "--force" in await refused("backup", str(tmp_path / "out"), "--home", str(tmp_path))
    assert "is not a home" in await refused("backup", str(tmp_path / "out"), "--home", str(tmp_path), "--force")
    assert (tmp_path / "out").read_text() == "dear to me"


async def test_a_restore_into_a_home_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    file = backup_in(tmp_path)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dear").write_text("to me")
    assert "is not empty" in await refused("restore", str(file), "--home", str(tmp_path / "home"))
    assert "is not empty" in await refused("restore", str(file), "--home", str(tmp_path / "home" / "dear"))
    assert names_in(tmp_path / "home") == ["dear"]


async def test_a_restore_of_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.tar").write_bytes(b"not a tar")
    message = await refused("restore", str(tmp_path / "holiday.tar"), "--home", str(tmp_path / "home"))
    assert "is not a backup of Cadenza" in message
    assert not (tmp_path / "home").exists()


async def test_a_backup_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    message = await refused("restore", str(backup_in(tmp_path, "9999")), "--home", str(tmp_path / "home"))
    assert "newer release" in message and "9999" in message
    assert not (tmp_path / "home").exists()


async def test_a_backup_whose_database_cannot_be_restored_leaves_no_home(tmp_path: Path) -> None:
    file = backup_in(tmp_path)
    with tarfile.open(file) as tar:
        assert archive.POSTGRES in tar.getnames()
    message = await refused("restore", str(file), "--home", str(tmp_path / "home"))
    assert "pg_restore" in message
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("stopped_at", "why"),
    [
        ("yesterday", "not a time with a time zone"),
        ("2026-03-02T09:30:00", "not a time with a time zone"),
        ("2026-03-02T08:59:59Z", "before it was copied"),
        ("2999-01-01T00:00:00Z", "in the future"),
        ("0001-01-01T00:00:00+14:00", "not in a year"),
        ("9999-12-31T23:59:59-14:00", "not in a year"),
    ],
)
async def test_an_impossible_stop_time_is_refused(tmp_path: Path, stopped_at: str, why: str) -> None:
    file = backup_in(tmp_path)
    home = str(tmp_path / "home")
    assert why in await refused("restore", str(file), "--home", home, "--stopped-at", stopped_at)
    times = ("--taken-at", TAKEN.isoformat(), "--stopped-at", stopped_at)
    assert why in await refused("after-restore", *times, CADENZA_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert not (tmp_path / "home").exists()


async def test_an_unusable_database_is_refused(migrated_postgres: EmbeddedPostgres) -> None:
    taken = ("--taken-at", TAKEN.isoformat())
    assert "CADENZA_DATABASE_URL is not set" in await refused("after-restore", *taken)
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    assert "cannot be used" in await refused("after-restore", *taken, CADENZA_DATABASE_URL=nowhere)
    superuser = migrated_postgres.url(SUPERUSER)
    assert "SUPERUSER" in await refused("after-restore", *taken, CADENZA_DATABASE_URL=superuser)


async def test_after_restore_settles_a_database_restored_by_other_means(migrated_postgres: EmbeddedPostgres) -> None:
    long_ago = ("--taken-at", "2020-01-01T00:00:00Z", "--stopped-at", "2020-01-01T01:00:00+01:00")
    ran = await succeeded("after-restore", *long_ago, CADENZA_DATABASE_URL=migrated_postgres.app_url)
    assert "the gap: from 2020-01-01T00:00:00+00:00 to 2020-01-01T00:00:00+00:00" in ran.out
    assert "0 emails in the gap" in ran.out
