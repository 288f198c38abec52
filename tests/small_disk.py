"""A disk that is small enough to fill: a separate tmpfs, if this process may mount one."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

_BALLAST = "ballast"
_PIECE = b"\0" * 65536


class SmallDisk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / _BALLAST

    def fill(self, *, but_bytes: int = 0) -> None:
        """Leaves this much space free."""
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(_PIECE)
            except OSError:
                pass  # The disk is full.
            file.truncate(max(0, file.tell() - but_bytes))

    def make_room(self) -> None:
        self._ballast.unlink(missing_ok=True)


@asynccontextmanager
async def small_disk(folder: Path, megabytes: int) -> AsyncGenerator[SmallDisk, None]:
    """Mounting needs root's rights in this mount namespace. Without them the test is skipped; what the API responds on
    a full disk is tested all the same (tests/integration/api/test_api_outages.py)."""
    await asyncio.to_thread(folder.mkdir, parents=True)
    if sys.platform != "linux" or not await _succeeds(
        "mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)
    ):
        pytest.skip("no file system can be mounted here")
    try:
        yield SmallDisk(folder)
    finally:
        assert await _succeeds("umount", str(folder)) or await _succeeds("umount", "--lazy", str(folder))


async def _succeeds(*command: str) -> bool:
    quiet = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
    except OSError:
        return False
    return await process.wait() == 0
