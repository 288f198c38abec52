"""The format of backup files: a tar archive with a manifest, the home's secrets and copies of its two databases.

It is read as it was written, or compressed as a whole by a program that is common for tar files (gzip, xz).
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
    """The description of a backup. It is the first member of the archive."""

    model_config = ConfigDict(frozen=True)

    format: int
    release: str
    """The version of the program that made it, for people."""
    taken_at: AwareDatetime
    """When its first copy was started. Everything that was committed by then is in the backup."""
    schema_revision: str
    """The newest migration of its database."""
    members: dict[str, Member]


def describe(folder: Path, *, release: str, taken_at: datetime, schema_revision: str) -> Manifest:
    """Returns the manifest for the copies in `folder`, which are named as the members."""
    members = {name: _measured(folder / name) for name in MEMBERS}
    return Manifest(format=FORMAT, release=release, taken_at=taken_at, schema_revision=schema_revision, members=members)


def pack(folder: Path, manifest: Manifest, file: Path) -> None:
    """Writes `file` durably, readable by its owner only. An existing file is replaced atomically."""
    temporary = folder / "archive.tar"
    with (
        open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out,
        tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        manifest_json = manifest.model_dump_json(indent=1).encode()
        archive.addfile(_entry(MANIFEST, len(manifest_json), manifest), io.BytesIO(manifest_json))
        for name, member in manifest.members.items():
            with (folder / name).open("rb") as copy:
                archive.addfile(_entry(name, member.bytes, manifest), copy)
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
    temporary.replace(file)
    sync_folder(file.parent)


@contextmanager
def opened(file: Path) -> Generator[tuple[Manifest, tarfile.TarFile]]:
    """Opens a backup. Raises `StartError` for a file that is not a backup or that has a newer format."""
    try:
        archive = tarfile.open(file)  # noqa: SIM115 (closed below)
    except (OSError, tarfile.TarError, EOFError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "not a tar file"
        raise StartError(f"{file} is not a backup of Cadenza: {why}") from error
    with archive:
        try:
            yield _manifest(file, archive), archive
        except (tarfile.TarError, EOFError, OSError, lzma.LZMAError, zlib.error) as error:
            raise StartError(f"{file} cannot be read to its end: {error}") from error


def unpack(file: Path, manifest: Manifest, archive: tarfile.TarFile, folder: Path) -> None:
    """Writes the members into `folder` under fixed names, and compares them with the manifest.

    Raises `StartError` if a member is missing or differs from what was written.
    """
    for name, expected in manifest.members.items():
        try:
            member_file = archive.extractfile(name)
        except KeyError:
            member_file = None
        if member_file is None:
            raise StartError(f"{file} is incomplete: {name} is missing")
        with member_file, open(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            found = _copied(member_file, out)
        if found != expected:
            raise StartError(f"{file} is damaged: its {name} does not match its manifest")


def _manifest(file: Path, archive: tarfile.TarFile) -> Manifest:
    first = archive.next()
    member_file = archive.extractfile(first) if first is not None and first.name == MANIFEST and first.isreg() else None
    if member_file is None or first is None or first.size > MANIFEST_LIMIT_BYTES:
        raise StartError(f"{file} is not a backup of Cadenza: it does not begin with {MANIFEST}")
    manifest_json = member_file.read()
    try:
        written_as = _Format.model_validate_json(manifest_json).format
        if written_as > FORMAT:
            raise StartError(f"{file} was made by a newer release (format {written_as}): restore it with that one")
        manifest = Manifest.model_validate_json(manifest_json)
    except ValidationError as error:
        raise StartError(f"{file} is not a backup of Cadenza: its {MANIFEST} cannot be read") from error
    _refuse_strangers(file, manifest.members, archive)
    return manifest


class _Format(BaseModel):
    format: int


def _refuse_strangers(file: Path, members: Mapping[str, Member], archive: tarfile.TarFile) -> None:
    """Accepts only our names, once each, and only plain files, so that nothing is written to another place."""
    names = [entry.name for entry in archive.getmembers()]
    if sorted(members) != sorted(MEMBERS) or sorted(names) != sorted((MANIFEST, *MEMBERS)):
        raise StartError(f"{file} is not a backup of Cadenza: it holds {', '.join(sorted(names))[:200]}")
    if not all(entry.isreg() for entry in archive.getmembers()):
        raise StartError(f"{file} is not a backup of Cadenza: it contains other things than plain files")


def _entry(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(manifest.taken_at.timestamp())
    return entry


def _measured(copy: Path) -> Member:
    with copy.open("rb") as file:
        return _copied(file, None)


def _copied(source: IO[bytes], out: IO[bytes] | None) -> Member:
    """Reads `source` to its end in portions, and writes it durably to `out` if that is given."""
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
