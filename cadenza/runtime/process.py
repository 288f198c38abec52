"""A child process: its log, its readiness, and its end, which is always waited for."""

import asyncio
import ctypes
import os
import platform
import re
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from cadenza.errors import StartError
from cadenza.runtime import lifeline

PR_SET_PDEATHSIG = 1
LOG_LIMIT_BYTES = 10_000_000

_libc = ctypes.CDLL(None) if platform.system() == "Linux" else None


@dataclass(frozen=True)
class Account:
    """The system account that a child runs under if this process is root and the child must not be."""

    uid: int
    gid: int


@dataclass
class ProcessCommand:
    """What to run and how. `ending` lists the signals that end it, each with the seconds to wait for it."""

    name: str
    arguments: Sequence[str | Path]
    log: Path | None
    """The file to append its output to. None: the child writes to this process's output."""
    environment: Mapping[str, str]
    folder: Path | None = None
    account: Account | None = None
    ending: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0))
    orphaned_by: signal.Signals = signal.SIGTERM
    """The signal that the kernel sends it if this process dies (Linux only)."""
    has_lifeline: bool = False
    """True for children that use lifeline.py: they report when they are ready, and notice when this process ends."""


@dataclass
class Child:
    """One run of a command. Start it once. Whatever happens then, `end` leaves no process behind."""

    command: ProcessCommand
    process: asyncio.subprocess.Process | None = None
    _log_start: int = 0
    _lifeline: socket.socket | None = field(default=None, repr=False)

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    @property
    def ended(self) -> bool:
        return self.process is None or self.process.returncode is not None

    async def start(self) -> None:
        """Starts the process. Raises `StartError` if the program does not exist or may not be run."""
        command = self.command
        child_end = self._make_lifeline() if command.has_lifeline else None
        environment = dict(command.environment)
        if child_end is not None:
            environment[lifeline.VARIABLE] = str(child_end.fileno())
        with open_log(command.log) if command.log else nullcontext(None) as log:
            self._log_start = 0 if log is None else os.fstat(log).st_size
            try:
                self.process = await asyncio.create_subprocess_exec(
                    *command.arguments,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=command.folder,
                    env=environment,
                    start_new_session=True,
                    umask=0o077,  # files that a child creates are readable by their owner only
                    pass_fds=() if child_end is None else (child_end.fileno(),),
                    preexec_fn=_end_with_parent(os.getpid(), command.orphaned_by),
                    user=command.account and command.account.uid,
                    group=command.account and command.account.gid,
                    extra_groups=command.account and [],
                )
            except OSError as error:
                raise StartError(f"{command.name} could not be started: {error}") from error
            finally:
                if child_end is not None:
                    child_end.close()

    async def ready(self) -> None:
        """Waits until the child reports that it is ready. Raises `StartError` with its complaint if it ends first."""
        assert self._lifeline is not None, "only a child with a lifeline says when it is ready"
        message = await asyncio.get_running_loop().sock_recv(self._lifeline, len(lifeline.READY))
        if not message:
            await self.wait()
            raise StartError(self.complaint())

    async def wait(self) -> int:
        """Waits until the process has ended. Returns its exit status, or minus the number of the signal that ended
        it."""
        assert self.process is not None, "started"
        return await self.process.wait()

    def send(self, signal_: signal.Signals) -> None:
        """Sends a signal to the process if it runs, then SIGCONT, so that a stopped process (Ctrl-Z) receives it."""
        if self.process is not None and not self.ended:
            self.process.send_signal(signal_)
            self.process.send_signal(signal.SIGCONT)

    async def end(self) -> None:
        """Ends the process and waits for it. Each further signal is sent only if the one before was not enough."""
        try:
            for signal_, seconds in self.command.ending:
                if self.ended or self.process is None:
                    return
                self.send(signal_)
                try:
                    await asyncio.wait_for(self.process.wait(), seconds)
                except TimeoutError:
                    continue
        finally:
            if self._lifeline is not None:
                self._lifeline.close()
                self._lifeline = None

    def complaint(self) -> str:
        """Returns one line about a child that ended unexpectedly, with the last error in its log."""
        ended = f"{self.command.name} ended ({describe_status(self.process and self.process.returncode)})"
        if self.command.log is None:
            return ended
        message = last_complaint(self.command.log, self._log_start)
        return f"{ended}: {message} (log: {self.command.log})"

    def _make_lifeline(self) -> socket.socket:
        self._lifeline, child_end = socket.socketpair()
        self._lifeline.setblocking(False)
        return child_end


async def run_to_end(command: ProcessCommand) -> None:
    """Runs a command until it ends by itself. Raises `StartError` with its complaint if it fails. If this is cancelled,
    the command is ended."""
    child = Child(command)
    try:
        await child.start()
        if await child.wait() != 0:
            raise StartError(child.complaint())
    finally:
        await child.end()


def describe_status(status: int | None) -> str:
    if status is None:
        return "still running"
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def last_complaint(log: Path, start: int = 0) -> str:
    """Returns the last line in `log` after byte `start` that looks like an error, or else the last line."""
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - 20_000))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\b(FATAL|PANIC)\b|[Ee]rror\b|^cadenza: ", line)]
    candidates = [*lines[-1:], *errors[-1:]]
    return candidates[-1][:300] if candidates else "it wrote nothing"


class open_log:
    """Opens a log file for appending, readable by its owner only. A large file is first renamed to `NAME.log.1`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists() and self._path.stat().st_size > LOG_LIMIT_BYTES:
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return self._descriptor

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _end_with_parent(parent: int, signal_: signal.Signals) -> Callable[[], None]:
    """Returns code that runs in the child after it changed its account (which would undo this) and before its
    program."""

    def in_child() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal_)
            if os.getppid() != parent:  # the parent ended before the kernel was told
                os._exit(1)

    return in_child
