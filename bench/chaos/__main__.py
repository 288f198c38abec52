"""A thousand leads in cold-outreach while all processes are killed again and again: is an email lost or sent twice?

    .venv/bin/python -m bench.chaos [--seed 1] [--enrollments 1000] [--forms skip,resend,two] [--at after_250]

Worker (10 times), API (3), Temporal (3) and Postgres (3) are killed with SIGKILL at times derived from the seed, and
restarted. The mail server refuses, stalls, drops connections and answers 4xx and 5xx. How each lead must end is fixed
before the run (fates.py). `--at` additionally kills workers and APIs at a fault point (services/fault_points.py).

There are three forms: an unknown outcome is skipped (`skip`, the default), an unknown outcome is sent again (`resend`),
and two workers and two APIs run at once, all of them dispatching (`two`). During the first form a naive sender runs as
well. Its worker is killed at the same times, and it must show duplicates. docs/survival.md describes everything.

The figures are sums over the forms. `control_duplicated`: the naive sender's duplicates.
"""

import argparse
import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.chaos.kills import Victim
from bench.chaos.run import Form, FormResult, RunSize, killed, run
from bench.report import progress, result
from cadenza.exit import run_and_leave
from services.fault_points import FaultPoint

FORMS = {
    "skip": Form("skip", control=True),
    "resend": Form("resend", policy="resend"),
    "two": Form("two", workers=2, apis=2),
}
FULL = {Victim.WORKER: 10, Victim.API: 3, Victim.TEMPORAL: 3, Victim.POSTGRES: 3}
PER_SECOND = 10
"""Leads enrolled per second: two thirds of what one undisturbed worker can process on two cores."""
MOST_ARMED_LIVES, LATEST_PASSING = 10, 40
COLUMNS = (
    "form",
    "killed",
    "enrollments",
    "as_expected",
    "lost",
    "duplicated",
    "sent again",
    "unknown",
    "explained",
    "after reply",
    "control",
)


def size(enrollments: int) -> RunSize:
    seconds = max(15.0, enrollments / PER_SECOND)
    return RunSize(enrollments, max(20, enrollments // 5), seconds, 60, seconds + 60, FULL)


def armed(point: FaultPoint | None, seed: int) -> Callable[[int], str | None]:
    """Returns the fault point for the n-th start of a process. The first MOST_ARMED_LIVES starts die at the point, each
    after a random number of passings."""
    rng = random.Random(f"{seed} points")
    passings = [rng.randint(1, LATEST_PASSING) for _ in range(MOST_ARMED_LIVES)]
    return lambda life: f"{point}:{passings[life]}" if point and life < len(passings) else None


def table(outcomes: Sequence[FormResult]) -> str:
    rows = [COLUMNS, *(_row(one) for one in outcomes)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _row(one: FormResult) -> tuple[str, ...]:
    figures, deaths = one.verdict.figures(), killed(one.evidence)
    victims = " ".join(f"{name} {deaths[name]}" for name in ("worker", "api", "temporal", "postgres"))
    names = ("enrollments", "as_expected", "lost", "duplicated")
    control = "" if one.control is None else f"{one.control.duplicated} ({one.control.by_kills} by kills)"
    return (
        one.form.name,
        victims,
        *(str(figures[name]) for name in names),
        str(len(one.verdict.sent_again)),
        str(figures["unknown"]),
        str(figures["unknown_explained"]),
        str(figures["emails_after_reply"]),
        control,
    )


def print_details(one: FormResult) -> None:
    """Prints the details behind a row of the table."""
    evidence = one.evidence
    progress(
        f"{one.form.name}: {one.seconds:.0f} s, {evidence.resumed} failed steps resumed, "
        f"{evidence.open_workflows} workflows still open"
    )
    progress(f"  clients met: {', '.join(f'{kind} {times}' for kind, times in sorted(evidence.answers.items()))}")
    misbehaved = Counter(happening.did for happening in evidence.journal if happening.did != "taken")
    progress(f"  the mail server: {', '.join(f'{did}: {times}' for did, times in misbehaved.most_common())}")
    for unknown in sorted(one.verdict.unknown, key=lambda unknown: unknown.found_at):
        at = datetime.fromtimestamp(unknown.found_at, UTC)
        message, came = unknown.message, "arrived" if unknown.arrived else "never arrived"
        cause = unknown.cause or "UNEXPLAINED"
        progress(f"  unknown at {at:%H:%M:%S}: {message.to} {message.email}, {came}, {unknown.then}: {cause}")
    for finding in one.verdict.findings:
        progress(f"  FOUND {finding}")


async def main(seed: int, enrollments: int, forms: Sequence[str], point: FaultPoint | None, keep: Path | None) -> None:
    outcomes: list[FormResult] = []
    for name in forms:
        progress(f"{name}: {enrollments} enrollments, seed {seed}")
        with tempfile.TemporaryDirectory(prefix="cadenza-chaos-") as temporary:
            folder = keep / name if keep else Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            outcomes.append(await run(FORMS[name], size(enrollments), seed, folder, armed(point, seed)))
        print_details(outcomes[-1])
        progress(table(outcomes))
    figures: Counter[str] = Counter()
    for one in outcomes:
        figures.update(one.verdict.figures())
    duplicated = sum(one.control.duplicated for one in outcomes if one.control is not None)
    result("chaos", {**figures, "control_duplicated": duplicated})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--enrollments", type=int, default=1000)
    parser.add_argument("--forms", default=",".join(FORMS), help="the forms to run, separated by commas")
    parser.add_argument("--at", type=FaultPoint, default=None, help=", ".join(FaultPoint))
    parser.add_argument("--keep", type=Path, default=None, help="a folder for the logs and the mail server's journal")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(
        lambda: asyncio.run(main(given.seed, given.enrollments, given.forms.split(","), given.at, given.keep))
    )
