"""The cost of one lead: Temporal's billable actions, history events and bytes, and round trips to Postgres.

    .venv/bin/python -m bench.cost

The figures are counted in real histories, so they do not depend on the machine. Billable actions by Temporal Cloud's
list: a start, each scheduled activity (and each retry), each timer, each signal.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.engine import make_url
from temporalio.api.enums.v1 import EventType

from bench.measures.wakeups import wakeups_per_lead
from bench.report import progress, result
from bench.servers.rig import COLD_OUTREACH, Rig, rig
from bench.servers.round_trips import RoundTripCounter
from bench.throughput import enroll_all
from cadenza.exit import run_and_leave
from cadenza.runtime.deployments import Deployment
from services.dispatch.dispatcher import Dispatcher
from workflows.gateway import SCHEDULES
from workflows.workflow_ids import enrollment_workflow_id

PASS_SECONDS = 2.0
BILLABLE = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
}


@dataclass(frozen=True)
class Cost:
    actions: int
    events: int
    bytes: int


def emails(count: int) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for place in range(count):
        config = {"subject": f"Email {place}", "body_text": "Hi {{name}}", "body_html": "<p>Hi {{name}}</p>"}
        steps.append({"key": f"email-{place}", "type": "email", "config": config})
        if place + 1 < count:
            steps.append({"key": f"wait-{place}", "type": "delay", "config": {"days": 1}})
    return steps


async def main() -> None:
    async with rig() as servers:
        counter = await counting_proxy(servers)
        task_queue = f"cost-{uuid4()}"
        database_url = str(make_url(servers.postgres.app_url).set(port=counter.port).render_as_string(False))
        worker = await servers.worker(task_queue, database_url)
        lab = Lab(servers, servers.dispatcher(task_queue))
        cold = await lab.cost(COLD_OUTREACH["steps"])
        five = await lab.cost(emails(5))
        await pause_schedules(servers)
        before = counter.round_trips
        await lab.cost(emails(5))
        # Integer division drops one round trip for the new plan and a rare one for waiting webhooks.
        round_trips = (counter.round_trips - before) // 5
        await worker.end()
        await counter.stop()
        versioned = await under_a_build_id(servers)
        wakeups = await wakeups_per_lead(servers, 4, 2)
    result(
        "cost",
        {
            "actions": cold.actions,
            "events": cold.events,
            "bytes": cold.bytes,
            "actions_5_emails": five.actions,
            "db_round_trips": round_trips,
            "slot_wakeups": wakeups,
            "versioned_actions": versioned.actions,
            "versioned_events": versioned.events,
            "versioned_bytes": versioned.bytes,
        },
    )


async def pause_schedules(servers: Rig) -> None:
    """Pauses the minutely passes over the queue, whose round trips do not belong to an email. Waits for a running
    one."""
    for scheduled in SCHEDULES:
        await servers.client.get_schedule_handle(scheduled.id).pause()
    await asyncio.sleep(PASS_SECONDS)


async def under_a_build_id(servers: Rig) -> Cost:
    """Measures cold-outreach again with a build ID (a whole commit hash), which every workflow task then contains."""
    task_queue, build_id = "cadenza", "0123456789" * 4
    worker = await servers.worker(task_queue, settings={"CADENZA_BUILD_ID": build_id})
    await Deployment(servers.client, task_queue).set_current(build_id)
    cost = await Lab(servers, servers.dispatcher(task_queue)).cost(COLD_OUTREACH["steps"])
    await worker.end()
    return cost


async def counting_proxy(servers: Rig) -> RoundTripCounter:
    url = make_url(servers.postgres.app_url)
    counter = RoundTripCounter(url.host or "127.0.0.1", url.port or 5432)
    await counter.start()
    return counter


@dataclass
class Lab:
    servers: Rig
    dispatcher: Dispatcher

    async def cost(self, steps: list[dict[str, Any]]) -> Cost:
        """Runs one lead to the end of the sequence, with delays of one second, and reads its history."""
        sequence_id = await self.servers.sequence(steps)
        await self.servers.quicken(sequence_id, 1)
        await enroll_all(self.servers, self.dispatcher, sequence_id, await self.servers.leads(1))
        return await self.read(await self.newest())

    async def newest(self) -> UUID:
        return await self.servers.one("SELECT id FROM lead_sequence_state ORDER BY enrolled_at DESC LIMIT 1")

    async def read(self, enrollment_id: UUID) -> Cost:
        handle = self.servers.client.get_workflow_handle(enrollment_workflow_id(self.servers.tenant_id, enrollment_id))
        await handle.result()
        events = [event async for event in handle.fetch_history_events()]
        kinds = Counter(event.event_type for event in events)
        progress(", ".join(f"{EventType.Name(kind)[11:].lower()} {times}" for kind, times in kinds.items()))
        return Cost(
            actions=sum(times for kind, times in kinds.items() if kind in BILLABLE),
            events=len(events),
            bytes=sum(event.ByteSize() for event in events),
        )


if __name__ == "__main__":
    run_and_leave(lambda: asyncio.run(main()))
