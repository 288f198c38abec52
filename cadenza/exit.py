"""The one way out of a process that has loaded `temporalio`.

The SDK's native threads crash the interpreter while it is torn down (SIGSEGV or SIGABRT in about one process
in six), after all work is done. A crash there turns a success into a failure, so whoever has flushed their
output leaves with `os._exit`, which tears nothing down. The status is always the true one.
"""

import logging
import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from cadenza.errors import StartError

FLUSH_FAILED = 120
"""What Python itself exits with when standard output cannot be flushed."""


def leave(status: int) -> NoReturn:
    """Flush what was written, then end the process with `status`, without tearing the interpreter down.

    A success whose output could not be flushed becomes a failure; a failure stays as it is.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or FLUSH_FAILED
    os._exit(status & 0xFF or (1 if status else 0))


def run_and_leave(command: Callable[[], object]) -> NoReturn:
    """Run `command`, then leave with its true status.

    `SystemExit` gives its own status, a `StartError` is one line and status 1, Ctrl-C is 130, and any other
    exception prints its traceback and is 1.
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
    except BaseException:  # noqa: BLE001 (nothing is above this: it is reported, and the status says so)
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
