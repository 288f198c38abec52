"""A worker dies by its own hand at each named moment of a send, and another takes over: what was held, what arrived.

The same moments as in docs/survival.md. The deaths are died side by side, since each is noticed only by its silence.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from services.fault_points import FaultPoint
from services.inbound.receiving import ReplyEvent
from tests.part_process import PATIENCE_SECONDS, has_died, part
from tests.stage import stage as set_up

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
AT_A_TIME = 4


@dataclass(frozen=True)
class Case:
    """`held`: what Postgres says of the message when the worker has died. `answers` as `tests.sink.Sink` takes them."""

    point: FaultPoint
    held: str | None
    arrived: int
    status: str
    """Of the message in the end."""
    arrivals: int
    """In the end."""
    answers: Sequence[str] = ()
    rcpt_answers: Sequence[str] = ()
    ends: str = "completed"


CASES = [
    Case(FaultPoint.BEFORE_RESERVE, held=None, arrived=0, status="sent", arrivals=1),
    Case(FaultPoint.AFTER_RESERVE, held="reserved", arrived=0, status="sent", arrivals=1),
    Case(FaultPoint.AT_FINAL_DOT, held="sending", arrived=0, status="unknown", arrivals=0),
    Case(FaultPoint.AFTER_250, held="sending", arrived=1, status="unknown", arrivals=1),
    Case(FaultPoint.BEFORE_RECORD, held="sending", arrived=1, status="unknown", arrivals=1),
    Case(FaultPoint.AFTER_RECORD, held="sent", arrived=1, status="sent", arrivals=1),
    # The server said no, for now; nobody lived to write that down, and the next worker can only call it unknown.
    Case(
        FaultPoint.BEFORE_RELEASE, held="sending", arrived=0, status="unknown", arrivals=0, answers=["451 4.3.0 later"]
    ),
    # The address is dead: the next worker asks again, hears it again, and records the bounce, once.
    Case(
        FaultPoint.BETWEEN_REFUSAL_AND_BOUNCE,
        held="refused",
        arrived=0,
        status="refused",
        arrivals=0,
        rcpt_answers=["550 5.1.1 nobody", "550 5.1.1 nobody"],
        ends="stopped: bounced",
    ),
]


@dataclass(frozen=True)
class Seen:
    held: str | None
    arrived: int
    status: str
    arrivals: int
    ended_as: str
    """What the workflow returned."""
    mirror: str
    log: Sequence[str]


async def die_at(case: Case, postgres: EmbeddedPostgres, temporal: EmbeddedTemporal) -> Seen:
    async with set_up(postgres.app_url, temporal.address) as stage:
        await stage.stop_worker()
        stage.sink.answers += case.answers
        stage.sink.rcpt_answers += case.rcpt_answers
        lead = await stage.lead()
        (enrollment,) = await stage.enroll(await stage.sequence([EMAIL]), lead)
        armed = {"CADENZA_DEV": "true", "CADENZA_FAULT_POINT": case.point.value}

        async def status() -> str | None:
            rows = await stage.query("SELECT status FROM messages WHERE enrollment_id = :id", id=enrollment)
            return rows[0].status if rows else None

        async with part("worker", stage, postgres.app_url, temporal.address, **armed) as worker:
            await has_died(worker)
        held, arrived = await status(), len(await stage.subjects_to(lead))
        async with part("worker", stage, postgres.app_url, temporal.address):
            ended_as = await asyncio.wait_for(stage.handle(enrollment).result(), PATIENCE_SECONDS)
        mirror = await stage.state(enrollment)
        return Seen(
            held,
            arrived,
            await status() or "",
            len(await stage.subjects_to(lead)),
            ended_as,
            mirror.status,
            await stage.log(enrollment),
        )


@pytest.fixture(scope="module")
async def deaths(
    migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> dict[FaultPoint, Seen | BaseException]:
    few = asyncio.Semaphore(AT_A_TIME)

    async def died(case: Case) -> Seen:
        async with few:
            return await die_at(case, migrated_postgres, temporal_server)

    seen = await asyncio.gather(*(died(case) for case in CASES), return_exceptions=True)
    return {case.point: one for case, one in zip(CASES, seen, strict=True)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.point.value)
async def test_a_worker_dies_at(case: Case, deaths: dict[FaultPoint, Seen | BaseException]) -> None:
    seen = deaths[case.point]
    if isinstance(seen, BaseException):
        raise seen
    assert (seen.held, seen.arrived) == (case.held, case.arrived)
    assert (seen.status, seen.arrivals) == (case.status, case.arrivals)
    assert (seen.ended_as, seen.mirror) == (case.ends, case.ends.partition(":")[0])
    # An outcome that nobody could tell is said to be so, and no email is said to be sent that may not have been.
    assert seen.log.count("email_outcome_unknown") == (case.status == "unknown")
    assert seen.log.count("email_sent") == (case.status == "sent")


async def test_a_reply_to_an_email_that_nobody_lived_to_record(
    migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    """The enrollment has ended, and no step of it will ask again what became of the message."""
    servers = (migrated_postgres.app_url, temporal_server.address)
    async with set_up(migrated_postgres.app_url, temporal_server.address) as stage:
        await stage.stop_worker()
        lead = await stage.lead()
        (enrollment,) = await stage.enroll(await stage.sequence([EMAIL]), lead)
        armed = {"CADENZA_DEV": "true", "CADENZA_FAULT_POINT": FaultPoint.AFTER_250.value}
        async with part("worker", stage, *servers, **armed) as worker:
            await has_died(worker)
        await stage.tell(lead, ReplyEvent(type="reply"))
        async with part("worker", stage, *servers):
            ended_as = await asyncio.wait_for(stage.handle(enrollment).result(), PATIENCE_SECONDS)
        (message,) = await stage.query("SELECT status FROM messages WHERE enrollment_id = :id", id=enrollment)
        assert (ended_as, message.status) == ("stopped: replied", "unknown")
        assert (await stage.log(enrollment)).count("email_outcome_unknown") == 1
        assert len(await stage.subjects_to(lead)) == 1
