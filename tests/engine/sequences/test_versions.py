"""Edits of a sequence that has leads in it: every kind of edit with leads at every kind of step."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.sequences.relocation import VersionChange
from domain.sequences.steps import StepSpec
from services.sequences.draft_steps import add_step, change_step, remove_step
from services.sequences.sequences import SequenceChanges, change_sequence
from tests.stage import Stage


def email(key: str, subject: str | None = None) -> dict[str, Any]:
    return {"key": key, "type": "email", "config": {"subject": subject or key, "body_text": "Hello"}}


def delay(key: str, **config: int) -> dict[str, Any]:
    return {"key": key, "type": "delay", "config": config}


Edit = Callable[[Any], Awaitable[Any]]


def changing(sequence: UUID, step: str, **changes: Any) -> Edit:
    return lambda session: change_step(session, sequence, step, changes)


def removing(sequence: UUID, *steps: str) -> Edit:
    async def remove(session: Any) -> None:
        for step in steps:
            await remove_step(session, sequence, step)

    return remove


def adding(sequence: UUID, step: dict[str, Any], position: int) -> Edit:
    return lambda session: add_step(session, sequence, StepSpec.model_validate({**step, "position": position}))


async def lead_in_delay(stage: Stage, *steps: dict[str, Any], **settings: Any) -> tuple[UUID, UUID, UUID]:
    """Returns a sequence, a lead and its enrollment, which has been sent the first email and waits."""
    sequence = await stage.sequence(steps, **settings)
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_sent(1)

    async def waits() -> bool:
        return (await stage.state(enrollment)).current_step_id is not None and "waiting" in await stage.log(enrollment)

    await stage.until(waits, "the lead waits")
    return sequence, lead, enrollment


THREE = (email("one"), delay("wait", days=3), email("two"))


async def test_a_lead_in_a_delay_gets_the_newest_text(stage: Stage) -> None:
    sequence, _, enrollment = await lead_in_delay(stage, *THREE)
    config = {"subject": "two, better", "body_text": "Hello"}
    published = await stage.edit(sequence, changing(sequence, "two", config=config))
    assert (published.version, dict(published.leads)) == (2, {VersionChange.UNCHANGED: 1})
    await stage.forward(days=3, hours=1)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["one", "two, better"]
    # No signal was sent: the lead stays where it was.
    assert "plan_changed" not in await stage.log(enrollment)


async def test_a_shortened_delay_counts_from_its_beginning(stage: Stage) -> None:
    sequence, _, enrollment = await lead_in_delay(stage, *THREE)
    began = (await stage.state(enrollment)).step_entered_at
    published = await stage.edit(sequence, changing(sequence, "wait", config={"days": 1}))
    assert dict(published.leads) == {VersionChange.WAIT_LESS: 1}
    assert (await stage.state(enrollment)).next_action_at == began + timedelta(days=1)
    await stage.forward(hours=23)
    assert stage.sink.subjects() == ["one"]
    await stage.forward(hours=2)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["one", "two"]


async def test_a_delay_that_an_edit_made_too_short_ends_at_once(stage: Stage) -> None:
    sequence, _, enrollment = await lead_in_delay(stage, *THREE)
    await stage.forward(days=2)
    await stage.edit(sequence, changing(sequence, "wait", config={"days": 1}))
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["one", "two"]


async def test_a_lengthened_delay_counts_from_its_beginning(stage: Stage) -> None:
    sequence, _, enrollment = await lead_in_delay(stage, *THREE)
    await stage.forward(days=2)
    published = await stage.edit(sequence, changing(sequence, "wait", config={"days": 5}))
    assert dict(published.leads) == {VersionChange.WAIT_MORE: 1}
    await stage.forward(days=2)
    assert stage.sink.subjects() == ["one"]
    await stage.forward(days=1, hours=1)
    await stage.until_status(enrollment, "completed")


async def test_an_edited_delay_excludes_the_time_paused(stage: Stage) -> None:
    sequence, lead, enrollment = await lead_in_delay(stage, *THREE)
    began = (await stage.state(enrollment)).step_entered_at
    await stage.forward(days=1)
    await stage.pause(lead)
    await stage.forward(days=5)
    await stage.resume(lead)
    await stage.edit(sequence, changing(sequence, "wait", config={"days": 4}))
    due = (await stage.state(enrollment)).next_action_at
    assert abs(due - began - timedelta(days=9)) < timedelta(minutes=1)


async def test_a_paused_lead_waits_the_rest_of_the_new_delay_after_a_resume(stage: Stage) -> None:
    sequence, lead, enrollment = await lead_in_delay(stage, *THREE)
    began = (await stage.state(enrollment)).step_entered_at
    await stage.forward(days=1)
    await stage.pause(lead)
    await stage.edit(sequence, changing(sequence, "wait", config={"days": 2}))
    assert (await stage.state(enrollment)).status == "paused"
    await stage.forward(days=5)
    assert stage.sink.subjects() == ["one"]
    await stage.resume(lead)
    due = (await stage.state(enrollment)).next_action_at
    assert abs(due - began - timedelta(days=7)) < timedelta(minutes=1)


async def test_a_lead_at_a_deleted_step_moves_to_the_next_remaining_step(stage: Stage) -> None:
    sequence, _, enrollment = await lead_in_delay(stage, *THREE, email("three"))
    published = await stage.edit(sequence, removing(sequence, "wait", "two"))
    assert dict(published.leads) == {VersionChange.MOVED: 1}
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["one", "three"]


async def test_a_lead_with_no_remaining_step_completes(stage: Stage) -> None:
    sequence, _, enrollment = await lead_in_delay(stage, *THREE)
    published = await stage.edit(sequence, removing(sequence, "wait", "two"))
    assert dict(published.leads) == {VersionChange.COMPLETED: 1}
    assert (await stage.state(enrollment)).status == "completed"
    assert await stage.handle(enrollment).result() == "completed"
    assert stage.sink.subjects() == ["one"]


async def test_a_step_inserted_before_the_leads_place_is_not_performed(stage: Stage) -> None:
    sequence, _, enrollment = await lead_in_delay(stage, *THREE)
    await stage.edit(sequence, adding(sequence, email("early"), 1))
    await stage.forward(days=3, hours=1)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["one", "two"]


async def test_a_step_inserted_after_the_leads_place_is_performed(stage: Stage) -> None:
    sequence, _, enrollment = await lead_in_delay(stage, *THREE)
    await stage.edit(sequence, adding(sequence, email("between"), 3))
    await stage.forward(days=3, hours=1)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["one", "between", "two"]


async def test_a_sent_email_moved_after_the_leads_place_is_not_sent_again(stage: Stage) -> None:
    sequence, _, enrollment = await lead_in_delay(stage, *THREE)
    published = await stage.edit(sequence, changing(sequence, "one", position=3))
    assert {change.change for change in published.changes} == {"reordered"}
    await stage.forward(days=3, hours=1)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["one", "two"]
    assert stage.sink.duplicates() == []


async def test_a_loop_sends_an_email_again_after_an_edit(stage: Stage) -> None:
    back = {
        "key": "again",
        "type": "condition",
        "config": {"branches": [{"if": "not_opened", "then": {"goto": "one"}}], "else": {"continue": True}},
    }
    sequence, _, _ = await lead_in_delay(stage, email("one"), delay("wait", days=1), back)
    await stage.forward(days=1, hours=1)
    await stage.until_sent(2)
    await stage.edit(sequence, changing(sequence, "wait", config={"days": 2}))
    await stage.forward(days=2, hours=1)
    await stage.until_sent(3)
    assert stage.sink.subjects() == ["one", "one", "one"]


async def test_a_pinned_lead_stays_on_its_version(stage: Stage) -> None:
    sequence, _, enrollment = await lead_in_delay(stage, *THREE, versioning="pin")
    config = {"subject": "two, better", "body_text": "Hello"}
    published = await stage.edit(sequence, changing(sequence, "two", config=config))
    assert (published.version, published.leads.total(), published.batch_id) == (2, 0, None)
    await stage.forward(days=3, hours=1)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["one", "two"]


async def test_a_waiting_lead_takes_over_the_new_event(stage: Stage) -> None:
    listen = {"key": "listen", "type": "wait_for", "config": {"event": "opened", "timeout_days": 5}}
    sequence, _, enrollment = await lead_in_delay(stage, email("one"), listen, email("two"))
    published = await stage.edit(sequence, changing(sequence, "listen", config={"event": "clicked", "timeout_days": 2}))
    assert dict(published.leads) == {VersionChange.WAIT_LESS: 1}
    assert (await stage.state(enrollment)).waiting_for == "click"
    await stage.forward(days=2, hours=1)
    await stage.until_status(enrollment, "completed")


async def test_an_out_of_office_hold_survives_an_edit(stage: Stage) -> None:
    sequence, _, enrollment = await lead_in_delay(stage, *THREE)
    await stage.query_write(
        "UPDATE lead_sequence_state SET hold_until = next_action_at + interval '5 days',"
        " next_action_at = next_action_at + interval '5 days' WHERE id = :id",
        id=enrollment,
    )
    before = await stage.state(enrollment)
    await stage.edit(sequence, changing(sequence, "wait", config={"days": 1}))
    assert (await stage.state(enrollment)).next_action_at == before.hold_until


async def test_an_edit_during_a_send_neither_loses_nor_repeats_the_email(stage: Stage) -> None:
    sequence = await stage.sequence(THREE)
    lead = await stage.lead()
    stage.sink.gate.clear()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.sink.at_gate.wait()
    # The email has been sent, and its sender has not read the answer. Meanwhile all later steps change and the email
    # step itself is moved.
    await stage.edit(sequence, changing(sequence, "one", position=3))
    stage.sink.gate.set()
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["one"]


async def test_an_edit_may_remove_an_email_that_is_being_sent(stage: Stage) -> None:
    sequence = await stage.sequence(THREE)
    lead = await stage.lead()
    stage.sink.gate.clear()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.sink.at_gate.wait()
    await stage.edit(sequence, removing(sequence, "one"))
    stage.sink.gate.set()

    async def recorded() -> bool:
        return (await stage.state(enrollment)).emails_sent == 1

    await stage.until(recorded, "the sent email is recorded")
    await stage.forward(days=3, hours=1)
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["one", "two"]


async def test_new_leads_begin_on_the_newest_version(stage: Stage) -> None:
    sequence, _, _ = await lead_in_delay(stage, *THREE)
    config = {"subject": "one, better", "body_text": "Hello"}
    await stage.edit(sequence, changing(sequence, "one", config=config))
    await stage.enroll(sequence, await stage.lead())
    await stage.until_sent(2)
    assert stage.sink.subjects() == ["one", "one, better"]


async def test_settings_apply_once_they_are_published(stage: Stage) -> None:
    sequence, _, enrollment = await lead_in_delay(stage, *THREE)
    changes = SequenceChanges(settings={"versioning": "pin"})
    published = await stage.edit(sequence, lambda session: change_sequence(session, sequence, changes))
    # From now on the sequence's leads are pinned, so this version reaches no lead that is under way.
    assert (published.version, published.leads.total()) == (2, 0)
    assert (await stage.query("SELECT unpublished FROM sequences WHERE id = :id", id=sequence))[0].unpublished is False
    assert (await stage.state(enrollment)).status == "active"
