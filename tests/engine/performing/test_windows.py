"""Send windows: a lead wakes when its window opens in its own time zone, or when an edit opens it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.mailboxes.windows import WEEK, SendWindow, Weekday
from services.sequences.sequences import SequenceChanges, change_sequence
from tests.stage import Stage

EMAIL = {"key": "intro", "type": "email", "config": {"subject": "Hello", "body_text": "Hi {{name}}"}}


def day_in(days: int, zone: str = "UTC") -> Weekday:
    return WEEK[(datetime.now(ZoneInfo(zone)) + timedelta(days=days)).weekday()]


async def until_deferred(stage: Stage, enrollment: UUID, cause: str) -> None:
    async def put_off() -> bool:
        deferral: dict[str, Any] = (await stage.state(enrollment)).deferral or {}
        return deferral.get("cause") == cause

    await stage.until(put_off, f"the email is deferred: {cause}")


async def change_window(stage: Stage, sequence: UUID, window: SendWindow | None) -> None:
    settings = {"send_window": window.model_dump(mode="json") if window else None}
    await stage.edit(sequence, lambda session: change_sequence(session, sequence, SequenceChanges(settings=settings)))


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"])
async def test_an_email_is_sent_at_nine_in_the_leads_time_zone(stage: Stage, zone: str) -> None:
    sequence = await stage.sequence([EMAIL], send_window=SendWindow(days=(day_in(2, zone),)))
    (enrollment,) = await stage.enroll(sequence, await stage.lead(timezone=zone))
    await until_deferred(stage, enrollment, "window")
    due_at = (await stage.state(enrollment)).next_action_at.astimezone(ZoneInfo(zone))
    assert f"{due_at:%H:%M}" == "09:00"
    await stage.forward(days=3)
    await stage.until_status(enrollment, "completed")
    (row,) = await stage.query("SELECT sent_at FROM messages")
    assert timedelta(0) <= row.sent_at - due_at < timedelta(hours=8)


async def test_an_edit_that_opens_the_window_sends_the_email(stage: Stage) -> None:
    sequence = await stage.sequence([EMAIL], send_window=SendWindow(days=(day_in(3),), timezone="UTC"))
    (enrollment,) = await stage.enroll(sequence, await stage.lead())
    await until_deferred(stage, enrollment, "window")
    await change_window(stage, sequence, None)
    await stage.until_sent(1)
    await stage.until_status(enrollment, "completed")


async def test_an_edit_that_closes_the_window_sends_nothing(stage: Stage) -> None:
    sequence = await stage.sequence([EMAIL], send_window=SendWindow(days=(day_in(2),), timezone="UTC"))
    (enrollment,) = await stage.enroll(sequence, await stage.lead())
    await until_deferred(stage, enrollment, "window")
    before = (await stage.state(enrollment)).next_action_at
    await change_window(stage, sequence, SendWindow(days=(day_in(4),), timezone="UTC"))

    async def moved() -> bool:
        return (await stage.state(enrollment)).next_action_at == before + timedelta(days=2)

    await stage.until(moved, "the lead waits for the new window")
    assert await stage.query("SELECT 1 FROM messages") == []


async def test_a_lead_whose_mailbox_is_held_survives_an_edit(stage: Stage) -> None:
    sequence = await stage.sequence([EMAIL])
    (enrollment,) = await stage.enroll(sequence, await stage.lead(), dispatch=False)
    await stage.query_write("UPDATE mailboxes SET status = 'held'")
    await stage.parts.dispatcher.dispatch(stage.tenant_id)
    await until_deferred(stage, enrollment, "mailbox_held")
    before = (await stage.state(enrollment)).version_id
    await change_window(stage, sequence, SendWindow(days=WEEK, start="00:00", end="24:00"))

    async def moved() -> bool:
        return (await stage.state(enrollment)).version_id != before

    await stage.until(moved, "the lead is on the new version")
    state = await stage.state(enrollment)
    assert (state.next_action_at, state.deferral["cause"], state.status) == (None, "mailbox_held", "active")


async def test_windows_that_never_overlap_fail_the_enrollment_with_a_reason(stage: Stage) -> None:
    await stage.query_write("""UPDATE mailboxes SET timezone = 'UTC', working_hours = '{"days": ["mon"]}'""")
    sequence = await stage.sequence([EMAIL], send_window=SendWindow(days=("tue",), timezone="UTC"))
    (enrollment,) = await stage.enroll(sequence, await stage.lead())
    state = await stage.until_status(enrollment, "failed")
    assert state.error.startswith("window_never_opens: ")
    await change_window(stage, sequence, None)
    await stage.query_write("UPDATE mailboxes SET working_hours = NULL")
    lead_id = state.lead_id
    await stage.resume(lead_id)
    await stage.until_status(enrollment, "completed")
    assert datetime.now(UTC) - (await stage.query("SELECT sent_at FROM messages"))[0].sent_at < timedelta(minutes=5)
