"""Enrollments finished per second: the app, and the same app with DBOS Transact in place of Temporal.

    .venv/bin/python -m bench.dbos --leads 400

Both do the same work with the same code: `StepPerformer.perform`, with the same SQL functions (load, reserve, mark,
advance), the same composing and the same SMTP sink. The sequence is cold-outreach with delays of one second. They
differ in what schedules a lead's steps and records the completed ones:

- the app: an enrollment is a Temporal workflow (4 activities, 2 timers), started from the outbox by the dispatcher.
The Temporal server is a separate process with SQLite.
- DBOS: an enrollment is an async DBOS workflow (4 steps, 2 durable sleeps). DBOS keeps its data in the database of
the enrollments. The worker's process starts the workflow, without a queue or an outbox: less than what the app does,
and the fastest way that DBOS offers. Its event loop is uvloop, as the app's; the pool to its system database is
larger than the default of 20 connections (`--pool`).

Each side has its own database on the same Postgres server, its own tenant, and one worker process. They run in turns.
`ratio`: the app's rate divided by that of DBOS. `cpu_ratio`: CPU of all processes together for each enrollment, the
app's divided by that of DBOS. On a machine with other load `cpu_ratio` is the more reliable figure, because a rate
depends on the number of processes that share the work.
"""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bench.profile import ProfiledContender, measure
from bench.report import progress, result
from bench.servers.child_process import child
from bench.servers.rig import COLD_OUTREACH, Rig, new_tenant, rig
from bench.throughput import ROUNDS, WARM_UP, Contender, app_contender
from cadenza.embedded.ports import LOOPBACK
from cadenza.embedded.postgres_roles import APP, OWNER
from cadenza.exit import run_and_leave
from cadenza.maintenance.migrate import upgrade
from db.session import Database
from services.enrollments.enrolling import enroll

DATABASE = "bench_dbos"
FINISHED = "SELECT count(*) FROM lead_sequence_state WHERE status = 'completed'"


async def main(leads: int, pool: int) -> None:
    async with rig() as servers:
        app = ProfiledContender(await app_contender(servers))
        contender, close = await dbos_contender(servers, pool)
        dbos = ProfiledContender(contender)
        try:
            for one in (app, dbos):
                await one.contender.run(WARM_UP)
            # In turns, so that other load on the machine affects both.
            for _ in range(ROUNDS):
                for one in (dbos, app):
                    await measure(servers, one, leads // ROUNDS)
        finally:
            await close()
            for one in (app, dbos):
                await one.contender.worker.end()
        progress(f"sink: {await servers.sink.end()}")
    result("dbos", figures(leads, app, dbos))


def figures(leads: int, app: ProfiledContender, dbos: ProfiledContender) -> dict[str, float]:
    found: dict[str, float] = {
        "leads": leads,
        "app_per_s": round(app.contender.per_second, 2),
        "dbos_per_s": round(dbos.contender.per_second, 2),
        "ratio": round(app.contender.per_second / dbos.contender.per_second, 3),
        "cpu_ratio": round(app.spent.all / dbos.spent.all, 3),
    }
    for prefix, one in (("app", app), ("dbos", dbos)):
        for process in ("worker", "temporal", "postgres", "dispatcher", "all"):
            found[f"{prefix}_{process}_cpu_ms"] = one.spent.each_ms(getattr(one.spent, process))
    return found


async def dbos_contender(servers: Rig, pool: int) -> tuple[Contender, Callable[[], Awaitable[None]]]:
    """Returns the contender and a function that closes it."""
    await servers.postgres.create_database(DATABASE)
    owner_url = servers.postgres.url(OWNER, DATABASE)
    app_url = servers.postgres.url(APP, DATABASE)
    await asyncio.to_thread(upgrade, owner_url)
    database = Database(app_url)
    own = replace(servers, database=database, tenant_id=await new_tenant(database))
    environment = {
        "CADENZA_DATABASE_URL": app_url,
        "CADENZA_SMTP_HOST": LOOPBACK,
        "CADENZA_SMTP_PORT": str(servers.smtp_port),
        "BENCH_DBOS_URL": owner_url,
        "BENCH_DBOS_POOL": str(pool),
    }
    worker = await child("bench.contenders.dbos_worker", environment=environment)
    reader, writer = await asyncio.open_connection(LOOPBACK, int(await worker.line()))
    sequence_id = await own.sequence(COLD_OUTREACH["steps"])
    await own.quicken(sequence_id, 1)

    async def start(count: int) -> None:
        async with database.write(own.tenant_id) as session:
            enrolled = (await enroll(session, sequence_id=sequence_id, lead_ids=await own.leads(count))).enrolled
        asked = {"tenant": str(own.tenant_id), "enrollments": [str(one.enrollment_id) for one in enrolled]}
        writer.write(json.dumps(asked).encode() + b"\n")
        await writer.drain()
        await reader.readline()

    async def close() -> None:
        writer.close()
        await database.aclose()

    return Contender("dbos", worker, start, lambda: own.one(FINISHED)), close


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=400)
    parser.add_argument("--pool", type=int, default=30, help="connections of DBOS to its system database")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(lambda: asyncio.run(main(given.leads, given.pool)))
