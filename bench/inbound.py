"""Accuracy and speed of processing inbound mail: the corpus with a real database, then parsing alone.

    .venv/bin/python -m bench.inbound

`accuracy`: share of the messages of tests/corpus/inbound whose classification, lead and matching rule are those of the
manifest. `heldout_accuracy`: the same for messages that were written before the rules. `dates_accuracy`: share of the
auto-replies whose return date is right (also if there is none). `per_s`: messages parsed per second in one process,
without the database. `worst_ms`: the slowest message of tests/corpus/hostile.py, which were made to slow a parser down.
"""

import argparse
import asyncio
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.report import progress, result
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.exit import run_and_leave
from cadenza.maintenance.migrate import upgrade
from db.session import Database
from mail.inbound import parse_inbound
from services.inbound.tenant_mail import MailReceived, receive_mail
from tests.corpus.hostile import HOSTILE
from tests.corpus.world import Specimen, settle, specimens, undone


async def main(seconds: float) -> None:
    known = specimens()
    with tempfile.TemporaryDirectory(prefix="cadenza-bench-") as name:
        async with EmbeddedPostgres(Path(name) / "postgres") as postgres:
            await asyncio.to_thread(upgrade, postgres.owner_url)
            database = Database(postgres.app_url)
            enrollments = await settle(database)
            answers = [await answer(database, one) for one in known]
            await database.aclose()
    right = [is_right(one, received, enrollments) for one, received in zip(known, answers, strict=True)]
    for one, received, ok in zip(known, answers, right, strict=True):
        if not ok:
            progress(f"{one.file}: {received.classification} by {received.rule}, matched by {received.matched_by}")
    result("inbound", {**judged(known, answers, right), "per_s": speed(known, seconds), "worst_ms": worst_ms()})


async def answer(database: Database, specimen: Specimen) -> MailReceived:
    async with undone(database) as session:
        return await receive_mail(session, specimen.raw)
    raise AssertionError("the transaction is undone after its answer")


def is_right(specimen: Specimen, received: MailReceived, enrollments: dict[str, UUID]) -> bool:
    lead = enrollments[specimen.lead] if specimen.lead else None
    return (
        received.classification == specimen.classification
        and received.enrollment_id == lead
        and specimen.matched_by in (None, received.matched_by)
    )


def judged(known: list[Specimen], answers: list[MailReceived], right: list[bool]) -> dict[str, Any]:
    per_class: defaultdict[str, list[bool]] = defaultdict(list)
    for one, ok in zip(known, right, strict=True):
        per_class[one.classification].append(ok)
    dates = [
        (received.returns_on.isoformat() if received.returns_on else None) == one.returns_on
        for one, received in zip(known, answers, strict=True)
        if one.names_date and not one.stranger
    ]
    return {
        "messages": len(known),
        "accuracy": share(right),
        "heldout_accuracy": share(
            [ok for one, ok in zip(known, right, strict=True) if one.file.startswith("heldout/")]
        ),
        "dates": len(dates),
        "dates_accuracy": share(dates),
        "per_class": {name: share(oks) for name, oks in sorted(per_class.items())},
    }


def share(oks: list[bool]) -> float:
    return round(sum(oks) / len(oks), 4)


def speed(known: list[Specimen], seconds: float) -> int:
    raws, read, began = [one.raw for one in known], 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for raw in raws:
            parse_inbound(raw)
        read += len(raws)
    return round(read / (time.perf_counter() - began))


def worst_ms() -> int:
    took: dict[str, float] = {}
    for name, make in HOSTILE.items():
        raw, began = make(), time.perf_counter()
        parse_inbound(raw)
        took[name] = time.perf_counter() - began
    slowest = max(took, key=lambda name: took[name])
    progress(f"slowest: {slowest}")
    return round(took[slowest] * 1000)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long the speed is measured")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(lambda: asyncio.run(main(given.seconds)))
