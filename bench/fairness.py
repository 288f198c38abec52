"""Duration of tenant B's step while tenant A enrolls ten thousand leads, compared with an otherwise idle system.

    .venv/bin/python -m bench.fairness --leads 10000

Both tenants share one API process, one worker and one mail sink. B enrolls one lead after another over HTTP in a
sequence of one email. The duration is from the answer until the enrollment is completed in Postgres, so until its email
was sent. A assigns cold-outreach to a campaign, whose leads are all due for an email at once.
"""

import argparse
import asyncio
import time
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from bench.measures.percentiles import percentile
from bench.report import progress, result
from bench.servers.api import api, ask, campaign_of
from bench.servers.rig import COLD_OUTREACH, Rig, new_tenant, rig
from cadenza.exit import run_and_leave

HELLO = {"key": "hello", "type": "email", "config": {"subject": "Hello", "body_text": "Hi {{first_name}}"}}
WARM_UP = 10
POLL_SECONDS = 0.005
PAUSE_SECONDS = 0.2


class QuietTenant:
    """Tenant B, which enrolls one lead at a time."""

    def __init__(self, servers: Rig, http: httpx.AsyncClient, tenant_id: UUID, sequence_id: str) -> None:
        self._servers, self._http, self._tenant_id, self._sequence_id = servers, http, tenant_id, sequence_id

    async def step_seconds(self) -> float:
        """Enrolls one lead. Returns the seconds until its email was sent."""
        lead = await ask(self._http, "POST", "/leads", {"email": f"{uuid4()}@quiet.example", "first_name": "Ada"})
        body = {"sequence_id": self._sequence_id, "lead_ids": [lead["id"]]}
        enrolled = await ask(self._http, "POST", "/leads/enroll-in-sequence", body)
        began = time.perf_counter()
        while not await self._completed(enrolled["enrolled"][0]["enrollment_id"]):  # noqa: ASYNC110 (another process does it)
            await asyncio.sleep(POLL_SECONDS)
        return time.perf_counter() - began

    async def _completed(self, enrollment_id: str) -> bool:
        query = text("SELECT status = 'completed' FROM lead_sequence_state WHERE id = :id")
        async with self._servers.database.read(self._tenant_id) as session:
            return bool(await session.scalar(query, {"id": enrollment_id}))

    async def sample(self, count: int) -> list[float]:
        taken: list[float] = []
        for _ in range(count):
            taken.append(await self.step_seconds())
            await asyncio.sleep(PAUSE_SECONDS)
        return taken


async def main(leads: int, samples: int) -> None:
    task_queue = f"app-{uuid4()}"
    async with rig() as servers, api(servers, task_queue) as app:
        worker = await servers.worker(task_queue)
        other = await new_tenant(servers.database)
        async with app.tenant(servers.tenant_id) as busy, app.tenant(other) as http:
            made = await ask(http, "POST", "/sequences", {"name": "Hello", "steps": [HELLO]})
            await ask(http, "PUT", f"/sequences/{made['id']}", {"status": "active"})
            quiet = QuietTenant(servers, http, other, made["id"])
            await quiet.sample(WARM_UP)
            unloaded = await quiet.sample(samples)
            progress(f"unloaded: p50 {percentile(unloaded, 50):.3f} s, p95 {percentile(unloaded, 95):.3f} s")
            sequence_id = str(await servers.sequence(COLD_OUTREACH["steps"]))
            path = f"/campaigns/{await campaign_of(servers, busy, leads)}/assign-sequence"
            batch = await ask(busy, "POST", path, {"sequence_id": sequence_id})
            loaded = await quiet.sample(samples)
            batch = await ask(busy, "GET", f"/batches/{batch['id']}")
            progress(f"loaded: p50 {percentile(loaded, 50):.3f} s, p95 {percentile(loaded, 95):.3f} s")
            progress(f"tenant A at {batch['progress']:.0%}")
            assert not batch["done"], "tenant A finished first: use more leads or fewer samples"
        await worker.end()
    result("fairness", figures(leads, unloaded, loaded))


def figures(leads: int, unloaded: list[float], loaded: list[float]) -> dict[str, float]:
    return {
        "leads": leads,
        "samples": len(loaded),
        "p50_s": round(percentile(unloaded, 50), 3),
        "p95_s": round(percentile(unloaded, 95), 3),
        "loaded_p50_s": round(percentile(loaded, 50), 3),
        "loaded_p95_s": round(percentile(loaded, 95), 3),
        "p95_ratio": round(percentile(loaded, 95) / percentile(unloaded, 95), 2),
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--samples", type=int, default=60)
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(lambda: asyncio.run(main(given.leads, given.samples)))
