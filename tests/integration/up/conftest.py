"""A home folder, and `cadenza up` on it as often as a test needs. Everything ends with the test."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.integration.up.up_run import Start, UpRun
from tests.server_folder import temporary_server_folder


@pytest.fixture
def home() -> Generator[Path, None, None]:
    """A home that does not exist yet, outside pytest's own folder, which PostgreSQL's account could not enter as
    root."""
    with temporary_server_folder() as folder:
        yield folder / "a home%20?#"


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
    """A folder for homes, outside pytest's own, which PostgreSQL's account could not enter when tests run as root."""
    with temporary_server_folder() as made:
        yield made


@pytest.fixture
def runs() -> Generator[list[UpRun], None, None]:
    """A list of runs; every run in it is closed at the end."""
    started: list[UpRun] = []
    yield started
    for run in started:
        run.close()
