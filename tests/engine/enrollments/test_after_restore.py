"""The database is restored to an earlier moment while Temporal keeps its own: no email is sent again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from domain.enrollments.after_restore import Gap
from services.batches.assigning import assign_sequence
from services.enrollments.after_restore import Marked, settle_tenant
from tests.stage import Stage

MINUTE = timedelta(minutes=1)
STEPS = [
    {"key": "first", "type": "email", "config": {"subject": "First", "body_text": "Hello"}},
    {"key": "wait", "type": "delay", "config": {"days": 3}},
    {"key": "second", "type": "email", "config": {"subject": "Second", "body_text": "Hello again"}},
]


def gap_of_last(minutes: int) -> Gap:
    now = datetime.now(UTC)
    return Gap(now - minutes * MINUTE, now)


async def ledger(stage: Stage, enrollment: UUID) -> list[tuple[str, str]]:
    rows = await stage.query(
        "SELECT t.key, m.status FROM messages m JOIN sequence_steps t ON t.id = m.step_id"
        " WHERE m.enrollment_id = :id ORDER BY m.sending_at",
        id=enrollment,
    )
    return [(row.key, row.status) for row in rows]


async def test_an_email_due_in_the_gap_is_skipped_and_logged(stage: Stage) -> None:
    await stage.stop_worker()
    lead, (enrollment,) = await enrolled(stage)
    gap = gap_of_last(5)
    assert await settle_tenant(stage.database, stage.tenant_id, gap) == Marked(1, 1, 1)
    assert await settle_tenant(stage.database, stage.tenant_id, gap) == Marked(1, 0, 0)
    await stage.start_worker()
    await until_logged(stage, enrollment, "email_skipped")
    await stage.forward(days=3)
    assert (await stage.until_status(enrollment, "completed")).emails_sent == 1
    assert await stage.subjects_to(lead) == ["Second"]
    assert await ledger(stage, enrollment) == [("first", "unknown"), ("second", "sent")]
    (told,) = await stage.query("SELECT * FROM sequence_execution_log WHERE event = 'email_outcome_unknown'")
    assert (told.detail["cause"], told.detail["then"]) == ("restored", "skip")
    assert told.detail["gap"]["taken_at"] == gap.taken_at.isoformat()


async def test_an_author_may_choose_to_send_twice(stage: Stage) -> None:
    await stage.stop_worker()
    lead, _ = await enrolled(stage, unknown_outcome="resend")
    await settle_tenant(stage.database, stage.tenant_id, gap_of_last(5))
    (marked,) = await stage.query("SELECT rfc_message_id FROM messages")
    await stage.start_worker()
    await stage.until_sent(1)
    assert await stage.subjects_to(lead) == ["First"]
    assert [one.message_id for one in stage.sink.received] == [marked.rfc_message_id]


async def test_a_reply_step_continues_a_possibly_sent_email_under_its_subject(stage: Stage) -> None:
    await stage.stop_worker()
    reply = {"key": "reply", "type": "email", "config": {"reply_in_thread": True, "body_text": "And?"}}
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(await stage.sequence([*STEPS[:2], reply]), lead)
    await settle_tenant(stage.database, stage.tenant_id, gap_of_last(5))
    await stage.start_worker()
    await until_logged(stage, enrollment, "email_skipped")
    await stage.forward(days=3)
    await stage.until_status(enrollment, "completed")
    assert await stage.subjects_to(lead) == ["Re: First"]


async def test_a_restore_also_handles_a_tenant_without_a_mailbox(stage: Stage) -> None:
    await stage.stop_worker()
    _, (enrollment,) = await enrolled(stage)
    await stage.query_write("UPDATE lead_sequence_state SET mailbox_id = NULL")
    await stage.query_write("DELETE FROM mailboxes")
    await settle_tenant(stage.database, stage.tenant_id, gap_of_last(5))
    assert await ledger(stage, enrollment) == [("first", "unknown")]


async def test_a_message_reserved_in_the_copy_counts_as_possibly_sent(stage: Stage) -> None:
    await stage.stop_worker()
    lead, (enrollment,) = await enrolled(stage)
    await stage.query_write(
        "INSERT INTO messages (tenant_id, enrollment_id, lead_id, sequence_id, mailbox_id, step_id, visit,"
        " rfc_message_id, subject, reserved_at)"
        " SELECT s.tenant_id, s.id, s.lead_id, s.sequence_id, s.mailbox_id, s.current_step_id, 1, '<kept@x>', 'First',"
        " now() FROM lead_sequence_state s WHERE s.id = :id",
        id=enrollment,
    )
    await settle_tenant(stage.database, stage.tenant_id, gap_of_last(5))
    assert await ledger(stage, enrollment) == [("first", "unknown")]
    (kept,) = await stage.query("SELECT rfc_message_id FROM messages")
    assert kept.rfc_message_id == "<kept@x>"
    await stage.start_worker()
    await until_logged(stage, enrollment, "email_skipped")
    assert await stage.subjects_to(lead) == []


async def test_a_workflow_ahead_of_the_restored_row_sends_nothing_again(stage: Stage) -> None:
    """Only Postgres was restored. The workflow is ahead of the enrollment's row, and is set back to it."""
    lead, (enrollment,) = await enrolled(stage)
    await until_logged(stage, enrollment, "email_sent")
    before = await stage.state(enrollment)
    first = await stage.query("SELECT id FROM sequence_steps WHERE key = 'first'")
    await back_to(stage, enrollment, first[0].id)
    await settle_tenant(stage.database, stage.tenant_id, gap_of_last(5))
    await stage.parts.dispatcher.dispatch(stage.tenant_id)
    await until_logged(stage, enrollment, "email_skipped")
    assert (await stage.state(enrollment)).current_step_id == before.current_step_id
    await stage.forward(days=3)
    await stage.until_status(enrollment, "completed")
    assert await stage.subjects_to(lead) == ["First", "Second"]


async def test_without_the_marks_of_a_restore_the_email_is_sent_again(stage: Stage) -> None:
    lead, (enrollment,) = await enrolled(stage)
    await until_logged(stage, enrollment, "email_sent")
    first = await stage.query("SELECT id FROM sequence_steps WHERE key = 'first'")
    await back_to(stage, enrollment, first[0].id)
    await settle_tenant(stage.database, stage.tenant_id, gap_of_last(5), mark=False)
    await stage.parts.dispatcher.dispatch(stage.tenant_id)
    await stage.until_sent(2)
    assert await stage.subjects_to(lead) == ["First", "First"]


async def test_an_enrollment_unknown_to_temporal_sends_nothing_again(stage: Stage) -> None:
    """The enrollment's start was delivered after Temporal's copy was made, and before Postgres' copy."""
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(await stage.sequence(STEPS[1:]), lead, dispatch=False)
    await stage.query_write("DELETE FROM outbox")
    await stage.query_write("UPDATE lead_sequence_state SET status = 'active'")
    await settle_tenant(stage.database, stage.tenant_id, gap_of_last(5))
    await stage.forward(days=3)
    await stage.until_status(enrollment, "completed")
    assert await stage.subjects_to(lead) == ["Second"]


async def test_a_batch_under_way_continues_and_mails_nobody_again(stage: Stage) -> None:
    """The leads of the batch are enrolled only now. In the gap the old installation had enrolled and mailed them."""
    await stage.stop_worker()
    leads = [await stage.lead() for _ in range(3)]
    sequence = await stage.sequence(STEPS)
    campaign, key = uuid4(), {"tenant_id": stage.tenant_id}
    await stage.query_write(
        "INSERT INTO campaigns (tenant_id, id, name) VALUES (:tenant_id, :id, 'C')", id=campaign, **key
    )
    await stage.query_write(
        "INSERT INTO campaign_leads (tenant_id, campaign_id, lead_id) SELECT :tenant_id, :id, l.id FROM leads l",
        id=campaign,
        **key,
    )
    async with stage.database.write(stage.tenant_id) as session:
        batch = await assign_sequence(session, campaign, sequence, first_chunk=1)
    assert (batch.status, batch.processed) == ("running", 1)
    assert await settle_tenant(stage.database, stage.tenant_id, gap_of_last(5)) == Marked(1, 1, 1)
    await stage.start_worker()
    await stage.parts.dispatcher.run(stage.tenant_id)
    await stage.forward(days=3)
    for lead in leads:
        assert await stage.subjects_to(lead) == ["Second"]
    counted = await stage.query("SELECT status, accepted FROM batches")
    assert [tuple(row) for row in counted] == [("done", 3)]


async def test_a_lead_that_an_action_enrolls_again_is_not_mailed_again(stage: Stage) -> None:
    """In the gap the action had enrolled the lead in another sequence, and the first email of that had been sent."""
    await stage.stop_worker()
    other, campaign, key = await stage.sequence(STEPS), uuid4(), {"tenant_id": stage.tenant_id}
    await stage.query_write(
        "INSERT INTO campaigns (tenant_id, id, name, sequence_id) VALUES (:tenant_id, :id, 'C', :sequence)",
        id=campaign,
        sequence=other,
        **key,
    )
    config = {"action": "add_to_campaign", "campaign_id": str(campaign)}
    first = await stage.sequence([{"key": "hand-over", "type": "action", "config": config}])
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(first, lead)
    gap = gap_of_last(5)
    assert await settle_tenant(stage.database, stage.tenant_id, gap) == Marked(1, 0, 0)
    await settle_tenant(stage.database, stage.tenant_id, gap)
    assert (await stage.log(enrollment)).count("action_outcome_unknown") == 1
    await stage.start_worker()
    await stage.until_status(enrollment, "completed")
    (anew,) = await stage.query("SELECT id FROM lead_sequence_state WHERE sequence_id = :id", id=other)
    await stage.parts.dispatcher.run(stage.tenant_id)
    await until_logged(stage, anew.id, "email_skipped")
    await stage.forward(days=3)
    await stage.until_status(anew.id, "completed")
    assert await stage.subjects_to(lead) == ["Second"]


async def test_an_enrollment_after_the_gap_is_not_affected(stage: Stage) -> None:
    await stage.stop_worker()
    await enrolled(stage)
    then = datetime.now(UTC) - 10 * MINUTE
    assert await settle_tenant(stage.database, stage.tenant_id, Gap(then - MINUTE, then)) == Marked()


async def enrolled(stage: Stage, **settings: str) -> tuple[UUID, list[UUID]]:
    lead = await stage.lead()
    return lead, await stage.enroll(await stage.sequence(STEPS, **settings), lead)


async def back_to(stage: Stage, enrollment: UUID, step_id: UUID) -> None:
    """Puts the enrollment back as a copy from before its first email has it."""
    await stage.query_write("DELETE FROM messages WHERE enrollment_id = :id", id=enrollment)
    await stage.query_write(
        "UPDATE lead_sequence_state SET revision = 1, current_step_id = :step, next_action_at = enrolled_at,"
        " visits = '{}', done = '{}', steps_completed = 0, emails_sent = 0 WHERE id = :id",
        id=enrollment,
        step=step_id,
    )


async def until_logged(stage: Stage, enrollment: UUID, event: str) -> None:
    async def logged() -> bool:
        return event in await stage.log(enrollment)

    await stage.until(logged, f"{event} of {enrollment}")
