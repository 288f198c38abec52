"""How well and how fast inbound mail is understood: the corpus against a real database, then the bytes alone.

    .venv/bin/python -m bench.inbound

`accuracy`: of all messages of tests/corpus/inbound, those whose classification, lead and rule of matching are what the
manifest says; `heldout_accuracy` of those that were written before the rules. `dates_accuracy`: of the automatic
replies, those whose day of return is right (also that there is none). `per_s`: messages read in one process, without
the database. `worst_ms`: the slowest of the messages that were made to hang a reader (tests/corpus/hostile.py).
"""

import argparse
import asyncio
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.rig import progress, result
from cadenza.embedded import EmbeddedPostgres
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
    right = [is_right(one, said, enrollments) for one, said in zip(known, answers, strict=True)]
    for one, said, ok in zip(known, answers, right, strict=True):
        if not ok:
            progress(f"{one.file}: {said.classification} by {said.rule}, matched by {said.matched_by}")
    result("inbound", {**judged(known, answers, right), "per_s": speed(known, seconds), "worst_ms": worst_ms()})


async def answer(database: Database, specimen: Specimen) -> MailReceived:
    async with undone(database) as session:
        return await receive_mail(session, specimen.raw)
    raise AssertionError("the transaction is undone after its answer")


def is_right(specimen: Specimen, said: MailReceived, enrollments: dict[str, UUID]) -> bool:
    lead = enrollments[specimen.lead] if specimen.lead else None
    return (
        said.classification == specimen.classification
        and said.enrollment_id == lead
        and specimen.matched_by in (None, said.matched_by)
    )


def judged(known: list[Specimen], answers: list[MailReceived], right: list[bool]) -> dict[str, Any]:
    per_class: defaultdict[str, list[bool]] = defaultdict(list)
    for one, ok in zip(known, right, strict=True):
        per_class[one.classification].append(ok)
    dates = [
        (said.returns_on.isoformat() if said.returns_on else None) == one.returns_on
        for one, said in zip(known, answers, strict=True)
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
