"""Workflows that the app is compared with: a bare one of the same shape, and a naive one.

As a process (`python -m bench.contenders.workflows QUEUE`) it is their worker.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

TIMER = timedelta(seconds=1)
POLICY = timedelta(minutes=5)


@activity.defn(name="bench.noop")
async def noop(task: dict[str, str]) -> dict[str, str]:
    """Does nothing. Input and output are as large as a step's directive."""
    return task


@workflow.defn(name="Bare")
class BareWorkflow:
    """The shape of cold-outreach without a reply: 4 activities, 2 timers."""

    @workflow.run
    async def run(self, task: dict[str, str]) -> str:
        for place in range(4):
            task = await workflow.execute_activity(noop, task, start_to_close_timeout=POLICY, summary=f"step-{place}")
            if place < 2:
                await workflow.sleep(TIMER)
        return "completed"


@workflow.defn(name="Naive")
class NaiveWorkflow:
    """The same sequence as it is often written: load, log and upsert activities around each of the ten steps. 35
    actions."""

    @workflow.run
    async def run(self, task: dict[str, str]) -> str:
        for place in range(32):
            task = await workflow.execute_activity(noop, task, start_to_close_timeout=POLICY)
            if place in (10, 20):
                await workflow.sleep(TIMER)
        return "completed"


async def main(task_queue: str) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"])
    worker = Worker(
        client,
        task_queue=task_queue,
        workflows=[BareWorkflow, NaiveWorkflow],
        activities=[noop],
        max_cached_workflows=500,
        max_concurrent_activities=100,
    )
    async with worker:
        print("ready", flush=True)
        await stopping.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)
