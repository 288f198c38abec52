"""Writes files that are complete or absent, even after a power failure."""

import os
from contextlib import suppress
from pathlib import Path

from cadenza.errors import StartError


def write_private(file: Path, text: str) -> None:
    """Replaces `file` atomically and durably, readable by its owner only."""
    fresh = file.with_name(file.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    sync_folder(file.parent)


def open_own_folder(folder: Path) -> int:
    """Returns a descriptor of the folder, and creates the folder if it does not exist.

    Raises `StartError` for a symbolic link and for a folder of another user. In a place where others may write, they
    could have put it there, and its content will be deleted or must stay private.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise StartError(f"{folder} cannot be used: {error.strerror}") from error
    if os.fstat(descriptor).st_uid != os.geteuid():
        os.close(descriptor)
        raise StartError(f"{folder} cannot be used: it belongs to another user")
    return descriptor


def sync_folder(folder: Path) -> None:
    """Makes the names in `folder` durable: a file that was renamed into it survives a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
