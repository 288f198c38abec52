"""Response time of analytics with a million enrollments and five million log rows, and its growth with their number.

    .venv/bin/python -m bench.analytics --enrollments 1000000

There are four tenants. Four fifths of the enrollments are in eight large sequences, the rest in small ones of a fixed
size. The rows are generated in the database (analytics_fill.sql): first a tenth, then the rest. `cadenza api` runs in
its own process and is called over HTTP. The figures cover all requests, which alternate between large and small
sequences.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from bench.report import progress, result
from bench.servers.child_process import child
from bench.servers.rig import COLD_OUTREACH, new_tenant
from cadenza.embedded.ports import LOOPBACK, free_port
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.exit import run_and_leave
from cadenza.maintenance.migrate import upgrade
from db.calls.analytics import refresh_performance
from db.session import Database
from domain.sequences.sequence import SequenceSettings
from domain.sequences.steps import StepSpec
from services.access.api_keys import create_key
from services.sequences.sequences import SequenceChanges, change_sequence, create_sequence

FILL = (Path(__file__).parent / "analytics_fill.sql").read_text("utf-8")
TENANTS, LARGE_OF_A_TENANT = 4, 2
LARGE_SHARE = 0.8
WARM_UP = 20
EVENTS = ("email_sent", "branch_decided", None)

PREPARE = """
CREATE TABLE filling (tenant_id uuid, sequence_id uuid PRIMARY KEY, version_id uuid, mailbox_id uuid, steps uuid[],
                      size integer, filled integer NOT NULL DEFAULT 0);
CREATE FUNCTION bench_id(kind text, sequence_id uuid, n integer) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN md5(kind || sequence_id || n)::uuid;
SELECT make_log_month((now() - n * interval '1 month')::date) FROM generate_series(0, 7) n;
"""
DESCRIBE = """
INSERT INTO filling
SELECT s.tenant_id, s.id, v.id, m.id, array_agg(t.id ORDER BY t.position), 0
  FROM sequences s JOIN sequence_versions v ON v.sequence_id = s.id JOIN mailboxes m ON m.tenant_id = s.tenant_id
  JOIN sequence_steps t ON t.sequence_id = s.id
 WHERE s.id = ANY ($1) GROUP BY 1, 2, 3, 4
"""


@dataclass
class BenchTenant:
    id: UUID
    key: str
    large: list[UUID] = field(default_factory=list[UUID])
    small: list[UUID] = field(default_factory=list[UUID])


@dataclass
class ResponseTimes:
    milliseconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def add(self, kind: str, seconds: float) -> None:
        self.milliseconds.setdefault(kind, []).append(seconds * 1000)

    def p95(self, *kinds: str) -> float:
        times = [one for kind in kinds or self.milliseconds for one in self.milliseconds[kind]]
        return round(statistics.quantiles(times, n=20)[-1], 1)


class AnalyticsBench:
    def __init__(self, owner: asyncpg.Connection, database: Database, small_size: int) -> None:
        self._owner = owner
        self._database = database
        self._small_size = small_size
        self.tenants: list[BenchTenant] = []

    async def fill(self, enrollments: int) -> float:
        """Fills every sequence to its size, adds small ones, refreshes analytics. Returns the seconds that refreshing
        took."""
        if not self.tenants:
            self.tenants = [await self._tenant() for _ in range(TENANTS)]
        large_size = int(enrollments * LARGE_SHARE) // (TENANTS * LARGE_OF_A_TENANT)
        small_count = max(int(enrollments * (1 - LARGE_SHARE)) // (TENANTS * self._small_size), 1)
        for tenant in self.tenants:
            for group, count, size in (
                (tenant.large, LARGE_OF_A_TENANT, large_size),
                (tenant.small, small_count, self._small_size),
            ):
                added = [await self._sequence(tenant) for _ in range(count - len(group))]
                group += added
                await self._owner.execute(DESCRIBE, added)
                await self._owner.execute("UPDATE filling SET size = $1 WHERE sequence_id = ANY ($2)", size, group)
        await self._owner.execute("SET session_replication_role = replica")
        await self._owner.execute(FILL)
        await self._owner.execute("VACUUM ANALYZE")
        began = time.perf_counter()
        await refresh_performance(self._database)
        return time.perf_counter() - began

    async def rows(self) -> dict[str, int]:
        count = "SELECT (SELECT count(*) FROM lead_sequence_state), (SELECT count(*) FROM sequence_execution_log)"
        row = await self._owner.fetchrow(count)
        return {"enrollments": row[0], "log_rows": row[1]}

    async def measure(self, http: httpx.AsyncClient, requests: int) -> ResponseTimes:
        measured, dice = ResponseTimes(), random.Random(1)
        for number in range(WARM_UP + requests):
            tenant = self.tenants[number % TENANTS]
            kind = ("large", "small", "executions")[number % 3]
            sequence_id = dice.choice(tenant.small if kind == "small" else tenant.large)
            path = f"/sequences/{sequence_id}/" + ("executions" if kind == "executions" else "analytics")
            event = dice.choice(EVENTS) if kind == "executions" else None
            began = time.perf_counter()
            answer = await http.get(
                path,
                params={"event": event} if event else {},
                headers={"Authorization": f"Bearer {tenant.key}"},
            )
            seconds = time.perf_counter() - began
            answer.raise_for_status()
            if number >= WARM_UP:
                measured.add(kind, seconds)
        return measured

    async def _tenant(self) -> BenchTenant:
        tenant_id = await new_tenant(self._database)
        async with self._database.write(tenant_id) as session:
            return BenchTenant(tenant_id, (await create_key(session, name="AnalyticsBench", scopes=["read"])).key)

    async def _sequence(self, tenant: BenchTenant) -> UUID:
        async with self._database.write(tenant.id) as session:
            steps = [StepSpec.model_validate(step) for step in COLD_OUTREACH["steps"]]
            made = await create_sequence(
                session, name="AnalyticsBench", description="", settings=SequenceSettings(), steps=steps
            )
            await change_sequence(session, made.row.id, SequenceChanges(status="active"))
        return made.row.id


async def main(enrollments: int, requests: int, small_size: int) -> None:
    with tempfile.TemporaryDirectory(prefix="cadenza-bench-") as name:
        async with EmbeddedPostgres(Path(name) / "postgres", durable=False) as postgres, api(postgres) as http:
            owner = await asyncpg.connect(postgres.url("postgres"))
            await owner.execute(PREPARE)
            database = Database(postgres.app_url)
            bench = AnalyticsBench(owner, database, small_size)
            tenth_s = await bench.fill(enrollments // 10)
            progress(f"{await bench.rows()}, refreshed in {tenth_s:.1f} s")
            tenth = await bench.measure(http, requests)
            progress(f"p95 of a tenth: {_by_kind(tenth)}")
            refresh_s = await bench.fill(enrollments)
            rows = await bench.rows()
            progress(f"{rows}, refreshed in {refresh_s:.1f} s")
            full = await bench.measure(http, requests)
            progress(f"p95 of all: {_by_kind(full)}")
            await database.aclose()
            await owner.close()
    result("analytics", figures(rows, refresh_s, tenth, full))


def figures(rows: dict[str, int], refresh_s: float, tenth: ResponseTimes, full: ResponseTimes) -> dict[str, Any]:
    asked = ("large", "small")
    return {
        **rows,
        "p95_ms": full.p95(*asked),
        "growth": round(full.p95(*asked) / tenth.p95(*asked), 2),
        "refresh_s": round(refresh_s, 1),
        **{f"{kind}_p95_ms": full.p95(kind) for kind in full.milliseconds},
    }


def _by_kind(measured: ResponseTimes) -> str:
    return ", ".join(f"{kind} {measured.p95(kind)} ms" for kind in measured.milliseconds)


@asynccontextmanager
async def api(postgres: EmbeddedPostgres) -> AsyncGenerator[httpx.AsyncClient]:
    """Runs `cadenza api` on the migrated database; yields a client once it answers."""
    await asyncio.to_thread(upgrade, postgres.owner_url)
    port = free_port()
    process = await child(
        "cadenza",
        "api",
        environment={"CADENZA_DATABASE_URL": postgres.app_url, "CADENZA_API_PORT": str(port)},
        is_heard=False,
    )
    async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", timeout=60) as http:
        while True:
            try:
                await http.get("/healthz")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.1)
        yield http
    await process.end()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--enrollments", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--small", type=int, default=500, help="enrollments of a small sequence")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(lambda: asyncio.run(main(given.enrollments, given.requests, given.small)))
