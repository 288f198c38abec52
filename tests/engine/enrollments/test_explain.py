"""Each reason why no email is sent is produced on real servers, and the explanation names it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.enrollments.explain import CAUSES, Explanation
from domain.errors import MergeFieldMissing
from domain.mailboxes.windows import WEEK, SendWindow, Weekday, WorkingHours
from domain.sequences.sequence import SequenceStatus
from services.enrollments.explain import explain_enrollment
from services.inbound.receiving import AutoReplyEvent, ReplyEvent, record_event
from services.sequences.sequences import SequenceChanges, change_sequence
from tests.stage import Stage

EMAIL = {"key": "intro", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
ASK = {"key": "ask", "type": "email", "config": {"subject": "Plan", "body_text": "How is {{ custom.plan }}?"}}
DELAY = {"key": "wait", "type": "delay", "config": {"days": 3}}
TAG = {"key": "tag", "type": "action", "config": {"action": "tag_lead", "add": ["mailed"]}}

DAY, HOUR = timedelta(days=1), timedelta(hours=1)

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


async def until_deferred(stage: Stage, enrollment: UUID, cause: str, until: datetime | None = None) -> None:
    async def put_off() -> bool:
        deferral: dict[str, Any] = (await stage.state(enrollment)).deferral or {}
        return deferral.get("cause") == cause

    await stage.until(put_off, f"the email is deferred: {cause}")
    if until is not None:
        assert (await stage.state(enrollment)).next_action_at == until


def at_nine(days: int) -> datetime:
    return datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + days * DAY


def weekday(moment: datetime) -> Weekday:
    return WEEK[moment.weekday()]


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
    await until_deferred(stage, enrollment, "mailbox_held")
    assert (await stage.state(enrollment)).next_action_at is None
    return enrollment


async def mailbox_unhealthy(stage: Stage) -> UUID:
    """The mail server refuses the password until the circuit breaker trips."""
    stage.sink.rcpt_answers = ["535 5.7.8 user name and password not accepted"] * 1000
    _, _, enrollment = await enrolled(stage, EMAIL)
    await until_deferred(stage, enrollment, "mailbox_held")
    return enrollment


async def window(stage: Stage) -> UUID:
    opens = at_nine(days=3)
    sequence = await stage.sequence([EMAIL], send_window=SendWindow(days=(weekday(opens),), timezone="UTC"))
    (enrollment,) = await stage.enroll(sequence, await stage.lead())
    await until_deferred(stage, enrollment, "window", opens)
    return enrollment


async def holiday(stage: Stage) -> UUID:
    """The step is due at noon next Christmas, which is a holiday in France. The day after is not."""
    now = datetime.now(UTC)
    christmas = next(
        noon for year in (now.year, now.year + 1) if (noon := datetime(year, 12, 25, 12, tzinfo=UTC)) - now > 2 * DAY
    )
    wait = {"key": "wait", "type": "delay", "config": {"minutes": int((christmas - now) / timedelta(minutes=1))}}
    days = SendWindow(days=WEEK, timezone="UTC", holidays=("FR",))
    sequence = await stage.sequence([wait, EMAIL], send_window=days)
    (enrollment,) = await stage.enroll(sequence, await stage.lead())
    told = await explained(stage, enrollment)
    day_after = christmas.replace(hour=9) + DAY
    assert ([told.reason.code, told.also[0].code], told.next_eligible_at) == (["waiting", "holiday"], day_after)
    await stage.forward(minutes=(christmas - now) / timedelta(minutes=1))
    await until_deferred(stage, enrollment, "holiday", day_after)
    return enrollment


async def working_hours(stage: Stage) -> UUID:
    opens = at_nine(days=3)
    hours = WorkingHours(days=(weekday(opens),))
    await set_mailboxes(stage, f"timezone = 'UTC', working_hours = '{hours.model_dump_json()}'")
    (enrollment,) = await stage.enroll(await stage.sequence([EMAIL]), await stage.lead())
    await until_deferred(stage, enrollment, "working_hours", opens)
    return enrollment


async def daily_cap(stage: Stage) -> UUID:
    """The mailbox is in a zone where it is noon, so midnight, when a second email fits its limit, is far away."""
    now = datetime.now(UTC)
    midnight = now.replace(minute=0, second=0, microsecond=0) + 12 * HOUR
    enrollment = await second_email(stage, f"daily_cap = 1, timezone = 'Etc/GMT{now.hour - 12:+d}'")
    await until_deferred(stage, enrollment, "daily_cap", midnight)
    return enrollment


async def hourly_cap(stage: Stage) -> UUID:
    enrollment = await second_email(stage, "hourly_cap = 1")
    await until_deferred(stage, enrollment, "hourly_cap")
    return enrollment


async def minimum_gap(stage: Stage) -> UUID:
    enrollment = await second_email(stage, "min_gap_seconds = 3600")
    await until_deferred(stage, enrollment, "minimum_gap")
    return enrollment


async def second_email(stage: Stage, limit: str) -> UUID:
    """Sends another lead an email from a mailbox with that limit."""
    await set_mailboxes(stage, limit)
    sequence = await stage.sequence([EMAIL])
    await stage.enroll(sequence, await stage.lead())
    await stage.until_sent(1)
    return (await stage.enroll(sequence, await stage.lead()))[0]


async def retrying(stage: Stage) -> UUID:
    await stage.sink.stop()
    _, _, enrollment = await enrolled(stage, EMAIL)
    await until_error(stage, enrollment, "connection_failed")
    return enrollment


async def due(stage: Stage) -> UUID:
    await stage.stop_worker()
    return (await enrolled(stage, EMAIL))[2]


# What else holds at the same time, and what the reason names.
SCENES: dict[Scene, tuple[list[str], dict[str, Any]]] = {
    ended: ([], {"status": "stopped", "stop_reason": "replied"}),
    failed: ([], {"step": "ask", "mend": f"{MergeFieldMissing.remedy} Then resume the enrollment."}),
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
    mailbox_unhealthy: ([], {"status": "held", "hold_reason": "authentication_failures"}),
    mailbox_held: ([], {"status": "held"}),
    window: ([], {"step": "intro", "timezone": "UTC"}),
    holiday: ([], {"place": "FR", "holiday": "Christmas Day", "timezone": "UTC"}),
    working_hours: ([], {"timezone": "UTC"}),
    daily_cap: ([], {"cap": 1, "sent_today": 1, "taken": 1}),
    hourly_cap: ([], {"cap": 1}),
    minimum_gap: ([], {"seconds": 3600}),
    retrying: ([], {"step": "intro"}),
    due: ([], {"step": "intro"}),
}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
async def test_the_explanation_names_the_reason(stage: Stage, scene: Scene) -> None:
    also, binds = SCENES[scene]
    enrollment = await scene(stage)
    told = await explained(stage, enrollment)
    assert (told.reason.code, [reason.code for reason in told.also]) == (scene.__name__, also)
    assert binds.items() <= told.reason.binds.items()
    if told.next_eligible_at is not None and scene is not due:
        assert told.next_eligible_at == (await stage.state(enrollment)).next_action_at


def test_every_reason_has_a_case() -> None:
    causes = {cause.__name__.removeprefix("_") for cause in CAUSES} | {"due"}
    assert causes == {scene.__name__ for scene in SCENES}


async def test_every_answer_names_the_zone_used_for_a_lead_without_one(stage: Stage) -> None:
    opens = at_nine(days=3)
    days = SendWindow(days=(weekday(opens),), timezone="lead")
    sequence = await stage.sequence([EMAIL], send_window=days, timezone="UTC")
    (enrollment,) = await stage.enroll(sequence, await stage.lead(timezone=""))
    await until_deferred(stage, enrollment, "window", opens)
    told = (await explained(stage, enrollment)).reason
    assert "the lead's time zone is not known: UTC, the sequence's, is used" in told.detail
    (row,) = await stage.query(
        "SELECT detail FROM sequence_execution_log WHERE enrollment_id = :id AND event = 'deferred'", id=enrollment
    )
    assert (row.detail["cause"], row.detail["timezone"], row.detail["zone_unknown"]) == ("window", "UTC", "lead")


async def test_explanations_use_the_moved_clock(stage: Stage) -> None:
    _, _, enrollment = await enrolled(stage, DELAY, EMAIL, TAG)
    await stage.forward(days=2)
    async with stage.database.read(stage.tenant_id) as session:
        explained = await explain_enrollment(session, enrollment)
    assert explained.explanation.reason.code == "waiting"
    assert explained.situation.now > datetime.now(UTC) + timedelta(hours=47)
