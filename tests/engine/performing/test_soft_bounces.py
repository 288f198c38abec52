"""After a soft bounce an address is written to again. After three in a row it counts as a hard bounce."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.inbound.receiving import BounceEvent, OpenEvent, ReplyEvent
from tests.stage import Stage

WAIT = {"key": "wait", "type": "delay", "config": {"days": 30}}
HELLO = {"key": "hello", "type": "email", "config": {"subject": "Hello", "body_text": "Hi {{name}}"}}


async def soft_bounce(stage: Stage, lead: UUID, *, days_ago: float = 0) -> list[UUID]:
    when = datetime.now(UTC) - timedelta(days=days_ago)
    return (await stage.tell(lead, BounceEvent(type="bounce", hard=False, occurred_at=when))).stopped


async def enrolled(stage: Stage) -> tuple[UUID, UUID]:
    sequence, lead = await stage.sequence([WAIT, HELLO]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    return lead, enrollment


async def test_the_third_consecutive_soft_bounce_counts_as_a_hard_bounce(stage: Stage) -> None:
    lead, enrollment = await enrolled(stage)
    assert await soft_bounce(stage, lead) == await soft_bounce(stage, lead) == []
    assert ((await stage.state(enrollment)).status, (await stage.lead_row(lead)).status) == ("active", "new")
    assert await stage.query("SELECT 1 FROM suppressions") == []
    assert await soft_bounce(stage, lead) == [enrollment]
    assert ((await stage.state(enrollment)).stop_reason, (await stage.lead_row(lead)).status) == ("bounced", "bounced")
    [suppressed] = await stage.query("SELECT value, reason FROM suppressions")
    assert (suppressed.value, suppressed.reason) == ((await stage.lead_row(lead)).email, "bounced")
    # Only hard bounces count against the mailbox.
    assert (await stage.query("SELECT status FROM mailboxes"))[0].status == "active"


async def test_an_open_between_soft_bounces_resets_the_count(stage: Stage) -> None:
    lead, enrollment = await enrolled(stage)
    await soft_bounce(stage, lead)
    await soft_bounce(stage, lead)
    await stage.tell(lead, OpenEvent(type="open"))
    assert await soft_bounce(stage, lead) == await soft_bounce(stage, lead) == []
    # A machine open is no sign that a person reads the mail.
    await stage.tell(lead, OpenEvent(type="open", machine=True))
    assert await soft_bounce(stage, lead) == [enrollment]


async def test_old_soft_bounces_do_not_count(stage: Stage) -> None:
    lead, _ = await enrolled(stage)
    assert [await soft_bounce(stage, lead, days_ago=days) for days in (45, 31, 1, 0)] == [[], [], [], []]


async def test_a_reply_also_resets_the_count_in_a_later_enrollment(stage: Stage) -> None:
    lead, _ = await enrolled(stage)
    await soft_bounce(stage, lead)
    await soft_bounce(stage, lead)
    await stage.tell(lead, ReplyEvent(type="reply"))
    await stage.enroll(await stage.sequence([WAIT, HELLO]), lead)
    assert await soft_bounce(stage, lead) == []
