"""The file that a backup is: a tar with a manifest first, then the home's secrets and the copies of its two databases.

Read as it was written, or compressed as a whole by any program that tar files are compressed with (gzip, xz).
"""

import hashlib
import io
import lzma
import os
import tarfile
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from cadenza.errors import StartError
from cadenza.files import sync_folder

FORMAT = 1
MANIFEST = "manifest.json"
SECRETS, TEMPORAL, POSTGRES = "secrets.json", "temporal.db", "cadenza.dump"
MEMBERS = (SECRETS, TEMPORAL, POSTGRES)
MANIFEST_LIMIT_BYTES = 100_000
PORTION_BYTES = 1 << 20


class Member(BaseModel):
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a backup says of itself."""

    model_config = ConfigDict(frozen=True)

    format: int
    release: str
    """The program's version that made it: for people."""
    taken_at: AwareDatetime
    """When the first of its copies was begun. Whatever was committed by then is in it."""
    schema_revision: str
    """The newest migration that its database has had."""
    members: dict[str, Member]


def describe(folder: Path, *, release: str, taken_at: datetime, schema_revision: str) -> Manifest:
    """The manifest of the copies that lie in `folder` under their members' names."""
    members = {name: _measured(folder / name) for name in MEMBERS}
    return Manifest(format=FORMAT, release=release, taken_at=taken_at, schema_revision=schema_revision, members=members)


def pack(folder: Path, manifest: Manifest, file: Path) -> None:
    """Writes `file`, durably, for its owner's eyes only. What was under that name is replaced in one step."""
    beside = folder / "archive.tar"
    with (
        open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out,
        tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        said = manifest.model_dump_json(indent=1).encode()
        archive.addfile(_entry(MANIFEST, len(said), manifest), io.BytesIO(said))
        for name, member in manifest.members.items():
            with (folder / name).open("rb") as copy:
                archive.addfile(_entry(name, member.bytes, manifest), copy)
    with beside.open("rb") as written:
        os.fsync(written.fileno())
    beside.replace(file)
    sync_folder(file.parent)


@contextmanager
def opened(file: Path) -> Generator[tuple[Manifest, tarfile.TarFile]]:
    """A backup that may be read. Raises `StartError` for a file that is none, or one of a format yet to come."""
    try:
        archive = tarfile.open(file)  # noqa: SIM115 (closed below)
    except (OSError, tarfile.TarError, EOFError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "not a tar file"
        raise StartError(f"{file} is no backup of Cadenza: {why}") from error
    with archive:
        try:
            yield _manifest(file, archive), archive
        except (tarfile.TarError, EOFError, OSError, lzma.LZMAError, zlib.error) as error:
            raise StartError(f"{file} cannot be read to its end: {error}") from error


def unpack(file: Path, manifest: Manifest, archive: tarfile.TarFile, folder: Path) -> None:
    """Writes the members into `folder`, under the names that this program knows, and compares them with the manifest.

    Raises `StartError` when one is missing or is not what was written.
    """
    for name, expected in manifest.members.items():
        try:
            inside = archive.extractfile(name)
        except KeyError:
            inside = None
        if inside is None:
            raise StartError(f"{file} is no whole backup: {name} is missing in it")
        with inside, open(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            found = _copied(inside, out)
        if found != expected:
            raise StartError(f"{file} is damaged: its {name} is not what was written")


def _manifest(file: Path, archive: tarfile.TarFile) -> Manifest:
    first = archive.next()
    inside = archive.extractfile(first) if first is not None and first.name == MANIFEST and first.isreg() else None
    if inside is None or first is None or first.size > MANIFEST_LIMIT_BYTES:
        raise StartError(f"{file} is no backup of Cadenza: it does not begin with {MANIFEST}")
    said = inside.read()
    try:
        written_as = _Format.model_validate_json(said).format
        if written_as > FORMAT:
            raise StartError(f"{file} was made by a newer release (format {written_as}): restore it with that one")
        manifest = Manifest.model_validate_json(said)
    except ValidationError as error:
        raise StartError(f"{file} is no backup of Cadenza: its {MANIFEST} cannot be read") from error
    _refuse_strangers(file, manifest.members, archive)
    return manifest


class _Format(BaseModel):
    format: int


def _refuse_strangers(file: Path, members: Mapping[str, Member], archive: tarfile.TarFile) -> None:
    """No name but ours, once each, and nothing but plain files: what is read is never written anywhere else."""
    names = [entry.name for entry in archive.getmembers()]
    if sorted(members) != sorted(MEMBERS) or sorted(names) != sorted((MANIFEST, *MEMBERS)):
        raise StartError(f"{file} is no backup of Cadenza: it holds {', '.join(sorted(names))[:200]}")
    if not all(entry.isreg() for entry in archive.getmembers()):
        raise StartError(f"{file} is no backup of Cadenza: not all in it are plain files")


def _entry(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(manifest.taken_at.timestamp())
    return entry


def _measured(copy: Path) -> Member:
    with copy.open("rb") as file:
        return _copied(file, None)


def _copied(source: IO[bytes], out: IO[bytes] | None) -> Member:
    """Reads it to its end, a portion at a time; durably into `out`, if there is one."""
    digest, size = hashlib.sha256(), 0
    while portion := source.read(PORTION_BYTES):
        digest.update(portion)
        size += len(portion)
        if out is not None:
            out.write(portion)
    if out is not None:
        out.flush()
        os.fsync(out.fileno())
    return Member(bytes=size, sha256=digest.hexdigest())
