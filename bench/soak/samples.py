"""Samples memory, lag, sizes and logs every ten seconds. The samples are evaluated, and can be written to a CSV
file."""

import asyncio
import contextlib
import csv
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from uuid import UUID

import psutil

from bench.measures.percentiles import percentile
from bench.report import progress
from bench.soak.database_probes import DatabaseProbes
from bench.soak.logs import Logs

SAMPLE_SECONDS = 10.0
SAID_EVERY = 6
MB = 2**20


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory: private memory (USS) of a process, in MB; for Postgres the sum of its processes, without shared buffers,
    whose size is fixed. Lag: of the steps performed since the last sample, from due to committed."""

    t_s: float
    worker_mb: float
    api_mb: float
    temporal_mb: float
    postgres_mb: float
    backends: int
    steps: int
    lag_p50_s: float
    lag_p99_s: float
    live: int
    finished: int
    failed: int
    overdue: int
    outbox: int
    outbox_age_s: float
    database_mb: float
    temporal_file_mb: float
    log_errors: int


@dataclass(frozen=True)
class SampledProcesses:
    pids: Mapping[str, int]
    temporal_file: Path
    logs: Logs
    asleep: Sequence[UUID]


class Sampler:
    def __init__(self, watched: SampledProcesses, probes: DatabaseProbes) -> None:
        self._watched, self._probes = watched, probes
        self._began = time.monotonic()
        self.samples: list[Sample] = []
        self.lags_s: list[list[float]] = []
        """The lags behind each sample."""

    async def run(self) -> None:
        """Takes samples until it is cancelled."""
        while True:
            await self.take()
            await asyncio.sleep(SAMPLE_SECONDS)

    async def take(self) -> Sample:
        lags = await self._probes.lags_s()
        enrollment_counts = await self._probes.enrollment_counts(list(self._watched.asleep))
        memory = {name: private_mb(pid) for name, pid in self._watched.pids.items()}
        sample = Sample(
            t_s=round(time.monotonic() - self._began, 1),
            worker_mb=memory["worker"][0],
            api_mb=memory["api"][0],
            temporal_mb=memory["temporal"][0],
            postgres_mb=memory["postgres"][0],
            backends=memory["postgres"][1] - 1,
            steps=len(lags),
            lag_p50_s=round(statistics.median(lags), 3) if lags else 0.0,
            lag_p99_s=round(percentile(lags, 99), 3) if lags else 0.0,
            live=int(enrollment_counts["live"]),
            finished=int(enrollment_counts["finished"]),
            failed=int(enrollment_counts["failed"]),
            overdue=int(enrollment_counts["overdue"]),
            outbox=int(enrollment_counts["outbox"]),
            outbox_age_s=round(enrollment_counts["outbox_age_s"], 1),
            database_mb=round(await self._probes.database_bytes() / MB, 2),
            temporal_file_mb=round(_size(self._watched.temporal_file) / MB, 2),
            log_errors=self._watched.logs.read_on(),
        )
        if len(self.samples) % SAID_EVERY == 0:
            progress(_line(sample))
        self.samples.append(sample)
        self.lags_s.append(lags)
        return sample

    def write(self, path: Path) -> None:
        with path.open("w", newline="") as file:
            rows = csv.DictWriter(file, [field.name for field in fields(Sample)])
            rows.writeheader()
            rows.writerows(asdict(one) for one in self.samples)


def private_mb(pid: int) -> tuple[float, int]:
    """Returns the unique set size of a process and its descendants in MB, and their number."""
    process, total, count = psutil.Process(pid), 0, 0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += one.memory_full_info().uss
            count += 1
    return round(total / MB, 1), count


def _size(file: Path) -> int:
    """Returns the size of the file with its write-ahead log, in bytes."""
    return sum(one.stat().st_size for one in file.parent.glob(f"{file.name}*"))


def _line(one: Sample) -> str:
    return (
        f"{one.t_s:6.0f} s: live {one.live}, finished {one.finished}, "
        f"lag p50 {one.lag_p50_s:.2f} p99 {one.lag_p99_s:.2f} s, overdue {one.overdue}, outbox {one.outbox}; "
        f"MB: worker {one.worker_mb:.0f}, API {one.api_mb:.0f}, "
        f"Temporal {one.temporal_mb:.0f} (file {one.temporal_file_mb:.0f}), Postgres {one.postgres_mb:.0f} "
        f"({one.backends} processes; database {one.database_mb:.0f}); log {one.log_errors}"
    )
