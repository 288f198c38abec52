"""The guarded exit keeps the true status and loses no output."""

import os
import subprocess
import sys

import pytest

PRELUDE = """
import sys
from cadenza.errors import StartError
from cadenza.exit import leave, run_and_leave
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-c", PRELUDE + code]
    return subprocess.run(command, text=True, capture_output=True, check=False, env=buffered)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("pass", 0),
        ("sys.exit()", 0),
        ("sys.exit(3)", 3),
        ("sys.exit('in words')", 1),
        ("raise StartError('one line')", 1),
        ("raise KeyboardInterrupt", 130),
        ("raise RuntimeError('boom')", 1),
    ],
)
def test_the_exit_status_is_the_true_one(body: str, status: int) -> None:
    assert run(f"def command():\n    {body}\nrun_and_leave(command)").returncode == status


@pytest.mark.parametrize(("status", "seen"), [(0, 0), (1, 1), (5, 5), (256, 1), (-11, 245), (-256, 1)])
def test_no_failing_status_wraps_to_zero(status: int, seen: int) -> None:
    assert run(f"leave({status})").returncode == seen


def test_everything_written_before_is_flushed() -> None:
    result = run("print('out', end=''); print('err', end='', file=sys.stderr); leave(0)")
    assert (result.stdout, result.stderr) == ("out", "err")


def test_output_that_cannot_be_written_is_a_failure() -> None:
    result = run("import os; sys.stdout.write('lost'); os.close(1); leave(0)")
    assert result.returncode == 120


def test_a_start_error_is_one_line() -> None:
    result = run("def command():\n    raise StartError('port 1 is taken')\nrun_and_leave(command)")
    assert result.stderr == "cadenza: port 1 is taken\n"


def test_a_test_run_leaves_with_pytests_status(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("run")
    (folder / "conftest.py").write_text("from tests.guarded_exit import pytest_cmdline_main\n")
    (folder / "test_it.py").write_text("def test_passes(): pass\ndef test_fails(): assert 0\n")
    command = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", str(folder), str(folder)]
    result = subprocess.run(command, text=True, capture_output=True, check=False)
    assert (result.returncode, "1 failed, 1 passed" in result.stdout) == (1, True)
    passing = subprocess.run([*command, "-k", "passes"], text=True, capture_output=True, check=False)
    assert (passing.returncode, "1 passed" in passing.stdout) == (0, True)
