"""A process that this one starts: its log, its readiness, and its end, which is always waited for."""

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
    """The system account a child runs under, when this process is root and the child must not be."""

    uid: int
    gid: int


@dataclass
class Command:
    """What to run and how. `ending` is the signals to end it with, each with the seconds that it is given."""

    name: str
    arguments: Sequence[str | Path]
    log: Path | None
    """Appended to; without one the child writes where this process does."""
    environment: Mapping[str, str]
    folder: Path | None = None
    account: Account | None = None
    ending: Sequence[tuple[signal.Signals, float]] = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0))
    orphaned_by: signal.Signals = signal.SIGTERM
    """What the kernel sends it when this process dies without a word (Linux only)."""
    has_lifeline: bool = False
    """A Python child of ours: it says when it is ready, and notices by itself when this process is gone."""


@dataclass
class Child:
    """One run of a command. Start it once; whatever happens then, `end` leaves nothing behind."""

    command: Command
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
        """Start the process. `StartError` when the program is not there or may not be run."""
        command = self.command
        theirs = self._make_lifeline() if command.has_lifeline else None
        environment = dict(command.environment)
        if theirs is not None:
            environment[lifeline.VARIABLE] = str(theirs.fileno())
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
                    umask=0o077,  # what a child keeps is for its owner's eyes only
                    pass_fds=() if theirs is None else (theirs.fileno(),),
                    preexec_fn=_end_with_parent(os.getpid(), command.orphaned_by),
                    user=command.account and command.account.uid,
                    group=command.account and command.account.gid,
                    extra_groups=command.account and [],
                )
            except OSError as error:
                raise StartError(f"{command.name} could not be started: {error}") from error
            finally:
                if theirs is not None:
                    theirs.close()

    async def ready(self) -> None:
        """Wait until the child says that it does its work. `StartError` in its words when it ends first."""
        assert self._lifeline is not None, "only a child with a lifeline says when it is ready"
        said = await asyncio.get_running_loop().sock_recv(self._lifeline, len(lifeline.READY))
        if not said:
            await self.wait()
            raise StartError(self.complaint())

    async def wait(self) -> int:
        """Wait until the process has ended: its exit status, or minus the signal that ended it."""
        assert self.process is not None, "started"
        return await self.process.wait()

    def send(self, signal_: signal.Signals) -> None:
        """Send a signal to the process, if it still runs, and see to it that a stopped one (Ctrl-Z) gets it."""
        if self.process is not None and not self.ended:
            self.process.send_signal(signal_)
            self.process.send_signal(signal.SIGCONT)

    async def end(self) -> None:
        """End the process and wait for it. A later signal follows only when an earlier one was not enough."""
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
        """One line for a child that ended when it should not have, with the last thing that its log says."""
        ended = f"{self.command.name} ended ({describe_status(self.process and self.process.returncode)})"
        if self.command.log is None:
            return ended
        said = last_complaint(self.command.log, self._log_start)
        return f"{ended}: {said} (log: {self.command.log})"

    def _make_lifeline(self) -> socket.socket:
        self._lifeline, theirs = socket.socketpair()
        self._lifeline.setblocking(False)
        return theirs


async def run_to_end(command: Command) -> None:
    """Run a command that ends by itself: `StartError` in its words when it fails. Cancelled, it is ended."""
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
    """The last line in `log`, after byte `start`, that reads like an error; else simply the last line."""
    with log.open("rb") as file:
        file.seek(max(start, log.stat().st_size - 20_000))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"\b(FATAL|PANIC)\b|[Ee]rror\b|^cadenza: ", line)]
    said = [*lines[-1:], *errors[-1:]]
    return said[-1][:300] if said else "it wrote nothing"


class open_log:
    """A log file to append to, for its owner's eyes only; a large one is put aside first as `NAME.log.1`."""

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
    """For the child: after it has changed its account, which would undo this, and before its program runs."""

    def in_child() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, signal_)
            if os.getppid() != parent:  # the parent went before the kernel was told
                os._exit(1)

    return in_child
