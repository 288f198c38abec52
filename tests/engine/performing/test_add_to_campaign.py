"""`add_to_campaign`: the lead is in the campaign and in its sequence, or the log says why not."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.errors import SequenceInvalid
from services.batches.assigning import assign_sequence
from tests.stage import Stage

EMAIL = {"key": "intro", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
DELAY = {"key": "wait", "type": "delay", "config": {"days": 3}}


def move(campaign_id: UUID, *, stop_current: bool) -> dict[str, Any]:
    config = {"action": "add_to_campaign", "campaign_id": str(campaign_id), "stop_current": stop_current}
    return {"key": "move", "type": "action", "config": config}


async def campaign(stage: Stage, sequence_id: UUID | None = None) -> UUID:
    async with stage.database.write(stage.tenant_id) as session:
        insert = text("INSERT INTO campaigns (tenant_id, name) VALUES (:t, 'Nurture') RETURNING id")
        made: UUID = (await session.execute(insert, {"t": stage.tenant_id})).scalar_one()
        if sequence_id is not None:
            await assign_sequence(session, made, sequence_id)
    return made


async def moved(stage: Stage, enrollment_id: UUID) -> dict[str, Any]:
    """Returns what the action's log row says about the outcome."""

    async def logged() -> bool:
        return "action_performed" in await stage.log(enrollment_id)

    await stage.until(logged, "the action is performed")
    rows = await stage.query(
        "SELECT detail FROM sequence_execution_log WHERE enrollment_id = :id AND event = 'action_performed'",
        id=enrollment_id,
    )
    return rows[0].detail


async def enrollments(stage: Stage, sequence_id: UUID) -> list[Any]:
    return await stage.query("SELECT * FROM lead_sequence_state WHERE sequence_id = :id", id=sequence_id)


@pytest.mark.parametrize("stop_current", [True, False])
async def test_the_lead_continues_in_the_campaigns_sequence(stage: Stage, stop_current: bool) -> None:
    nurture = await stage.sequence([EMAIL])
    fair = await campaign(stage, nurture)
    first = await stage.sequence([move(fair, stop_current=stop_current), DELAY, EMAIL])
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(first, lead)
    await stage.until_sent(1)  # It was started without a further request.
    detail = await moved(stage, enrollment)
    (other,) = await enrollments(stage, nurture)
    assert (detail["campaign"], detail["enrolled"]) == ("added", str(other.id))
    assert (other.lead_id, other.campaign_id) == (lead, fair)
    state = await stage.state(enrollment)
    assert (state.status, state.stop_reason) == (("stopped", "moved_to_campaign") if stop_current else ("active", None))
    if stop_current:
        assert await stage.handle(enrollment).result() == "stopped: moved_to_campaign"
    await stage.until_status(other.id, "completed")
    in_campaign = await stage.query("SELECT lead_id FROM campaign_leads WHERE campaign_id = :id", id=fair)
    assert [row.lead_id for row in in_campaign] == [lead]


async def test_the_enrollment_policy_applies_and_the_log_gives_the_reason(stage: Stage) -> None:
    exclusive = await stage.sequence([DELAY, EMAIL], exclusive=True)
    fair = await campaign(stage, exclusive)
    staying = await stage.sequence([move(fair, stop_current=False), DELAY, EMAIL])
    leaving = await stage.sequence([move(fair, stop_current=True)])
    (kept,), (left,) = await stage.enroll(staying, await stage.lead()), await stage.enroll(leaving, await stage.lead())
    assert (await moved(stage, kept))["skipped"] == "in_exclusive_sequence"
    # The present enrollment ends first, so the new one does not conflict with it.
    assert "enrolled" in await moved(stage, left)


async def test_without_an_active_sequence_the_lead_is_only_added(stage: Stage) -> None:
    idle = await campaign(stage)
    paused_sequence = await stage.sequence([DELAY, EMAIL])
    paused = await campaign(stage, paused_sequence)
    await stage.query_write("UPDATE sequences SET status = 'paused' WHERE id = :id", id=paused_sequence)
    told: list[dict[str, Any]] = []
    for campaign_id in (idle, paused):
        sequence = await stage.sequence([move(campaign_id, stop_current=False)])
        (enrollment,) = await stage.enroll(sequence, await stage.lead())
        told.append(await moved(stage, enrollment))
    assert [one["campaign"] for one in told] == ["added", "added"]
    assert "skipped" not in told[0]
    assert told[1]["skipped"] == "sequence_not_active"


async def test_two_sequences_enroll_a_lead_in_each_other_only_once(stage: Stage) -> None:
    there, back = await campaign(stage), await campaign(stage)
    first = await stage.sequence([move(there, stop_current=True)])
    second = await stage.sequence([move(back, stop_current=True)])
    await stage.query_write("UPDATE campaigns SET sequence_id = :s WHERE id = :c", s=second, c=there)
    await stage.query_write("UPDATE campaigns SET sequence_id = :s WHERE id = :c", s=first, c=back)
    await stage.enroll(first, await stage.lead())

    async def arrived() -> bool:
        return len(await enrollments(stage, second)) == 1

    await stage.until(arrived, "the lead is in the second sequence")
    (handed,) = await enrollments(stage, second)
    assert (await moved(stage, handed.id))["skipped"] == "cooling_down"
    assert (len(await enrollments(stage, first)), len(await enrollments(stage, second))) == (1, 1)


async def test_activation_refuses_a_missing_campaign(stage: Stage) -> None:
    with pytest.raises(SequenceInvalid) as refused:
        await stage.sequence([move(stage.tenant_id, stop_current=False)])
    assert [(error.field, error.code) for error in refused.value.errors] == [
        ("steps[0].config.campaign_id", "not_found")
    ]
