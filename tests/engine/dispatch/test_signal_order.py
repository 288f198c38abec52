"""Signals reach real workflows out of order, twice and late: the outcome is the one in Postgres, and the history stays
short."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from itertools import permutations
from typing import Any
from uuid import UUID

from sqlalchemy import text

from db.queries.dispatch.outbox import Outbox
from db.queries.engine.performing import described
from db.session import WriteSession
from domain.engine.contracts import Command, Directive
from services.dispatch.dispatcher import LEASE, Dispatcher
from services.enrollments import steering
from services.inbound.receiving import ReplyEvent, record_event
from tests.stage import Stage
from workflows.gateway import RunState

FIRST = {"key": "first", "type": "email", "config": {"subject": "First", "body_text": "Hi {{name}}"}}
DELAY = {"key": "wait", "type": "delay", "config": {"days": 3}}
SECOND = {"key": "second", "type": "email", "config": {"subject": "Second", "body_text": "Hi again {{name}}"}}

EVENTS_OF_A_LEAD = 40
EVENTS_OF_A_SIGNAL = 6
"""Events that one signal adds: the signal itself, a workflow task that handles it (three), and a timer that moves
(two)."""

Signal = tuple[Command, Directive]
Act = Callable[[WriteSession, UUID], Awaitable[Any]]


async def pause(session: WriteSession, lead: UUID) -> None:
    await steering.pause(session, lead, None)


async def resume(session: WriteSession, lead: UUID) -> None:
    await steering.resume(session, lead, None, steering.ResumeMode.PRESERVE_REMAINING)


async def reply(session: WriteSession, lead: UUID) -> None:
    await record_event(session, lead, ReplyEvent(type="reply"))


async def stored_position(stage: Stage, enrollment: UUID) -> Directive:
    rows = await stage.query("SELECT described_directive(s) FROM lead_sequence_state s WHERE id = :id", id=enrollment)
    return described(rows[0][0])


async def applied_in_postgres(
    stage: Stage, lead: UUID, enrollment: UUID, commands: Sequence[tuple[Command, Act]]
) -> list[Signal]:
    """Applies the commands to Postgres in order. Returns the signal that each one would send; none has been sent
    yet."""
    to_tell: list[Signal] = []
    for command, act in commands:
        async with stage.database.write(stage.tenant_id) as session:
            await act(session, lead)
            await session.execute(text("DELETE FROM outbox WHERE enrollment_id = :id"), {"id": enrollment})
        to_tell.append((command, await stored_position(stage, enrollment)))
    return to_tell


async def deliver(stage: Stage, enrollment: UUID, told: Sequence[Signal]) -> list[RunState]:
    return [
        await stage.parts.gateway.tell(stage.tenant_id, enrollment, command, directive) for command, directive in told
    ]


async def events(stage: Stage, enrollment: UUID) -> int:
    return (await stage.handle(enrollment).describe()).history_length


async def waiting_for_second_email(stage: Stage, count: int) -> list[tuple[UUID, UUID]]:
    """Returns (lead, enrollment) for each lead. Each one has had its first email and waits for the second."""
    sequence = await stage.sequence([FIRST, DELAY, SECOND])
    leads = [await stage.lead() for _ in range(count)]
    enrollments = await stage.enroll(sequence, *leads)
    await stage.until_sent(count)

    async def all_wait() -> bool:
        return not await stage.query("SELECT 1 FROM lead_sequence_state WHERE steps_completed = 0")

    await stage.until(all_wait, "all wait for their second email")
    return list(zip(leads, enrollments, strict=True))


PAUSES_AND_RESUMES = [(Command.PAUSE, pause), (Command.RESUME, resume)] * 2


async def test_every_order_of_pauses_and_resumes_ends_in_the_stored_status(stage: Stage) -> None:
    orders = list(permutations(range(len(PAUSES_AND_RESUMES))))
    chance = random.Random(5)

    async def one(lead: UUID, enrollment: UUID, order: Sequence[int]) -> int:
        to_tell = await applied_in_postgres(stage, lead, enrollment, PAUSES_AND_RESUMES)
        told = [to_tell[place] for place in order for _ in range(chance.choice((1, 1, 2)))]
        # A mailbox release or a repair repeats what already holds. After an edit it can also arrive in any place.
        told.insert(chance.randrange(len(told)), (Command.MAILBOX_RELEASED, to_tell[-1][1]))
        told.insert(chance.randrange(len(told)), (Command.PLAN_CHANGED, to_tell[0][1]))
        await deliver(stage, enrollment, told)
        assert await stage.position(enrollment) == await stored_position(stage, enrollment), order
        return len(told)

    sleepers = await waiting_for_second_email(stage, len(orders))
    counts = await asyncio.gather(*(one(*them, order) for them, order in zip(sleepers, orders, strict=True)))
    await stage.forward(days=4)
    for (lead, enrollment), signals in zip(sleepers, counts, strict=True):
        assert await stage.handle(enrollment).result() == "completed"
        assert stage.sink.subjects((await stage.lead_row(lead)).email) == ["First", "Second"]
        assert await events(stage, enrollment) <= EVENTS_OF_A_LEAD + EVENTS_OF_A_SIGNAL * signals
    assert stage.sink.duplicates() == []


async def test_every_order_around_a_reply_ends_stopped_and_late_signals_change_nothing(stage: Stage) -> None:
    commands = [(Command.PAUSE, pause), (Command.RESUME, resume), (Command.REPLY_RECEIVED, reply)]
    orders = list(permutations(range(len(commands))))

    async def one(lead: UUID, enrollment: UUID, order: Sequence[int]) -> None:
        to_tell = await applied_in_postgres(stage, lead, enrollment, commands)
        await deliver(stage, enrollment, [to_tell[place] for place in order])
        assert await stage.handle(enrollment).result() == "stopped: replied", order
        before = await events(stage, enrollment)
        # After the end, send everything once more: no workflow handles it, and none starts again.
        assert set(await deliver(stage, enrollment, to_tell)) == {RunState.CLOSED}
        assert await events(stage, enrollment) == before <= EVENTS_OF_A_LEAD + EVENTS_OF_A_SIGNAL * len(commands)

    sleepers = await waiting_for_second_email(stage, len(orders))
    await asyncio.gather(*(one(*them, order) for them, order in zip(sleepers, orders, strict=True)))
    assert stage.sink.subjects() == ["First"] * len(orders)


async def test_signals_in_any_order_during_a_send_end_in_the_stored_status(stage: Stage) -> None:
    orders = list(permutations(range(len(PAUSES_AND_RESUMES))))[::4]
    sequence = await stage.sequence([FIRST, DELAY, SECOND])
    leads = [await stage.lead() for _ in orders]
    stage.sink.gate.clear()
    enrollments = await stage.enroll(sequence, *leads)
    await stage.until_sent(len(orders))
    for lead, enrollment, order in zip(leads, enrollments, orders, strict=True):
        to_tell = await applied_in_postgres(stage, lead, enrollment, PAUSES_AND_RESUMES)
        await deliver(stage, enrollment, [to_tell[place] for place in order])
    stage.sink.gate.set()
    for enrollment in enrollments:

        async def agrees(enrollment: UUID = enrollment) -> bool:
            place = await stage.position(enrollment)
            return place.step_type == "delay" and place == await stored_position(stage, enrollment)

        await stage.until(agrees, "the step's answer is newer than every signal")
    await stage.forward(days=4)
    assert sorted(stage.sink.subjects()) == ["First"] * len(orders) + ["Second"] * len(orders)
    assert stage.sink.duplicates() == []


async def test_a_pause_is_delivered_after_the_start_that_another_dispatcher_holds(stage: Stage) -> None:
    """Another dispatcher has leased the start and is slow to deliver it."""
    sequence, lead = await stage.sequence([FIRST]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead, dispatch=False)
    slow = Outbox(stage.database)
    (held,) = await slow.claim(stage.tenant_id, starts=True, limit=10, lease=LEASE)
    await stage.pause(lead)
    # The pause must not arrive before the start.
    assert await stage.parts.gateway.run_state(stage.tenant_id, enrollment) is RunState.MISSING
    assert len(await stage.query("SELECT 1 FROM outbox")) == 2

    # The lease ends. The next dispatcher delivers both, and two dispatchers at once deliver each of them once.
    await stage.query_write("UPDATE outbox SET leased_until = clock_timestamp() - interval '1 second'")
    others = [stage.parts.dispatcher, Dispatcher(stage.database, stage.parts.gateway)]
    counts = await asyncio.gather(*(one.dispatch(stage.tenant_id) for one in others))

    async def delivered() -> bool:
        await others[1].dispatch(stage.tenant_id)
        return await stage.query("SELECT 1 FROM outbox") == []

    await stage.until(delivered, "the outbox is empty")
    assert sum(one.failed for one in counts) == 0
    # The slow dispatcher continues: it delivers the start as it read it, and settles rows that are already settled.
    assert held.id is not None
    await deliver(stage, enrollment, [(Command.PLAN_CHANGED, held.directive)])
    await slow.settle(stage.tenant_id, [held.id])
    await others[1].aclose()

    assert (await stage.position(enrollment)).held
    assert stage.sink.received == []
    await stage.resume(lead)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["First"]
