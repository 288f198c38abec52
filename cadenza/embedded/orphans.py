"""Finds the processes that an earlier run left behind, and ends them.

A process is one of ours if `pids.json` in the home folder names its process ID, its start time and its command. So a
process ID that was reused by another program is never touched. A process is also ours if its environment names this
home folder. That covers a run that was killed after it started a child and before it wrote `pids.json`.
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
    """One child process, as it was when it was started."""

    pid: int
    started: float
    command: list[str]


_Records = TypeAdapter(dict[str, Entry])


class ProcessRecords:
    """`pids.json` in the home folder: the running children. Only the process that holds the home's lock may use it."""

    def __init__(self, file: Path, home: Path) -> None:
        self._file = file
        self._home = home
        self._entries: dict[str, Entry] = {}

    @property
    def pids(self) -> dict[str, int]:
        return {name: entry.pid for name, entry in self._entries.items()}

    def add(self, name: str, pid: int) -> None:
        """Records a child that has just been started."""
        try:
            process = psutil.Process(pid)
            self._entries[name] = Entry(pid=pid, started=process.create_time(), command=process.cmdline())
        except psutil.NoSuchProcess:
            self._entries.pop(name, None)
        self._save()

    def remove(self, name: str) -> None:
        """Removes a child that has ended."""
        if self._entries.pop(name, None) is not None:
            self._save()

    def end_orphans(self) -> list[str]:
        """Ends what an earlier run left behind and waits for it. Returns the names or commands of these processes."""
        orphans = {process.pid: (name, process) for name, process in self._recorded()}
        for process in processes_of(self._home):
            orphans.setdefault(process.pid, (_describe(process), process))
        end_processes([process for _, process in orphans.values()])
        self._entries = {}
        self._file.unlink(missing_ok=True)
        return [name for name, _ in orphans.values()]

    def _recorded(self) -> list[tuple[str, psutil.Process]]:
        try:
            records = _Records.validate_json(self._file.read_bytes())
        except (FileNotFoundError, ValidationError):
            return []  # an incomplete or foreign file proves nothing; the environment of the processes still does
        found = ((name, _running(entry)) for name, entry in records.items())
        return [(name, process) for name, process in found if process is not None]

    def _save(self) -> None:
        fresh = self._file.with_name(self._file.name + ".new")
        fresh.write_bytes(_Records.dump_json(self._entries, indent=1))
        fresh.replace(self._file)


def processes_of(home: Path) -> list[psutil.Process]:
    """Returns every process that was started for `home`, by its environment, except this one and its ancestors."""
    above = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.pid not in above and process.environ().get(HOME_VARIABLE) == str(home):
                found.append(process)
        except (psutil.Error, OSError):
            continue  # it has ended, or belongs to another user: not ours
    return found


def processes_working_in(folder: Path, program: str) -> list[psutil.Process]:
    """Returns every process named `program` whose working folder is `folder`, including children of a server."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.name() == program and Path(process.cwd()) == folder:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def end_processes(processes: list[psutil.Process], polite: signal.Signals | None = None) -> None:
    """Asks each process to end, then kills those that have not; returns when all are gone.

    The request is the signal `polite`, or by default the program's own signal for an orderly shutdown. Raises
    `StartError` for a process that cannot be ended.
    """
    for process in processes:
        orderly = signal.SIGINT if _name_of(process) == "postgres" else signal.SIGTERM
        _send(process, polite or orderly)
        _send(process, signal.SIGCONT)  # a stopped process (Ctrl-Z) would not receive the signal otherwise
    for process in _wait_for_end(processes):
        _send(process, signal.SIGKILL)
    if alive := _wait_for_end(processes):
        raise StartError(f"process {alive[0].pid} of an earlier run cannot be ended: end it, and start again")


def is_alive(process: psutil.Process) -> bool:
    """A zombie counts as ended. Where nothing reaps orphans (many containers), zombies stay in the process list."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait_for_end(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Waits, and returns those of `processes` that are still alive after the grace period."""
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
    """Returns the process of an entry if it is still the same one."""
    try:
        process = psutil.Process(entry.pid)
        same_start = abs(process.create_time() - entry.started) < START_TIME_SLACK_SECONDS
        return process if same_start and process.cmdline() == entry.command else None
    except psutil.Error:
        return None
