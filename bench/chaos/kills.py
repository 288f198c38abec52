"""Kills processes with SIGKILL by a plan that is derived from the seed before the run."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bench.chaos.processes import ChaosProcesses
from bench.report import progress


class Victim(StrEnum):
    WORKER = "worker"
    API = "api"
    TEMPORAL = "temporal"
    POSTGRES = "postgres"


DOWN_SECONDS = (0.0, 2.0)
"""How long the victim stays down before it is restarted."""


@dataclass(frozen=True, slots=True)
class PlannedKill:
    at: float
    """Seconds since the first email."""
    victim: Victim
    which: int
    """Selects one of several processes of this kind."""
    down_seconds: float


def plan_kills(seed: int, span_seconds: float, counts: Mapping[Victim, int]) -> list[PlannedKill]:
    """Plans the kills at random times of the span. Two may coincide."""
    rng = random.Random(f"{seed} strikes")
    planned = [
        PlannedKill(rng.uniform(0, span_seconds), victim, rng.randrange(1000), rng.uniform(*DOWN_SECONDS))
        for victim, count in counts.items()
        for _ in range(count)
    ]
    return sorted(planned, key=lambda one: one.at)


async def execute_kills(processes: ChaosProcesses, planned: list[PlannedKill]) -> None:
    """Executes the plan, until the last victim is up again. Victims of one kind are killed one after another."""
    began = asyncio.get_running_loop().time()
    turns = {victim: asyncio.Lock() for victim in Victim}

    async def strike(one: PlannedKill) -> None:
        await asyncio.sleep(began + one.at - asyncio.get_running_loop().time())
        async with turns[one.victim]:
            progress(f"{one.at:6.1f} s: kill -9 {one.victim}")
            match one.victim:
                case Victim.WORKER:
                    await processes.kill_worker(one.which, one.down_seconds)
                case Victim.API:
                    await processes.kill_api(one.which, one.down_seconds)
                case Victim.TEMPORAL:
                    await processes.kill_temporal(one.down_seconds)
                case Victim.POSTGRES:
                    await processes.kill_postgres(one.down_seconds)

    await asyncio.gather(*(strike(one) for one in planned))
