"""The load on running servers: measures the limit, applies a share of it, then waits until everything has finished."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from bench.report import progress
from bench.servers.api import ask
from bench.servers.rig import COLD_OUTREACH, Rig
from bench.soak.arrivals import Arrivals, Destination
from bench.soak.leads import ApiCaller, LeadReactions
from bench.soak.samples import Sampler
from bench.soak.users import TenantUsers

IN_FLIGHT = 500
"""Active leads while the limit is measured: more workflows than the worker caches."""
QUICK_SECONDS = 3
WAVE = 20
EDITED = [
    {"key": "intro", "type": "email", "config": {"subject": "A question", "body_text": "Hi {{name}}, who does it?"}},
    {"key": "wait", "type": "delay", "config": {"minutes": 2}},
    {"key": "nudge", "type": "email", "config": {"subject": "My question", "body_text": "Hi {{name}}, who is it?"}},
]
RAMP = 1 / 3
"""Share of the measuring time until leads finish at the rate at which they arrive."""
DRAIN_SECONDS = 600.0


@dataclass(frozen=True)
class SoakPlan:
    """Durations and rates of the run. `speed_up`: factor by which people react faster than usual."""

    steady_seconds: float
    limit_seconds: float = 120.0
    share: float = 0.7
    per_second: float | None = None
    """A fixed rate of leads; the limit is then not measured."""
    edit_seconds: float = 60.0
    halt_seconds: float = 600.0
    halted_seconds: float = 30.0
    speed_up: float = 1.0


@dataclass(frozen=True)
class LoadSequences:
    quick: UUID
    """cold-outreach with delays of seconds."""
    edited: UUID
    """Two emails with minutes between them; a user keeps editing it."""
    asleep: UUID
    """cold-outreach unchanged: after its first email a lead sleeps for days."""

    @property
    def all_of_them(self) -> list[Destination]:
        return [Destination(self.quick, 0.8), Destination(self.edited, 0.1), Destination(self.asleep, 0.1)]


async def make_sequences(servers: Rig, http: httpx.AsyncClient) -> LoadSequences:
    quick = await servers.sequence(COLD_OUTREACH["steps"])
    await servers.quicken(quick, QUICK_SECONDS)
    return LoadSequences(quick, await _sequence(http, EDITED), await _sequence(http, COLD_OUTREACH["steps"]))


async def _sequence(http: httpx.AsyncClient, steps: list[dict[str, Any]]) -> UUID:
    made = await ask(http, "POST", "/sequences", {"name": "Load", "steps": steps})
    await ask(http, "PUT", f"/sequences/{made['id']}", {"status": "active"})
    return UUID(made["id"])


@dataclass
class Load:
    plan: SoakPlan
    sequences: LoadSequences
    caller: ApiCaller
    reactions: LeadReactions
    arrivals: Arrivals
    users: TenantUsers
    sampler: Sampler

    async def limit_per_s(self) -> float:
        """Returns the enrollments finished per second while IN_FLIGHT leads are active (closed loop), all in the
        sequence `quick`, which has most of the load."""
        began, counted_from = time.monotonic(), None
        while (passed := time.monotonic() - began) < self.plan.limit_seconds:
            now = await self.sampler.take()
            if counted_from is None and passed > self.plan.limit_seconds * RAMP:
                counted_from = now
            missing = IN_FLIGHT - (self.arrivals.arrived - now.finished)
            await asyncio.gather(
                asyncio.sleep(1),
                *(self.arrivals.wave(WAVE, [Destination(self.sequences.quick, 1)]) for _ in range(missing // WAVE)),
            )
        last = await self.sampler.take()
        assert counted_from is not None, "it took longer than planned"
        return (last.finished - counted_from.finished) / (last.t_s - counted_from.t_s)

    async def steady(self, per_second: float) -> None:
        async with beside(
            self.sampler.run(),
            self.users.watch(),
            self.users.edit(self.plan.edit_seconds),
            self.users.halt(self.plan.halt_seconds, self.plan.halted_seconds),
        ):
            await self.arrivals.steady(per_second, self.plan.steady_seconds, self.sequences.all_of_them)

    async def drain(self) -> None:
        """Waits until all reactions are done and all enrollments but the sleeping ones have finished, at most
        DRAIN_SECONDS."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline:
            await self.caller.idle()
            now = await self.sampler.take()
            if not now.live and not now.outbox and not self.caller.tasks:
                return
            await asyncio.sleep(1)
        progress("some enrollments have not finished in time")


@asynccontextmanager
async def beside(*work: Awaitable[None]) -> AsyncGenerator[None]:
    """Runs the work in the background during the block, then cancels it. Raises the first error of the work."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for one in ended:
        if isinstance(one, Exception):
            raise one
