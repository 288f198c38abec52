"""The calendar by its functions: what is given back is taken again, room is kept for later emails, a forecast holds."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import text

from cadenza.embedded.postgres import EmbeddedPostgres
from db.call_pool import Call
from db.session import Database
from domain.mailboxes.forecast import last_first_email
from domain.mailboxes.limits import MailboxLimits
from domain.mailboxes.send_times import SendTimes
from domain.mailboxes.sending_hours import SendingHours
from domain.mailboxes.windows import SendWindow
from domain.sequences.sequence import SequenceSettings
from domain.sequences.steps import StepSpec
from domain.zones import Zones
from services.enrollments.enrolling import enroll
from services.sequences.sequences import SequenceChanges, change_sequence, create_sequence
from tests.properties import examples
from tests.send_audit import Rules, broken
from tests.stage import new_tenant

MONDAY = datetime(2027, 1, 4, 6, tzinfo=UTC)
ZONE = "Europe/Berlin"
TAKE = Call("""
    SELECT (s.slot).at FROM (
        SELECT take_slot(lock_mailbox(:t, :m), NULL, :step, 1, :due, :days, :caps, :opens, :closes, :jitter, true)
            AS slot) s
""")
EMAIL: dict[str, Any] = {"key": "one", "type": "email", "config": {"subject": "Hi", "body_text": "Hi"}}


@dataclass
class Calendar:
    database: Database
    tenant_id: UUID
    mailbox_id: UUID
    times: SendTimes

    async def take(self, due: datetime = MONDAY, jitter: timedelta = timedelta(0)) -> datetime | None:
        days = self.times.open_days(due, 60)
        key = {"t": self.tenant_id, "m": self.mailbox_id, "step": uuid4(), "due": due, "jitter": jitter}
        columns = {"days": days.days, "caps": days.caps, "opens": days.opens, "closes": days.closes}
        return await self.database.calls.value(TAKE, key | columns)

    async def write(self, statement: str, **parameters: Any) -> Sequence[Any]:
        async with self.database.write(self.tenant_id) as session:
            return (await session.execute(text(statement), parameters)).all()

    async def taken_and_counted(self) -> tuple[dict[date, int], dict[date, int]]:
        """Slots by day, as they are and as `send_days` says."""
        slots = await self.write("SELECT day FROM send_slots WHERE status IN ('held', 'used')")
        days = await self.write("SELECT day, taken FROM send_days WHERE taken > 0")
        return dict(Counter(row.day for row in slots)), {row.day: row.taken for row in days}


@pytest.fixture
async def database(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Database]:
    one = Database(migrated_postgres.app_url)
    yield one
    await one.aclose()


async def new_calendar(database: Database, limits: MailboxLimits) -> Calendar:
    tenant_id = await new_tenant(database)
    hours = SendingHours.of(SendWindow(), None, Zones("", ZONE, mailbox=ZONE))
    calendar = Calendar(database, tenant_id, uuid4(), SendTimes(hours, limits, ZoneInfo(ZONE)))
    [row] = await calendar.write(
        "UPDATE mailboxes SET timezone = :zone, daily_cap = :daily, hourly_cap = :hourly, min_gap_seconds = :gap"
        " RETURNING id",
        zone=ZONE,
        daily=limits.daily_cap,
        hourly=limits.hourly_cap,
        gap=limits.min_gap_seconds,
    )
    calendar.mailbox_id = row.id
    return calendar


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    daily=st.none() | st.integers(1, 6),
    hourly=st.none() | st.integers(1, 5),
    gap=st.sampled_from([0, 1, 300, 3000]),
    jitter=st.sampled_from([0, 100]),
    moves=st.lists(st.sampled_from(["take", "take", "take", "take", "free", "late"]), min_size=4, max_size=30),
)
async def test_what_is_taken_and_given_back_keeps_to_the_limits(
    database: Database, daily: int | None, hourly: int | None, gap: int, jitter: int, moves: list[str]
) -> None:
    calendar = await new_calendar(database, MailboxLimits(daily, hourly, gap))
    for number, move in enumerate(moves):
        if move == "free":
            await calendar.write(
                "UPDATE send_slots SET status = 'free' WHERE id = ("
                "SELECT id FROM send_slots WHERE status = 'held' ORDER BY hashtext(id::text) LIMIT 1) RETURNING id"
            )
        else:
            due = MONDAY + timedelta(hours=number % 5 if move == "late" else 0)
            taken = await calendar.take(due, timedelta(seconds=jitter))
            assert taken is not None
            assert taken >= due
    held = [row.at for row in await calendar.write("SELECT at FROM send_slots WHERE status = 'held'")]
    assert broken(held, Rules(ZONE, daily, None, hourly, gap)) == []
    assert all(9 <= moment.astimezone(ZoneInfo(ZONE)).hour < 17 for moment in held)
    # What was given back is counted out by whoever comes next.
    assert await calendar.take() is not None
    slots, counted = await calendar.taken_and_counted()
    assert slots == counted


@pytest.mark.parametrize("limits", [MailboxLimits(2), MailboxLimits(None, 3), MailboxLimits(None, None, 3600)])
async def test_a_slot_that_is_given_back_is_the_next_one_taken(database: Database, limits: MailboxLimits) -> None:
    calendar = await new_calendar(database, limits)
    taken = [await calendar.take() for _ in range(20)]
    assert taken == sorted(moment for moment in taken if moment)
    await calendar.write(
        "UPDATE send_slots SET status = 'free' WHERE at = :at AND id = ("
        "SELECT id FROM send_slots WHERE at = :at LIMIT 1) RETURNING id",
        at=taken[7],
    )
    again, after = await calendar.take(), await calendar.take()
    assert again == taken[7]
    assert after is not None
    assert after >= max(moment for moment in taken if moment)


async def test_several_at_once_take_different_slots(database: Database) -> None:
    calendar = await new_calendar(database, MailboxLimits(5, 3, 60))
    taken = [moment for moment in await asyncio.gather(*(calendar.take() for _ in range(60))) if moment]
    assert len(set(taken)) == 60
    assert broken(taken, Rules(ZONE, 5, None, 3, 60)) == []
    # Nothing is wasted: sixty at five a day are twelve days.
    assert len({moment.date() for moment in taken}) == 12


async def test_limits_that_are_lowered_and_raised_count_from_then_on(database: Database) -> None:
    calendar = await new_calendar(database, MailboxLimits(None, None, 3600))
    first = [await calendar.take() for _ in range(6)]
    await calendar.write("UPDATE mailboxes SET min_gap_seconds = 60 RETURNING id")
    # There is room between those that are there now.
    between = await calendar.take()
    assert between is not None
    assert first[0] is not None
    assert between == first[0] + timedelta(seconds=70)
    # Of another zone the same moments are other days.
    await calendar.write("UPDATE mailboxes SET timezone = 'Pacific/Kiritimati' RETURNING id")
    slots, counted = await calendar.taken_and_counted()
    assert slots == counted
    assert set(slots) == {date(2027, 1, 4), date(2027, 1, 5)}


@pytest.mark.parametrize(
    ("limits", "leads", "offsets"),
    [
        (MailboxLimits(7), 100, []),
        (MailboxLimits(5, 2, 600), 60, []),
        (MailboxLimits(None, 4, 300), 150, []),
        (MailboxLimits(6), 40, [3, 7]),
    ],
)
async def test_a_forecast_is_what_happens(
    database: Database, limits: MailboxLimits, leads: int, offsets: list[int]
) -> None:
    calendar = await new_calendar(database, limits)
    foretold = last_first_email(calendar.times, leads, {}, offsets, MONDAY, {})
    last = None
    for _ in range(leads):
        days = calendar.times.open_days(MONDAY, 200)
        columns = {"days": days.days, "caps": days.caps, "opens": days.opens, "closes": days.closes}
        async with calendar.database.write(calendar.tenant_id) as session:
            key = {"t": calendar.tenant_id, "m": calendar.mailbox_id, "step": uuid4(), "due": MONDAY}
            taken = await session.execute(
                text(
                    "SELECT (s.slot).at, (s.slot).day FROM (SELECT take_slot(lock_mailbox(:t, :m), NULL, :step, 1,"
                    " :due, :days, :caps, :opens, :closes, '0', true) AS slot OFFSET 0) s"
                ),
                key | columns,
            )
            last, day = taken.one()
            await session.execute(
                text("SELECT plan_slots(lock_mailbox(:t, :m), NULL, :step, :day, :days, :caps, :offsets)::text"),
                key | columns | {"day": day, "offsets": offsets},
            )
    assert foretold == last
    if offsets:
        days_ = await calendar.write("SELECT max(taken + planned) AS most FROM send_days")
        assert days_[0].most <= limits.daily_cap


async def leads_of(database: Database, tenant_id: UUID, count: int) -> list[UUID]:
    async with database.write(tenant_id) as session:
        made = await session.execute(
            text(
                "INSERT INTO leads (tenant_id, email) SELECT :t, gen_random_uuid() || '@x.example'"
                " FROM generate_series(1, :n) RETURNING id"
            ),
            {"t": tenant_id, "n": count},
        )
        return list(made.scalars())


async def test_leads_are_shared_out_by_weight_and_keep_their_mailbox(database: Database) -> None:
    tenant_id = await new_tenant(database)
    async with database.write(tenant_id) as session:
        await session.execute(text("UPDATE mailboxes SET weight = 0"))
        insert = text("INSERT INTO mailboxes (tenant_id, email, weight) VALUES (:t, :e, :w) RETURNING id")
        one, three, spare, held = [
            (await session.execute(insert, {"t": tenant_id, "e": f"{w}-{uuid4()}@x.example", "w": w})).scalar_one()
            for w in (1, 3, 50, 9)
        ]
        await session.execute(text("UPDATE mailboxes SET status = 'held' WHERE id = :id"), {"id": held})
        made = await create_sequence(
            session,
            name="S",
            description="",
            settings=SequenceSettings(mailbox_ids=(one, three, held)),
            steps=[StepSpec.model_validate(EMAIL)],
        )
        await change_sequence(session, made.row.id, SequenceChanges(status="active"))
    leads = await leads_of(database, tenant_id, 2000)

    async def shared_out() -> dict[UUID, UUID | None]:
        async with database.write(tenant_id) as session:
            result = await enroll(session, sequence_id=made.row.id, lead_ids=leads, dry_run=True)
        return {enrolled.lead_id: enrolled.mailbox_id for enrolled in result.enrolled}

    before = await shared_out()
    counts = Counter(before.values())
    # Held ones and those of weight 0 take no new leads, nor those that the sequence does not name.
    assert counts.keys() == {one, three}
    assert 440 < counts[one] < 560
    assert await shared_out() == before
    async with database.write(tenant_id) as session:
        await session.execute(text("UPDATE mailboxes SET status = 'active' WHERE id = :id"), {"id": held})
    after = await shared_out()
    # Who moves, moves to the one that has come.
    assert {after[lead] for lead in leads if after[lead] != before[lead]} == {held}
    assert spare not in after.values()


async def test_a_lead_hears_again_from_the_mailbox_that_wrote_to_it(database: Database) -> None:
    tenant_id = await new_tenant(database)
    async with database.write(tenant_id) as session:
        insert = text("INSERT INTO mailboxes (tenant_id, email, weight) VALUES (:t, :e, :w) RETURNING id")
        other = (await session.execute(insert, {"t": tenant_id, "e": "o@x.example", "w": 0})).scalar_one()
        made = await create_sequence(
            session, name="S", description="", settings=SequenceSettings(), steps=[StepSpec.model_validate(EMAIL)]
        )
        await change_sequence(session, made.row.id, SequenceChanges(status="active"))
    [lead] = await leads_of(database, tenant_id, 1)
    async with database.write(tenant_id) as session:
        first = await enroll(session, sequence_id=made.row.id, lead_ids=[lead])
        assert first.enrolled[0].mailbox_id != other
        await session.execute(
            text(
                "INSERT INTO messages (tenant_id, enrollment_id, lead_id, sequence_id, mailbox_id, step_id, visit,"
                " status, rfc_message_id, subject, reserved_at, sent_at)"
                " SELECT tenant_id, id, lead_id, sequence_id, :m, current_step_id, 1, 'sent', '<a@x>', '', now(), now()"
                " FROM lead_sequence_state"
            ),
            {"m": other},
        )
        await session.execute(text("SELECT (stop_lead_sequence(tenant_id, id, 'x')).id FROM lead_sequence_state"))
    async with database.write(tenant_id) as session:
        again = await enroll(session, sequence_id=made.row.id, lead_ids=[lead])
    assert again.enrolled[0].mailbox_id == other
