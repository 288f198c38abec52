"""Only what an earlier run certainly started is ended: a pid that another program has by now is left alone."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import pytest

from cadenza.embedded.orphans import HOME_VARIABLE, ProcessBook

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


def book_of(home: Path) -> ProcessBook:
    return ProcessBook(home / "pids.json", home)


def test_a_child_in_the_book_is_ended(tmp_path: Path, run: Run) -> None:
    child = run()
    book_of(tmp_path).write_down("worker", child.pid)
    assert book_of(tmp_path).end_orphans() == ["worker"]
    assert child.wait(10) == -signal.SIGTERM
    assert book_of(tmp_path).end_orphans() == []


def test_a_child_in_no_book_is_known_by_its_environment(tmp_path: Path, run: Run) -> None:
    mine, others = run(home=tmp_path), run(home=tmp_path / "another")
    (tmp_path / "pids.json").write_bytes(b"\xff torn")
    assert len(book_of(tmp_path).end_orphans()) == 1
    assert mine.wait(10) == -signal.SIGTERM
    assert others.poll() is None


@pytest.mark.parametrize("change", [{"started": 1.0}, {"command": ["python", "-m", "cadenza", "worker"]}])
def test_a_pid_that_another_program_has_by_now_is_left_alone(
    tmp_path: Path, run: Run, change: dict[str, object]
) -> None:
    child = run()
    book_of(tmp_path).write_down("worker", child.pid)
    entries = json.loads((tmp_path / "pids.json").read_text())
    (tmp_path / "pids.json").write_text(json.dumps({"worker": {**entries["worker"], **change}}))
    assert book_of(tmp_path).end_orphans() == []
    assert child.poll() is None


def test_one_that_will_not_go_is_killed(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cadenza.embedded.orphans.GRACE_SECONDS", 0.2)
    child = run(code=STUBBORN)
    book_of(tmp_path).write_down("worker", child.pid)
    assert book_of(tmp_path).end_orphans() == ["worker"]
    assert child.wait(10) == -signal.SIGKILL


def test_a_child_that_is_struck_out_is_forgotten(tmp_path: Path, run: Run) -> None:
    book = book_of(tmp_path)
    book.write_down("worker", run().pid)
    book.strike_out("worker")
    assert (book.pids, book_of(tmp_path).end_orphans()) == ({}, [])


def test_a_pid_that_never_was_is_no_entry(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert not psutil.pid_exists(gone.pid)
    book.write_down("worker", gone.pid)
    assert book.pids == {}
