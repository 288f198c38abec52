"""Enrollments finished a second: the whole app, a bare workflow of the same shape, and a naive one of 35 actions.

    .venv/bin/python -m bench.throughput --leads 600

All three run one after another on the same servers, with one worker process each. The app's delays are one
second, like the others' timers: the same events, without days to wait for.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from temporalio.client import Client

from bench.rig import COLD_OUTREACH, ChildProcess, Rig, child, progress, result, rig
from bench.shapes import BareWorkflow, NaiveWorkflow
from cadenza.exit import run_and_leave
from services.dispatch import Dispatcher
from services.enroll import enroll
from workflows.gateway import Gateway

WARM_UP = 30
STARTS_AT_ONCE = 50
NAIVE_SHARE = 4  # a quarter of the leads says enough of what is so much slower


@dataclass(frozen=True)
class Measured:
    per_second: float
    cpu_ms: float
    """Of the worker process, for each enrollment."""


async def main(leads: int) -> None:
    async with rig() as servers:
        bare = await measure_bare(servers, BareWorkflow, "bare", leads)
        app = await measure_app(servers, leads)
        naive = await measure_bare(servers, NaiveWorkflow, "naive", max(leads // NAIVE_SHARE, WARM_UP))
        mail = await servers.sink.end()
        progress(f"sink: {mail}")
    result(
        "throughput",
        {
            "leads": leads,
            "app_per_s": round(app.per_second, 2),
            "bare_per_s": round(bare.per_second, 2),
            "ratio": round(app.per_second / bare.per_second, 3),
            "worker_cpu_ratio": round(app.cpu_ms / bare.cpu_ms, 3),
            "naive_per_s": round(naive.per_second, 2),
            "over_naive": round(app.per_second / naive.per_second, 2),
            "app_cpu_ms": round(app.cpu_ms, 1),
            "bare_cpu_ms": round(bare.cpu_ms, 1),
        },
    )


async def measure_app(servers: Rig, leads: int) -> Measured:
    task_queue = f"app-{uuid4()}"
    worker = await servers.worker(task_queue)
    sequence_id = await servers.sequence(COLD_OUTREACH["steps"])
    await servers.quicken(sequence_id, 1)

    async def connected() -> Client:
        return servers.client

    dispatcher = Dispatcher(servers.database, Gateway(connected, task_queue))
    await enroll_all(servers, dispatcher, sequence_id, await servers.leads(WARM_UP))
    await completed(servers, WARM_UP)
    chosen = await servers.leads(leads)
    began, cpu = time.perf_counter(), worker.cpu_seconds
    await enroll_all(servers, dispatcher, sequence_id, chosen)
    await completed(servers, WARM_UP + leads)
    return await measured("app", worker, leads, began, cpu)


async def enroll_all(servers: Rig, dispatcher: Dispatcher, sequence_id: UUID, leads: list[UUID]) -> None:
    async with servers.database.write(servers.tenant_id) as session:
        await enroll(session, sequence_id=sequence_id, lead_ids=leads)
    await dispatcher.dispatch(servers.tenant_id)


async def completed(servers: Rig, expected: int) -> None:
    async def count() -> int:
        return await servers.one("SELECT count(*) FROM lead_sequence_state WHERE status = 'completed'")

    await reached(count, expected)


async def reached(count: Callable[[], Awaitable[int]], expected: int) -> None:
    """Counts what is done, instead of waiting on a thousand results at once: that is beyond the server's long polls."""
    while await count() < expected:  # noqa: ASYNC110 (another process does the work)
        await asyncio.sleep(0.2)


async def measure_bare(servers: Rig, shape: type, name: str, count: int) -> Measured:
    task_queue = f"{name}-{uuid4()}"
    worker = await child("bench.shapes", task_queue, environment={"TEMPORAL_ADDRESS": servers.temporal.address})
    await worker.line()
    await start_all(servers, shape, task_queue, WARM_UP)
    await closed(servers, task_queue, WARM_UP)
    began, cpu = time.perf_counter(), worker.cpu_seconds
    await start_all(servers, shape, task_queue, count)
    await closed(servers, task_queue, WARM_UP + count)
    return await measured(name, worker, count, began, cpu)


async def start_all(servers: Rig, shape: type, task_queue: str, count: int) -> None:
    slots = asyncio.Semaphore(STARTS_AT_ONCE)
    task = {name: str(uuid4()) for name in ("tenant_id", "enrollment_id", "step_id")}

    async def start() -> None:
        async with slots:
            await servers.client.start_workflow(shape.run, task, id=str(uuid4()), task_queue=task_queue)  # pyright: ignore

    await asyncio.gather(*(start() for _ in range(count)))


async def closed(servers: Rig, task_queue: str, expected: int) -> None:
    query = f"TaskQueue = '{task_queue}' AND ExecutionStatus = 'Completed'"

    async def count() -> int:
        return (await servers.client.count_workflows(query)).count

    await reached(count, expected)


async def measured(name: str, worker: ChildProcess, count: int, began: float, cpu: float) -> Measured:
    seconds, spent = time.perf_counter() - began, worker.cpu_seconds - cpu
    await worker.end()
    one = Measured(count / seconds, spent / count * 1000)
    progress(f"{name}: {count} in {seconds:.1f} s, {one.per_second:.1f}/s, {one.cpu_ms:.1f} ms of worker CPU each")
    return one


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=600)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(lambda: asyncio.run(main(given.leads)))
