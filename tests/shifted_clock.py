"""A process whose wall clock differs from everybody else's. The durations that it measures (monotonic time) are
correct."""

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

LIBRARY = "libfaketime.so.1"


def shifted(by_seconds: int, folder: Path) -> dict[str, str]:
    """Returns the environment of such a process. `folder`: a place where other accounts can read the library, too.

    Linux only: elsewhere the test is skipped. In CI on Linux, a missing library is a failure.
    """
    if sys.platform != "linux":
        pytest.skip("shifts clocks by preloading a library of Linux")
    package = find_spec("libfaketime")
    found = package and package.origin and Path(package.origin).parent / "vendor/libfaketime/src" / LIBRARY
    if not found or not found.is_file():
        if os.environ.get("CI"):
            raise AssertionError("libfaketime is not installed: see requirements-dev.lock")
        pytest.skip("libfaketime is not installed")
    library = folder / LIBRARY
    if not library.exists():
        shutil.copyfile(found, library)
        library.chmod(0o644)
    # A server under another account must be able to enter the folder.
    folder.chmod(folder.stat().st_mode | 0o011)
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": f"{by_seconds:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
