"""Only processes that an earlier run certainly started are ended, never another program that reuses a process ID."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import pytest

from cadenza.embedded.orphans import HOME_VARIABLE, ProcessRecords

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"
)
Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def run() -> Generator[Run, None, None]:
    started: list[subprocess.Popen[str]] = []

    def run(home: Path | None = None, code: str = "print('on', flush=True); import time; time.sleep(600)") -> object:
        environment = {**os.environ, **({HOME_VARIABLE: str(home)} if home else {})}
        started.append(
            subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        )
        assert started[-1].stdout is not None and started[-1].stdout.readline() == "on\n"
        return started[-1]

    yield run  # type: ignore[misc]
    for process in started:
        process.kill()
        process.communicate()


def records_of(home: Path) -> ProcessRecords:
    return ProcessRecords(home / "pids.json", home)


def test_a_child_in_the_book_is_ended(tmp_path: Path, run: Run) -> None:
    child = run()
    records_of(tmp_path).add("worker", child.pid)
    assert records_of(tmp_path).end_orphans() == ["worker"]
    assert child.wait(10) == -signal.SIGTERM
    assert records_of(tmp_path).end_orphans() == []


def test_a_child_without_an_entry_is_found_by_its_environment(tmp_path: Path, run: Run) -> None:
    mine, others = run(home=tmp_path), run(home=tmp_path / "another")
    (tmp_path / "pids.json").write_bytes(b"\xff torn")
    assert len(records_of(tmp_path).end_orphans()) == 1
    assert mine.wait(10) == -signal.SIGTERM
    assert others.poll() is None


@pytest.mark.parametrize("change", [{"started": 1.0}, {"command": ["python", "-m", "cadenza", "worker"]}])
def test_a_reused_process_id_is_left_alone(tmp_path: Path, run: Run, change: dict[str, object]) -> None:
    child = run()
    records_of(tmp_path).add("worker", child.pid)
    entries = json.loads((tmp_path / "pids.json").read_text())
    (tmp_path / "pids.json").write_text(json.dumps({"worker": {**entries["worker"], **change}}))
    assert records_of(tmp_path).end_orphans() == []
    assert child.poll() is None


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cadenza.embedded.orphans.GRACE_SECONDS", 0.2)
    child = run(code=STUBBORN)
    records_of(tmp_path).add("worker", child.pid)
    assert records_of(tmp_path).end_orphans() == ["worker"]
    assert child.wait(10) == -signal.SIGKILL


def test_a_removed_child_is_not_ended(tmp_path: Path, run: Run) -> None:
    records = records_of(tmp_path)
    records.add("worker", run().pid)
    records.remove("worker")
    assert (records.pids, records_of(tmp_path).end_orphans()) == ({}, [])


def test_a_process_that_has_ended_gets_no_entry(tmp_path: Path) -> None:
    records = records_of(tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert not psutil.pid_exists(gone.pid)
    records.add("worker", gone.pid)
    assert records.pids == {}
