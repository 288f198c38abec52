"""Loaded by every Python interpreter that starts with this folder on its PYTHONPATH (tests/clock/__init__.py).

Moves this process's clock, and the clock of every program that it starts.
"""

import os
import subprocess
from typing import Any

from clock_patch import VARIABLE, patch_this_process, patch_traced, trace_me

_popen_init = subprocess.Popen.__init__


def _start(
    process: "subprocess.Popen[Any]", arguments: Any, *positional: Any, preexec_fn: Any = None, **named: Any
) -> None:
    """`Popen.__init__`. A program whose environment names no number of seconds gets this process's."""

    def in_child() -> None:
        if preexec_fn is not None:
            preexec_fn()
        trace_me()

    _popen_init(process, arguments, *positional, preexec_fn=in_child, **named)
    try:
        patch_traced(process.pid, int((named.get("env") or os.environ).get(VARIABLE, os.environ[VARIABLE])))
    except BaseException:
        process.kill()
        raise


if VARIABLE in os.environ:
    try:
        patch_this_process(int(os.environ[VARIABLE]))
    except Exception as error:
        # An ordinary error here would only be printed, and the program would run at the true time.
        raise SystemExit(f"the clock cannot be moved: {error}") from error
    subprocess.Popen.__init__ = _start
