"""Each cause of silence, brought about for real: the explanation names it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.explain import CAUSES, Explanation
from domain.sequence import SequenceStatus
from services.explain import explain_enrollment
from services.receive import AutoReplyEvent, ReplyEvent, record_event
from services.sequences import SequenceChanges, change_sequence
from tests.stage import Stage

EMAIL = {"key": "intro", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
ASK = {"key": "ask", "type": "email", "config": {"subject": "Plan", "body_text": "How is {{ custom.plan }}?"}}
DELAY = {"key": "wait", "type": "delay", "config": {"days": 3}}
TAG = {"key": "tag", "type": "action", "config": {"action": "tag_lead", "add": ["mailed"]}}

Scene = Callable[[Stage], Awaitable[UUID]]


async def explained(stage: Stage, enrollment_id: UUID) -> Explanation:
    async with stage.database.read(stage.tenant_id) as session:
        return (await explain_enrollment(session, enrollment_id)).explanation


async def enrolled(stage: Stage, *steps: dict[str, Any], dispatch: bool = True) -> tuple[UUID, UUID, UUID]:
    sequence, lead = await stage.sequence(steps), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead, dispatch=dispatch)
    return sequence, lead, enrollment


async def set_status(stage: Stage, sequence_id: UUID, status: SequenceStatus) -> None:
    await stage.command(lambda session: change_sequence(session, sequence_id, SequenceChanges(status=status)))


async def set_mailboxes(stage: Stage, change: str) -> None:
    await stage.query_write(f"{change} mailboxes" if change == "DELETE FROM" else f"UPDATE mailboxes SET {change}")


async def until_error(stage: Stage, enrollment: UUID, text: str) -> None:
    async def told() -> bool:
        return text in ((await stage.state(enrollment)).error or "")

    await stage.until(told, f"the error says {text}")


async def ended(stage: Stage) -> UUID:
    _, lead, enrollment = await enrolled(stage, EMAIL, DELAY)
    await stage.until_sent(1)
    await stage.tell(lead, ReplyEvent(type="reply"))
    return enrollment


async def failed(stage: Stage) -> UUID:
    _, _, enrollment = await enrolled(stage, ASK)
    await stage.until_status(enrollment, "failed")
    return enrollment


async def paused(stage: Stage) -> UUID:
    _, lead, enrollment = await enrolled(stage, DELAY, EMAIL)
    await stage.pause(lead)
    return enrollment


async def company_replied(stage: Stage) -> UUID:
    sequence = await stage.sequence([DELAY, EMAIL], on_company_reply="pause")
    ada, bob = await stage.lead(email="ada@corp.example"), await stage.lead(email="bob@corp.example")
    _, enrollment = await stage.enroll(sequence, ada, bob)
    await stage.tell(ada, ReplyEvent(type="reply"))
    return enrollment


async def sequence_paused(stage: Stage) -> UUID:
    sequence, _, enrollment = await enrolled(stage, DELAY, EMAIL)
    await set_status(stage, sequence, "paused")
    await stage.until_status(enrollment, "paused")
    return enrollment


async def suppressed(stage: Stage) -> UUID:
    _, lead, enrollment = await enrolled(stage, DELAY, EMAIL)
    await stage.query_write(
        "INSERT INTO suppressions (tenant_id, kind, value, reason)"
        " SELECT tenant_id, 'domain', split_part(email, '@', 2), 'manual' FROM leads WHERE id = :id",
        id=lead,
    )
    return enrollment


async def not_started(stage: Stage) -> UUID:
    return (await enrolled(stage, EMAIL, dispatch=False))[2]


async def not_told(stage: Stage) -> UUID:
    _, lead, enrollment = await enrolled(stage, DELAY, EMAIL)
    async with stage.database.write(stage.tenant_id) as session:
        await record_event(session, lead, AutoReplyEvent(type="auto_reply"))
    return enrollment


async def out_of_office(stage: Stage) -> UUID:
    _, lead, enrollment = await enrolled(stage, EMAIL, DELAY, EMAIL | {"key": "again"})
    await stage.until_sent(1)
    back = (datetime.now(UTC) + timedelta(days=10)).date()
    await stage.tell(lead, AutoReplyEvent(type="auto_reply", returns_on=back))
    return enrollment


async def waiting_for_event(stage: Stage) -> UUID:
    wait_for = {"key": "registered", "type": "wait_for", "config": {"event": "registered", "timeout_days": 5}}
    return (await enrolled(stage, wait_for, EMAIL))[2]


async def waiting(stage: Stage) -> UUID:
    return (await enrolled(stage, DELAY, EMAIL))[2]


async def no_mailbox(stage: Stage) -> UUID:
    await stage.stop_worker()
    await set_mailboxes(stage, "DELETE FROM")
    return (await enrolled(stage, EMAIL))[2]


async def mailbox_held(stage: Stage) -> UUID:
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead, dispatch=False)
    await set_mailboxes(stage, "status = 'held'")
    await stage.parts.dispatcher.dispatch(stage.tenant_id)
    await until_error(stage, enrollment, "MailboxHeld")
    return enrollment


async def retrying(stage: Stage) -> UUID:
    await stage.sink.stop()
    _, _, enrollment = await enrolled(stage, EMAIL)
    await until_error(stage, enrollment, "ConnectionFailed")
    return enrollment


async def due(stage: Stage) -> UUID:
    await stage.stop_worker()
    return (await enrolled(stage, EMAIL))[2]


# What else holds at the time, and what the reason names.
SCENES: dict[Scene, tuple[list[str], dict[str, Any]]] = {
    ended: ([], {"status": "stopped", "stop_reason": "replied"}),
    failed: ([], {"step": "ask", "mend": "fill the field in the lead, then resume"}),
    paused: ([], {"by": "lead"}),
    company_replied: ([], {}),
    sequence_paused: ([], {}),
    suppressed: (["waiting"], {}),
    not_started: ([], {"command": "start", "attempts": 0}),
    not_told: (["out_of_office", "waiting"], {"command": "auto_reply_received"}),
    out_of_office: (["waiting"], {}),
    waiting_for_event: ([], {"step": "registered", "event": "registered"}),
    waiting: ([], {"step": "wait", "step_type": "delay"}),
    no_mailbox: ([], {}),
    mailbox_held: (["retrying"], {"status": "held"}),
    retrying: ([], {"step": "intro"}),
    due: ([], {"step": "intro"}),
}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_the_cause_is_named(stage: Stage, scene: Scene) -> None:
    also, binds = SCENES[scene]
    enrollment = await scene(stage)
    told = await explained(stage, enrollment)
    assert (told.reason.code, [reason.code for reason in told.also]) == (scene.__name__, also)
    assert binds.items() <= told.reason.binds.items()
    if told.next_eligible_at is not None and scene is not due:
        assert told.next_eligible_at == (await stage.state(enrollment)).next_action_at


def test_every_cause_is_brought_about() -> None:
    causes = {cause.__name__.removeprefix("_") for cause in CAUSES} | {"due"}
    assert causes == {scene.__name__ for scene in SCENES}


async def test_a_moved_clock_is_the_clock_that_counts(stage: Stage) -> None:
    _, _, enrollment = await enrolled(stage, DELAY, EMAIL, TAG)
    await stage.forward(days=2)
    async with stage.database.read(stage.tenant_id) as session:
        explained = await explain_enrollment(session, enrollment)
    assert explained.explanation.reason.code == "waiting"
    assert explained.situation.now > datetime.now(UTC) + timedelta(hours=47)
