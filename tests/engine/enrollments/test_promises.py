"""No email after a stop, no email twice, nothing lost: each promise is tested at the moment that could break it."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from db.queries.engine.performing import AskedSlot, EnrollmentQueries, Place
from domain.engine.contracts import Command
from domain.mailboxes.send_times import OpenDays
from services.dispatch.dispatcher import Dispatcher
from services.inbound.receiving import ReplyEvent
from tests.stage import COLD_OUTREACH, Stage
from workflows.gateway import RunState

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
DELAY = {"key": "wait", "type": "delay", "config": {"days": 3}}
SECOND = {"key": "second", "type": "email", "config": {"subject": "Second", "body_text": "Hi again {{name}}"}}


async def reserved(stage: Stage, enrollment: UUID, rfc_message_id: str) -> tuple[EnrollmentQueries, UUID, datetime]:
    """Leaves what a first attempt leaves behind that died right after the reservation."""
    queries = EnrollmentQueries(stage.database, stage.tenant_id, enrollment)
    loaded = await queries.load()
    assert loaded is not None and loaded.mailbox is not None and loaded.directive.step_id is not None
    message_id = uuid4()
    reservation = await queries.reserve(
        Place(loaded.directive.step_id, loaded.version_id),
        AskedSlot(
            step_id=loaded.directive.step_id,
            visit=1,
            now=loaded.enrolled_at,
            decisions=[],
            resend=False,
            zone="UTC",
            open_days=OpenDays([loaded.enrolled_at.date()], [None], [], []),
            jitter=timedelta(0),
            offsets=[],
        ),
        message={
            "id": str(message_id),
            "mailbox_id": str(loaded.mailbox.id),
            "rfc_message_id": rfc_message_id,
            "thread": [],
            "subject": "Hello Acme",
        },
    )
    assert reservation.outcome == "reserved"
    return queries, message_id, loaded.enrolled_at


async def test_a_message_reserved_before_a_crash_is_sent_once_under_its_id(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    await stage.stop_worker()
    (enrollment,) = await stage.enroll(sequence, lead)
    await reserved(stage, enrollment, "<fixed-before-sending@sender.example>")
    await stage.start_worker()
    await stage.until_status(enrollment, "completed")
    assert [one.message_id for one in stage.sink.received] == ["<fixed-before-sending@sender.example>"]


@pytest.mark.parametrize(("policy", "arrivals"), [("skip", 0), ("resend", 1)])
async def test_a_message_of_unknown_outcome_is_never_sent_again(stage: Stage, policy: str, arrivals: int) -> None:
    sequence, lead = await stage.sequence([EMAIL], unknown_outcome=policy), await stage.lead()
    await stage.stop_worker()
    (enrollment,) = await stage.enroll(sequence, lead)
    queries, message_id, now = await reserved(stage, enrollment, f"<{policy}@sender.example>")
    assert await queries.mark_sending(message_id, uuid4(), now)
    # Here the first attempt dies. Nobody knows whether the server read the final dot.
    await stage.start_worker()
    state = await stage.until_status(enrollment, "completed")
    assert [one.message_id for one in stage.sink.received] == [f"<{policy}@sender.example>"] * arrivals
    assert state.emails_sent == arrivals
    assert "email_outcome_unknown" in await stage.log(enrollment)
    (message,) = await stage.query("SELECT status FROM messages")
    assert message.status == ("sent" if arrivals else "unknown")


async def test_only_one_of_two_attempts_passes_the_send_gate(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    await stage.stop_worker()
    (enrollment,) = await stage.enroll(sequence, lead)
    queries, message_id, now = await reserved(stage, enrollment, "<once@sender.example>")
    passed = await asyncio.gather(*(queries.mark_sending(message_id, uuid4(), now) for _ in range(8)))
    assert sorted(passed) == [False] * 7 + [True]


async def test_a_confirmed_pause_holds_the_message_back(stage: Stage) -> None:
    sequence, lead = await stage.sequence([DELAY, SECOND]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    # Temporal is not told. The send gate alone must hold the message back.
    async with stage.database.write(stage.tenant_id) as session:
        await session.execute(
            text("SELECT pause_lead_sequence(:tenant, :id, 'lead')"), {"tenant": stage.tenant_id, "id": enrollment}
        )
        await session.execute(text("DELETE FROM outbox"))
    await stage.parts.gateway.fast_forward(stage.tenant_id, enrollment, timedelta(days=4))

    async def asked() -> bool:
        return (await stage.position(enrollment)).held

    await stage.until(asked, "the step was tried, and the workflow is held")
    assert stage.sink.received == []
    assert (await stage.state(enrollment)).status == "paused"


async def test_no_email_arrives_after_its_confirmed_pause(stage: Stage) -> None:
    """Twenty leads are paused while their emails leave. No email arrives after its pause was confirmed."""
    sequence = await stage.sequence([EMAIL, DELAY, SECOND])
    leads = [await stage.lead() for _ in range(20)]
    enrollments = await stage.enroll(sequence, *leads)
    before: dict[str, int] = {}

    async def pause(lead) -> None:
        await stage.pause(lead)
        email = (await stage.lead_row(lead)).email
        sending = await stage.query(
            "SELECT 1 FROM messages WHERE lead_id = :lead AND status IN ('sending', 'sent')", lead=lead
        )
        before[email] = len(sending)

    await asyncio.gather(*(pause(lead) for lead in leads))
    for lead in leads:
        await stage.resume(lead)
    for lead in leads:
        await stage.pause(lead)
    for enrollment in enrollments:
        assert (await stage.state(enrollment)).status == "paused"
    await stage.forward(days=30)
    for email, handed_over in before.items():
        arrived = stage.sink.subjects(email)
        assert len(arrived) <= 1 and len(arrived) >= handed_over
        assert "Second" not in arrived
    assert stage.sink.duplicates() == []


async def test_a_reply_during_a_send_stops_the_enrollment_after_that_message(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL, SECOND]), await stage.lead()
    stage.sink.gate.clear()
    (enrollment,) = await stage.enroll(sequence, lead)
    await asyncio.wait_for(stage.sink.at_gate.wait(), 30)
    await stage.tell(lead, ReplyEvent(type="reply"))
    stage.sink.gate.set()
    assert await stage.handle(enrollment).result() == "stopped: replied"
    state = await stage.state(enrollment)
    assert (state.status, state.stop_reason, state.emails_sent) == ("stopped", "replied", 1)
    assert stage.sink.subjects() == ["Hello Acme"]


async def test_a_signal_before_the_first_workflow_task_takes_effect(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    await stage.stop_worker()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.stop(lead)
    await stage.start_worker()
    assert await stage.handle(enrollment).result() == "stopped: manual"
    assert stage.sink.received == []


async def test_a_signal_after_the_last_workflow_task_changes_nothing(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.handle(enrollment).result()
    state = await stage.until_status(enrollment, "completed")
    directive = await stage.parts.gateway.tell(
        stage.tenant_id, enrollment, Command.PAUSE, (await loaded_directive(stage, enrollment))
    )
    assert directive is RunState.CLOSED
    answer = await stage.tell(lead, ReplyEvent(type="reply"))
    assert answer.recorded and answer.stopped == []
    assert (await stage.state(enrollment)).status == state.status == "completed"
    assert (await stage.lead_row(lead)).status == "qualified"


async def loaded_directive(stage: Stage, enrollment):
    loaded = await EnrollmentQueries(stage.database, stage.tenant_id, enrollment).load()
    assert loaded is not None
    return loaded.directive


async def test_two_dispatchers_start_each_enrollment_once(stage: Stage) -> None:
    sequence = await stage.sequence([EMAIL])
    leads = [await stage.lead() for _ in range(40)]
    enrollments = await stage.enroll(sequence, *leads, dispatch=False)
    dispatchers = [Dispatcher(stage.database, stage.parts.gateway) for _ in range(4)]
    counts = await asyncio.gather(*(one.dispatch(stage.tenant_id) for one in dispatchers))
    assert sum(one.dispatched for one in counts) == len(enrollments) == 40
    for enrollment in enrollments:
        await stage.until_status(enrollment, "completed")
    assert len(stage.sink.received) == 40
    assert stage.sink.duplicates() == []
    assert await stage.query("SELECT 1 FROM outbox") == []


async def test_a_second_delivery_of_a_start_changes_nothing(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_status(enrollment, "completed")
    # The dispatcher died after telling Temporal and before removing the row.
    async with stage.database.write(stage.tenant_id) as session:
        await session.execute(
            text("INSERT INTO outbox (tenant_id, enrollment_id, command) VALUES (:tenant, :id, 'start')"),
            {"tenant": stage.tenant_id, "id": enrollment},
        )
    await stage.parts.dispatcher.dispatch(stage.tenant_id)
    assert await stage.query("SELECT 1 FROM outbox") == []
    assert len(stage.sink.received) == 1
    assert (await stage.state(enrollment)).status == "completed"


async def test_a_lead_cannot_be_enrolled_twice_at_a_time(stage: Stage) -> None:
    sequence, lead = await stage.sequence(COLD_OUTREACH["steps"]), await stage.lead()
    results = await asyncio.gather(*(stage.enroll(sequence, lead, dispatch=False) for _ in range(8)))
    assert sorted(len(enrolled) for enrolled in results) == [0] * 7 + [1]
