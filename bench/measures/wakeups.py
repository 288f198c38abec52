"""Counts how often leads that wait for a send slot wake, from their histories."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text
from temporalio.api.enums.v1 import EventType

from bench.servers.rig import Rig
from bench.throughput import enroll_all
from services.development.time_travel import fast_forward
from workflows.workflow_ids import enrollment_workflow_id

EMAIL = {"key": "intro", "type": "email", "config": {"subject": "Hi", "body_text": "Hi {{name}}"}}


async def wakeups_per_lead(servers: Rig, leads: int, daily_cap: int) -> float:
    """Returns how often a lead without a slot on the first day wakes until its email was sent (average).

    All leads are enrolled at once on a mailbox that sends `daily_cap` a day; the clock is moved over the days.
    """
    task_queue = f"wakeups-{uuid4()}"
    async with servers.database.write(servers.tenant_id) as session:
        await session.execute(text("UPDATE mailboxes SET daily_cap = :cap, timezone = 'UTC'"), {"cap": daily_cap})
    worker, dispatcher = await servers.worker(task_queue), servers.dispatcher(task_queue)
    await enroll_all(servers, dispatcher, await servers.sequence([EMAIL]), await servers.leads(leads))
    for _ in range(leads // daily_cap + 1):
        await fast_forward(
            servers.database, servers.gateway(task_queue), dispatcher, servers.tenant_id, timedelta(days=1)
        )
    waited = text("SELECT DISTINCT enrollment_id FROM sequence_execution_log WHERE event = 'deferred'")
    async with servers.database.read(servers.tenant_id) as session:
        enrollments = list((await session.execute(waited)).scalars())
    activities = 0
    for enrollment_id in enrollments:
        handle = servers.client.get_workflow_handle(enrollment_workflow_id(servers.tenant_id, enrollment_id))
        await handle.result()
        async for event in handle.fetch_history_events():
            activities += event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    await worker.end()
    # The first activity of each lead is the request for a slot, not a wake-up.
    return activities / len(enrollments) - 1
