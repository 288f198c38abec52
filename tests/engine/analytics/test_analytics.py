"""Analytics of leads that ran through the cold-outreach example: the figures match what the engine wrote."""

from datetime import timedelta

from services.analytics.performance import analytics
from services.inbound.receiving import OpenEvent, ReplyEvent
from tests.stage import COLD_OUTREACH, Stage


async def test_three_outcomes_are_counted(stage: Stage) -> None:
    sequence = await stage.sequence(COLD_OUTREACH["steps"])
    silent, interested, replies = [await stage.lead() for _ in range(3)]
    enrollments = await stage.enroll(sequence, silent, interested, replies)
    await stage.until_sent(3)
    await stage.forward(days=2)
    await stage.tell(replies, ReplyEvent(type="reply"))
    await stage.forward(days=1, hours=1)
    await stage.until_sent(5)
    await stage.tell(silent, OpenEvent(type="open", machine=True))
    for _ in range(2):
        await stage.tell(interested, OpenEvent(type="open"))
    async with stage.database.read(stage.tenant_id) as session:
        midway = await analytics(session, sequence, None, None)
    assert {one.step.key: one.counts.here_now for one in midway.funnel if one.counts.here_now} == {"wait-4d": 2}
    await stage.forward(days=4)
    for enrollment in enrollments:
        await stage.until_status(enrollment, "completed", "stopped")
    async with stage.database.read(stage.tenant_id) as session:
        told = await analytics(session, sequence, None, None)
    found = told.performance
    assert (found.enrolled, found.active, found.completed) == (3, 0, 1)
    assert found.stopped_by_reason == {"replied": 1, "interested_follow_up_sent": 1}
    # Three intros, two follow-ups, one email to the lead that opened, and one breakup email.
    assert (found.emails_sent, found.emails_opened, found.emails_replied, found.machine_opens) == (7, 1, 1, 1)
    reached = {one.step.key: one.counts.reached for one in told.funnel}
    assert reached == {
        "intro": 3,
        "wait-3d": 3,
        "replied-1": 2,
        "follow-up": 2,
        "wait-4d": 2,
        "interest": 2,
        "interested": 1,
        "stop-interested": 1,
        "breakup": 1,
        "mark-unresponsive": 1,
    }
    ways = {one.step.key: [(way.branch, way.count) for way in one.branches] for one in told.funnel if one.branches}
    assert ways == {
        "replied-1": [("else", 2)],
        "interest": [("branches[0]", 1), ("else", 1)],
        "stop-interested": [("branches[0]", 1)],
    }
    first, last = told.daily[0], told.daily[-1]
    assert (first.enrolled, first.sent) == (3, 3)
    # One week later, by the enrollments' own clocks.
    assert last.date - first.date >= timedelta(days=7)
    assert sum(day.completed + day.stopped for day in told.daily) == 3
