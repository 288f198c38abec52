"""Memory of the worker and the API while many enrollments are open, and its growth with their number.

    .venv/bin/python -m bench.memory --open 10000 --many 50000

A campaign is assigned a sequence that begins with a delay of thirty days, over HTTP: each enrollment is started, runs
its first workflow task and sleeps. In addition a number of leads (`--busy`, in percent of the campaign) runs all of
cold-outreach with delays of one second and a real SMTP sink, so that templates, plans, pools and the workflow cache are
filled as on an ordinary day. First `--open` enrollments are opened, then more, up to `--many`.

`worker_rss_mb`, `api_rss_mb`: the most memory that `cadenza worker` (which also runs the minutely pass over the queue)
and `cadenza api` (whose dispatcher starts the workflows) held until the first enrollments were asleep and the busy ones
done. `worker_rss_mb_many`, `api_rss_mb_many`: the same until `--many` were. `worker_growth`: the second divided by the
first.
"""

import argparse
import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import psutil
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest

from bench.report import progress, result
from bench.servers.api import api, ask, campaign_of
from bench.servers.rig import COLD_OUTREACH, Rig, rig
from cadenza.exit import run_and_leave

SAMPLE_SECONDS = 0.5
SLEEPS_FIRST = [
    {"key": "wait", "type": "delay", "config": {"days": 30}},
    {"key": "hello", "type": "email", "config": {"subject": "Hello", "body_text": "Hi {{first_name}}"}},
]
BUSY_LEFT = """
SELECT count(*) FROM lead_sequence_state s
 WHERE s.sequence_id = '{}' AND s.status IN ('pending', 'active')
"""


@dataclass
class WatchedMemory:
    """Processes by name, and the most MB that each has held since the last call of `take`."""

    pids: dict[str, int]
    most: dict[str, float] = field(default_factory=dict[str, float])

    def sample(self) -> None:
        for name, pid in self.pids.items():
            held = psutil.Process(pid).memory_info().rss / 2**20
            self.most[name] = max(self.most.get(name, 0.0), held)

    def take(self) -> dict[str, float]:
        self.sample()
        taken, self.most = self.most, {}
        return taken


async def grow(
    servers: Rig, http: httpx.AsyncClient, watched: WatchedMemory, task_queue: str, sequences: dict[str, int]
) -> dict[str, float]:
    """Enrolls the given number of leads in each sequence (the last one is the busy one) and waits until no work is
    left. Returns the most memory that was held meanwhile."""
    batches = [await assigned(servers, http, *one) for one in sequences.items() if one[1]]
    busy = BUSY_LEFT.format(list(sequences)[-1])
    waited = 0
    while not all(batch["done"] for batch in batches) or await servers.one(busy) or await backlog(servers, task_queue):
        watched.sample()
        await asyncio.sleep(SAMPLE_SECONDS)
        batches = [await ask(http, "GET", f"/batches/{batch['id']}") for batch in batches]
        waited += 1
        if waited % 40 == 0:
            progress(f"{sum(batch['started'] for batch in batches)} started; {watched.most}")
    taken = watched.take()
    progress(f"{sum(sequences.values())} more are open or done: {taken}")
    return taken


async def assigned(servers: Rig, http: httpx.AsyncClient, sequence_id: str, count: int) -> dict[str, Any]:
    """Starts a batch that enrolls `count` new leads; returns it."""
    path = f"/campaigns/{await campaign_of(servers, http, count)}/assign-sequence"
    return await ask(http, "POST", path, {"sequence_id": sequence_id})


async def backlog(servers: Rig, task_queue: str) -> int:
    """Returns the number of workflow tasks that no worker has taken yet. It is zero when all enrollments sleep."""
    asked = DescribeTaskQueueRequest(
        namespace=servers.client.namespace,
        task_queue=TaskQueue(name=task_queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        report_stats=True,
    )
    return (await servers.client.workflow_service.describe_task_queue(asked)).stats.approximate_backlog_count


async def main(first: int, many: int, busy_percent: float) -> None:
    task_queue = f"app-{uuid4()}"
    async with rig() as servers, api(servers, task_queue) as app, app.tenant(servers.tenant_id) as http:
        worker = await servers.worker(task_queue)
        watched = WatchedMemory({"worker": worker.process.pid, "api": app.process.process.pid})
        sleepers, busy = str(await servers.sequence(SLEEPS_FIRST)), await servers.sequence(COLD_OUTREACH["steps"])
        await servers.quicken(busy, 1)

        async def opened(count: int) -> dict[str, float]:
            share = round(count * busy_percent / 100)
            return await grow(servers, http, watched, task_queue, {sleepers: count, str(busy): share})

        held = await opened(first)
        figures = {"open": first, "worker_rss_mb": round(held["worker"], 1), "api_rss_mb": round(held["api"], 1)}
        if many > first:
            later = await opened(many - first)
            figures |= {
                "many": many,
                "worker_rss_mb_many": round(later["worker"], 1),
                "api_rss_mb_many": round(later["api"], 1),
                "worker_growth": round(later["worker"] / held["worker"], 3),
                "api_growth": round(later["api"] / held["api"], 3),
            }
        await worker.end()
    result("memory", figures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--open", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=50_000, help="0 omits the growth")
    parser.add_argument("--busy", type=float, default=2.0, help="additional leads that run to the end, in percent")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(lambda: asyncio.run(main(given.open, given.many, given.busy)))
