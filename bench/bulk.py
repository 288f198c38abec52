"""Assigns a sequence to a campaign of ten thousand leads over HTTP, then to one of a hundred thousand.

    .venv/bin/python -m bench.bulk --leads 10000 --many 100000

`answer_s`: seconds until `assign-sequence` has answered. `start_ratio`: workflows started per second by the API's
dispatcher, from the request until the last start, divided by that of plain `client.start_workflow` calls before and
after it on the same server. On a slow machine fewer than `--leads` are started: as many as plain starts do in
`--seconds` (`measured`). The campaign of `--leads` then only counts for `answer_s`.

`rss_mb_growth`: the most memory that the API's process holds while it enrolls the many leads, minus that while it
enrolls the first. It ends when all leads are enrolled. Their workflows are started meanwhile, and need not all be
started by then: the rest is started slowly afterwards. The outbox is longest at that moment.

No worker runs: the benchmark compares starting workflows, not executing them.
"""

import argparse
import asyncio
import time
from typing import Any
from uuid import uuid4

import httpx

from bench.contenders.workflows import BareWorkflow
from bench.report import progress, result
from bench.servers.api import Api, api, ask, campaign_of
from bench.servers.rig import Rig, rig
from cadenza.exit import run_and_leave

STARTS_AT_ONCE = 50
WARM_UP = 500
SLEEPS_FIRST = [
    {"key": "wait", "type": "delay", "config": {"days": 30}},
    {"key": "hello", "type": "email", "config": {"subject": "Hello", "body_text": "Hi {{first_name}}"}},
]


class Bulk:
    """The app's side of the comparison: assigns one campaign after another."""

    def __init__(self, api: Api, http: httpx.AsyncClient, sequence_id: str) -> None:
        self._api, self._http, self._sequence_id = api, http, sequence_id
        self.answer_s: list[float] = []

    async def start(self, count: int) -> float:
        """Enrolls the leads of a new campaign and waits until all are started. Returns the seconds that it took."""
        began = time.perf_counter()
        batch = await self._assign(count)
        while not batch["done"]:
            batch = await self._later(batch)
        seconds = time.perf_counter() - began
        assert batch["started"] == count, batch
        progress(f"app: {count} started in {seconds:.1f} s, {count / seconds:.0f}/s")
        return seconds

    async def enroll(self, count: int) -> float:
        """Enrolls a new campaign's leads. Returns the most MB that the API's process held meanwhile."""
        batch = await self._assign(count)
        most, looked = self._api.rss_mb, 0
        while batch["processed"] < count:
            batch = await self._later(batch)
            most = max(most, self._api.rss_mb)
            looked += 1
            if looked % 100 == 0:
                progress(f"app: {batch['processed']} enrolled, {batch['started']} started, at most {most:.0f} MB")
        assert batch["accepted"] == count, batch
        progress(f"app: {count} enrolled, {batch['started']} started, at most {most:.0f} MB")
        return most

    async def _assign(self, count: int) -> Any:
        campaign_id = await campaign_of(self._api.rig, self._http, count)
        path, body = f"/campaigns/{campaign_id}/assign-sequence", {"sequence_id": self._sequence_id}
        began = time.perf_counter()
        batch = await ask(self._http, "POST", path, body)
        self.answer_s.append(time.perf_counter() - began)
        return batch

    async def _later(self, batch: Any) -> Any:
        await asyncio.sleep(0.25)
        return await ask(self._http, "GET", f"/batches/{batch['id']}")


async def bare(servers: Rig, count: int) -> float:
    """Starts bare workflows. Returns the seconds that it took."""
    task = {field: str(uuid4()) for field in ("tenant_id", "enrollment_id", "step_id")}
    slots, task_queue = asyncio.Semaphore(STARTS_AT_ONCE), f"bare-{uuid4()}"

    async def start_one() -> None:
        async with slots:
            await servers.client.start_workflow(BareWorkflow.run, task, id=str(uuid4()), task_queue=task_queue)

    began = time.perf_counter()
    await asyncio.gather(*(start_one() for _ in range(count)))
    seconds = time.perf_counter() - began
    progress(f"bare: {count} in {seconds:.1f} s, {count / seconds:.0f}/s")
    return seconds


async def main(leads: int, many: int, seconds: int) -> None:
    async with rig() as servers, api(servers, f"app-{uuid4()}") as app, app.tenant(servers.tenant_id) as http:
        bulk = Bulk(app, http, str(await servers.sequence(SLEEPS_FIRST)))
        measured = min(leads, round(seconds * WARM_UP / await bare(servers, WARM_UP))) // 2 * 2
        bare_seconds = await bare(servers, measured // 2)
        app_seconds = await bulk.start(measured)
        bare_seconds += await bare(servers, measured // 2)
        rss = await bulk.enroll(leads)
        figures = {
            "leads": leads,
            "measured": measured,
            "answer_s": round(max(bulk.answer_s), 3),
            "app_per_s": round(measured / app_seconds, 1),
            "bare_per_s": round(measured / bare_seconds, 1),
            "start_ratio": round(bare_seconds / app_seconds, 3),
        }
        if many:
            most = await bulk.enroll(many)
            figures |= {"many": many, "rss_mb": round(most, 1), "rss_mb_growth": round(most - rss, 1)}
            figures |= {"many_answer_s": round(bulk.answer_s[-1], 3)}
    result("bulk", figures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=100_000, help="0 omits the memory figures")
    parser.add_argument("--seconds", type=int, default=120, help="about how long one side starts workflows")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(lambda: asyncio.run(main(given.leads, given.many, given.seconds)))
