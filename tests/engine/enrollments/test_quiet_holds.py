"""A paused sequence sends no signals to sleeping workflows. A workflow that wakes during the pause asks Postgres first.

No held enrollment may be forgotten, whatever its workflow learns in between.
"""

from collections import Counter
from typing import Any
from uuid import UUID

from temporalio.api.enums.v1 import EventType

from db.queries.engine.performing import EnrollmentQueries
from services.inbound.receiving import AutoReplyEvent, ReplyEvent
from services.sequences.draft_steps import change_step
from services.sequences.sequences import SequenceChanges, change_sequence
from tests.stage import Stage

DELAY = {"key": "wait", "type": "delay", "config": {"days": 3}}
EMAIL = {"key": "intro", "type": "email", "config": {"subject": "Hello", "body_text": "Hi {{name}}"}}


async def sleeping_lead(stage: Stage) -> tuple[UUID, UUID, UUID]:
    """Returns a sequence, a lead that waits three days in it, and the lead's enrollment."""
    sequence, lead = await stage.sequence([DELAY, EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    return sequence, lead, enrollment


async def set_sequence_status(stage: Stage, sequence: UUID, status: Any) -> None:
    """Does what `PUT /sequences/{id}` does, and waits until every signal of it has reached Temporal."""

    async def told() -> bool:
        return await stage.query("SELECT 1 FROM outbox") == []

    await stage.command(lambda session: change_sequence(session, sequence, SequenceChanges(status=status)))
    await stage.until(told, "the outbox is empty")


async def signals(stage: Stage, enrollment: UUID) -> Counter[str]:
    history = await stage.handle(enrollment).fetch_history()
    return Counter(
        event.workflow_execution_signaled_event_attributes.signal_name
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    )


async def workflow_is_held(stage: Stage, enrollment: UUID) -> bool:
    return (await stage.position(enrollment)).held


async def test_a_workflow_that_sleeps_through_a_pause_gets_no_signal(stage: Stage) -> None:
    sequence, lead, enrollment = await sleeping_lead(stage)
    for _ in range(3):
        await set_sequence_status(stage, sequence, "paused")
        assert (await stage.state(enrollment)).status == "paused"
        await set_sequence_status(stage, sequence, "active")
    await stage.forward(days=4)
    await stage.until_status(enrollment, "completed")
    assert await stage.subjects_to(lead) == ["Hello"]
    assert await signals(stage, enrollment) == {}
    assert (await stage.log(enrollment))[:3] == ["enrolled", "paused", "resumed"]


async def test_a_workflow_that_wakes_during_a_pause_is_held_and_gets_its_end(stage: Stage) -> None:
    sequence, lead, enrollment = await sleeping_lead(stage)
    await set_sequence_status(stage, sequence, "paused")
    await stage.forward(days=4)
    await stage.until(lambda: workflow_is_held(stage, enrollment), "the workflow woke, asked, and is held")
    assert await stage.subjects_to(lead) == []
    await set_sequence_status(stage, sequence, "active")
    assert await signals(stage, enrollment) == {"resume": 1}
    await stage.forward(days=4)
    await stage.until_status(enrollment, "completed")
    assert await stage.subjects_to(lead) == ["Hello"]


async def test_a_second_pause_holds_a_workflow_that_missed_the_first(stage: Stage) -> None:
    sequence, lead, enrollment = await sleeping_lead(stage)
    await set_sequence_status(stage, sequence, "paused")
    # By its own clock the pause lasts a day. Its wait ends a day later, and the workflow has not been told.
    await stage.forward(days=1)
    await set_sequence_status(stage, sequence, "active")
    await set_sequence_status(stage, sequence, "paused")
    await stage.forward(days=2, hours=12)
    await stage.until(lambda: workflow_is_held(stage, enrollment), "the workflow woke a day early and is held")
    await set_sequence_status(stage, sequence, "active")
    await stage.forward(days=4)
    await stage.until_status(enrollment, "completed")
    assert await stage.subjects_to(lead) == ["Hello"]


async def test_a_release_during_the_answer_held_is_not_lost(stage: Stage) -> None:
    sequence, _, enrollment = await sleeping_lead(stage)
    await set_sequence_status(stage, sequence, "paused")
    queries = EnrollmentQueries(stage.database, stage.tenant_id, enrollment)
    loaded = await queries.load()
    assert loaded is not None
    assert loaded.directive.held
    await set_sequence_status(stage, sequence, "active")
    # No signal has gone to the workflow, so this answer must not promise one.
    answer = await queries.heard(loaded.directive)
    assert (answer.status, answer.revision) == ("active", loaded.directive.revision + 1)


async def test_a_signal_to_a_held_enrollment_includes_the_hold(stage: Stage) -> None:
    """An out-of-office reply and an edit bring the present situation to the workflow. From then on it waits for its
    release."""
    sequence, lead, enrollment = await sleeping_lead(stage)
    other, away = await stage.lead(), await stage.lead()
    edited, absent = await stage.enroll(sequence, other, away)
    await set_sequence_status(stage, sequence, "paused")
    await stage.tell(away, AutoReplyEvent(type="auto_reply"))
    await stage.edit(sequence, lambda session: change_step(session, sequence, "wait", {"config": {"days": 5}}))
    for one in (enrollment, edited, absent):
        await stage.until(lambda one=one: workflow_is_held(stage, one), "the workflow is held")
    await set_sequence_status(stage, sequence, "active")
    await stage.forward(days=30)
    for one, whom in ((enrollment, lead), (edited, other), (absent, away)):
        await stage.until_status(one, "completed")
        assert await stage.subjects_to(whom) == ["Hello"]


async def test_a_pause_before_the_start_is_delivered_holds_the_enrollment(stage: Stage) -> None:
    sequence, lead = await stage.sequence([DELAY, EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead, dispatch=False)
    await set_sequence_status(stage, sequence, "paused")
    assert await workflow_is_held(stage, enrollment)
    await set_sequence_status(stage, sequence, "active")
    await stage.forward(days=4)
    await stage.until_status(enrollment, "completed")
    assert await stage.subjects_to(lead) == ["Hello"]


async def test_a_reply_stops_a_sleeping_held_enrollment_at_once(stage: Stage) -> None:
    sequence, lead, enrollment = await sleeping_lead(stage)
    await set_sequence_status(stage, sequence, "paused")
    await stage.tell(lead, ReplyEvent(type="reply"))
    assert await stage.handle(enrollment).result() == "stopped: replied"
    await set_sequence_status(stage, sequence, "active")
    await stage.forward(days=4)
    assert await stage.subjects_to(lead) == []
