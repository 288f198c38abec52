"""Failures while a step runs: they are retried by policy, or stay visible until a person resumes the enrollment."""

from activities import attempts
from services.inbound.receiving import ReplyEvent
from tests.stage import Stage

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
TAG = {"key": "tag", "type": "action", "config": {"action": "tag_lead", "add": ["mailed"]}}
ASK_PLAN = {
    "key": "ask",
    "type": "email",
    "config": {"subject": "Your plan", "body_text": "Hi {{name}}, how do you like {{custom.plan}}?"},
}


async def test_a_temporary_refusal_is_retried_and_sent_once(stage: Stage) -> None:
    stage.sink.answers = ["451 4.7.1 greylisted, try later", "421 4.3.2 shutting down"]
    sequence, lead = await stage.sequence([EMAIL, TAG]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    state = await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["Hello Acme"]
    assert (state.emails_sent, state.error) == (1, None)
    assert (await stage.lead_row(lead)).tags == ["mailed"]


async def test_the_reason_for_a_retry_is_visible(stage: Stage) -> None:
    await stage.sink.stop()
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)

    async def told() -> bool:
        return "connection_failed" in ((await stage.state(enrollment)).error or "")

    await stage.until(told, "the enrollment shows the error")
    assert (await stage.state(enrollment)).status == "active"
    await stage.sink.start(stage.sink.port)
    state = await stage.until_status(enrollment, "completed")
    assert state.error is None
    assert stage.sink.subjects() == ["Hello Acme"]


async def test_exhausted_retries_fail_the_enrollment_and_a_resume_retries(stage: Stage, monkeypatch) -> None:
    # The ten attempts take two hours of real time, even if the workflow's clock is moved.
    monkeypatch.setattr(attempts, "STEP_ATTEMPTS", 2)
    await stage.sink.stop()
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    state = await stage.until_status(enrollment, "failed")
    assert state.error.startswith("connection_failed: ")
    assert "failed" in await stage.log(enrollment)
    assert lead_address(await stage.lead_row(lead)) not in state.error
    await stage.sink.start(stage.sink.port)
    await stage.resume(lead)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["Hello Acme"]
    assert await stage.handle(enrollment).result() == "completed"


def lead_address(row) -> str:
    return row.email


async def test_a_lead_with_an_empty_field_waits_until_it_is_filled(stage: Stage) -> None:
    sequence, lead = await stage.sequence([ASK_PLAN]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    state = await stage.until_status(enrollment, "failed")
    assert state.error.startswith("merge_field_missing: ") and "custom.plan" in state.error
    assert stage.sink.received == []
    assert await stage.query("SELECT 1 FROM messages") == []
    await stage.query_write('UPDATE leads SET custom = \'{"plan": "pro"}\' WHERE id = :id', id=lead)
    await stage.resume(lead)
    await stage.until_status(enrollment, "completed")
    assert (
        stage.sink.received[0]
        .message.get_body(("plain",))
        .get_content()
        .startswith("Hi Ada Lovelace, how do you like pro?")
    )


async def test_a_failed_enrollment_can_be_stopped_by_a_reply(stage: Stage) -> None:
    sequence, lead = await stage.sequence([ASK_PLAN]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_status(enrollment, "failed")
    await stage.tell(lead, ReplyEvent(type="reply"))
    assert await stage.handle(enrollment).result() == "stopped: replied"


async def test_a_recipient_refused_by_its_server_is_a_hard_bounce(stage: Stage) -> None:
    stage.sink.rcpt_answers = ["550 5.1.1 no such user here"]
    sequence, lead = await stage.sequence([EMAIL, TAG]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    state = await stage.until_status(enrollment, "stopped")
    assert state.stop_reason == "bounced"
    row = await stage.lead_row(lead)
    assert (row.status, row.tags) == ("bounced", [])
    assert await stage.query("SELECT 1 FROM suppressions WHERE value = :email", email=row.email)
    assert await stage.handle(enrollment).result() == "stopped: bounced"


async def test_a_suppressed_address_is_stopped_at_the_gate(stage: Stage) -> None:
    delay = {"key": "wait", "type": "delay", "config": {"days": 1}}
    sequence, lead = await stage.sequence([delay, EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.query_write(
        "INSERT INTO suppressions (tenant_id, kind, value, reason) VALUES (:tenant, 'domain', 'acme.example', 'asked')",
        tenant=stage.tenant_id,
    )
    await stage.forward(days=2)
    state = await stage.until_status(enrollment, "stopped")
    assert (state.stop_reason, stage.sink.received) == ("suppressed", [])


async def test_cancelling_in_temporal_stops_the_enrollment_in_postgres(stage: Stage) -> None:
    delay = {"key": "wait", "type": "delay", "config": {"days": 1}}
    sequence, lead = await stage.sequence([delay, EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.handle(enrollment).cancel()
    state = await stage.until_status(enrollment, "stopped")
    assert state.stop_reason == "manual"


async def test_a_workflow_terminated_in_temporal_is_found_and_stopped(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    await stage.stop_worker()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.handle(enrollment).terminate("by hand")
    await stage.query_write(
        "UPDATE lead_sequence_state SET next_action_at = next_action_at - interval '1 hour' WHERE id = :id",
        id=enrollment,
    )
    counts = await stage.parts.dispatcher.run(stage.tenant_id)
    assert counts.repaired == 1
    state = await stage.state(enrollment)
    assert (state.status, state.stop_reason) == ("stopped", "manual")


async def test_history_holds_nothing_personal(stage: Stage) -> None:
    stage.sink.answers = ["451 4.7.1 no thanks, ada@acme.example"]
    sequence = await stage.sequence([EMAIL])
    lead = await stage.lead(email="ada@acme.example", first_name="Adalbertine", company="Secretive")
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_status(enrollment, "completed")
    history = (await stage.handle(enrollment).fetch_history()).to_json()
    for personal in ("ada@acme.example", "Adalbertine", "Secretive", "Hello"):
        assert personal not in history
