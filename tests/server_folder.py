"""Folders for servers' data."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def temporary_server_folder(prefix: str = "cadenza-tests-") -> Generator[Path]:
    """Yields a folder that is deleted afterwards.

    It is outside pytest's own folder, which PostgreSQL's account could not enter when tests run as root.
    """
    with tempfile.TemporaryDirectory(prefix=prefix) as folder:
        yield Path(folder)
