"""The home folder: everything that `cadenza up` stores. One process may use it at a time."""

import fcntl
import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cadenza.errors import StartError
from cadenza.files import write_private


class Home:
    """The folder and its paths. Entering the context creates and locks the folder; leaving releases the lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.abspath(folder.expanduser()))
        self.outbox = self.folder / "outbox"
        self.logs = self.folder / "logs"
        self.pids_file = self.folder / "pids.json"
        self.run_file = self.folder / "run.json"
        self._lock_file = self.folder / "lock"
        self._lock = -1

    def __enter__(self) -> Self:
        """Raises `StartError` for a folder that cannot be used or that another process uses."""
        try:
            self._make()
            self._take_lock()
            for folder in (self.outbox, self.logs):
                folder.mkdir(exist_ok=True)
            self.run_file.unlink(missing_ok=True)
        except OSError as error:
            self.__exit__(None, None, None)
            named = error.filename or self.folder
            raise StartError(f"the home folder cannot be used: {named}: {error.strerror}") from error
        except StartError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def running(self) -> dict[str, Any] | None:
        """Returns run.json of the process that uses this home, or None if there is no such process.

        Raises `StartError` if that process is not ready.
        """
        try:
            lock = os.open(self._lock_file, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return None
        except BlockingIOError:
            with suppress(OSError, ValueError):
                return json.loads(self.run_file.read_text())
            raise StartError(f"the run on {self.folder} is starting or ending: try again") from None
        finally:
            os.close(lock)

    def announce(self, run: dict[str, object]) -> None:
        """Writes run.json. Its presence says that this run is ready."""
        write_private(self.run_file, json.dumps(run, indent=1) + "\n")

    def withdraw(self) -> None:
        """Removes run.json. Its absence says that this run is not ready, or is ending."""
        self.run_file.unlink(missing_ok=True)

    def _make(self) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise StartError(f"the home folder cannot be used: {self.folder} is a file")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
            raise StartError(f"the home folder cannot be used: {self.folder} is not writable")

    def _take_lock(self) -> None:
        self._lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(self._already_running()) from None
        os.ftruncate(self._lock, 0)
        os.write(self._lock, str(os.getpid()).encode())

    def _already_running(self) -> str:
        pid = os.pread(self._lock, 32, 0).decode(errors="replace").strip() or "unknown"
        with suppress(OSError, ValueError, KeyError, TypeError):
            url = json.loads(self.run_file.read_text())["api_url"]
            return f"already running on {self.folder} (pid {pid}), see {url}"
        return f"already running on {self.folder} (pid {pid}), and not ready yet"
