"""Workers of several releases side by side, each in its own process, and what a lead's history shows of them."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause

from cadenza.embedded.ports import LOOPBACK
from cadenza.runtime.deployments import Deployment
from tests.shared_servers import namespace_at
from tests.stage import Stage

Release = Literal["plain", "patched", "broken"]


@dataclass
class Releases:
    stage: Stage
    environment: dict[str, str]
    _stack: AsyncExitStack

    @property
    def deployment(self) -> Deployment:
        return Deployment(self.stage.client, self.stage.task_queue)

    async def start(self, release: Release, build_id: str) -> None:
        """Runs workers with that build ID until the test ends. They receive no work before their version is made
        current."""
        await self._stack.enter_async_context(self._process(release, build_id))

    async def current(self, build_id: str) -> None:
        await self.deployment.set_current(build_id)
        await self.spread()

    async def spread(self) -> None:
        """Waits until every task queue knows the last change. That takes a while on a busy machine."""

        async def heard() -> bool:
            return not (await self.deployment.routing()).spreading

        await self.stage.until(heard, "every task queue knows the change", within_seconds=120)

    async def started(self, release: Release, build_id: str) -> None:
        """Starts the workers and makes their version the current one."""
        await self.start(release, build_id)
        await self.current(build_id)

    async def cadenza(self, *arguments: str) -> str:
        """Returns the output of a command of the program."""
        return await self._said(sys.executable, "-m", "cadenza", *arguments)

    async def _said(self, *command: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *command, env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
        return said.decode()

    async def wake(self, enrollment: UUID) -> None:
        """Moves one lead's clock by a week. Does not wait for the effect: the lead may not be able to continue."""
        await self.stage.parts.gateway.fast_forward(self.stage.tenant_id, enrollment, timedelta(days=7))

    @asynccontextmanager
    async def _process(self, release: Release, build_id: str) -> AsyncGenerator[None, None]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.engine.releases.worker",
            release,
            env={**self.environment, "CADENZA_BUILD_ID": build_id},
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def releases(stage: Stage, database_url: str, temporal_address: str) -> AsyncGenerator[Releases, None]:
    environment = {
        **os.environ,
        "CADENZA_DATABASE_URL": database_url,
        "CADENZA_SMTP_HOST": LOOPBACK,
        "CADENZA_SMTP_PORT": str(stage.sink.port),
        "CADENZA_TASK_QUEUE": stage.task_queue,
        "TEMPORAL_ADDRESS": temporal_address,
        "TEMPORAL_NAMESPACE": namespace_at(temporal_address),
    }
    async with AsyncExitStack() as stack:
        yield Releases(stage, environment, stack)


@dataclass(frozen=True, slots=True)
class HistoryFacts:
    """What a lead's history shows of the code that it ran under."""

    patches: set[str]
    """The patches whose new branch was taken."""
    builds: tuple[str, ...]
    """The build IDs in the order of the workflow tasks, each once. Empty for a worker without one."""
    disagreed: bool
    """Whether a worker's code did not match this history (nondeterminism error)."""


async def history_facts(stage: Stage, enrollment: UUID) -> HistoryFacts:
    history = await stage.handle(enrollment).fetch_history()
    kinds = Counter(event.event_type for event in history.events)
    tasks = [
        event.workflow_task_completed_event_attributes.deployment_version.build_id
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    ]
    patches = {
        json.loads(event.marker_recorded_event_attributes.details["patch-data"].payloads[0].data)["id"]
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED
    }
    causes = {
        event.workflow_task_failed_event_attributes.cause
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    }
    # Each patch that is used adds itself to a search attribute.
    assert kinds[EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES] == len(patches)
    return HistoryFacts(
        patches,
        tuple(build for build in dict.fromkeys(tasks) if build),
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR in causes,
    )


async def sleeps_for_days(stage: Stage, enrollment: UUID) -> bool:
    history = await stage.handle(enrollment).fetch_history()
    return any(
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta() > timedelta(days=1)
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED
    )
