"""The paths that one enrollment can take. Each is a function that plays it on a `Stage` and returns the enrollment."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.sequences.yaml_text import load
from services.inbound.receiving import (
    AutoReplyEvent,
    BounceEvent,
    ComplaintEvent,
    LeadEvent,
    OpenEvent,
    ReplyEvent,
    UnsubscribeEvent,
)
from services.mailboxes.mailboxes import MailboxKeeper
from services.secret_box import SecretBox
from services.sequences.draft_steps import change_step, remove_step
from tests.stage import COLD_OUTREACH, Stage

EnrollmentPath = Callable[[Stage], Awaitable[UUID]]
Steps = list[dict[str, Any]]

THREE: Steps = load("""
- {key: first, type: email, config: {subject: First, body_text: Hello}}
- {key: wait, type: delay, config: {days: 3}}
- {key: second, type: email, config: {subject: Second, body_text: Hello}}
""")
LISTENING: Steps = load("""
- {key: intro, type: email, config: {subject: Intro, body_text: Hello}}
- {key: listen, type: wait_for, config: {event: opened, timeout_days: 5, on_timeout: {goto: pity}}}
- {key: glad, type: email, config: {subject: Glad, body_text: Hello}}
- {key: pity, type: email, config: {subject: Pity, body_text: Hello}}
""")
LOOP: Steps = load("""
- {key: news, type: email, config: {subject: News, body_text: Hello}}
- {key: a-week, type: delay, config: {days: 7}}
- key: opened
  type: condition
  config: {branches: [{if: opened, then: {stop: true, reason: opened}}], else: {goto: news}}
""")
NEEDS_PLAN: Steps = load("""
- {key: ask, type: email, config: {subject: Plan, body_text: "Hi {{name}}, you are on {{custom.plan}}"}}
""")


async def begun(one: Stage, steps: Steps = COLD_OUTREACH["steps"]) -> tuple[UUID, UUID]:
    """Enrolls a lead and waits until its first email is sent. Returns the lead and the enrollment."""
    sequence, lead = await one.sequence(steps), await one.lead()
    (enrollment,) = await one.enroll(sequence, lead)
    await until_recorded(one, enrollment)
    return lead, enrollment


async def until_recorded(one: Stage, enrollment: UUID) -> None:
    async def recorded() -> bool:
        return (await one.state(enrollment)).emails_sent == 1

    await one.until(recorded, "the first email is recorded")


def after(
    days: float, event: LeadEvent | None, then: float = 0, steps: Steps = COLD_OUTREACH["steps"]
) -> EnrollmentPath:
    """`event` happens `days` days after the first email, then `then` more days pass."""

    async def path(one: Stage) -> UUID:
        lead, enrollment = await begun(one, steps)
        if days:
            await one.forward(days=days)
        if event is not None:
            await one.tell(lead, event)
        if then:
            await one.forward(days=then)
        return enrollment

    return path


async def out_of_office(one: Stage) -> UUID:
    back = datetime.now(UTC).date() + timedelta(days=10)
    return await after(1, AutoReplyEvent(type="auto_reply", returns_on=back), 15)(one)


async def paused_and_resumed(one: Stage) -> UUID:
    lead, enrollment = await begun(one)
    await one.forward(days=1)
    await one.pause(lead)
    await one.forward(days=5)
    await one.resume(lead)
    await one.forward(days=8)
    return enrollment


async def stopped(one: Stage) -> UUID:
    lead, enrollment = await begun(one)
    await one.forward(days=4)
    await one.stop(lead)
    return enrollment


async def cancelled(one: Stage) -> UUID:
    """Cancelled as in Temporal's web UI (also for the other paths of this name)."""
    _, enrollment = await begun(one)
    await one.handle(enrollment).cancel()
    return enrollment


async def retried(one: Stage) -> UUID:
    one.sink.answers = ["451 4.7.1 later"]
    (enrollment,) = await one.enroll(await one.sequence(COLD_OUTREACH["steps"][:1]), await one.lead())
    return enrollment


async def failed(one: Stage) -> tuple[UUID, UUID]:
    lead = await one.lead()
    (enrollment,) = await one.enroll(await one.sequence(NEEDS_PLAN), lead)
    await one.until_status(enrollment, "failed")
    return lead, enrollment


async def failed_and_resumed(one: Stage) -> UUID:
    lead, enrollment = await failed(one)
    await one.query_write('UPDATE leads SET custom = \'{"plan": "pro"}\'')
    await one.resume(lead)
    return enrollment


async def failed_and_stopped(one: Stage) -> UUID:
    lead, enrollment = await failed(one)
    await one.stop(lead)
    return enrollment


async def signal_before_first_task(one: Stage) -> UUID:
    await one.stop_worker()
    lead = await one.lead()
    (enrollment,) = await one.enroll(await one.sequence(COLD_OUTREACH["steps"]), lead)
    await one.stop(lead)
    await one.start_worker()
    return enrollment


def while_sending(happens: Callable[[Stage, UUID, UUID], Awaitable[None]]) -> EnrollmentPath:
    """`happens` runs while the first email waits for the server's answer to the end of its data."""

    async def path(one: Stage) -> UUID:
        one.sink.gate.clear()
        lead = await one.lead()
        (enrollment,) = await one.enroll(await one.sequence(THREE), lead)
        await one.until_sent(1)
        await happens(one, lead, enrollment)
        one.sink.gate.set()
        await until_recorded(one, enrollment)
        await one.forward(days=4)
        return enrollment

    return path


async def paused_and_resumed_while(one: Stage, lead: UUID, _enrollment: UUID) -> None:
    await one.pause(lead)
    await one.resume(lead)


async def replied_while(one: Stage, lead: UUID, _enrollment: UUID) -> None:
    await one.tell(lead, ReplyEvent(type="reply"))


async def cancelled_while(one: Stage, _lead: UUID, enrollment: UUID) -> None:
    await one.handle(enrollment).cancel()


async def deferred_to_a_slot(one: Stage) -> UUID:
    await one.query_write("UPDATE mailboxes SET daily_cap = 1, timezone = 'UTC'")
    await begun(one, THREE[:1])
    (enrollment,) = await one.enroll(await one.sequence(THREE[:1]), await one.lead())
    await until_deferred(one, enrollment)
    await one.forward(days=2)
    return enrollment


async def mailbox_released(one: Stage) -> UUID:
    await one.query_write("UPDATE mailboxes SET status = 'held'")
    (enrollment,) = await one.enroll(await one.sequence(THREE[:1]), await one.lead())
    await until_deferred(one, enrollment)
    (mailbox,) = await one.query("SELECT id FROM mailboxes")
    await one.command(lambda session: MailboxKeeper(SecretBox([])).change(session, mailbox.id, {"status": "active"}))
    return enrollment


async def until_deferred(one: Stage, enrollment: UUID) -> None:
    async def deferred() -> bool:
        return (await one.state(enrollment)).deferral is not None

    await one.until(deferred, "the lead is put off")


async def wait_shortened(one: Stage) -> UUID:
    _, enrollment = await begun(one, THREE)
    sequence = (await one.state(enrollment)).sequence_id
    await one.edit(sequence, lambda session: change_step(session, sequence, "wait", {"config": {"days": 1}}))
    await one.forward(days=2)
    return enrollment


async def step_deleted(one: Stage) -> UUID:
    _, enrollment = await begun(one, THREE)
    sequence = (await one.state(enrollment)).sequence_id
    await one.edit(sequence, lambda session: remove_step(session, sequence, "wait"))
    return enrollment


async def loops(one: Stage) -> UUID:
    """Three visits of the step, then the event that ends the loop."""
    lead, enrollment = await begun(one, LOOP)
    for _ in range(2):
        await one.forward(days=7, hours=1)
    await one.tell(lead, OpenEvent(type="open"))
    await one.forward(days=8)
    return enrollment


ENROLLMENT_PATHS: dict[str, EnrollmentPath] = {
    "does-nothing": after(8, None),
    "opens": after(4, OpenEvent(type="open"), 4),
    "replies": after(2, ReplyEvent(type="reply")),
    "out-of-office": out_of_office,
    "unsubscribes": after(5, UnsubscribeEvent(type="unsubscribe")),
    "bounces": after(0, BounceEvent(type="bounce", hard=True)),
    "complains": after(1, ComplaintEvent(type="complaint")),
    "paused-and-resumed": paused_and_resumed,
    "stopped": stopped,
    "cancelled": cancelled,
    "retried": retried,
    "failed-and-resumed": failed_and_resumed,
    "failed-and-stopped": failed_and_stopped,
    "signal-before-first-task": signal_before_first_task,
    "paused-and-resumed-while-sending": while_sending(paused_and_resumed_while),
    "replied-while-sending": while_sending(replied_while),
    "cancelled-while-sending": while_sending(cancelled_while),
    "hears-what-it-waits-for": after(1, OpenEvent(type="open"), steps=LISTENING),
    "waits-in-vain": after(6, None, steps=LISTENING),
    "deferred-to-a-slot": deferred_to_a_slot,
    "mailbox-released": mailbox_released,
    "wait-shortened": wait_shortened,
    "step-deleted": step_deleted,
    "loops": loops,
}
