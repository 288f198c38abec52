"""Leads wait for send slots of their mailbox: each wakes once, and the emails that are sent never exceed a limit."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from temporalio.api.enums.v1 import EventType

from cadenza.runtime.worker import make_performer
from services.inbound.receiving import ReplyEvent
from tests.stage import Stage

EMAIL: dict[str, Any] = {"key": "intro", "type": "email", "config": {"subject": "Hi", "body_text": "Hi {{name}}"}}
BERLIN = ZoneInfo("Europe/Berlin")
WINDOW = {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "start": "09:00", "end": "17:00"}


async def limit(stage: Stage, **columns: Any) -> None:
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    await stage.query_write(f"UPDATE mailboxes SET {sets}", **columns)


async def sent(stage: Stage) -> list[datetime]:
    return [row.sent_at for row in await stage.query("SELECT sent_at FROM messages WHERE status = 'sent' ORDER BY 1")]


async def until_asked(stage: Stage, count: int) -> None:
    """Waits until every lead has reached the send gate: it has been sent an email or has a slot."""

    async def asked() -> bool:
        [row] = await stage.query(
            "SELECT count(*) AS n FROM send_slots WHERE status IN ('held', 'used') AND enrollment_id IS NOT NULL"
        )
        return row.n >= count

    await stage.until(asked, f"{count} leads have asked for a slot")


async def activities(stage: Stage, enrollment: UUID) -> int:
    events = [event async for event in stage.handle(enrollment).fetch_history_events()]
    return sum(event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED for event in events)


async def waiting_enrollment(stage: Stage, *, sends_first: bool = True) -> tuple[UUID, UUID, UUID]:
    """Returns a sequence and a lead that waits for a slot. Its mailbox may send one email a day, and has sent it."""
    await limit(stage, daily_cap=1, timezone="UTC")
    sequence = await stage.sequence([EMAIL])
    if sends_first:
        await stage.enroll(sequence, await stage.lead())
        await stage.until_sent(1)
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await until_asked(stage, 2)
    return sequence, lead, enrollment


async def test_thirty_leads_on_three_a_day_wake_once_each(stage: Stage) -> None:
    await limit(stage, daily_cap=3, timezone="Europe/Berlin")
    sequence = await stage.sequence([EMAIL], send_window={**WINDOW, "timezone": "Europe/Berlin"})
    leads = [await stage.lead() for _ in range(30)]
    enrollments = await stage.enroll(sequence, *leads)
    await until_asked(stage, 30)
    at_once = len(await sent(stage))
    for _ in range(11):
        await stage.forward(days=1)
    await stage.until_sent(30)
    for enrollment in enrollments:
        await stage.until_status(enrollment, "completed")
    local = [moment.astimezone(BERLIN) for moment in await sent(stage)]
    assert Counter(Counter(moment.date() for moment in local).values()) == Counter({3: 10})
    assert all(9 <= moment.hour < 17 for moment in local)
    counts = Counter([await activities(stage, enrollment) for enrollment in enrollments])
    # One lead asks and is deferred; one more is sent its email.
    assert counts == Counter({2: 30 - at_once, 1: at_once})
    assert (await stage.query("SELECT count(*) AS n FROM send_slots WHERE status <> 'used'"))[0].n == 0


async def test_a_stop_frees_the_slot_for_another_lead(stage: Stage) -> None:
    sequence, lead, enrollment = await waiting_enrollment(stage)
    slot = (await stage.state(enrollment)).next_action_at
    assert (await stage.state(enrollment)).deferral["cause"] == "daily_cap"
    await stage.stop(lead)
    (later,) = await stage.enroll(sequence, await stage.lead())
    await until_asked(stage, 2)
    state = await stage.state(later)
    assert (state.next_action_at, state.status) == (slot, "active")
    assert (await stage.log(later))[-1] == "deferred"


async def test_a_pause_frees_the_slot_and_a_resume_asks_for_a_new_one(stage: Stage) -> None:
    sequence, lead, enrollment = await waiting_enrollment(stage)
    slot = (await stage.state(enrollment)).next_action_at
    await stage.pause(lead)
    paused = await stage.state(enrollment)
    assert (paused.deferral, paused.next_action_at) == (None, paused.paused_at)
    (other,) = await stage.enroll(sequence, await stage.lead())
    await until_asked(stage, 2)
    assert (await stage.state(other)).next_action_at == slot
    await stage.resume(lead)
    await until_asked(stage, 3)
    assert (await stage.state(enrollment)).next_action_at == slot + timedelta(days=1)
    for _ in range(3):
        await stage.forward(days=1)
    await stage.until_sent(3)
    assert len({moment.date() for moment in await sent(stage)}) == 3


async def test_a_reply_while_waiting_stops_the_enrollment_and_frees_the_slot(stage: Stage) -> None:
    _, lead, enrollment = await waiting_enrollment(stage)
    await stage.tell(lead, ReplyEvent(type="reply"))
    assert (await stage.until_status(enrollment, "stopped")).stop_reason == "replied"
    assert await stage.handle(enrollment).result() == "stopped: replied"
    assert await stage.query("SELECT id FROM send_slots WHERE status = 'held'") == []


async def test_a_late_worker_exceeds_no_limit(stage: Stage) -> None:
    await limit(stage, min_gap_seconds=600, timezone="UTC")
    sequence = await stage.sequence([EMAIL])
    leads = [await stage.lead() for _ in range(4)]
    enrollments, now = await stage.enroll(sequence, *leads), datetime.now(UTC)
    await until_asked(stage, 4)
    await stage.stop_worker()
    # All waiting leads come due while no worker runs, and are then performed at about the same time.
    due = [(await stage.state(enrollment)).next_action_at or now for enrollment in enrollments]
    late = max(due) + timedelta(hours=2)
    performer = make_performer(stage.parts)
    directives = [
        await performer.perform(stage.tenant_id, enrollment, late + timedelta(seconds=number))
        for number, enrollment in enumerate(enrollments)
    ]
    assert Counter(directive.status for directive in directives) == Counter({"completed": 2, "active": 2})
    for enrollment, directive in zip(enrollments, directives, strict=True):
        if not directive.ends:
            assert directive.due_at is not None
            assert directive.due_at > late
            await performer.perform(stage.tenant_id, enrollment, directive.due_at)
    moments = await sent(stage)
    assert all(later - earlier >= timedelta(seconds=600) for earlier, later in pairwise(moments))


async def test_leads_of_a_held_mailbox_wait_without_a_due_time(stage: Stage) -> None:
    await limit(stage, status="held", hold_reason="bounce_rate", timezone="UTC")
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)

    async def parked() -> bool:
        return (await stage.state(enrollment)).deferral is not None

    await stage.until(parked, "the lead waits for its mailbox")
    state = await stage.state(enrollment)
    assert (state.status, state.next_action_at, state.error) == ("active", None, None)
    assert state.deferral["cause"], state.deferral["hold_reason"] == ("mailbox_held", "bounce_rate")
    # Moving the clock does not change it. A pause and a resume ask the send gate again, which gives the same answer.
    await stage.forward(days=2)
    await stage.pause(lead)
    await stage.resume(lead)
    await stage.until(parked, "the lead waits again")
    assert stage.sink.received == []
    # The mailbox is active again. The release makes the lead due.
    await limit(stage, status="active", hold_reason=None)
    await stage.pause(lead)
    await stage.resume(lead)
    await stage.until_sent(1)
