"""Temporal or the worker goes away while leads are enrolled, and comes back: nothing is lost, nothing is doubled."""

from pathlib import Path

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from services.inbound.receiving import ReplyEvent, record_event
from tests.stage import Stage
from tests.stage import stage as set_up
from workflows.gateway import QUEUE_INTERVAL, QUEUE_SCHEDULE_ID
from workflows.maintenance import ProcessQueueWorkflow
from workflows.search_attributes import REGISTRY

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
DELAY = {"key": "wait", "type": "delay", "config": {"days": 3}}
SECOND = {"key": "second", "type": "email", "config": {"subject": "Second", "body_text": "Hi again {{name}}"}}


async def test_temporal_is_down_while_leads_are_enrolled_and_then_up(
    migrated_postgres: EmbeddedPostgres, server_folder: Path
) -> None:
    names = [key.name for key in REGISTRY]
    temporal = EmbeddedTemporal(server_folder / "temporal-outage", search_attributes=names)
    await temporal.start()
    async with set_up(migrated_postgres.app_url, temporal.address) as stage:
        sequence = await stage.sequence([EMAIL, DELAY, SECOND])
        asleep = await stage.lead()
        (sleeping,) = await stage.enroll(sequence, asleep)
        await stage.until_sent(1)
        await temporal.end()

        leads = [await stage.lead() for _ in range(5)]
        enrollments = await stage.enroll(sequence, *leads, dispatch=False)
        counts = await stage.parts.dispatcher.dispatch(stage.tenant_id)
        assert (counts.dispatched, counts.failed) == (0, 5)
        # A reply is obeyed all the same: the gate is in Postgres.
        async with stage.database.write(stage.tenant_id) as session:
            await record_event(session, leads[0], ReplyEvent(type="reply"))
        assert (await stage.state(enrollments[0])).stop_reason == "replied"
        assert (await stage.state(sleeping)).status == "active"

        await temporal.start()
        await stage.until(lambda: _emptied(stage), "the outbox is delivered")
        await stage.until_sent(1 + 4)
        assert stage.sink.duplicates() == []
        assert len(stage.sink.received) == 5
        for enrollment in enrollments[1:]:
            await stage.until_status(enrollment, "active")
        # The one that slept through the outage goes on too.
        await stage.forward(days=4)
        assert stage.sink.subjects((await stage.lead_row(asleep)).email) == ["Hello Acme", "Second"]
    await temporal.end()


async def _emptied(stage: Stage) -> bool:
    await stage.parts.dispatcher.dispatch(stage.tenant_id)
    return await stage.query("SELECT 1 FROM outbox") == []


async def test_an_enrollment_that_temporal_has_lost_goes_on_from_the_mirror(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead, dispatch=False)
    # As after Temporal's store was restored from before the enrollment: the word was delivered, the workflow is gone.
    await stage.query_write("DELETE FROM outbox")
    await stage.query_write(
        "UPDATE lead_sequence_state SET next_action_at = next_action_at - interval '1 hour' WHERE id = :id",
        id=enrollment,
    )
    counts = await stage.parts.dispatcher.run(stage.tenant_id)
    assert counts.repaired == 1
    await stage.until_status(enrollment, "completed")
    assert stage.sink.subjects() == ["Hello Acme"]


async def test_the_pass_over_the_queue_runs_as_a_workflow_over_all_tenants(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead, dispatch=False)
    counts = await stage.client.execute_workflow(
        ProcessQueueWorkflow.run, id=f"process-queue-{enrollment}", task_queue=stage.task_queue
    )
    assert counts.dispatched >= 1
    await stage.until_status(enrollment, "completed")


async def test_the_schedule_is_there_once_however_often_it_is_ensured(stage: Stage) -> None:
    for _ in range(3):
        await stage.parts.gateway.ensure_schedules()
    description = await stage.client.get_schedule_handle(QUEUE_SCHEDULE_ID).describe()
    assert description.schedule.spec.intervals[0].every == QUEUE_INTERVAL
    await stage.client.get_schedule_handle(QUEUE_SCHEDULE_ID).delete()
