"""The only access to workflows from outside: start, signal, describe, and (development) move a clock."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from uuid import UUID

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    WorkflowExecutionStatus,
)
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from domain.engine.contracts import Command, Directive, EnrollmentInput, MailboxInput
from workflows import search_attributes
from workflows.contracts import mailboxes_queue
from workflows.enrollment import EnrollmentWorkflow
from workflows.mailbox import MailboxWorkflow
from workflows.workflow_ids import enrollment_workflow_id, mailbox_workflow_id

RPC_TIMEOUT = timedelta(seconds=10)
QUEUE_SCHEDULE_ID = "cadenza-process-queue"
QUEUE_INTERVAL = timedelta(minutes=1)
ANALYTICS_INTERVAL = timedelta(minutes=5)
LOG_INTERVAL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EnrollmentToStart:
    tenant_id: UUID
    enrollment_id: UUID
    sequence_id: UUID
    lead_id: UUID
    campaign_id: UUID | None
    sequence_name: str
    first: Directive


class RunState(Enum):
    """What Temporal knows about an enrollment's workflow."""

    RUNNING = "running"
    CLOSED = "closed"
    MISSING = "missing"


# Closed, or closed so long ago that Temporal has deleted it.
ENDED = (RunState.CLOSED, RunState.MISSING)


class Gateway:
    """`connect` is called when Temporal is first needed, and again until it succeeds. So an API that starts while
    Temporal is down still accepts enrollments."""

    def __init__(self, connect: Callable[[], Awaitable[Client]], task_queue: str) -> None:
        self._connect = connect
        self._task_queue = task_queue
        self._client: Client | None = None

    async def client(self) -> Client:
        if self._client is None:
            self._client = await self._connect()
        return self._client

    async def start(self, enrollment: EnrollmentToStart) -> bool:
        """Starts the enrollment's workflow. It runs only once, ever: returns False if it has already run and closed."""
        client = await self.client()
        try:
            await client.start_workflow(
                EnrollmentWorkflow.run,
                EnrollmentInput(
                    tenant_id=enrollment.tenant_id,
                    enrollment_id=enrollment.enrollment_id,
                    first=enrollment.first,
                ),
                id=enrollment_workflow_id(enrollment.tenant_id, enrollment.enrollment_id),
                task_queue=self._task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=search_attributes.of_enrollment(
                    tenant_id=enrollment.tenant_id,
                    sequence_id=enrollment.sequence_id,
                    lead_id=enrollment.lead_id,
                    campaign_id=enrollment.campaign_id,
                ),
                static_summary=enrollment.sequence_name,
                priority=Priority(fairness_key=str(enrollment.tenant_id)),
                rpc_timeout=RPC_TIMEOUT,
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def watch_mailbox(self, tenant_id: UUID, mailbox_id: UUID, *, settings_changed: bool = False) -> None:
        """Starts the watcher of the inbox. A running watcher goes on; with `settings_changed` it reconnects."""
        client = await self.client()
        await client.start_workflow(
            MailboxWorkflow.run,
            MailboxInput(tenant_id=tenant_id, mailbox_id=mailbox_id),
            id=mailbox_workflow_id(tenant_id, mailbox_id),
            task_queue=mailboxes_queue(self._task_queue),
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_signal="settings_changed" if settings_changed else None,
            search_attributes=search_attributes.of_mailbox(tenant_id=tenant_id),
            rpc_timeout=RPC_TIMEOUT,
        )

    async def tell(self, tenant_id: UUID, enrollment_id: UUID, command: Command, directive: Directive) -> RunState:
        """Signals a running enrollment. A closed one needs no signal: Postgres has recorded what happened."""
        client = await self.client()
        handle = client.get_workflow_handle(enrollment_workflow_id(tenant_id, enrollment_id))
        try:
            await handle.signal(command.value, directive, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return await self.run_state(tenant_id, enrollment_id)
        return RunState.RUNNING

    async def run_state(self, tenant_id: UUID, enrollment_id: UUID) -> RunState:
        client = await self.client()
        handle = client.get_workflow_handle(enrollment_workflow_id(tenant_id, enrollment_id))
        try:
            description = await handle.describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return RunState.MISSING
            raise
        running = description.status == WorkflowExecutionStatus.RUNNING
        return RunState.RUNNING if running else RunState.CLOSED

    async def fast_forward(self, tenant_id: UUID, enrollment_id: UUID, by: timedelta) -> bool:
        """Development: moves one enrollment's clock. Returns False if it ended before or during the move.

        Needs a server with `frontend.WorkflowTimeSkippingEnabled`.
        """
        client = await self.client()
        handle = client.get_workflow_handle(enrollment_workflow_id(tenant_id, enrollment_id))
        try:
            return await TimeSkipper(client).fast_forward(handle, by)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND and await self.run_state(tenant_id, enrollment_id) in ENDED:
                return False
            raise

    async def ensure_schedules(self) -> None:
        """Creates all schedules that do not exist. Safe to call from every worker at every start."""
        for scheduled in SCHEDULES:
            await self._ensure_schedule(scheduled)

    async def _ensure_schedule(self, scheduled: "Scheduled") -> None:
        client = await self.client()
        schedule = Schedule(
            action=ScheduleActionStartWorkflow(
                scheduled.workflow, id=scheduled.workflow_id, task_queue=self._task_queue
            ),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=scheduled.every)]),
            # A missed pass is not made up for: the next one does its work.
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=scheduled.every),
        )
        try:
            await client.create_schedule(scheduled.id, schedule)
        except ScheduleAlreadyRunningError:
            return


@dataclass(frozen=True, slots=True)
class Scheduled:
    id: str
    workflow: str
    workflow_id: str
    every: timedelta


SCHEDULES = (
    Scheduled(QUEUE_SCHEDULE_ID, "ProcessQueue", "process-queue", QUEUE_INTERVAL),
    Scheduled("cadenza-refresh-analytics", "RefreshAnalytics", "refresh-analytics", ANALYTICS_INTERVAL),
    Scheduled("cadenza-maintain-log", "MaintainLog", "maintain-log", LOG_INTERVAL),
)


def unreachable(error: BaseException) -> bool:
    """True if Temporal could not be reached (as opposed to an answer that refuses)."""
    if isinstance(error, RPCError):
        return error.status in (
            RPCStatusCode.UNAVAILABLE,
            RPCStatusCode.DEADLINE_EXCEEDED,
            RPCStatusCode.CANCELLED,
            RPCStatusCode.RESOURCE_EXHAUSTED,
        )
    return isinstance(error, RuntimeError | OSError | TimeoutError)
