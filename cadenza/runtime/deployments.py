"""Decides which version of the code the leads go to: Temporal's Worker Deployment, named as the task queue.

A version is the build ID with which workers were started (`CADENZA_BUILD_ID`). New leads, and leads under way at their
next wake-up, go to the *current* version, except for the percentage that goes to the *ramping* version. If no version
is current, they go to workers without a build ID.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from temporalio.api.deployment.v1 import RoutingConfig, WorkerDeploymentInfo
from temporalio.api.enums.v1 import TaskQueueType, WorkerDeploymentVersionStatus
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from cadenza.errors import StartError, one_line
from workflows.contracts import mailboxes_queue

# Workers that were started a moment ago may not have polled every task queue yet.
SETTLE_SECONDS = 30.0
PAUSE_SECONDS = 0.25
RPC_TIMEOUT = timedelta(seconds=10)
# The version does not exist yet, or does not yet poll every task queue of the version before it.
NOT_YET = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION)
# This Temporal has no versioning, hides it from this client, or the task queue's name cannot name a deployment.
UNSEEN = (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.INVALID_ARGUMENT)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WorkerVersion:
    build_id: str
    status: str
    """`current`, `ramping`, `draining` (workflows that cannot change their version are left), `drained`, `inactive`."""


@dataclass(frozen=True, slots=True)
class Routing:
    current: str | None
    """None: workers without a build ID."""
    ramping: str | None
    percent: float
    spreading: bool
    """True while a task queue does not know the last change yet and still routes by the one before."""
    versions: tuple[WorkerVersion, ...]

    def reaches(self, build_id: str | None) -> bool:
        """True if leads go to workers with that build ID (None: workers without one)."""
        return self.current == build_id or (build_id is not None and self.ramping == build_id)


NO_VERSIONS = Routing(current=None, ramping=None, percent=0.0, spreading=False, versions=())


def worker_deployment(task_queue: str, build_id: str | None) -> WorkerDeploymentConfig | None:
    """Returns a worker's versioning settings; None for a worker without a build ID.

    Leads live for weeks. Each continues under the version that is current when it wakes up, so no lead keeps an old
    worker alive. Changed code handles leads that began under older code by `workflow.patched`.

    The workflows do not declare this themselves, because Temporal refuses the declaration on a worker without a
    version.
    """
    if build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=task_queue, build_id=build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


class Deployment:
    """The versions of the workers on one task queue, and to which of them the leads go."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._name = task_queue

    async def routing(self) -> Routing:
        """Returns the present routing; `NO_VERSIONS` if there never was a worker with a build ID."""
        info = await self._describe()
        return NO_VERSIONS if info is None else _routing(info, spreading=await self._spreading(info.routing_config))

    async def passes_by(self, build_id: str | None) -> str | None:
        """Returns a warning for a worker that no lead is routed to; None if leads are routed to it."""
        try:
            routing = await self.routing()
        except RPCError as error:
            if error.status in UNSEEN:
                return None
            raise
        if routing.reaches(build_id):
            return None
        others = f"build ID {routing.current}" if routing.current else "workers without a build ID"
        if build_id is None:
            return f"leads go to {others}, not to this worker, which has none; see `cadenza deploy status`"
        return f"leads go to {others}, not to this worker; `cadenza deploy current {build_id}` sends them here"

    async def set_current(self, build_id: str | None, *, within_seconds: float = SETTLE_SECONDS) -> None:
        """Routes all leads to that version (None: to workers without one). A ramp to it ends.

        Waits for the version's workers, which may just have been started. Raises `StartError` if they do not come, or
        poll fewer task queues than the version before.
        """
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self._client.namespace,
            deployment_name=self._name,
            build_id=build_id or "",
            identity=self._client.identity,
        )
        call = self._client.workflow_service.set_worker_deployment_current_version
        await self._told(lambda: call(request, timeout=RPC_TIMEOUT), within_seconds)

    async def ramp(self, build_id: str | None, percent: float, *, within_seconds: float = SETTLE_SECONDS) -> None:
        """Routes that percentage of the leads, always the same leads, to the version. None and 0 end the ramp.

        Waits and raises as `set_current` does.
        """
        request = SetWorkerDeploymentRampingVersionRequest(
            namespace=self._client.namespace,
            deployment_name=self._name,
            build_id=build_id or "",
            percentage=percent,
            identity=self._client.identity,
        )
        call = self._client.workflow_service.set_worker_deployment_ramping_version
        await self._told(lambda: call(request, timeout=RPC_TIMEOUT), within_seconds)

    async def _told(self, tell: Callable[[], Awaitable[object]], within_seconds: float) -> None:
        """Sends the change, and waits for a while until every task queue knows it."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        while True:
            try:
                await tell()
                break
            except RPCError as error:
                if error.status not in NOT_YET or loop.time() > deadline:
                    raise StartError(f"deployment {self._name}: {one_line(error)}") from error
            await asyncio.sleep(PAUSE_SECONDS)
        while (await self.routing()).spreading:
            if loop.time() > deadline:
                return  # the change is made, and will still reach every task queue
            await asyncio.sleep(PAUSE_SECONDS)

    async def _spreading(self, routing: RoutingConfig) -> bool:
        """Asks the task queues themselves, because the deployment's own answer may lag by minutes."""
        for name in (self._name, mailboxes_queue(self._name)):
            request = DescribeTaskQueueRequest(
                namespace=self._client.namespace,
                task_queue=TaskQueue(name=name),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
            )
            answer = await self._client.workflow_service.describe_task_queue(request, timeout=RPC_TIMEOUT)
            known = answer.versioning_info
            if (
                known.current_deployment_version != routing.current_deployment_version
                or known.ramping_deployment_version != routing.ramping_deployment_version
                or known.ramping_version_percentage != routing.ramping_version_percentage
            ):
                return True
        return False

    async def _describe(self) -> WorkerDeploymentInfo | None:
        request = DescribeWorkerDeploymentRequest(namespace=self._client.namespace, deployment_name=self._name)
        try:
            answer = await self._client.workflow_service.describe_worker_deployment(request, timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return None
            raise
        return answer.worker_deployment_info


def _routing(info: WorkerDeploymentInfo, *, spreading: bool) -> Routing:
    config = info.routing_config
    return Routing(
        current=config.current_deployment_version.build_id or None,
        ramping=config.ramping_deployment_version.build_id or None,
        percent=config.ramping_version_percentage,
        spreading=spreading,
        versions=tuple(
            WorkerVersion(one.deployment_version.build_id, _word(one.status))
            for one in sorted(info.version_summaries, key=lambda one: one.create_time.ToDatetime(), reverse=True)
        ),
    )


def _word(status: WorkerDeploymentVersionStatus.ValueType) -> str:
    return WorkerDeploymentVersionStatus.Name(status).removeprefix("WORKER_DEPLOYMENT_VERSION_STATUS_").lower()
