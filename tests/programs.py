"""The program as a user or an operator starts it: `python -m cadenza ARGUMENTS`, in its own process.

The process is forked from one that has imported the program (tests/program_host.py). If the environment changes how an
interpreter starts, the program is executed in the usual way.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

PIPE = asyncio.subprocess.PIPE
DEVNULL = asyncio.subprocess.DEVNULL
AT_THE_START = ("LD_PRELOAD", "PYTHONPATH", "TESTS_CLOCK_SECONDS", "TZ")
"""Variables that change how the interpreter or libraries start."""

File = int | IO[bytes] | None


class Process(Protocol):
    """What `asyncio.subprocess.Process` and `Forked` have in common."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    async def wait(self) -> int: ...
    async def communicate(self, input: bytes | None = None) -> tuple[bytes, bytes]: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...
    def send_signal(self, signal: int) -> None: ...


async def start_program(
    *arguments: str, environment: Mapping[str, str], stdin: File = None, stdout: File = None, stderr: File = None
) -> Process:
    """Standard files as `subprocess` takes them. Without one the process uses this process's file."""
    if any(environment.get(name) != os.environ.get(name) for name in AT_THE_START):
        command = (sys.executable, "-m", "cadenza", *arguments)
        return await asyncio.create_subprocess_exec(
            *command, env=environment, stdin=stdin, stdout=stdout, stderr=stderr
        )
    return await _host().start(arguments, environment, (stdin, stdout, stderr))


@dataclass
class Forked:
    """A child of the host. `communicate` reads and writes those of its standard files that are pipes."""

    pid: int
    _pipes: list[int | None]
    _ended: asyncio.Future[int] = field(repr=False)

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    async def communicate(self, input: bytes | None = None) -> tuple[bytes, bytes]:
        given, *told = self._pipes
        self._pipes = [None, None, None]

        def write() -> None:
            if given is not None:
                with suppress(BrokenPipeError), os.fdopen(given, "wb") as file:
                    file.write(input or b"")

        def read(pipe: int | None) -> bytes:
            if pipe is None:
                return b""
            with os.fdopen(pipe, "rb") as file:
                return file.read()

        _, out, err = await asyncio.gather(asyncio.to_thread(write), *(asyncio.to_thread(read, pipe) for pipe in told))
        await self.wait()
        return out, err

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, signal: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal)


class _Host:
    """The process that forks. There is one for each event loop. It ends when this process ends."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._socket, theirs = socket.socketpair()
        with theirs:
            subprocess.Popen(
                [sys.executable, "-m", "tests.program_host", str(theirs.fileno())],
                cwd=Path(__file__).parent.parent,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._socket.setblocking(False)
        self._started: list[asyncio.Future[int]] = []
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._unread = b""
        self._lock = asyncio.Lock()
        self.loop.add_reader(self._socket, self._read)

    async def start(
        self, arguments: tuple[str, ...], environment: Mapping[str, str], files: tuple[File, File, File]
    ) -> Forked:
        theirs, ours, to_close = [], [], []
        for number, file in enumerate(files):
            if file == PIPE:
                read, write = os.pipe()
                theirs.append(read if number == 0 else write)
                ours.append(write if number == 0 else read)
                to_close.append(theirs[-1])
            elif file == DEVNULL:
                theirs.append(os.open(os.devnull, os.O_RDWR))
                ours.append(None)
                to_close.append(theirs[-1])
            else:
                theirs.append(number if file is None else file if isinstance(file, int) else file.fileno())
                ours.append(None)
        request = {"arguments": arguments, "environment": dict(environment), "folder": os.getcwd()}
        started = self.loop.create_future()
        async with self._lock:  # One request at a time: the host reads each as a whole.
            self._started.append(started)
            socket.send_fds(self._socket, [json.dumps(request).encode() + b"\n"], theirs)
            pid = await started
        for file in to_close:
            os.close(file)
        return Forked(pid, ours, self._ended.setdefault(pid, self.loop.create_future()))

    def _read(self) -> None:
        told = self._socket.recv(1_000_000)
        assert told, "the host of the program's processes has ended"
        *lines, self._unread = (self._unread + told).split(b"\n")
        for line in lines:
            answer = json.loads(line)
            if "started" in answer:
                # Register it before its end can be reported: the system may use a process ID again.
                self._ended[answer["started"]] = self.loop.create_future()
                self._started.pop(0).set_result(answer["started"])
            else:
                self._ended[answer["ended"]].set_result(answer["status"])


_hosts: list[_Host] = []


def _host() -> _Host:
    if not _hosts or _hosts[-1].loop is not asyncio.get_running_loop():
        _hosts.append(_Host())
    return _hosts[-1]
