"""CPU and memory of one enrollment by process (worker, Temporal's server, Postgres) and by function.

    .venv/bin/python -m bench.profile --leads 200
    .venv/bin/python -m bench.profile --leads 200 --before ../cadenza-before

Enrollments of cold-outreach run to their end on one worker process; a bare workflow of the same shape runs for
comparison. In each round the CPU is read from the kernel. Then the work runs again under py-spy, whose samples show how
the worker's CPU is divided. With `--before`, the worker of another checkout runs in turns with this one on the same
servers and the same database: a paired comparison, which decides whether a change of the worker is kept.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from sqlalchemy import text

from bench.contenders.workflows import BareWorkflow
from bench.measures.stacks import Samples, read, sampled
from bench.report import progress, result
from bench.servers.rig import Rig, rig
from bench.throughput import Contender, app_contender, bare_contender
from cadenza.embedded.postgres_roles import DATABASE, SUPERUSER, superuser
from cadenza.exit import run_and_leave

WARM_UP = 12
ROUNDS = 4
TOKIO = "tokio"
FUNCTIONS_SHOWN = 14
PROCESSES = ("worker", "temporal", "postgres", "dispatcher", "sink", "all")


@dataclass
class Spent:
    """CPU seconds of each process while some enrollments ran, and the growth of the worker's memory."""

    enrollments: int = 0
    seconds: float = 0.0
    worker: float = 0.0
    worker_rust: float = 0.0
    """Part of `worker`: the SDK's native threads, which py-spy does not see."""
    temporal: float = 0.0
    postgres: float = 0.0
    dispatcher: float = 0.0
    sink: float = 0.0
    rss_bytes: int = 0

    def each_ms(self, seconds: float) -> float:
        return round(seconds / self.enrollments * 1000, 2)

    @property
    def all(self) -> float:
        return self.worker + self.temporal + self.postgres + self.dispatcher + self.sink


@dataclass
class ProfiledContender:
    contender: Contender
    spent: Spent = field(default_factory=Spent)
    samples: Samples = field(default_factory=Samples)

    @property
    def pid(self) -> int:
        return self.contender.worker.process.pid


class CpuMeter:
    """Reads the CPU used so far by each process of the rig and by one contestant's worker."""

    def __init__(self, servers: Rig, pid: int) -> None:
        assert servers.temporal.pid is not None and servers.postgres.pid is not None, "the servers run"
        self._worker = psutil.Process(pid)
        self._temporal = psutil.Process(servers.temporal.pid)
        self._postgres = psutil.Process(servers.postgres.pid)
        self._sink = psutil.Process(servers.sink.process.pid)

    def read(self) -> list[float]:
        return [
            time.perf_counter(),
            _cpu(self._worker),
            _rust(self._worker),
            _cpu(self._temporal),
            # The parent's counters include the backends that have ended and were waited for.
            _cpu(self._postgres, ended=True) + sum(_cpu(one) for one in self._postgres.children(recursive=True)),
            time.process_time(),
            _cpu(self._sink),
            self._worker.memory_info().rss,
        ]


def _cpu(process: psutil.Process, *, ended: bool = False) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    own = times.user + times.system
    return own + times.children_user + times.children_system if ended else own


def _rust(process: psutil.Process) -> float:
    """Returns the CPU seconds of native threads: the SDK core runs on tokio threads."""
    folder = Path("/proc") / str(process.pid) / "task"
    seconds = 0.0
    for thread in process.threads():
        name = folder / str(thread.id) / "comm"
        if name.exists() and name.read_text().startswith(TOKIO):
            seconds += thread.user_time + thread.system_time
    return seconds


async def measure(servers: Rig, one: ProfiledContender, count: int) -> None:
    meter = CpuMeter(servers, one.pid)
    before = meter.read()
    await one.contender.measure(count)
    took = [after - earlier for after, earlier in zip(meter.read(), before, strict=True)]
    spent = one.spent
    spent.enrollments += count
    spent.seconds += took[0]
    spent.worker += took[1]
    spent.worker_rust += took[2]
    spent.temporal += took[3]
    spent.postgres += took[4]
    spent.dispatcher += took[5]
    spent.sink += took[6]
    spent.rss_bytes += int(took[7])


async def sample(one: ProfiledContender, count: int, file: Path) -> None:
    async with sampled(one.pid, file):
        await one.contender.run(count)
    one.samples = read(await asyncio.to_thread(file.read_text))


class PostgresFunctions:
    """Reads the time that Postgres' functions took (`track_functions`)."""

    def __init__(self, servers: Rig) -> None:
        self._url = servers.postgres.url(SUPERUSER)

    async def track(self) -> None:
        """Enables tracking for connections that are opened from now on."""
        async with superuser(self._url) as connection:
            await connection.execute(text(f"ALTER DATABASE {DATABASE} SET track_functions = 'pl'"))

    async def read(self) -> dict[str, tuple[int, float]]:
        """Returns the calls and the own time in milliseconds so far, by function name."""
        query = text("SELECT funcname, sum(calls), sum(self_time) FROM pg_stat_user_functions GROUP BY 1")
        async with superuser(self._url) as connection:
            return {str(name): (int(calls), float(ms)) for name, calls, ms in await connection.execute(query)}


async def main(leads: int, before: Path | None) -> None:
    async with rig() as servers:
        functions = PostgresFunctions(servers)
        await functions.track()
        bare = ProfiledContender(await bare_contender(servers, BareWorkflow, "bare"))
        app = ProfiledContender(await app_contender(servers))
        others = [ProfiledContender(await app_contender(servers, "before", before))] if before else []
        contestants = [bare, *others, app]
        for one in contestants:
            await one.contender.run(WARM_UP)
        spent_in = await functions.read()
        for turn in range(ROUNDS):
            for one in contestants if turn % 2 else reversed(contestants):
                await measure(servers, one, leads // ROUNDS)
        spent_in = _difference(await functions.read(), spent_in)
        show_processes(contestants)
        with tempfile.TemporaryDirectory(prefix="cadenza-profile-") as folder:
            for one in contestants:
                await sample(one, leads // ROUNDS, Path(folder) / f"{one.contender.name}.txt")
        for one in contestants:
            await one.contender.worker.end()
    show_owners(contestants)
    show_functions(spent_in, leads * (len(contestants) - 1))
    result("profile", figures(leads, bare, app, others))


def _difference(
    after: Mapping[str, tuple[int, float]], before: Mapping[str, tuple[int, float]]
) -> dict[str, tuple[int, float]]:
    none = (0, 0.0)
    return {
        name: (calls - before.get(name, none)[0], ms - before.get(name, none)[1]) for name, (calls, ms) in after.items()
    }


def show_processes(contestants: Sequence[ProfiledContender]) -> None:
    _line("CPU of one enrollment, ms", [one.contender.name for one in contestants])
    for process in PROCESSES:
        _line(process, [f"{one.spent.each_ms(getattr(one.spent, process)):.2f}" for one in contestants])
    grown = [one.spent.rss_bytes / one.spent.enrollments / 1024 for one in contestants]
    _line("growth of the worker's memory, KB", [f"{kilobytes:.0f}" for kilobytes in grown])


def show_owners(contestants: Sequence[ProfiledContender]) -> None:
    """Prints the worker's CPU by owner, then its hottest functions."""
    _line("parts of the worker's CPU, ms", [one.contender.name for one in contestants])
    _line("  SDK core (Rust)", [f"{one.spent.each_ms(one.spent.worker_rust):.2f}" for one in contestants])
    owners = Counter[str]()
    for one in contestants:
        owners.update(one.samples.owners)
    for owner, _ in owners.most_common():
        _line(f"  {owner}", [f"{_owned_ms(one, owner):.2f}" for one in contestants])
    for one in contestants:
        _hottest(one)


def show_functions(functions: Mapping[str, tuple[int, float]], enrollments: int) -> None:
    _line("functions in Postgres, of one enrollment", ["calls", "own ms"])
    for name, (calls, ms) in sorted(functions.items(), key=lambda item: -item[1][1])[:FUNCTIONS_SHOWN]:
        _line(f"  {name}", [f"{calls / enrollments:.1f}", f"{ms / enrollments:.3f}"])


def _owned_ms(one: ProfiledContender, owner: str) -> float:
    return one.spent.each_ms(one.spent.worker - one.spent.worker_rust) * one.samples.share(owner)


def _hottest(one: ProfiledContender) -> None:
    progress(f"\n{one.contender.name}: the functions with the most own time, and modules including what they call")
    total = max(one.samples.total, 1)
    for (frame, own), (module, whole) in zip(
        one.samples.self_time.most_common(16), one.samples.cumulative.most_common(40)[-16:], strict=False
    ):
        progress(f"  {own / total:6.1%} {_short(frame):60} {whole / total:6.1%} {_short(module)}")


def _short(name: str) -> str:
    return name.replace("(" + os.fspath(Path.cwd()) + "/", "(").rpartition("site-packages/")[2][-60:]


def _line(what: str, values: Sequence[str]) -> None:
    progress(f"{what:44}" + "".join(f"{value:>10}" for value in values))


def figures(
    leads: int, bare: ProfiledContender, app: ProfiledContender, others: Sequence[ProfiledContender]
) -> dict[str, float]:
    found: dict[str, float] = {"leads": leads}
    for prefix, one in (("", app), ("bare_", bare), *(("before_", other) for other in others)):
        for process in PROCESSES:
            found[f"{prefix}{process}_cpu_ms"] = one.spent.each_ms(getattr(one.spent, process))
    found["cpu_ratio"] = round(app.spent.all / bare.spent.all, 3)
    for other in others:
        found["over_before"] = round(app.spent.all / other.spent.all, 3)
        found["worker_over_before"] = round(app.spent.worker / other.spent.worker, 3)
    return found


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=int, default=200)
    parser.add_argument("--before", type=Path, help="another checkout, whose worker runs in turns with this one")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(lambda: asyncio.run(main(given.leads, given.before and given.before.resolve())))
