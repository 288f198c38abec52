"""Circuit breakers: a trip holds the mailbox and all its leads wait; a release sends everything, once."""

from typing import Any
from uuid import UUID

from temporalio.api.enums.v1 import EventType

from domain.access.tenant_policy import TenantSettings
from domain.mailboxes.breakers import BreakerSettings
from services.enrollments.explain import explain_enrollment
from services.inbound.receiving import BounceEvent, ComplaintEvent, ReplyEvent
from services.mailboxes.mailboxes import MailboxKeeper
from services.secret_box import SecretBox
from tests.stage import Stage

HELLO = {"key": "hello", "type": "email", "config": {"subject": "Hello", "body_text": "Hi {{name}}"}}
WAIT = {"key": "wait", "type": "delay", "config": {"days": 2}}
NUDGE = {"key": "nudge", "type": "email", "config": {"subject": "Nudge", "body_text": "Hi again {{name}}"}}
BAD_LOGIN = "535 5.7.8 user name and password not accepted"
SPAM = "554 5.7.1 this looks like spam"


async def mailbox(stage: Stage) -> Any:
    return (await stage.query("SELECT * FROM mailboxes"))[0]


async def set_mailbox(stage: Stage, status: str) -> None:
    """Does what `PATCH /mailboxes/{id}` does."""
    mailbox_id = (await mailbox(stage)).id
    await stage.command(lambda session: MailboxKeeper(SecretBox([])).change(session, mailbox_id, {"status": status}))


async def notifications(stage: Stage) -> list[Any]:
    return await stage.query("SELECT * FROM notifications WHERE kind = 'mailbox_held'")


async def until_parked(stage: Stage, enrollments: list[UUID]) -> None:
    async def parked() -> bool:
        rows = await stage.query(
            "SELECT id FROM lead_sequence_state WHERE deferral->>'cause' = 'mailbox_held' AND next_action_at IS NULL"
        )
        return {row.id for row in rows} >= set(enrollments)

    await stage.until(parked, "all leads of the mailbox wait for it")


async def attempts(stage: Stage, enrollment: UUID) -> int:
    """Returns the number of attempts at performing a step, over all leads."""
    return sum(
        [
            event.activity_task_started_event_attributes.attempt
            async for event in stage.handle(enrollment).fetch_history_events()
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
        ]
    )


async def leads_sent_first_email(stage: Stage, count: int, *steps: dict[str, Any]) -> tuple[list[UUID], list[UUID]]:
    """Returns this many leads and their enrollments. All have their first email recorded."""
    sequence = await stage.sequence(steps)
    leads = [await stage.lead() for _ in range(count)]
    enrollments = await stage.enroll(sequence, *leads)

    async def recorded() -> bool:
        rows = await stage.query("SELECT count(*) AS n FROM lead_sequence_state WHERE emails_sent = 1")
        return rows[0].n == count

    await stage.until(recorded, f"{count} leads have heard from us")
    return leads, enrollments


async def test_a_refused_password_holds_all_leads_without_a_retry_storm(stage: Stage) -> None:
    stage.sink.rcpt_answers = [BAD_LOGIN] * 1000
    sequence = await stage.sequence([HELLO])
    enrollments = await stage.enroll(sequence, *[await stage.lead() for _ in range(12)])
    await until_parked(stage, enrollments)
    held = await mailbox(stage)
    assert (held.status, held.hold_reason) == ("held", "authentication_failures")
    assert held.held_at is not None
    assert len(await notifications(stage)) == 1
    # Leads under way at the trip had failed once or twice. Their next attempt waits at the send gate.
    assert max([await attempts(stage, one) for one in enrollments]) <= 3
    assert 1000 - len(stage.sink.rcpt_answers) <= 24
    tried = len(stage.sink.rcpt_answers)
    await stage.forward(days=5)
    assert len(stage.sink.rcpt_answers) == tried
    async with stage.database.read(stage.tenant_id) as session:
        told = (await explain_enrollment(session, enrollments[0])).explanation
    assert (told.reason.code, told.reason.binds["hold_reason"]) == ("mailbox_unhealthy", "authentication_failures")
    assert told.next_eligible_at is None
    stage.sink.rcpt_answers.clear()
    await set_mailbox(stage, "active")
    for enrollment in enrollments:
        assert (await stage.until_status(enrollment, "completed")).emails_sent == 1
        assert "released" in await stage.log(enrollment)
    assert (len(stage.sink.received), stage.sink.duplicates()) == (12, [])
    released = await mailbox(stage)
    assert (released.hold_reason, released.held_at, released.smtp_auth_failures) == (None, None, 0)


async def test_too_many_bounces_hold_the_mailbox_and_count_only_once(stage: Stage) -> None:
    leads, enrollments = await leads_sent_first_email(stage, 20, HELLO, WAIT, NUDGE)
    await stage.tell(leads[0], BounceEvent(type="bounce"))
    assert (await mailbox(stage)).status == "active"
    await stage.tell(leads[1], BounceEvent(type="bounce"))
    held = await mailbox(stage)
    assert (held.status, held.hold_reason) == ("held", "bounce_rate")
    [notification] = await notifications(stage)
    assert "came back" in notification.message
    await stage.forward(days=3)
    await until_parked(stage, enrollments[2:])
    assert [await attempts(stage, one) for one in enrollments[2:]] == [2] * 18
    assert stage.sink.subjects() == ["Hello"] * 20
    # A lead that replies meanwhile is sent nothing more. The others continue.
    await stage.tell(leads[2], ReplyEvent(type="reply"))
    await set_mailbox(stage, "active")
    for enrollment in enrollments[3:]:
        await stage.until_status(enrollment, "completed")
    assert (stage.sink.subjects().count("Nudge"), stage.sink.duplicates()) == (17, [])
    await stage.tell(leads[3], BounceEvent(type="bounce"))
    assert (await mailbox(stage)).status == "active"


async def test_complaints_hold_the_mailbox_by_the_tenants_limits(stage: Stage) -> None:
    leads, _ = await leads_sent_first_email(stage, 4, HELLO, WAIT, NUDGE)
    await stage.tell(leads[0], ComplaintEvent(type="complaint"))
    assert (await mailbox(stage)).status == "active"
    never = TenantSettings(breakers=BreakerSettings(complaint_rate=None)).model_dump_json()
    await stage.query_write("UPDATE tenants SET settings = CAST(:settings AS jsonb)", settings=never)
    await stage.tell(leads[1], ComplaintEvent(type="complaint"))
    assert (await mailbox(stage)).status == "active"
    await stage.query_write("UPDATE tenants SET settings = '{}'")
    await stage.tell(leads[2], ComplaintEvent(type="complaint"))
    assert (await mailbox(stage)).hold_reason == "complaint_rate"


async def test_consecutive_refusals_hold_the_mailbox(stage: Stage) -> None:
    stage.sink.rcpt_answers = [SPAM] * 5
    later = await stage.enroll(await stage.sequence([WAIT, NUDGE]), await stage.lead())
    sequence = await stage.sequence([HELLO])
    for _ in range(5):
        (enrollment,) = await stage.enroll(sequence, await stage.lead())
        assert (await stage.until_status(enrollment, "failed")).error.startswith("message_refused")
    assert (await mailbox(stage)).hold_reason == "messages_refused"
    await stage.forward(days=3)
    await until_parked(stage, later)
    await set_mailbox(stage, "active")
    await stage.until_status(later[0], "completed")
    # A person resumes the refused ones, after removing the cause.
    assert stage.sink.subjects() == ["Nudge"]


async def test_an_accepted_message_resets_the_count_of_refusals(stage: Stage) -> None:
    stage.sink.rcpt_answers = [BAD_LOGIN] * 2
    await leads_sent_first_email(stage, 1, HELLO)
    assert ((await mailbox(stage)).smtp_auth_failures, (await mailbox(stage)).status) == (0, "active")
    stage.sink.rcpt_answers = [BAD_LOGIN] * 2
    (enrollment,) = await stage.enroll(await stage.sequence([HELLO]), await stage.lead())
    await stage.until_status(enrollment, "completed")
    assert (await mailbox(stage)).status == "active"


async def test_a_manually_held_mailbox_releases_a_few_leads_at_a_time(stage: Stage) -> None:
    _, enrollments = await leads_sent_first_email(stage, 15, HELLO, WAIT, NUDGE)
    await set_mailbox(stage, "held")
    await stage.forward(days=3)
    await until_parked(stage, enrollments)
    await stage.stop_worker()
    await set_mailbox(stage, "active")
    rows = await stage.query("SELECT next_action_at - clock_offset AS at FROM lead_sequence_state ORDER BY id")
    waits = [(row.at - rows[0].at).total_seconds() for row in rows]
    assert all(place / 10 <= wait < place / 10 + 1 for place, wait in enumerate(waits))
    await stage.start_worker()
    for enrollment in enrollments:
        await stage.until_status(enrollment, "completed")
    assert (stage.sink.subjects().count("Nudge"), await notifications(stage)) == (15, [])
