"""The scheduled maintenance work, as workflows on a real Temporal server."""

from uuid import uuid4

from db.queries.analytics import kept_performance
from tests.stage import Stage
from workflows.gateway import SCHEDULES
from workflows.maintenance import MaintainLogWorkflow, RefreshAnalyticsWorkflow

EMAIL = {"key": "hello", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}


async def test_analytics_are_refreshed_for_every_tenant(stage: Stage) -> None:
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_status(enrollment, "completed")
    await stage.client.execute_workflow(
        RefreshAnalyticsWorkflow.run, id=f"refresh-{uuid4()}", task_queue=stage.task_queue
    )
    async with stage.database.read(stage.tenant_id) as session:
        kept = await kept_performance(session, sequence)
    assert kept is not None
    assert (kept.enrolled, kept.completed, [step.reached for step in kept.steps]) == (1, 1, [1])


async def test_the_log_has_partitions_for_the_months_ahead(stage: Stage) -> None:
    run = MaintainLogWorkflow.run
    await stage.client.execute_workflow(run, id=f"maintain-{uuid4()}", task_queue=stage.task_queue)
    again = await stage.client.execute_workflow(run, id=f"maintain-{uuid4()}", task_queue=stage.task_queue)
    assert (again.made, again.dropped) == ([], [])
    months = await stage.query("SELECT 1 FROM pg_inherits WHERE inhparent = CAST('sequence_execution_log' AS regclass)")
    # This month, the three months ahead, and the default partition.
    assert len(months) >= 5


async def test_every_schedule_exists_once(stage: Stage) -> None:
    for _ in range(3):
        await stage.parts.gateway.ensure_schedules()
    for scheduled in SCHEDULES:
        handle = stage.client.get_schedule_handle(scheduled.id)
        description = await handle.describe()
        assert description.schedule.spec.intervals[0].every == scheduled.every
        await handle.delete()
