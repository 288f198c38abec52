"""`UpRun`: one `cadenza up` in its own process, with its output, its run.json, and the processes it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from cadenza.embedded.orphans import is_alive, processes_of, processes_working_in
from tests.server_folder import temporary_server_folder

ANY_PORT = ("--api-port", "--temporal-port", "--temporal-ui-port", "--smtp-port", "--postgres-port")
PATIENCE_SECONDS = 180.0


class UpRun:
    """`python -m MODULE up --home HOME` on free ports. `close` ends it in any case."""

    def __init__(
        self,
        home: Path,
        *options: str,
        module: str = "tests.integration.up.stub_program",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (close() closes it)
        ports = [part for port in ANY_PORT if port not in options for part in (port, "0")]
        named = {k: v for k, v in os.environ.items() if not k.startswith(("CADENZA_", "TEMPORAL_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, "up", "--home", str(home), *ports, *options],
            stdout=self._output,
            stderr=self._output,
            stdin=subprocess.DEVNULL,
            env={**named, **(environment or {})},
        )

    @property
    def output(self) -> str:
        return os.pread(self._output.fileno(), 1_000_000, 0).decode()

    def run(self) -> dict[str, Any]:
        return json.loads((self.home / "run.json").read_text())

    def wait_until_ready(self) -> dict[str, Any]:
        self.wait_for("Ctrl-C ends everything")
        return self.run()

    def wait_for(self, said: str, times: int = 1) -> None:
        """Waits until the output contains `said` that many times."""
        self._wait_until(lambda: self.output.count(said) >= times, f"{said!r} {times} times")

    def wait_for_file(self, file: Path) -> None:
        """Waits until `file` exists."""
        self._wait_until(file.exists, str(file))

    def _wait_until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert self.process.poll() is None, f"ended with {self.process.returncode}:\n{self.output}"
            assert time.monotonic() < deadline, f"waited in vain for {what}:\n{self.output}"
            time.sleep(0.005)

    def kill(self, name: str) -> int:
        """Kills one child with SIGKILL, by the process ID in run.json. Returns that ID."""
        pid = int(self.run()["pids"][name])
        os.kill(pid, signal.SIGKILL)
        return pid

    def end(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(PATIENCE_SECONDS)

    def left_behind(self) -> list[psutil.Process]:
        """Returns every running process that was started for this home."""
        found = [*processes_of(self.home), *processes_working_in(self.home / "postgres", "postgres")]
        return [process for process in found if is_alive(process)]

    def close(self) -> None:
        """Leaves nothing for the next test: kills the supervisor and every process it left."""
        self.kill_everything()
        self._output.close()

    def kill_everything(self) -> None:
        """Kills the supervisor and every process that it started with SIGKILL, at the same moment."""
        left = self.left_behind()
        self.process.kill()
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        psutil.wait_procs(left, timeout=5)


@contextmanager
def dev_run(*, prefix: str = "cadenza-tests-", environment: Mapping[str, str] | None = None) -> Generator[UpRun]:
    """Runs the whole program with `cadenza up --dev` in a temporary home, ready for use.

    The home is outside pytest's own folder, which PostgreSQL's account could not enter when tests run as root.
    """
    with temporary_server_folder(prefix) as folder:
        run = UpRun(folder / "home", "--dev", module="cadenza", environment=environment)
        try:
            run.wait_until_ready()
            yield run
            run.end()
        finally:
            run.close()


def new_tenant(run: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What run.json would say had the first start made this tenant: with a key and a mailbox, as that one has."""
    headers = {"Authorization": f"Bearer {run['api_key']}"}
    with httpx.Client(base_url=run["api_url"], trust_env=False, timeout=PATIENCE_SECONDS) as http:
        body = {"name": name, "postal_address": "1 Main Street, Springfield"}
        made = http.post("/tenants", json=body, headers=headers).raise_for_status().json()
        key = made["api_key"]
        mailbox = {"email": f"sam@{made['id']}.example", "name": "Sam"}
        http.post("/mailboxes", json=mailbox, headers={"Authorization": f"Bearer {key}"}).raise_for_status()
    return {**run, "api_key": key, "tenant_id": made["id"]}


Start = Callable[..., UpRun]
"""Starts a run with the given options, on the test's home or on `at`."""
