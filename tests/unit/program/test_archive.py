"""The file format of backups: contents are unchanged, and other files are refused."""

import io
import json
import lzma
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cadenza.errors import StartError
from cadenza.maintenance import archive

TAKEN = datetime(2026, 11, 27, 14, tzinfo=UTC)
CONTENTS = {archive.SECRETS: b"{}", archive.TEMPORAL: b"t" * 3_000_000, archive.POSTGRES: b"PGDMP"}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A backup with arbitrary contents."""
    workshop = tmp_path / "workshop"
    workshop.mkdir()
    for name, content in CONTENTS.items():
        (workshop / name).write_bytes(content)
    manifest = archive.describe(workshop, release="0.1.0", taken_at=TAKEN, schema_revision="0017")
    archive.pack(workshop, manifest, tmp_path / "made.backup")
    return tmp_path / "made.backup"


def entries(file: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(file) as tar:
        found: list[tuple[tarfile.TarInfo, bytes]] = []
        for entry in tar:
            inside = tar.extractfile(entry)
            assert inside is not None
            found.append((entry, inside.read()))
        return found


def rewritten(file: Path, change: Callable[[tarfile.TarInfo, bytes], bytes | None]) -> Path:
    """Rewrites the file with each entry's content changed by `change`; None omits the entry."""
    whole = entries(file)
    with tarfile.open(file, "w") as tar:
        for entry, content in whole:
            changed = change(entry, content)
            if changed is not None:
                entry.size = len(changed)
                tar.addfile(entry, io.BytesIO(changed))
    return file


def with_manifest(file: Path, **changes: Any) -> Path:
    def change(entry: tarfile.TarInfo, content: bytes) -> bytes:
        return json.dumps({**json.loads(content), **changes}).encode() if entry.name == archive.MANIFEST else content

    return rewritten(file, change)


def unpacked(file: Path, folder: Path) -> archive.Manifest:
    folder.mkdir()
    with archive.opened(file) as (manifest, members):
        archive.unpack(file, manifest, members, folder)
    return manifest


def refused(file: Path, folder: Path) -> str:
    with pytest.raises(StartError) as refusal:
        unpacked(file, folder)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_unpacking_gives_the_packed_contents(made: Path, tmp_path: Path) -> None:
    manifest = unpacked(made, tmp_path / "out")
    assert (manifest.release, manifest.taken_at, manifest.schema_revision) == ("0.1.0", TAKEN, "0017")
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == CONTENTS
    for file in (made, *(tmp_path / "out").iterdir()):
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_compressed_backup_is_read(made: Path, tmp_path: Path) -> None:
    smaller = tmp_path / "made.xz"
    smaller.write_bytes(lzma.compress(made.read_bytes()))
    unpacked(smaller, tmp_path / "out")
    assert (tmp_path / "out" / archive.TEMPORAL).read_bytes() == CONTENTS[archive.TEMPORAL]


def test_a_file_that_is_not_a_backup_is_refused(made: Path, tmp_path: Path) -> None:
    made.write_bytes(b"once upon a time" * 100)
    assert "is not a backup of Cadenza" in refused(made, tmp_path / "out")


@pytest.mark.parametrize("missing", ["nothing.backup", "."])
def test_a_missing_file_is_refused(tmp_path: Path, missing: str) -> None:
    assert "is not a backup of Cadenza" in refused(tmp_path / missing, tmp_path / "out")


def test_another_tar_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.tar"
    with tarfile.open(other, "w") as tar:
        tar.addfile(tarfile.TarInfo("README"), io.BytesIO())
    assert "does not begin with manifest.json" in refused(other, tmp_path / "out")


def test_an_empty_tar_file_is_refused(tmp_path: Path) -> None:
    tarfile.open(tmp_path / "empty.tar", "w").close()
    assert "does not begin with manifest.json" in refused(tmp_path / "empty.tar", tmp_path / "out")


def test_a_newer_format_is_refused(made: Path, tmp_path: Path) -> None:
    with_manifest(made, format=archive.FORMAT + 1, members=["told otherwise"])
    assert "newer release" in refused(made, tmp_path / "out")


@pytest.mark.parametrize("changes", [{"taken_at": "yesterday"}, {"members": {}}, {"format": "one"}])
def test_an_invalid_manifest_is_refused(made: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    assert "is not a backup of Cadenza" in refused(with_manifest(made, **changes), tmp_path / "out")


def test_one_flipped_bit_is_detected(made: Path, tmp_path: Path) -> None:
    def change(entry: tarfile.TarInfo, content: bytes) -> bytes:
        return content[:-1] + bytes([content[-1] ^ 1]) if entry.name == archive.TEMPORAL else content

    assert "its temporal.db does not match its manifest" in refused(rewritten(made, change), tmp_path / "out")


@pytest.mark.parametrize("kept", [10_000, 1_500_000, -600])
def test_a_truncated_file_is_detected(made: Path, tmp_path: Path, kept: int) -> None:
    made.write_bytes(made.read_bytes().rstrip(b"\0")[:kept])
    assert str(made) in refused(made, tmp_path / "out")


def test_a_missing_member_is_detected(made: Path, tmp_path: Path) -> None:
    rewritten(made, lambda entry, content: None if entry.name == archive.POSTGRES else content)
    assert "is not a backup of Cadenza" in refused(made, tmp_path / "out")


@pytest.mark.parametrize("name", ["../secrets.json", "/tmp/secrets.json", "a/secrets.json", "extra"])
def test_other_member_names_are_refused(made: Path, tmp_path: Path, name: str) -> None:
    def change(entry: tarfile.TarInfo, content: bytes) -> bytes:
        entry.name = name if entry.name == archive.SECRETS else entry.name
        return content

    assert "is not a backup of Cadenza" in refused(rewritten(made, change), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_link_as_a_member_is_refused(made: Path, tmp_path: Path) -> None:
    def change(entry: tarfile.TarInfo, content: bytes) -> bytes:
        if entry.name != archive.SECRETS:
            return content
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        return b""

    assert "plain files" in refused(rewritten(made, change), tmp_path / "out")


def test_a_repeated_member_is_refused(made: Path, tmp_path: Path) -> None:
    with tarfile.open(made, "a") as tar:
        tar.addfile(tarfile.TarInfo(archive.SECRETS), io.BytesIO())
    assert "is not a backup of Cadenza" in refused(made, tmp_path / "out")
