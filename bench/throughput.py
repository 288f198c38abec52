"""Enrollments finished per second: the app, a bare workflow of the same shape, and a naive one with 35 actions.

    .venv/bin/python -m bench.throughput --leads 600

All three run in turns on the same servers, with one worker process each. The app's delays are one second, like the
timers of the others.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from bench.contenders.workflows import BareWorkflow, NaiveWorkflow
from bench.report import progress, result
from bench.servers.child_process import ROOT, ChildProcess, child
from bench.servers.rig import COLD_OUTREACH, Rig, rig
from cadenza.exit import run_and_leave
from services.dispatch.dispatcher import Dispatcher
from services.enrollments.enrolling import enroll

WARM_UP = 30
STARTS_AT_ONCE = 50
ROUNDS = 4
NAIVE_SHARE = 4  # a quarter of the leads is enough for the much slower naive workflow


@dataclass
class Contender:
    """One of the compared implementations: its worker process, and functions that start and count enrollments."""

    name: str
    worker: ChildProcess
    start: Callable[[int], Awaitable[None]]
    finished: Callable[[], Awaitable[int]]
    done: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    async def run(self, count: int) -> None:
        """Starts `count` enrollments and waits until they are finished. `measure` also records time and CPU."""
        await self.start(count)
        self.done += count
        # Poll a count: the server cannot serve a thousand long polls for results at once.
        while await self.finished() < self.done:  # noqa: ASYNC110 (another process does the work)
            await asyncio.sleep(0.2)

    async def measure(self, count: int) -> None:
        began, cpu = time.perf_counter(), self.worker.cpu_seconds
        await self.run(count)
        seconds = time.perf_counter() - began
        self.seconds += seconds
        self.cpu_seconds += self.worker.cpu_seconds - cpu
        progress(f"{self.name}: {count} in {seconds:.1f} s, {count / seconds:.1f}/s")

    @property
    def per_second(self) -> float:
        return (self.done - WARM_UP) / self.seconds

    @property
    def cpu_ms(self) -> float:
        """CPU of the worker process for one enrollment, in milliseconds."""
        return self.cpu_seconds / (self.done - WARM_UP) * 1000


async def main(leads: int) -> None:
    async with rig() as servers:
        bare = await bare_contender(servers, BareWorkflow, "bare")
        app = await app_contender(servers)
        naive = await bare_contender(servers, NaiveWorkflow, "naive")
        for one in (bare, app, naive):
            await one.run(WARM_UP)
        # In turns, so that other load on the machine affects all of them.
        for _ in range(ROUNDS):
            await bare.measure(leads // ROUNDS)
            await app.measure(leads // ROUNDS)
            await naive.measure(max(leads // ROUNDS // NAIVE_SHARE, 1))
        for one in (bare, app, naive):
            await one.worker.end()
        progress(f"sink: {await servers.sink.end()}")
    result("throughput", figures(leads, bare, app, naive))


def figures(leads: int, bare: Contender, app: Contender, naive: Contender) -> dict[str, float]:
    return {
        "leads": leads,
        "app_per_s": round(app.per_second, 2),
        "bare_per_s": round(bare.per_second, 2),
        "ratio": round(app.per_second / bare.per_second, 3),
        "worker_cpu_ratio": round(app.cpu_ms / bare.cpu_ms, 3),
        "naive_per_s": round(naive.per_second, 2),
        "over_naive": round(app.per_second / naive.per_second, 2),
        "app_cpu_ms": round(app.cpu_ms, 1),
        "bare_cpu_ms": round(bare.cpu_ms, 1),
    }


async def app_contender(servers: Rig, name: str = "app", tree: Path = ROOT) -> Contender:
    """`tree`: the checkout whose worker is started, so that two versions of the code can run in turns."""
    task_queue = f"app-{uuid4()}"
    worker = await servers.worker(task_queue, tree=tree)
    sequence_id = await servers.sequence(COLD_OUTREACH["steps"])
    await servers.quicken(sequence_id, 1)
    dispatcher = servers.dispatcher(task_queue)

    async def start(count: int) -> None:
        await enroll_all(servers, dispatcher, sequence_id, await servers.leads(count))

    async def finished() -> int:
        return await servers.one(
            f"SELECT count(*) FROM lead_sequence_state WHERE sequence_id = '{sequence_id}' AND status = 'completed'"
        )

    return Contender(name, worker, start, finished)


async def enroll_all(servers: Rig, dispatcher: Dispatcher, sequence_id: UUID, leads: list[UUID]) -> None:
    async with servers.database.write(servers.tenant_id) as session:
        await enroll(session, sequence_id=sequence_id, lead_ids=leads)
    await dispatcher.dispatch(servers.tenant_id)


async def bare_contender(servers: Rig, shape: type[BareWorkflow] | type[NaiveWorkflow], name: str) -> Contender:
    task_queue = f"{name}-{uuid4()}"
    worker = await child(
        "bench.contenders.workflows", task_queue, environment={"TEMPORAL_ADDRESS": servers.temporal.address}
    )
    await worker.line()
    task = {field: str(uuid4()) for field in ("tenant_id", "enrollment_id", "step_id")}
    slots = asyncio.Semaphore(STARTS_AT_ONCE)

    async def start_one() -> None:
        async with slots:
            await servers.client.start_workflow(shape.run, task, id=str(uuid4()), task_queue=task_queue)

    async def start(count: int) -> None:
        await asyncio.gather(*(start_one() for _ in range(count)))

    async def finished() -> int:
        query = f"TaskQueue = '{task_queue}' AND ExecutionStatus = 'Completed'"
        return (await servers.client.count_workflows(query)).count

    return Contender(name, worker, start, finished)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=600)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(lambda: asyncio.run(main(given.leads)))
