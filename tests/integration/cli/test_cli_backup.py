"""What `cadenza backup`, `restore` and `after-restore` refuse, each in one line, and leave as it was."""

import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cadenza.embedded import EmbeddedPostgres
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
    """A file of the right form, without a database that could be restored."""
    workshop = folder / "workshop"
    workshop.mkdir()
    for name in archive.MEMBERS:
        (workshop / name).write_bytes(b"{}")
    manifest = archive.describe(workshop, release="0.1.0", taken_at=TAKEN, schema_revision=schema_revision)
    archive.pack(workshop, manifest, folder / "some.backup")
    return folder / "some.backup"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_no_home_to_back_up(tmp_path: Path) -> None:
    said = await refused("backup", str(tmp_path / "out"), "--home", str(tmp_path / "nothing"))
    assert "is no home of `cadenza up`" in said
    assert names_in(tmp_path) == []


async def test_no_place_to_write_to(tmp_path: Path) -> None:
    assert "name a file" in await refused("backup", str(tmp_path), "--home", str(tmp_path))
    assert "name a file" in await refused("backup", str(tmp_path / "no" / "out"), "--home", str(tmp_path))


@pytest.fixture
def dear(tmp_path: Path) -> Path:
    """A folder of ours, to which somebody else's link leads."""
    folder = tmp_path / "dear"
    folder.mkdir()
    (folder / "to-me").write_text("kept")
    return folder


async def test_a_folder_that_somebody_has_put_beside_the_file_is_left_alone(tmp_path: Path, dear: Path) -> None:
    """In a folder where others write, such as /tmp: what is in the one beside would be removed."""
    home = tmp_path / "home"
    (home / "postgres").mkdir(parents=True)
    (home / archive.TEMPORAL).touch()
    beside = tmp_path / ".out.making"
    beside.symlink_to(dear)
    said = await refused("backup", str(tmp_path / "out"), "--home", str(home))
    assert f"{beside} cannot be a folder of our own" in said
    assert names_in(dear) == ["to-me"]


async def test_nor_is_a_folder_emptied_that_a_link_beside_the_new_home_leads_to(tmp_path: Path, dear: Path) -> None:
    beside = tmp_path / ".new.restoring"
    beside.symlink_to(dear)
    said = await refused("restore", str(backup_in(tmp_path)), "--home", str(tmp_path / "new"))
    assert f"{beside} cannot be a folder of our own" in said
    assert names_in(dear) == ["to-me"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder somebody else's")
async def test_nor_is_a_folder_used_that_somebody_else_has_made(tmp_path: Path) -> None:
    beside = tmp_path / ".new.restoring"
    beside.mkdir()
    os.chown(beside, 12345, 12345)
    said = await refused("restore", str(backup_in(tmp_path)), "--home", str(tmp_path / "new"))
    assert "somebody else has made it" in said
    assert names_in(beside) == []


async def test_a_file_that_is_there_is_replaced_only_by_force(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("dear to me")
    assert "--force" in await refused("backup", str(tmp_path / "out"), "--home", str(tmp_path))
    assert "is no home" in await refused("backup", str(tmp_path / "out"), "--home", str(tmp_path), "--force")
    assert (tmp_path / "out").read_text() == "dear to me"


async def test_a_home_that_holds_something(tmp_path: Path) -> None:
    file = backup_in(tmp_path)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dear").write_text("to me")
    assert "is not empty" in await refused("restore", str(file), "--home", str(tmp_path / "home"))
    assert "is not empty" in await refused("restore", str(file), "--home", str(tmp_path / "home" / "dear"))
    assert names_in(tmp_path / "home") == ["dear"]


async def test_a_file_that_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / "holiday.tar").write_bytes(b"not a tar")
    said = await refused("restore", str(tmp_path / "holiday.tar"), "--home", str(tmp_path / "home"))
    assert "is no backup of Cadenza" in said
    assert not (tmp_path / "home").exists()


async def test_a_backup_of_a_newer_release(tmp_path: Path) -> None:
    said = await refused("restore", str(backup_in(tmp_path, "9999")), "--home", str(tmp_path / "home"))
    assert "newer release" in said and "9999" in said
    assert not (tmp_path / "home").exists()


async def test_a_backup_whose_database_cannot_be_restored_leaves_no_home(tmp_path: Path) -> None:
    file = backup_in(tmp_path)
    with tarfile.open(file) as tar:
        assert archive.POSTGRES in tar.getnames()
    said = await refused("restore", str(file), "--home", str(tmp_path / "home"))
    assert "pg_restore" in said
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("stopped_at", "why"),
    [
        ("yesterday", "no time with its zone"),
        ("2026-03-02T09:30:00", "no time with its zone"),
        ("2026-03-02T08:59:59Z", "before it was copied"),
        ("2999-01-01T00:00:00Z", "yet to come"),
        ("0001-01-01T00:00:00+14:00", "of no year"),
        ("9999-12-31T23:59:59-14:00", "of no year"),
    ],
)
async def test_a_moment_at_which_it_cannot_have_stopped(tmp_path: Path, stopped_at: str, why: str) -> None:
    file = backup_in(tmp_path)
    home = str(tmp_path / "home")
    assert why in await refused("restore", str(file), "--home", home, "--stopped-at", stopped_at)
    times = ("--taken-at", TAKEN.isoformat(), "--stopped-at", stopped_at)
    assert why in await refused("after-restore", *times, CADENZA_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert not (tmp_path / "home").exists()


async def test_a_database_that_is_not_there_or_not_to_be_used(migrated_postgres: EmbeddedPostgres) -> None:
    taken = ("--taken-at", TAKEN.isoformat())
    assert "CADENZA_DATABASE_URL is not set" in await refused("after-restore", *taken)
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    assert "cannot be used" in await refused("after-restore", *taken, CADENZA_DATABASE_URL=nowhere)
    superuser = migrated_postgres.superuser_url.rpartition("/")[0] + "/cadenza"
    assert "SUPERUSER" in await refused("after-restore", *taken, CADENZA_DATABASE_URL=superuser)


async def test_a_database_that_was_restored_by_other_means(migrated_postgres: EmbeddedPostgres) -> None:
    long_ago = ("--taken-at", "2020-01-01T00:00:00Z", "--stopped-at", "2020-01-01T01:00:00+01:00")
    ran = await succeeded("after-restore", *long_ago, CADENZA_DATABASE_URL=migrated_postgres.app_url)
    assert "the gap: from 2020-01-01T00:00:00+00:00 to 2020-01-01T00:00:00+00:00" in ran.out
    assert "0 emails in the gap" in ran.out
