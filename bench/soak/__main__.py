"""An hour of steady load at 70 % of what this machine takes: flat memory, flat lag, a database as large as predicted?

    .venv/bin/python -m bench.soak --minutes 60 --samples soak.csv

Postgres, Temporal (with its file), API, worker and SMTP sink are processes of their own. First the limit is measured:
so many leads always on their way, enrollments finished a second. Then leads arrive at 70 % of that, whatever comes of
it: eight of ten in cold-outreach with seconds to wait, one in a sequence that is edited and published each minute, one
to sleep for days, in a sequence that is halted now and then. They open, click, reply (events and signed mail),
unsubscribe, are paused and resumed; a dashboard is open. In the end all but the sleepers must have finished.

`*_mb_per_hour`: private memory, the median slope (Theil and Sen) over the second half. `lag_*`: from a step being due
to its being committed, over the first and the last quarter. `bytes_per_lead`: of the database, beside what
`bench.scale_model` predicts for the rows that there are. `log_errors`: lines in any log that complain, once the steady
load has begun; `log_late`: those that only say that something took too long; `log_errors_at_limit`: both kinds, before,
when Temporal is asked for more than it can do in time.
"""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg

from bench.rig import ChildProcess, Rig, progress, result, rig
from bench.scale.costs import grown_bytes
from bench.scale.measure import TABLES
from bench.served import Api, api
from bench.soak.arrivals import Arrivals
from bench.soak.instruments import Instruments
from bench.soak.load import Load, Plan, beside, make_sequences
from bench.soak.logs import Logs
from bench.soak.office import Office
from bench.soak.people import Desk, People
from bench.soak.samples import Sampler, Watched
from bench.soak.verdict import lag_p99, mb_per_hour
from cadenza.embedded.ports import LOOPBACK, free_port
from cadenza.embedded.postgres import DATABASE, SUPERUSER
from cadenza.exit import run_and_leave
from webhooks.signing import new_secret

SIGNING_KEY = "a key that signs the links in mail of the load"
SHARE = 0.7
SHOWN = 20
SHORT = Plan(
    50,
    per_second=1.2,
    edit_seconds=12,
    halt_seconds=20,
    halted_seconds=5,
    haste=4,
)


@dataclass
class Site:
    """All processes, and what is asked of them."""

    servers: Rig
    app: Api
    worker: ChildProcess
    logs: Logs
    instruments: Instruments
    webhook_secret: str


async def soak(plan: Plan, samples: Path | None = None) -> dict[str, Any]:
    """The figures."""
    async with site() as one, one.app.tenant(one.servers.tenant_id) as http:
        empty_bytes = await one.instruments.database_bytes()
        load = await prepare(one, http, plan)
        async with beside(load.people.live()):
            limit = await load.limit_per_s() if plan.per_second is None else plan.per_second / plan.share
            progress(f"limit: {limit:.1f} enrollments finished a second")
            await load.drain()
            one.logs.read_on()
            at_the_limit = one.logs.forget()
            first = len(load.sampler.samples)
            await load.steady(plan.share * limit)
            last = len(load.sampler.samples)
            await load.drain()
        if samples is not None:
            load.sampler.write(samples)
        figures = {
            "minutes": round(plan.steady_seconds / 60, 1),
            "limit_per_s": round(limit, 2),
            "offered_per_s": round(plan.share * limit, 2),
            **steadiness(load.sampler, first, last),
            **await ledger(one, load, empty_bytes),
            "log_errors_at_limit": at_the_limit,
        }
        await explain(one, load)
    return figures


async def prepare(one: Site, http: Any, plan: Plan) -> Load:
    sequences = await make_sequences(one.servers, http)
    desk = Desk(http)
    people = People(desk, one.servers.sink, SIGNING_KEY, one.webhook_secret, plan.haste)
    postgres, temporal = one.servers.postgres, one.servers.temporal
    assert postgres.pid and temporal.pid and temporal.database, "all run"
    pids = {
        "worker": one.worker.process.pid,
        "api": one.app.process.process.pid,
        "temporal": temporal.pid,
        "postgres": postgres.pid,
    }
    sampler = Sampler(Watched(pids, temporal.database, one.logs, [sequences.asleep]), one.instruments)
    office = Office(desk, sequences.edited, sequences.asleep)
    return Load(plan, sequences, desk, people, Arrivals(desk, people), office, sampler)


def steadiness(sampler: Sampler, first: int, last: int) -> dict[str, float]:
    """Of the samples from `first` to `last`: the steady load."""
    samples, lags = sampler.samples[first:last], sampler.lags_s[first:last]
    began, ended = lag_p99(lags, 0), lag_p99(lags, 3)
    return {
        "lag_p99_first_s": began,
        "lag_p99_last_s": ended,
        "lag_growth": round(ended / began, 2) if began else 0.0,
        "worker_mb_per_hour": mb_per_hour(samples, lambda one: one.worker_mb),
        "api_mb_per_hour": mb_per_hour(samples, lambda one: one.api_mb),
        "temporal_mb_per_hour": mb_per_hour(samples, lambda one: one.temporal_mb),
        "postgres_mb_per_hour": mb_per_hour(samples, lambda one: one.postgres_mb),
    }


async def ledger(one: Site, load: Load, empty_bytes: int) -> dict[str, Any]:
    now = load.sampler.samples[-1]
    arrived, received = load.arrivals.arrived, load.people.received
    grown = await one.instruments.database_bytes() - empty_bytes
    return {
        "share": load.plan.share,
        "arrived": arrived,
        "finished": now.finished,
        "unfinished": now.live,
        "failed": now.failed,
        "overdue": now.overdue,
        "bytes_per_lead": round(grown / arrived),
        "predicted_bytes_per_lead": round(grown_bytes(await one.instruments.rows(TABLES)) / arrived),
        "emails": received.total(),
        "duplicated": sum(times > 1 for times in received.values()),
        "emails_after_reply": len(await one.instruments.left_after_stop() & received.keys()),
        "api_failures": load.desk.failures,
        "log_errors": one.logs.read_on(),
        "log_late": one.logs.late,
    }


async def explain(one: Site, load: Load) -> None:
    for told, times in sorted(load.desk.answers.items()):
        progress(f"  {told}: {times}")
    for row in await one.instruments.tables():
        progress("  {table}: {rows} rows, {bytes} bytes, {dead} dead, {scans} scans of {scanned}".format(**row))
    progress(f"complaints: {dict(one.logs.complaints)}")
    for example in one.logs.examples[:SHOWN]:
        progress(f"  {example}")


@asynccontextmanager
async def site() -> AsyncGenerator[Site]:
    secret, task_queue, port = new_secret(), f"app-{uuid4()}", free_port()
    settings = {
        "CADENZA_INBOUND_WEBHOOK_SECRET": secret,
        "CADENZA_PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "CADENZA_SIGNING_KEY": SIGNING_KEY,
    }
    with tempfile.TemporaryDirectory(prefix="cadenza-bench-") as name:
        files = {part: Path(name) / f"{part}.log" for part in ("worker", "api")}
        async with rig(sink=("bench.soak.mailroom",)) as servers:
            logs = Logs({**files, "temporal": servers.temporal.log, "postgres": servers.postgres.log})
            instruments = Instruments(await asyncpg.connect(servers.postgres.url(SUPERUSER, DATABASE)))
            await instruments.install()
            worker = await servers.worker(task_queue, settings=settings, log=files["worker"])
            try:
                async with api(servers, task_queue, settings, port=port, log=files["api"]) as app:
                    yield Site(servers, app, worker, logs, instruments, secret)
            finally:
                await worker.end()
                await instruments.connection.close()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="of steady load")
    parser.add_argument("--limit-seconds", type=float, default=120, help="spent on measuring the limit")
    parser.add_argument("--share", type=float, default=SHARE, help="of the limit that is offered")
    parser.add_argument("--short", action="store_true", help="a minute of a load that any machine takes")
    parser.add_argument("--samples", type=Path, help="a CSV file for the samples")
    return parser.parse_args()


async def main(given: argparse.Namespace) -> None:
    plan = SHORT if given.short else Plan(given.minutes * 60, given.limit_seconds, given.share)
    result("soak", await soak(plan, given.samples))


if __name__ == "__main__":
    options = arguments()
    run_and_leave(lambda: asyncio.run(main(options)))
