"""An hour of steady load at 70 % of the machine's limit: are memory and lag flat, is the database as large as
predicted?

    .venv/bin/python -m bench.soak --minutes 60 --samples soak.csv

Postgres, Temporal (with its file), API, worker and SMTP sink are separate processes. First the limit is measured: the
enrollments finished per second while a fixed number of leads is active. Then leads arrive at 70 % of that rate, even if
the app falls behind. Eight of ten are enrolled in cold-outreach with delays of seconds, one in a sequence that is
edited and published each minute, one in a sequence in which it sleeps for days and which is halted from time to time.
Leads open, click, reply (events and signed mail), unsubscribe, and are paused and resumed; a dashboard is open. In the
end all leads but the sleeping ones must have finished.

`*_mb_per_hour`: growth of private memory, the median slope (Theil-Sen) over the second half. `lag_*`: time from a step
being due until it is committed, in the first and in the last quarter. `bytes_per_lead`: size of the database, next to
the prediction of `bench.scale_model` for the rows that exist. `log_errors`: warnings and errors in all logs during the
steady load; `log_late`: lines which only say that something took too long; `log_errors_at_limit`: both kinds before the
steady load, when Temporal is overloaded.
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

from bench.report import progress, result
from bench.scale_model.costs import grown_bytes
from bench.scale_model.measure import TABLES
from bench.servers.api import Api, api
from bench.servers.child_process import ChildProcess
from bench.servers.rig import Rig, rig
from bench.soak.arrivals import Arrivals
from bench.soak.database_probes import DatabaseProbes
from bench.soak.leads import ApiCaller, LeadReactions
from bench.soak.load import Load, SoakPlan, beside, make_sequences
from bench.soak.logs import Logs
from bench.soak.samples import SampledProcesses, Sampler
from bench.soak.trends import lag_p99, mb_per_hour
from bench.soak.users import TenantUsers
from cadenza.embedded.ports import LOOPBACK, free_port
from cadenza.embedded.postgres import DATABASE, SUPERUSER
from cadenza.exit import run_and_leave
from webhooks.signing import new_secret

SIGNING_KEY = "a key that signs the links in mail of the load"
SHARE = 0.7
SHOWN = 20
SHORT = SoakPlan(
    50,
    per_second=1.2,
    edit_seconds=12,
    halt_seconds=20,
    halted_seconds=5,
    speed_up=4,
)


@dataclass
class SoakServers:
    """All processes, with their logs and the instruments in the database."""

    servers: Rig
    app: Api
    worker: ChildProcess
    logs: Logs
    probes: DatabaseProbes
    webhook_secret: str


async def soak(plan: SoakPlan, samples: Path | None = None) -> dict[str, Any]:
    """Runs the whole load; returns the figures."""
    async with soak_servers() as one, one.app.tenant(one.servers.tenant_id) as http:
        empty_bytes = await one.probes.database_bytes()
        load = await prepare(one, http, plan)
        async with beside(load.reactions.live()):
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
            **await totals(one, load, empty_bytes),
            "log_errors_at_limit": at_the_limit,
        }
        await print_details(one, load)
    return figures


async def prepare(one: SoakServers, http: Any, plan: SoakPlan) -> Load:
    sequences = await make_sequences(one.servers, http)
    caller = ApiCaller(http)
    reactions = LeadReactions(caller, one.servers.sink, SIGNING_KEY, one.webhook_secret, plan.speed_up)
    postgres, temporal = one.servers.postgres, one.servers.temporal
    assert postgres.pid and temporal.pid and temporal.database, "all run"
    pids = {
        "worker": one.worker.process.pid,
        "api": one.app.process.process.pid,
        "temporal": temporal.pid,
        "postgres": postgres.pid,
    }
    sampler = Sampler(SampledProcesses(pids, temporal.database, one.logs, [sequences.asleep]), one.probes)
    users = TenantUsers(caller, sequences.edited, sequences.asleep)
    return Load(plan, sequences, caller, reactions, Arrivals(caller, reactions), users, sampler)


def steadiness(sampler: Sampler, first: int, last: int) -> dict[str, float]:
    """Returns the growth of lag and memory in the samples from `first` to `last`, which are those of the steady
    load."""
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


async def totals(one: SoakServers, load: Load, empty_bytes: int) -> dict[str, Any]:
    now = load.sampler.samples[-1]
    arrived, received = load.arrivals.arrived, load.reactions.received
    grown = await one.probes.database_bytes() - empty_bytes
    return {
        "share": load.plan.share,
        "arrived": arrived,
        "finished": now.finished,
        "unfinished": now.live,
        "failed": now.failed,
        "overdue": now.overdue,
        "bytes_per_lead": round(grown / arrived),
        "predicted_bytes_per_lead": round(grown_bytes(await one.probes.rows(TABLES)) / arrived),
        "emails": received.total(),
        "duplicated": sum(times > 1 for times in received.values()),
        "emails_after_reply": len(await one.probes.left_after_stop() & received.keys()),
        "api_failures": load.caller.failures,
        "log_errors": one.logs.read_on(),
        "log_late": one.logs.late,
    }


async def print_details(one: SoakServers, load: Load) -> None:
    for answer, times in sorted(load.caller.answers.items()):
        progress(f"  {answer}: {times}")
    for row in await one.probes.tables():
        progress("  {table}: {rows} rows, {bytes} bytes, {dead} dead, {scans} scans of {scanned}".format(**row))
    progress(f"complaints: {dict(one.logs.complaints)}")
    for example in one.logs.examples[:SHOWN]:
        progress(f"  {example}")


@asynccontextmanager
async def soak_servers() -> AsyncGenerator[SoakServers]:
    secret, task_queue, port = new_secret(), f"app-{uuid4()}", free_port()
    settings = {
        "CADENZA_INBOUND_WEBHOOK_SECRET": secret,
        "CADENZA_PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "CADENZA_SIGNING_KEY": SIGNING_KEY,
    }
    with tempfile.TemporaryDirectory(prefix="cadenza-bench-") as name:
        files = {part: Path(name) / f"{part}.log" for part in ("worker", "api")}
        async with rig(sink=("bench.soak.smtp_sink",)) as servers:
            logs = Logs({**files, "temporal": servers.temporal.log, "postgres": servers.postgres.log})
            probes = DatabaseProbes(await asyncpg.connect(servers.postgres.url(SUPERUSER, DATABASE)))
            await probes.install()
            worker = await servers.worker(task_queue, settings=settings, log=files["worker"])
            try:
                async with api(servers, task_queue, settings, port=port, log=files["api"]) as app:
                    yield SoakServers(servers, app, worker, logs, probes, secret)
            finally:
                await worker.end()
                await probes.connection.close()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="of steady load")
    parser.add_argument("--limit-seconds", type=float, default=120, help="duration of measuring the limit")
    parser.add_argument("--share", type=float, default=SHARE, help="share of the limit at which leads arrive")
    parser.add_argument("--short", action="store_true", help="a minute of a load that any machine can handle")
    parser.add_argument("--samples", type=Path, help="a CSV file for the samples")
    return parser.parse_args()


async def main(given: argparse.Namespace) -> None:
    plan = SHORT if given.short else SoakPlan(given.minutes * 60, given.limit_seconds, given.share)
    result("soak", await soak(plan, given.samples))


if __name__ == "__main__":
    options = arguments()
    run_and_leave(lambda: asyncio.run(main(options)))
