"""Which thread and subject a reply step uses when the email before it may not have been sent, or there is none."""

import asyncio
from uuid import UUID

from tests.stage import Stage

INTRO = {"key": "intro", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
WAIT = {"key": "wait", "type": "delay", "config": {"days": 2}}
AGAIN = {"key": "again", "type": "email", "config": {"reply_in_thread": True, "body_text": "Hi again {{name}}"}}


async def until_logged(stage: Stage, enrollment: UUID, event: str) -> None:
    async def logged() -> bool:
        return event in await stage.log(enrollment)

    await stage.until(logged, event)


async def test_a_thread_continues_an_email_of_unknown_outcome(stage: Stage) -> None:
    """In most cases it arrived: the sink accepted the message, and its answer was lost."""
    lead = await stage.lead()
    stage.sink.gate.clear()
    (enrollment,) = await stage.enroll(await stage.sequence([INTRO, WAIT, AGAIN]), lead)
    await asyncio.wait_for(stage.sink.at_gate.wait(), 30)
    port = stage.sink.port
    await stage.sink.stop()
    await stage.sink.start(port)

    await until_logged(stage, enrollment, "email_skipped")
    await stage.forward(days=2, hours=1)
    await stage.until_status(enrollment, "completed")
    intro, again = stage.sink.received
    assert (intro.subject, again.subject) == ("Hello Acme", "Re: Hello Acme")
    assert again.message["In-Reply-To"] == again.message["References"] == intro.message_id


async def test_a_thread_continues_an_email_marked_by_a_restore_under_the_steps_subject(stage: Stage) -> None:
    """The message keeps its Message-ID, and its subject is not known."""
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(await stage.sequence([INTRO, WAIT, AGAIN]), lead)
    await until_logged(stage, enrollment, "email_sent")
    await stage.query_write(
        "UPDATE messages SET status = 'unknown', subject = '' WHERE enrollment_id = :id", id=enrollment
    )
    await stage.forward(days=2, hours=1)
    await stage.until_status(enrollment, "completed")
    intro, again = stage.sink.received
    assert (again.subject, again.message["In-Reply-To"]) == ("Re: Hello Acme", intro.message_id)


async def test_a_reply_step_without_an_earlier_email_begins_a_thread(stage: Stage) -> None:
    """The lead's branch led past the first email of the sequence."""
    past = {"key": "past", "type": "condition", "config": {"branches": [{"if": "always", "then": {"goto": "again"}}]}}
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(await stage.sequence([past, INTRO, AGAIN]), lead)
    await stage.until_status(enrollment, "completed")
    (only,) = stage.sink.received
    assert only.subject == "Hello Acme"
    assert only.message["In-Reply-To"] is None
