"""Starts the program in processes that do not need to import it first: each is a fork of this process, which has.

To import the API or a worker takes one to three seconds of processor time, and tests run the program hundreds of times.
A forked process is like any other: it has the arguments, environment, folder and files that it was given, and can be
killed, stopped and waited for. This host talks to tests/programs.py over the socket whose descriptor is its argument.
It ends when that socket closes, together with everything that it has started.

A request is a JSON line, sent with the descriptors of the standard files. Responses are JSON lines: the process IDs of
started processes in the order of the requests, and the process ID and status of each one that has ended.
"""

import gc
import json
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

from cadenza import cli
from cadenza.commands.lazy_commands import LATER, OWN

PARTS = ("cadenza.runtime.worker", "cadenza.runtime.api_process", "cadenza.runtime.program", "uvloop")
LIMIT_BYTES = 1_000_000
MOST_FILES = 256
"""More descriptors than this process ever has open."""


def main() -> None:
    for name in (*PARTS, *[target.partition(":")[0] for _, target, _ in (*OWN, *LATER)]):
        import_module(name)
    gc.freeze()  # So that the garbage collector of a child does not copy shared memory.
    asked = socket.socket(fileno=int(sys.argv[1]))
    wake, woken = socket.socketpair()
    woken.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: set[int] = set()
    with selectors.DefaultSelector() as selector:
        selector.register(asked, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is wake:
                    wake.recv(1024)
                    _tell_of_the_ended(running, asked)
                    continue
                request, files, _, _ = socket.recv_fds(asked, LIMIT_BYTES, 3)
                while request and not request.endswith(b"\n"):
                    request += asked.recv(LIMIT_BYTES)
                if not request:
                    for pid in running:
                        with suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                    return
                pid = os.fork()
                if pid == 0:
                    _become(json.loads(request), files)
                for file in files:
                    os.close(file)
                running.add(pid)
                _tell(asked, {"started": pid})


def _tell_of_the_ended(running: set[int], asked: socket.socket) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        running.discard(pid)
        _tell(asked, {"ended": pid, "status": os.waitstatus_to_exitcode(status)})


def _tell(asked: socket.socket, answer: dict[str, Any]) -> None:
    asked.sendall(json.dumps(answer).encode() + b"\n")


def _become(request: dict[str, Any], files: list[int]) -> NoReturn:
    """Runs `python -m cadenza ARGUMENTS` in the process that was just forked."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.closerange(3, MOST_FILES)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["cadenza", *request["arguments"]]
    cli.main()


if __name__ == "__main__":
    main()
