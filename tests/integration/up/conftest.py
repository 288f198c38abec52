"""A home folder, and `cadenza up` on it as often as a test wants; nothing of it outlives the test."""

import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.integration.up.up_run import Start, UpRun


@pytest.fixture
def home() -> Generator[Path, None, None]:
    """Not there yet. Not in pytest's own folder, which PostgreSQL's account, under root, could not get into."""
    with tempfile.TemporaryDirectory(prefix="cadenza-tests-") as folder:
        yield Path(folder) / "a home%20?#"


@pytest.fixture
def start(home: Path) -> Generator[Start, None, None]:
    runs: list[UpRun] = []

    def start(*options: str, at: Path = home, environment: dict[str, str] | None = None) -> UpRun:
        runs.append(UpRun(at, *options, environment=environment))
        return runs[-1]

    yield start
    for run in runs:
        run.close()


@pytest.fixture
def folder() -> Generator[Path, None, None]:
    """For homes. Not pytest's own, which PostgreSQL's account, under root, could not get into."""
    with tempfile.TemporaryDirectory(prefix="cadenza-tests-") as made:
        yield Path(made)


@pytest.fixture
def runs() -> Generator[list[UpRun], None, None]:
    """Closed in the end, whatever was added."""
    started: list[UpRun] = []
    yield started
    for run in started:
        run.close()
