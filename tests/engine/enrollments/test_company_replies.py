"""A lead replies: what happens to its colleagues depends on the setting of each sequence."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from db.queries.inbound import receiving
from domain.enrollments.status import ResumeMode
from services.inbound.receiving import AutoReplyEvent, ReplyEvent, record_event
from tests.stage import Stage

HELLO = {"key": "hello", "type": "email", "config": {"subject": "Hello", "body_text": "Hi {{name}}"}}
WAIT = {"key": "wait", "type": "delay", "config": {"days": 2}}
NUDGE = {"key": "nudge", "type": "email", "config": {"subject": "Nudge", "body_text": "Hi again {{name}}"}}
STEPS = [HELLO, WAIT, NUDGE]


async def colleagues(stage: Stage, sequence: UUID, *emails: str) -> tuple[list[UUID], list[UUID]]:
    """Returns the leads and their enrollments. All have been sent the first email."""
    leads = [await stage.lead(email=email) for email in emails]
    enrollments = await stage.enroll(sequence, *leads)
    await stage.until_sent(len(emails))
    for enrollment in enrollments:

        async def waits(one: UUID = enrollment) -> bool:
            return (await stage.state(one)).emails_sent == 1

        await stage.until(waits, "the first email is recorded")
    return leads, enrollments


async def detail_of(stage: Stage, enrollment: UUID, event: str) -> Any:
    rows = await stage.query(
        "SELECT detail FROM sequence_execution_log WHERE enrollment_id = :id AND event = :event",
        id=enrollment,
        event=event,
    )
    return rows[-1].detail


async def test_a_colleagues_reply_stops_the_enrollment_and_the_log_names_the_lead(stage: Stage) -> None:
    sequence = await stage.sequence(STEPS, on_company_reply="stop")
    leads, (ada, bob, eve) = await colleagues(
        stage, sequence, "ada@corp.example", "bob@corp.example", "eve@other.example"
    )
    told = await stage.tell(leads[0], ReplyEvent(type="reply"))
    assert (told.stopped, told.company_stopped, told.company_paused) == ([ada], [bob], [])
    assert [(await stage.state(one)).stop_reason for one in (ada, bob, eve)] == ["replied", "company_replied", None]
    assert await detail_of(stage, bob, "stopped") == {"reason": "company_replied", "replied_lead_id": str(leads[0])}
    # The colleague has not replied: it is not marked as qualified, and it may be enrolled again.
    assert (await stage.lead_row(leads[1])).status == "new"
    assert await stage.handle(bob).result() == "stopped: company_replied"
    await stage.forward(days=3)
    assert stage.sink.subjects().count("Nudge") == 1


async def test_a_colleagues_reply_pauses_the_enrollment_until_a_resume(stage: Stage) -> None:
    sequence = await stage.sequence(STEPS, on_company_reply="pause")
    leads, (_, bob) = await colleagues(stage, sequence, "ada@corp.example", "bob@corp.example")
    told = await stage.tell(leads[0], ReplyEvent(type="reply"))
    assert (told.company_stopped, told.company_paused) == ([], [bob])
    await stage.forward(days=3)
    state = await stage.state(bob)
    assert (state.status, state.paused_by, stage.sink.subjects().count("Nudge")) == ("paused", "company", 0)
    assert await detail_of(stage, bob, "paused") == {"by": "company", "replied_lead_id": str(leads[0])}
    await stage.resume(leads[1], ResumeMode.ORIGINAL_SCHEDULE)
    await stage.until_status(bob, "completed")
    assert stage.sink.subjects().count("Nudge") == 1


@pytest.mark.parametrize("emails", [("ada@corp.example", "bob@corp.example"), ("ada@gmail.com", "bob@gmail.com")])
async def test_other_companies_and_sequences_without_the_setting_continue(
    stage: Stage, emails: tuple[str, str]
) -> None:
    asks = emails[0].endswith("gmail.com")
    sequence = await stage.sequence(STEPS, **({"on_company_reply": "stop"} if asks else {}))
    leads, (_, bob) = await colleagues(stage, sequence, *emails)
    told = await stage.tell(leads[0], ReplyEvent(type="reply"))
    assert told.company_stopped == told.company_paused == []
    await stage.forward(days=3)
    assert (await stage.until_status(bob, "completed")).emails_sent == 2


async def test_an_auto_reply_does_not_affect_colleagues(stage: Stage) -> None:
    sequence = await stage.sequence(STEPS, on_company_reply="stop")
    leads, (_, bob) = await colleagues(stage, sequence, "ada@corp.example", "bob@corp.example")
    await stage.tell(leads[0], AutoReplyEvent(type="auto_reply"))
    assert (await stage.state(bob)).status == "active"


async def test_concurrent_replies_of_colleagues_do_not_deadlock(stage: Stage) -> None:
    """Each reply locks all of their enrollments. If the locks were not taken in the order of IDs, two replies would
    deadlock."""
    sequence = await stage.sequence([WAIT, NUDGE], on_company_reply="stop")
    leads = [await stage.lead(email=f"lead-{place}@corp.example") for place in range(24)]
    enrollments = await stage.enroll(sequence, *leads)

    async def reply(lead: UUID) -> None:
        async with stage.database.write(stage.tenant_id) as session:
            await record_event(session, lead, ReplyEvent(type="reply"))

    await asyncio.gather(*(reply(lead) for lead in leads))
    reasons = [(await stage.state(one)).stop_reason for one in enrollments]
    # The lead whose reply was handled first has replied; by then the others were stopped.
    assert sorted(reasons) == ["company_replied"] * 23 + ["replied"]


async def test_only_colleagues_in_sequences_with_the_setting_are_locked(stage: Stage) -> None:
    asks = await stage.sequence([WAIT, NUDGE], on_company_reply="pause")
    does_not = await stage.sequence([WAIT, NUDGE])
    ada, bob = await stage.lead(email="ada@corp.example"), await stage.lead(email="bob@corp.example")
    (of_ada,) = await stage.enroll(does_not, ada)
    (of_bob,) = await stage.enroll(asks, bob)
    await stage.enroll(does_not, bob)
    async with stage.database.write(stage.tenant_id) as session:
        locked = await receiving.lock_enrollments(session, ada, "corp.example")
    assert set(locked) == {of_ada, of_bob}
