"""The eight ways in which a lead can go through the cold-outreach example, with delays of days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.enrollments.status import EnrollmentStatus
from services.inbound.receiving import AutoReplyEvent, BounceEvent, OpenEvent, ReplyEvent, UnsubscribeEvent
from tests.stage import COLD_OUTREACH, Stage

INTRO, FOLLOW_UP, BREAKUP = "Quick question about Acme", "Following up - Acme", "Last email from me"


async def enrolled(stage: Stage) -> tuple:
    """Returns a lead in cold-outreach that has been sent the intro."""
    sequence = await stage.sequence(COLD_OUTREACH["steps"])
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_sent(1)
    return lead, enrollment


async def outcome(stage: Stage, lead, enrollment) -> tuple:
    state = await stage.state(enrollment)
    return state.status, state.stop_reason, (await stage.lead_row(lead)).status


async def suppressed(stage: Stage, lead) -> bool:
    email = (await stage.lead_row(lead)).email
    return bool(await stage.query("SELECT 1 FROM suppressions WHERE value = :email", email=email))


async def test_a_lead_that_does_nothing_gets_every_email(stage: Stage) -> None:
    lead, enrollment = await enrolled(stage)
    await stage.forward(days=2, hours=23)
    assert stage.sink.subjects() == [INTRO]
    await stage.forward(hours=2)
    assert stage.sink.subjects() == [INTRO, FOLLOW_UP]
    await stage.forward(days=4)
    assert stage.sink.subjects() == [INTRO, FOLLOW_UP, BREAKUP]
    assert await outcome(stage, lead, enrollment) == ("completed", None, "unresponsive")
    assert await stage.handle(enrollment).result() == "completed"
    assert stage.sink.duplicates() == []
    # intro, follow-up, breakup, mark-unresponsive
    assert (await stage.state(enrollment)).steps_completed == 4


async def test_a_lead_that_opens_the_follow_up_takes_that_branch(stage: Stage) -> None:
    lead, enrollment = await enrolled(stage)
    await stage.forward(days=3, hours=1)
    await stage.tell(lead, OpenEvent(type="open", machine=True))
    await stage.tell(lead, OpenEvent(type="open"))
    await stage.forward(days=4)
    state = await stage.until_status(enrollment, "stopped")
    assert stage.sink.subjects() == [INTRO, FOLLOW_UP, f"Re: {FOLLOW_UP}"]
    assert await outcome(stage, lead, enrollment) == ("stopped", "interested_follow_up_sent", "new")
    assert state.emails_opened == 1
    follow_up, reply = stage.sink.received[1].message, stage.sink.received[2].message
    assert reply["In-Reply-To"] == follow_up["Message-ID"]


async def test_a_machine_open_does_not_change_the_branch(stage: Stage) -> None:
    lead, enrollment = await enrolled(stage)
    await stage.forward(days=3, hours=1)
    await stage.tell(lead, OpenEvent(type="open", machine=True))
    await stage.forward(days=4)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == [INTRO, FOLLOW_UP, BREAKUP]


async def test_a_reply_on_day_2_stops_the_enrollment(stage: Stage) -> None:
    lead, enrollment = await enrolled(stage)
    await stage.forward(days=2)
    await stage.tell(lead, ReplyEvent(type="reply"))
    assert await outcome(stage, lead, enrollment) == ("stopped", "replied", "qualified")
    assert await stage.handle(enrollment).result() == "stopped: replied"
    assert stage.sink.subjects() == [INTRO]


async def test_an_out_of_office_reply_holds_emails_until_day_10(stage: Stage) -> None:
    lead, enrollment = await enrolled(stage)
    await stage.forward(days=1)
    # A date on the lead's own clock: late in the evening, UTC is a day behind Berlin.
    back = datetime.now(ZoneInfo("Europe/Berlin")).date() + timedelta(days=10)
    answer = await stage.tell(lead, AutoReplyEvent(type="auto_reply", returns_on=back))
    assert answer.held == [enrollment]
    await stage.forward(days=8)
    assert stage.sink.subjects() == [INTRO]
    assert (await stage.state(enrollment)).status == EnrollmentStatus.ACTIVE
    await stage.forward(days=2)
    assert stage.sink.subjects() == [INTRO, FOLLOW_UP]
    await stage.forward(days=4)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == [INTRO, FOLLOW_UP, BREAKUP]
    assert await outcome(stage, lead, enrollment) == ("completed", None, "unresponsive")


async def test_an_unsubscribe_on_day_5_stops_the_enrollment(stage: Stage) -> None:
    lead, enrollment = await enrolled(stage)
    await stage.forward(days=5)
    await stage.tell(lead, UnsubscribeEvent(type="unsubscribe"))
    assert await outcome(stage, lead, enrollment) == ("stopped", "unsubscribed", "unsubscribed")
    assert await stage.handle(enrollment).result() == "stopped: unsubscribed"
    assert stage.sink.subjects() == [INTRO, FOLLOW_UP]
    assert await suppressed(stage, lead)


async def test_a_hard_bounce_stops_the_enrollment_at_once(stage: Stage) -> None:
    lead, enrollment = await enrolled(stage)
    await stage.tell(lead, BounceEvent(type="bounce", hard=True))
    assert await outcome(stage, lead, enrollment) == ("stopped", "bounced", "bounced")
    assert await stage.handle(enrollment).result() == "stopped: bounced"
    assert stage.sink.subjects() == [INTRO]
    assert await suppressed(stage, lead)


async def test_a_pause_on_day_1_and_a_resume_on_day_6_shift_the_emails(stage: Stage) -> None:
    lead, enrollment = await enrolled(stage)
    began = datetime.now(UTC)
    await stage.forward(days=1)
    await stage.pause(lead)
    await stage.forward(days=5)
    assert stage.sink.subjects() == [INTRO]
    await stage.resume(lead)
    due = (await stage.state(enrollment)).next_action_at
    assert abs(due - began - timedelta(days=8)) < timedelta(minutes=5)
    await stage.forward(days=1, hours=23)
    assert stage.sink.subjects() == [INTRO]
    await stage.forward(hours=2)
    assert stage.sink.subjects() == [INTRO, FOLLOW_UP]
    await stage.forward(days=4)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == [INTRO, FOLLOW_UP, BREAKUP]
    assert await outcome(stage, lead, enrollment) == ("completed", None, "unresponsive")


async def test_a_manual_stop_on_day_4_ends_the_enrollment(stage: Stage) -> None:
    lead, enrollment = await enrolled(stage)
    await stage.forward(days=4)
    await stage.stop(lead)
    assert await outcome(stage, lead, enrollment) == ("stopped", "manual", "new")
    assert await stage.handle(enrollment).result() == "stopped: manual"
    assert stage.sink.subjects() == [INTRO, FOLLOW_UP]
