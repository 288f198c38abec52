"""Concurrent commands, replies and sends on the same rows. Each test keeps a race that was once a fault."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from domain.errors import Invalid, SequenceNotActive
from services.dispatch.dispatcher import Dispatcher
from services.inbound.receiving import (
    AutoReplyEvent,
    BounceEvent,
    ComplaintEvent,
    LeadEvent,
    OpenEvent,
    ReplyEvent,
    UnsubscribeEvent,
)
from services.sequences.sequences import SequenceChanges, change_sequence
from tests.stage import Stage

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
DELAY = {"key": "wait", "type": "delay", "config": {"days": 1}}
SECOND = {"key": "second", "type": "email", "config": {"subject": "Second", "body_text": "Hi again {{name}}"}}
ASK_PLAN = {"key": "ask", "type": "email", "config": {"subject": "Plan", "body_text": "On {{custom.plan}}?"}}


async def set_sequence_status(stage: Stage, sequence_id: UUID, status: Any) -> None:
    await stage.command(lambda session: change_sequence(session, sequence_id, SequenceChanges(status=status)))


async def test_a_paused_sequence_also_holds_a_resumed_lead(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL, DELAY, SECOND]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_sent(1)
    await set_sequence_status(stage, sequence, "paused")
    with pytest.raises(SequenceNotActive):
        await stage.resume(lead)
    await stage.forward(days=3)
    assert stage.sink.subjects() == ["Hello Acme"]
    assert (await stage.state(enrollment)).status == "paused"
    await set_sequence_status(stage, sequence, "active")
    await stage.forward(days=2)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["Hello Acme", "Second"]


async def test_the_send_gate_holds_an_enrollment_that_a_sequence_pause_missed(stage: Stage) -> None:
    sequence, lead = await stage.sequence([DELAY, SECOND]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    # Simulates an enrollment that became active just after its sequence was paused.
    await stage.query_write("UPDATE sequences SET status = 'paused' WHERE id = :id", id=sequence)
    await stage.forward(days=2)
    state = await stage.until_status(enrollment, "paused")
    assert (state.paused_by, stage.sink.received) == ("sequence", [])
    await set_sequence_status(stage, sequence, "active")
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["Second"]


async def test_a_failed_lead_of_a_paused_sequence_is_not_resumed(stage: Stage) -> None:
    sequence, lead = await stage.sequence([ASK_PLAN]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_status(enrollment, "failed")
    await set_sequence_status(stage, sequence, "paused")
    await stage.query_write('UPDATE leads SET custom = \'{"plan": "pro"}\'')
    with pytest.raises(SequenceNotActive):
        await stage.resume(lead)
    assert stage.sink.received == []


async def test_replies_while_their_sequence_is_paused_and_activated_are_never_refused(stage: Stage) -> None:
    sequence = await stage.sequence([DELAY, SECOND])
    leads = [await stage.lead() for _ in range(60)]
    enrollments = await stage.enroll(sequence, *leads)

    async def toggle() -> None:
        for status in ("paused", "active") * 4:
            await set_sequence_status(stage, sequence, status)

    async def reply(some: list[UUID]) -> None:
        for lead in some:
            await stage.tell(lead, ReplyEvent(type="reply"))

    await asyncio.gather(toggle(), *(reply(leads[place::4]) for place in range(4)))
    for enrollment in enrollments:
        assert (await stage.state(enrollment)).stop_reason == "replied"


async def test_a_request_at_the_end_of_a_pass_starts_another_pass(stage: Stage) -> None:
    passes: list[UUID] = []

    class Counting(Dispatcher):
        async def dispatch(self, tenant_id: UUID, **_: Any) -> Any:
            passes.append(tenant_id)
            if len(passes) == 1:
                # Runs right after the first pass has ended, before anything that its end triggers.
                asyncio.get_running_loop().call_soon(self.kick, tenant_id)
            return await super().dispatch(tenant_id)

    dispatcher = Counting(stage.database, stage.parts.gateway)
    dispatcher.kick(stage.tenant_id)

    async def twice() -> bool:
        return len(passes) >= 2

    await stage.until(twice, "the second request gets its own pass")
    await dispatcher.aclose()


async def test_a_lead_enrolled_before_there_was_a_mailbox_takes_the_first_one(stage: Stage) -> None:
    await stage.query_write("DELETE FROM mailboxes")
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    state = await stage.until_status(enrollment, "failed")
    assert state.error.startswith("no_mailbox: ")
    await stage.query_write(
        "INSERT INTO mailboxes (tenant_id, email) VALUES (:tenant, 'late@sender.example')", tenant=stage.tenant_id
    )
    await stage.resume(lead)
    state = await stage.until_status(enrollment, "completed")
    assert state.mailbox_id is not None
    assert stage.sink.received[0].message["From"] == "late@sender.example"


async def test_moving_the_clock_of_an_ending_enrollment_is_no_error(stage: Stage) -> None:
    sequence = await stage.sequence([EMAIL])
    for _ in range(5):
        lead = await stage.lead()
        (enrollment,) = await stage.enroll(sequence, lead)
        await stage.forward(days=1)
        assert (await stage.state(enrollment)).status == "completed"


async def test_a_reply_does_not_qualify_a_lead_that_opted_out(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL, DELAY, SECOND]), await stage.lead()
    await stage.enroll(sequence, lead)
    await stage.until_sent(1)
    await stage.tell(lead, UnsubscribeEvent(type="unsubscribe"))
    await stage.tell(lead, ReplyEvent(type="reply"))
    assert (await stage.lead_row(lead)).status == "unsubscribed"


async def test_an_absence_too_long_is_refused_and_a_past_one_holds_nothing(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL, DELAY, SECOND]), await stage.lead(timezone="America/New_York")
    await stage.enroll(sequence, lead)
    await stage.until_sent(1)
    for date in ("9999-12-31", "2500-01-01"):
        with pytest.raises(Invalid) as refused:
            await stage.tell(lead, AutoReplyEvent.model_validate({"type": "auto_reply", "returns_on": date}))
        assert [error.field for error in refused.value.errors] == ["returns_on"]
    past = AutoReplyEvent.model_validate({"type": "auto_reply", "returns_on": "2020-01-01"})
    assert (await stage.tell(lead, past)).held == []


async def test_a_signal_to_a_lost_workflow_starts_it_from_the_stored_row(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead, dispatch=False)
    await stage.query_write("DELETE FROM outbox")
    await stage.pause(lead)
    assert (await stage.position(enrollment)).held
    await stage.resume(lead)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["Hello Acme"]


async def test_these_tests_detect_a_deadlock(stage: Stage) -> None:
    """Shows that the test above can fail: with the earlier lock order the two transactions deadlock."""
    sequence, lead = await stage.sequence([DELAY, SECOND]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    both_locked = asyncio.Barrier(2)
    lock_sequence = text("SELECT 1 FROM sequences WHERE id = :id FOR UPDATE")
    lock_enrollment = text("SELECT 1 FROM lead_sequence_state WHERE id = :id FOR UPDATE")
    refer = text("SELECT 1 FROM sequences WHERE id = :id FOR KEY SHARE")

    async def pausing() -> None:
        async with stage.database.write(stage.tenant_id) as session:
            await session.execute(lock_sequence, {"id": sequence})
            await both_locked.wait()
            await session.execute(lock_enrollment, {"id": enrollment})

    async def replying() -> None:
        async with stage.database.write(stage.tenant_id) as session:
            await session.execute(lock_enrollment, {"id": enrollment})
            await both_locked.wait()
            await session.execute(refer, {"id": sequence})

    ends = await asyncio.gather(pausing(), replying(), return_exceptions=True)
    assert any("deadlock" in str(end) for end in ends)


async def test_an_action_waits_once_its_sequence_is_paused(stage: Stage) -> None:
    wait = {"key": "wait", "type": "delay", "config": {"days": 1}}
    mark = {"key": "mark", "type": "action", "config": {"action": "update_status", "status": "marked"}}
    sequence = await stage.sequence([wait, mark])
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    # The state in the middle of a large pause: the sequence is paused, and this lead has not been reached yet.
    await stage.query_write("UPDATE sequences SET status = 'paused' WHERE id = :id", id=sequence)
    await stage.forward(days=2)
    state = await stage.until_status(enrollment, "paused")
    assert (state.paused_by, (await stage.lead_row(lead)).status) == ("sequence", "new")


PID = text("SELECT pg_backend_pid()")


async def waits_for(stage: Stage, pid: int | None) -> int:
    """Returns the Postgres process that waits for this one, once there is one."""
    waiting = "SELECT pid FROM pg_stat_activity WHERE CAST(:pid AS integer) = ANY (pg_blocking_pids(pid))"

    async def somebody() -> bool:
        return await stage.query(waiting, pid=pid) != []

    await stage.until(somebody, f"a session waits for process {pid}")
    return (await stage.query(waiting, pid=pid))[0].pid


MOVES = {
    "a step": "UPDATE lead_sequence_state SET emails_sent = emails_sent + 1 WHERE id = :id",
    "an edit": """
        WITH next AS (
            INSERT INTO sequence_versions (tenant_id, sequence_id, version, plan)
            SELECT v.tenant_id, v.sequence_id, v.version + 1, v.plan
              FROM sequence_versions v JOIN lead_sequence_state s ON s.version_id = v.id WHERE s.id = :id
            RETURNING id)
        UPDATE lead_sequence_state SET version_id = (SELECT id FROM next) WHERE id = :id
    """,
}


@pytest.mark.parametrize("heeds", ["ignore", "stop"])
@pytest.mark.parametrize("move", MOVES)
async def test_a_reply_that_had_to_wait_for_the_enrollment_stops_it(stage: Stage, move: str, heeds: str) -> None:
    """A statement that locks rows and has a join or a subquery can leave out the row that it waited for."""
    sequence = await stage.sequence([DELAY, SECOND], on_company_reply=heeds)
    ada, bob = await stage.lead(email="ada@corp.example"), await stage.lead(email="bob@corp.example")
    of_ada, of_bob = await stage.enroll(sequence, ada, bob)
    async with stage.database.write(stage.tenant_id) as session:
        await session.execute(text(MOVES[move]), {"id": of_ada})
        reply = asyncio.create_task(stage.tell(ada, ReplyEvent(type="reply")))
        await waits_for(stage, await session.scalar(PID))
    told = await reply
    assert told.stopped == [of_ada]
    assert told.company_stopped == ([of_bob] if heeds == "stop" else [])
    assert (await stage.state(of_ada)).stop_reason == "replied"


ENDING = {
    "bounced": BounceEvent(type="bounce"),
    "unsubscribed": UnsubscribeEvent(type="unsubscribe"),
    "complained": ComplaintEvent(type="complaint"),
}


@pytest.mark.parametrize("reason", ENDING)
async def test_every_ending_event_stops_an_enrollment_that_was_locked(stage: Stage, reason: str) -> None:
    sequence, lead = await stage.sequence([EMAIL, DELAY, SECOND]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_sent(1)
    async with stage.database.write(stage.tenant_id) as session:
        await session.execute(text(MOVES["an edit"]), {"id": enrollment})
        event = asyncio.create_task(stage.tell(lead, ENDING[reason]))
        await waits_for(stage, await session.scalar(PID))
    assert (await event).stopped == [enrollment]
    assert (await stage.state(enrollment)).stop_reason == reason


def events_of_lead(place: int) -> list[LeadEvent]:
    """Returns events of one lead. The first two are the same event."""
    reply = ReplyEvent(type="reply", event_id=f"reply-{place}")
    return [reply, reply, *ENDING.values(), OpenEvent(type="open"), AutoReplyEvent(type="auto_reply")]


async def test_concurrent_events_of_colleagues_are_recorded_once_and_stop_each_once(stage: Stage) -> None:
    """Each event locks the sender's mailbox and then enrollments of several leads. Without one order they deadlock."""
    sequences = [await stage.sequence([EMAIL, DELAY, SECOND], on_company_reply="stop") for _ in range(2)]
    leads = [await stage.lead(email=f"lead-{place}@corp.example") for place in range(4)]
    enrollments = [one for sequence in sequences for one in await stage.enroll(sequence, *leads)]
    await stage.until_sent(len(enrollments))
    events = [(lead, event) for place, lead in enumerate(leads) for event in events_of_lead(place)]
    answers = await asyncio.gather(*(stage.tell(lead, event) for lead, event in events))
    assert Counter(answer.recorded for answer in answers) == {True: len(events) - len(leads), False: len(leads)}
    assert len(await stage.query("SELECT id FROM lead_engagement")) == len(events) - len(leads)
    once = dict.fromkeys(enrollments, 1)
    assert Counter(one for answer in answers for one in (*answer.stopped, *answer.company_stopped)) == once
    logged = await stage.query("SELECT enrollment_id FROM sequence_execution_log WHERE event = 'stopped'")
    assert Counter(row.enrollment_id for row in logged) == once
    replied = await stage.query("SELECT sum(emails_replied) AS replied FROM lead_sequence_state")
    assert replied[0].replied == len(leads)


STOP = text("SELECT stop_lead_sequence(:t, :id, 'manual')")


async def lead_between(stage: Stage, sequence: UUID, first: UUID, last: UUID) -> UUID:
    """Creates a colleague's enrollment whose ID lies between these two."""
    while True:
        (enrollment,) = await stage.enroll(sequence, await stage.lead(email=f"{uuid4().hex}@corp.example"))
        if first < enrollment < last:
            return enrollment


async def test_an_event_locks_enrollments_in_order_even_if_one_has_ended(stage: Stage) -> None:
    """An enrollment that ended while a transaction waited for its lock is left out, and stays locked."""
    sequences = [await stage.sequence([EMAIL, DELAY, SECOND], on_company_reply="stop") for _ in range(2)]
    ada, bob = [await stage.lead(email=f"{name}@corp.example") for name in ("ada", "bob")]
    first, last = sorted([one for sequence in sequences for one in await stage.enroll(sequence, ada)])
    between = await lead_between(stage, sequences[0], first, last)
    await stage.enroll(sequences[0], bob)
    mail = "SELECT rfc_message_id AS id FROM messages WHERE enrollment_id = :id AND status = 'sent'"

    async def sent() -> bool:
        return await stage.query(mail, id=first) != []

    await stage.until(sent, "the first enrollment was mailed")
    about_first = OpenEvent(type="open", message_id=(await stage.query(mail, id=first))[0].id)
    async with stage.database.write(stage.tenant_id) as holding:
        await holding.execute(text("SELECT FROM lead_sequence_state WHERE id = :id FOR UPDATE"), {"id": between})
        async with stage.database.write(stage.tenant_id) as ending:
            await ending.execute(STOP, {"t": stage.tenant_id, "id": first})
            reply = asyncio.create_task(stage.tell(bob, ReplyEvent(type="reply")))
            await waits_for(stage, await ending.scalar(PID))
        # The reply now holds the lock on the first of the three, which has ended, and waits for the second.
        replying = await waits_for(stage, await holding.scalar(PID))
        opened = asyncio.create_task(stage.tell(ada, about_first))
        await waits_for(stage, replying)
    told = await asyncio.gather(reply, opened)
    assert {between, last} <= set(told[0].company_stopped)
    assert told[1].recorded
