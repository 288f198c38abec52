"""Measures one point of the model on real servers: a number of leads that complete cold-outreach, and as many that
sleep in it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import psutil

from bench.servers.rig import COLD_OUTREACH, Rig
from bench.throughput import enroll_all
from cadenza.embedded.postgres import DATABASE, SUPERUSER

TABLES = (
    "leads",
    "lead_sequence_state",
    "messages",
    "sequence_execution_log",
    "lead_engagement",
    "send_slots",
    "campaign_leads",
    "outbox",
    "idempotency_keys",
)
"""Tables that grow with the number of leads. The others grow with tenants, sequences, mailboxes."""
SIZES = """
SELECT coalesce(parent.relname, t.relname) AS table, sum(pg_total_relation_size(t.relid))::bigint AS bytes,
       sum(t.n_tup_upd)::bigint AS updated, sum(t.n_tup_hot_upd)::bigint AS hot, sum(t.n_tup_del)::bigint AS deleted
  FROM pg_stat_user_tables t
  LEFT JOIN pg_inherits i ON i.inhrelid = t.relid LEFT JOIN pg_class parent ON parent.oid = i.inhparent
 GROUP BY 1
"""
LOG = "SELECT pg_current_wal_lsn() - '0/0', pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


@dataclass(frozen=True)
class Reading:
    """All counters at one moment."""

    rows: Mapping[str, int]
    bytes: Mapping[str, int]
    updated: int
    hot: int
    deleted: int
    wal_bytes: int
    transactions: int
    temporal_bytes: int
    cpu_s: Mapping[str, float]


@dataclass(frozen=True)
class Point:
    """The cost of one of `leads` leads: completing cold-outreach without a reply, and asleep after its first email."""

    leads: int
    rows: Mapping[str, float]
    bytes_per_row: Mapping[str, float]
    database_bytes: float
    updated_rows: float
    hot_updates: float
    deleted_rows: float
    wal_bytes: float
    transactions: float
    closed_workflow_bytes: float
    open_workflow_bytes: float
    worker_cpu_ms: float
    temporal_cpu_ms: float
    postgres_cpu_ms: float


class CostMeter:
    def __init__(self, servers: Rig, connection: asyncpg.Connection, task_queue: str, worker_pid: int) -> None:
        self._servers, self._connection, self._task_queue = servers, connection, task_queue
        self._worker_pid = worker_pid

    async def point(self, leads: int) -> Point:
        before = await self._read()
        await self._through(leads)
        ended = await self._read()
        await self._asleep(leads)
        slept = await self._read()
        rows = {name: ended.rows[name] - before.rows[name] for name in TABLES}
        grown = {name: ended.bytes[name] - before.bytes[name] for name in TABLES}
        return Point(
            leads=leads,
            rows={name: count / leads for name, count in rows.items()},
            bytes_per_row={name: grown[name] / count for name, count in rows.items() if count},
            database_bytes=sum(grown.values()) / leads,
            updated_rows=(ended.updated - before.updated) / leads,
            hot_updates=(ended.hot - before.hot) / leads,
            deleted_rows=(ended.deleted - before.deleted) / leads,
            wal_bytes=(ended.wal_bytes - before.wal_bytes) / leads,
            transactions=(ended.transactions - before.transactions) / leads,
            closed_workflow_bytes=(ended.temporal_bytes - before.temporal_bytes) / leads,
            open_workflow_bytes=(slept.temporal_bytes - ended.temporal_bytes) / leads,
            worker_cpu_ms=(ended.cpu_s["worker"] - before.cpu_s["worker"]) * 1000 / leads,
            temporal_cpu_ms=(ended.cpu_s["temporal"] - before.cpu_s["temporal"]) * 1000 / leads,
            postgres_cpu_ms=(ended.cpu_s["postgres"] - before.cpu_s["postgres"]) * 1000 / leads,
        )

    async def _through(self, leads: int) -> None:
        sequence_id = await self._servers.sequence(COLD_OUTREACH["steps"])
        await self._servers.quicken(sequence_id, 1)
        await self._enroll(sequence_id, leads)
        await self._until(sequence_id, "ended_at IS NOT NULL", leads)

    async def _asleep(self, leads: int) -> None:
        sequence_id = await self._servers.sequence(COLD_OUTREACH["steps"])
        await self._enroll(sequence_id, leads)
        await self._until(sequence_id, "emails_sent = 1", leads)

    async def _enroll(self, sequence_id: UUID, leads: int) -> None:
        dispatcher = self._servers.dispatcher(self._task_queue)
        await enroll_all(self._servers, dispatcher, sequence_id, await self._servers.leads(leads))
        await dispatcher.aclose()

    async def _until(self, sequence_id: UUID, condition: str, leads: int) -> None:
        done = f"SELECT count(*) FROM lead_sequence_state WHERE sequence_id = '{sequence_id}' AND {condition}"
        while await self._servers.one(done) < leads:  # noqa: ASYNC110 (another process does the work)
            await asyncio.sleep(0.5)

    async def _read(self) -> Reading:
        # Statistics of other connections are up to a second late.
        await asyncio.sleep(1.5)
        sizes = {row["table"]: row for row in await self._connection.fetch(SIZES)}
        wal_bytes, transactions = await self._connection.fetchrow(LOG)
        postgres, temporal = self._servers.postgres.pid, self._servers.temporal.pid
        assert postgres and temporal and self._servers.temporal.database, "both run"
        return Reading(
            rows={name: await self._connection.fetchval(f"SELECT count(*) FROM {name}") for name in TABLES},
            bytes={name: row["bytes"] for name, row in sizes.items()},
            updated=sum(row["updated"] for row in sizes.values()),
            hot=sum(row["hot"] for row in sizes.values()),
            deleted=sum(row["deleted"] for row in sizes.values()),
            wal_bytes=int(wal_bytes),
            transactions=transactions,
            temporal_bytes=_size(self._servers.temporal.database),
            cpu_s={"worker": cpu_s(self._worker_pid), "temporal": cpu_s(temporal), "postgres": cpu_s(postgres)},
        )


@contextlib.asynccontextmanager
async def meter(servers: Rig) -> AsyncGenerator[CostMeter]:
    task_queue = f"scale-{uuid4()}"
    connection = await asyncpg.connect(servers.postgres.url(SUPERUSER, DATABASE))
    worker = await servers.worker(task_queue)
    try:
        yield CostMeter(servers, connection, task_queue, worker.process.pid)
    finally:
        await worker.end()
        await connection.close()


def cpu_s(pid: int) -> float:
    """Returns the CPU seconds of a process and its descendants, including those that have ended."""
    process = psutil.Process(pid)
    own = process.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for one in process.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system
    return total


def _size(file: Path) -> int:
    return sum(one.stat().st_size for one in file.parent.glob(f"{file.name}*"))
