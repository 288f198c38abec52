"""Ends a process that has loaded `temporalio`.

The SDK's native threads crash the interpreter during its shutdown (SIGSEGV or SIGABRT in about one process of six),
after all work is done. Such a crash turns a success into a failure. So a process flushes its output and ends with
`os._exit`, which skips the interpreter's shutdown. The exit status is always the true one.
"""

import logging
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from cadenza.errors import StartError

FLUSH_FAILED = 120
"""The status with which Python itself exits if standard output cannot be flushed."""


def leave(status: int) -> NoReturn:
    """Flushes the output, then ends the process with `status` without the interpreter's shutdown.

    A success whose output could not be flushed becomes a failure. A failure keeps its status.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or FLUSH_FAILED
    os._exit(status & 0xFF or (1 if status else 0))


def run_and_leave(command: Callable[[], object]) -> NoReturn:
    """Runs `command`, then ends the process with its status.

    `SystemExit` has its own status. A `StartError` prints one line and is 1, Ctrl-C is 130, and any other exception
    prints its traceback and is 1.
    """
    leave(_status_of(command))


def _status_of(command: Callable[[], object]) -> int:
    try:
        command()
    except SystemExit as exit_:
        return _exit_status(exit_.code)
    except StartError as problem:
        print(f"cadenza: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BaseException:  # noqa: BLE001 (the outermost frame: the error is printed and becomes the status)
        traceback.print_exc()
        return 1
    return 0


def _exit_status(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code
    print(code, file=sys.stderr)
    return 1
