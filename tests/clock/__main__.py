"""Runs the tests at another date and in another zone.

    .venv/bin/python -m tests.clock --today 2028-02-29T10:00 --zone Pacific/Kiritimati tests/engine -x
    .venv/bin/python -m tests.clock --every-day tests/unit

`--today` is a moment of UTC. `--every-day` runs what follows once for each of the days below. Everything else goes to
pytest.
"""

import argparse
import os
import subprocess
import sys
from datetime import UTC, datetime

from tests.clock import at

DAYS = (
    ("2026-12-31T23:58", "America/Los_Angeles"),
    ("2027-12-31T09:58", "Pacific/Kiritimati"),  # there the year ends while this runs
    ("2028-02-29T10:00", "UTC"),
    ("2027-03-14T09:58", "America/Los_Angeles"),  # two minutes before clocks go forward
    ("2027-11-07T08:58", "America/Los_Angeles"),  # two minutes before clocks go back
    ("2027-03-28T00:58", "Europe/Berlin"),
    ("2027-10-31T00:58", "Europe/Berlin"),
)


def run(today: str, zone: str, arguments: list[str]) -> int:
    environment = {**os.environ, **at(datetime.fromisoformat(today).replace(tzinfo=UTC)), "TZ": zone}
    print(f"==> {today} UTC, {zone}", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], env=environment, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.clock", description=__doc__)
    parser.add_argument("--today", help="a moment of UTC, as 2028-02-29T10:00")
    parser.add_argument("--zone", default="UTC", help="the zone of the processes, as Pacific/Kiritimati")
    parser.add_argument("--every-day", action="store_true")
    known, arguments = parser.parse_known_args()
    if known.every_day:
        return max([run(today, zone, arguments) for today, zone in DAYS])
    if known.today is None:
        parser.error("name --today, or --every-day")
    return run(known.today, known.zone, arguments)


if __name__ == "__main__":
    sys.exit(main())
