"""No limit of a mailbox is ever broken: real steps on real Postgres and SMTP, at moments that hypothesis draws."""

import asyncio
import heapq
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import strategies as st
from sqlalchemy import text

from cadenza.embedded.ports import LOOPBACK
from cadenza.embedded.postgres import EmbeddedPostgres
from db.session import Database
from domain.sequences.sequence import SequenceSettings
from domain.sequences.steps import StepSpec
from mail.smtp.server import SmtpServer
from services.engine.performing import StepPerformer
from services.engine.tools import Tools
from services.enrollments import enrolling
from services.mailboxes.signers import Signers
from services.mailboxes.transports import Transports
from services.secret_box import SecretBox
from services.sequences.sequences import SequenceChanges, change_sequence, create_sequence
from tests.properties import examples
from tests.send_audit import Hours, Rules, broken
from tests.sink import Sink
from tests.stage import LINKS, new_tenant
from webhooks.client import WebhookClient

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
SOON = datetime(2027, 3, 25, 12, tzinfo=UTC)
"""Clocks change in Berlin and Auckland, and have in New York, in the days after."""
EMAIL = {"type": "email", "config": {"subject": "Hi", "body_text": "Hi {{name}}"}}
STEPS: list[dict[str, Any]] = [
    {"key": "one", **EMAIL},
    {"key": "wait", "type": "delay", "config": {"days": 1}},
    {"key": "two", **EMAIL},
]


@dataclass(frozen=True)
class World:
    """Everything that one run draws."""

    rules: Rules
    jitter: int
    window: Hours | None
    window_zone: str
    working_hours: Hours | None
    lead_zones: tuple[str, ...]
    starts: tuple[int, ...]
    """Minutes after `SOON` at which each lead is due."""
    lateness: tuple[int, ...]
    """Seconds by which the worker comes late, in turns."""
    stops: tuple[int, ...]
    """Each so many wakes, a lead is stopped."""
    in_order: bool
    """Otherwise the enrollments' clocks differ, as they may in development."""

    def hours_of(self, lead_zone: str) -> list[Hours]:
        """All that must be open for an email to a lead of that zone."""
        found: list[Hours] = []
        if self.window is not None:
            zones = {"lead": lead_zone, "sequence": "Asia/Tokyo", "mailbox": self.rules.zone}
            found.append(replace(self.window, zone=zones.get(self.window_zone, self.window_zone)))
        if self.working_hours is not None:
            found.append(replace(self.working_hours, zone=self.rules.zone))
        return found

    def can_be_sent(self, lead_zone: str) -> bool:
        """Whether the hours meet, in the two weeks after the clocks have changed; read every half hour."""
        moments = (SOON + timedelta(days=14, minutes=30 * number) for number in range(14 * 48))
        return any(all(hours.has(moment) for hours in self.hours_of(lead_zone)) for moment in moments)


@dataclass
class Bench:
    database: Database
    performer: StepPerformer


@pytest.fixture
async def bench(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Bench]:
    database, sink, webhooks = Database(migrated_postgres.app_url), Sink(), WebhookClient()
    await sink.start()
    transports = Transports(SmtpServer(LOOPBACK, sink.port, security="none"), SecretBox())
    tools = Tools(database, transports, Signers(SecretBox()), lambda _: None, webhooks, LINKS)
    yield Bench(database, StepPerformer(database, tools))
    await transports.aclose()
    await webhooks.aclose()
    await sink.stop()
    await database.aclose()


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    start, end = draw(st.sampled_from([(9, 17), (8, 12), (22, 3), (0, 24)]))
    days = frozenset(draw(st.sets(st.integers(0, 6), min_size=2, max_size=7)))
    return Hours(draw(st.sampled_from(ZONES)), days, time(start), time(end % 24))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    count = draw(st.integers(2, 9))
    ramp = (date(2027, 3, 26), draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    return World(
        rules=Rules(
            zone=draw(st.sampled_from(ZONES)),
            daily_cap=draw(st.none() | st.integers(1, 4)),
            ramp=ramp if draw(st.booleans()) else None,
            hourly_cap=draw(st.none() | st.integers(1, 3)),
            min_gap_seconds=draw(st.sampled_from([0, 0, 1, 90, 1800, 7200])),
        ),
        jitter=draw(st.sampled_from([0, 0, 30, 3000])),
        window=draw(st.none() | hours()),
        window_zone=draw(st.sampled_from(["lead", "sequence", "mailbox", *ZONES])),
        working_hours=draw(st.none() | st.just(Hours("", frozenset(range(6)), time(6), time(23)))),
        lead_zones=tuple(draw(st.sampled_from(ZONES)) for _ in range(count)),
        starts=tuple(draw(st.sampled_from([0, 0, 0, 1, 30, 600, 1500])) for _ in range(count)),
        lateness=tuple(draw(st.lists(st.sampled_from([0, 0, 1, 9, 11, 700, 40_000]), min_size=1, max_size=5))),
        stops=tuple(draw(st.sets(st.integers(0, 12), max_size=2))),
        in_order=draw(st.booleans()),
    )


def as_json(of: Hours, **more: Any) -> dict[str, Any]:
    end = "24:00" if of.end == time(0) else f"{of.end:%H:%M}"
    return {"days": [DAYS[day] for day in sorted(of.days)], "start": f"{of.start:%H:%M}", "end": end, **more}


class Run:
    def __init__(self, bench: Bench, tenant_id: UUID, world: World) -> None:
        self.bench, self.tenant_id, self.world = bench, tenant_id, world
        self.wakes = 0
        self.waiting: list[tuple[datetime, int, UUID]] = []

    async def write(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.bench.database.write(self.tenant_id) as session:
            return list((await session.execute(text(statement), parameters)).all())

    async def set_up(self) -> None:
        world, rules = self.world, self.world.rules
        ramp = rules.ramp or (None, None, None)
        await self.write(
            "UPDATE mailboxes SET timezone = :zone, daily_cap = :daily, hourly_cap = :hourly, min_gap_seconds = :gap,"
            " gap_jitter_seconds = :jitter, ramp_started_on = :began, ramp_start = :start, ramp_increase = :increase,"
            " working_hours = CAST(:hours AS jsonb) RETURNING id",
            zone=rules.zone,
            daily=rules.daily_cap,
            hourly=rules.hourly_cap,
            gap=rules.min_gap_seconds,
            jitter=world.jitter,
            began=ramp[0],
            start=ramp[1],
            increase=ramp[2],
            hours=None if world.working_hours is None else str(as_json(world.working_hours)).replace("'", '"'),
        )
        window = None if world.window is None else as_json(world.window, timezone=world.window_zone)
        async with self.bench.database.write(self.tenant_id) as session:
            made = await create_sequence(
                session,
                name="S",
                description="",
                settings=SequenceSettings.model_validate({"timezone": "Asia/Tokyo", "send_window": window}),
                steps=[StepSpec.model_validate(step) for step in STEPS],
            )
            await change_sequence(session, made.row.id, SequenceChanges(status="active"))
            leads = [
                (
                    await session.execute(
                        text(
                            "INSERT INTO leads (tenant_id, email, first_name, timezone)"
                            " VALUES (:t, :e, 'A', :z) RETURNING id"
                        ),
                        {"t": self.tenant_id, "e": f"{uuid4().hex}@x.example", "z": zone},
                    )
                ).scalar_one()
                for zone in world.lead_zones
            ]
            enrolled = await enrolling.enroll(session, sequence_id=made.row.id, lead_ids=leads)
        for number, one in enumerate(enrolled.enrolled):
            assert one.enrollment_id is not None
            moment = SOON + timedelta(minutes=world.starts[number])
            heapq.heappush(self.waiting, (moment, number, one.enrollment_id))

    async def run(self) -> None:
        """Performs whatever is due, those that are due at once at once, until all have ended."""
        while self.waiting:
            assert self.wakes < 200, "it does not come to an end"
            batch = [self._next()]
            while self.waiting and self.waiting[0][0] == batch[0][0]:
                batch.append(heapq.heappop(self.waiting))
            await asyncio.gather(*(self._wake(*one) for one in batch))

    def _next(self) -> tuple[datetime, int, UUID]:
        if self.world.in_order:
            return heapq.heappop(self.waiting)
        one = self.waiting.pop(self.wakes % len(self.waiting))
        heapq.heapify(self.waiting)
        return one

    async def _wake(self, moment: datetime, number: int, enrollment: UUID) -> None:
        self.wakes += 1
        if self.wakes in self.world.stops:
            await self.write("SELECT (stop_lead_sequence(:t, :id, 'manual', :now)).id", **self._key(enrollment, moment))
        directive = await self.bench.performer.perform(self.tenant_id, enrollment, moment)
        if not directive.ends:
            assert directive.due_at is not None
            # A worker that was always hours late would never come while a window is open.
            late = self.world.lateness[self.wakes % len(self.world.lateness)] if self.wakes < 25 else 0
            heapq.heappush(self.waiting, (max(directive.due_at, moment) + timedelta(seconds=late), number, enrollment))

    def _key(self, enrollment: UUID, moment: datetime) -> dict[str, Any]:
        return {"t": self.tenant_id, "id": enrollment, "now": moment}


@examples(20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
async def test_nothing_that_is_sent_breaks_a_limit(bench: Bench, world: World) -> None:
    assume(all(world.can_be_sent(zone) for zone in world.lead_zones))
    run = Run(bench, await new_tenant(bench.database), world)
    await run.set_up()
    await run.run()
    sent = await run.write(
        "SELECT m.sent_at, l.timezone FROM messages m JOIN leads l ON l.id = m.lead_id"
        " WHERE m.status = 'sent' ORDER BY 1"
    )
    assert broken([row.sent_at for row in sent], world.rules) == []
    for row in sent:
        assert all(hours.has(row.sent_at) for hours in world.hours_of(row.timezone))
    # Every lead that was not stopped was sent both, and nothing is held for anybody any more.
    states = await run.write("SELECT status, emails_sent FROM lead_sequence_state")
    assert all(row.status == "stopped" or (row.status, row.emails_sent) == ("completed", 2) for row in states)
    slots = await run.write("SELECT at FROM send_slots WHERE status NOT IN ('free', 'used')")
    assert slots == []
    used = await run.write("SELECT at FROM send_slots WHERE status = 'used' ORDER BY at")
    assert [row.at for row in used] == [row.sent_at for row in sent]
