"""Runs a Python process, and every program that it starts, at another date.

    subprocess.Popen([sys.executable, ...], env={**os.environ, **at(moment)})

`python -m tests.clock` runs the tests themselves so (docs/testing.md). How: startup/clock_patch.py.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.clock.startup.clock_patch import VARIABLE, is_possible

STARTUP = Path(__file__).parent / "startup"


def at(moment: datetime) -> dict[str, str]:
    """The environment of a process that begins at `moment`, and goes on from there.

    Skips the test where clocks cannot be moved: elsewhere than on Linux on x86_64.
    """
    if not is_possible():
        pytest.skip("moves clocks by changing the vDSO of Linux on x86_64")
    ours = int(os.environ.get(VARIABLE, "0"))
    seconds = round((moment - datetime.now(UTC)).total_seconds()) + ours
    path = os.pathsep.join([str(STARTUP), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {VARIABLE: str(seconds), "PYTHONPATH": path}
