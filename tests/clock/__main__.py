"""Runs the tests at another date and in another zone.

    .venv/bin/python -m tests.clock --today 2028-02-29T10:00 --zone Pacific/Kiritimati tests/engine -x
    .venv/bin/python -m tests.clock --every-day tests/unit

`--today` is a moment of UTC. `--every-day` runs what follows once for each of the days below. Everything else goes to
pytest; without it, the tests run whose outcome could depend on the date (`PATHS`), and the web app's unit tests.
`--fast` is what `make test-long` has time for: three of the days, and the tests that compute with dates (`FAST_PATHS`).
"""

import argparse
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.clock import at
from tests.shifted_clock import shifted

ROOT = Path(__file__).parents[2]

DAYS = (
    ("2026-12-31T23:58", "America/Los_Angeles"),
    ("2027-12-31T09:58", "Pacific/Kiritimati"),  # there the year ends while this runs
    ("2028-02-29T10:00", "UTC"),
    ("2027-03-14T09:58", "America/Los_Angeles"),  # two minutes before clocks go forward
    ("2027-11-07T08:58", "America/Los_Angeles"),  # two minutes before clocks go back
    ("2027-03-28T00:58", "Europe/Berlin"),
    ("2027-10-31T00:58", "Europe/Berlin"),
)
FAST_DAYS = (DAYS[0], ("2028-02-29T10:00", "Pacific/Kiritimati"), DAYS[3])
FAST_PATHS = (
    "tests/unit/enrollments",
    "tests/unit/inbound",
    "tests/unit/mailboxes",
    "tests/unit/sequences",
    "tests/engine/performing/test_windows.py",
    "tests/integration/database/test_log_months.py",
    "tests/upgrade",
)
PATHS = (
    "tests/unit",
    "tests/engine/enrollments/test_explain.py",
    "tests/engine/enrollments/test_fates.py",
    "tests/engine/mailboxes",
    "tests/engine/performing/test_windows.py",
    "tests/engine/survival/test_clocks.py",
    "tests/integration/api/access",
    "tests/integration/api/enrollments",
    "tests/integration/database/test_log_months.py",
    "tests/integration/mailboxes",
    "tests/upgrade",
)


def run(today: str, zone: str, arguments: list[str], paths: tuple[str, ...] = PATHS) -> int:
    """The worst exit status."""
    moment = datetime.fromisoformat(today).replace(tzinfo=UTC)
    print(f"==> {today} UTC, {zone}", flush=True)
    chosen = arguments or ["-q", "--numprocesses", "2", "--dist", "worksteal", "-m", "not long", *paths]
    environment = {**os.environ, **at(moment), "TZ": zone}
    status = subprocess.run([sys.executable, "-m", "pytest", *chosen], env=environment, check=False).returncode
    return status if arguments else max(status, run_web_tests(moment, zone))


def run_web_tests(moment: datetime, zone: str) -> int:
    """Node.js starts its workers itself, where this process could not move their clocks: libfaketime does."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = round((moment - datetime.now(UTC)).total_seconds())
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, **shifted(seconds, Path(folder)), "TZ": zone, "PATH": path}
        command = ["npm", "--silent", "run", "test"]
        return subprocess.run(command, cwd=ROOT / "web", env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.clock", description=__doc__)
    parser.add_argument("--today", help="a moment of UTC, as 2028-02-29T10:00")
    parser.add_argument("--zone", default="UTC", help="the zone of the processes, as Pacific/Kiritimati")
    parser.add_argument("--every-day", action="store_true")
    parser.add_argument("--fast", action="store_true")
    known, arguments = parser.parse_known_args()
    if known.fast:
        return max([run(today, zone, arguments, FAST_PATHS) for today, zone in FAST_DAYS])
    if known.every_day:
        return max([run(today, zone, arguments) for today, zone in DAYS])
    if known.today is None:
        parser.error("name --today, or --every-day")
    return run(known.today, known.zone, arguments)


if __name__ == "__main__":
    sys.exit(main())
