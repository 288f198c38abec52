"""A hook of pytest: leave by the program's guarded exit."""

from collections.abc import Generator

import pytest

from cadenza.exit import leave


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main() -> Generator[None, int | pytest.ExitCode | None, int | pytest.ExitCode | None]:
    """Leave by the guarded exit once the summary is printed and every fixture has ended.

    Without it the interpreter's tear-down crashes in temporalio's threads now and then, and a run whose tests
    all passed ends as a failure. The status is pytest's own.
    """
    status = yield
    leave(int(status or 0))
