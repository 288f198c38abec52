"""The processes of an earlier run that its end left behind, found for certain before they are ended.

A process is ours when the book in the home folder names its pid, its start time and its command: a pid that
was given to another program since is never touched. It is also ours when its environment names this home
folder, which covers a run that was killed between starting a child and writing it down.
"""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil
from pydantic import BaseModel, TypeAdapter, ValidationError

from cadenza.errors import StartError

HOME_VARIABLE: Final = "CADENZA_SUPERVISED_HOME"
START_TIME_SLACK_SECONDS = 2.0
GRACE_SECONDS = 10.0


class Entry(BaseModel):
    """One child as it was when it was started."""

    pid: int
    started: float
    command: list[str]


_Book = TypeAdapter(dict[str, Entry])


class ProcessBook:
    """`pids.json` in the home folder: which children run. Only the holder of the home's lock may use it."""

    def __init__(self, file: Path, home: Path) -> None:
        self._file = file
        self._home = home
        self._entries: dict[str, Entry] = {}

    @property
    def pids(self) -> dict[str, int]:
        return {name: entry.pid for name, entry in self._entries.items()}

    def write_down(self, name: str, pid: int) -> None:
        """Remember a child that has just been started."""
        try:
            process = psutil.Process(pid)
            self._entries[name] = Entry(pid=pid, started=process.create_time(), command=process.cmdline())
        except psutil.NoSuchProcess:
            self._entries.pop(name, None)
        self._save()

    def strike_out(self, name: str) -> None:
        """Forget a child that has ended."""
        if self._entries.pop(name, None) is not None:
            self._save()

    def end_orphans(self) -> list[str]:
        """End what an earlier run left behind, and wait for it. Returns what that was, by name or command."""
        orphans = {process.pid: (name, process) for name, process in self._from_book()}
        for process in processes_of(self._home):
            orphans.setdefault(process.pid, (_describe(process), process))
        end_processes([process for _, process in orphans.values()])
        self._entries = {}
        self._file.unlink(missing_ok=True)
        return [name for name, _ in orphans.values()]

    def _from_book(self) -> list[tuple[str, psutil.Process]]:
        try:
            book = _Book.validate_json(self._file.read_bytes())
        except (FileNotFoundError, ValidationError):
            return []  # a torn or foreign file is no proof of anything: the environment still tells
        found = ((name, _running(entry)) for name, entry in book.items())
        return [(name, process) for name, process in found if process is not None]

    def _save(self) -> None:
        fresh = self._file.with_name(self._file.name + ".new")
        fresh.write_bytes(_Book.dump_json(self._entries, indent=1))
        fresh.replace(self._file)


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process, but this one and those above it, that was started for `home`, by its environment."""
    above = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.pid not in above and process.environ().get(HOME_VARIABLE) == str(home):
                found.append(process)
        except (psutil.Error, OSError):
            continue  # gone meanwhile, or another person's: not ours
    return found


def processes_working_in(folder: Path, program: str) -> list[psutil.Process]:
    """Every process named `program` whose working folder is `folder`: a server's own children among them."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.name() == program and Path(process.cwd()) == folder:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def end_processes(processes: list[psutil.Process], polite: signal.Signals | None = None) -> None:
    """Ask each process to end, then end it; returns once all are gone.

    Asked with `polite`, else with what the program takes for an orderly shutdown. Raises `StartError` for one
    that does not go.
    """
    for process in processes:
        orderly = signal.SIGINT if _name_of(process) == "postgres" else signal.SIGTERM
        _send(process, polite or orderly)
        _send(process, signal.SIGCONT)  # a stopped one (Ctrl-Z) would not get it otherwise
    for process in _wait_for_end(processes):
        _send(process, signal.SIGKILL)
    if alive := _wait_for_end(processes):
        raise StartError(f"process {alive[0].pid} of an earlier run cannot be ended: end it, and start again")


def is_alive(process: psutil.Process) -> bool:
    """A zombie is not: it has ended, and where nothing reaps orphans (many containers) it stays in the list."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait_for_end(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those of `processes` that are alive still after the time of grace."""
    deadline = time.monotonic() + GRACE_SECONDS
    while (alive := [process for process in processes if is_alive(process)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive


def _send(process: psutil.Process, signal_: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        process.send_signal(signal_)


def _name_of(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return process.name()
    return ""


def _describe(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()[:4])
    except psutil.Error:
        return f"process {process.pid}"


def _running(entry: Entry) -> psutil.Process | None:
    """The process of an entry in the book, if it is still that very one."""
    try:
        process = psutil.Process(entry.pid)
        same_start = abs(process.create_time() - entry.started) < START_TIME_SLACK_SECONDS
        return process if same_start and process.cmdline() == entry.command else None
    except psutil.Error:
        return None
