"""The worker: performs steps and processes the queue until it is told to stop, then finishes what it started."""

import asyncio
import dataclasses
import logging
import signal
import ssl
from collections.abc import Sequence
from datetime import timedelta

from temporalio.client import Client, Interceptor
from temporalio.runtime import Runtime
from temporalio.service import RPCError
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from activities.log_context_interceptor import LogContextInterceptor
from activities.mailbox import MailboxActivities
from activities.maintenance import MaintenanceActivities
from activities.steps import EnrollmentActivities, QueueActivities
from cadenza.embedded.ports import free_port
from cadenza.errors import StartError
from cadenza.maintenance.database_problems import database_problems_in_one_line
from cadenza.runtime.deployments import Deployment, worker_deployment
from cadenza.runtime.lifeline import tell_ready
from cadenza.runtime.metrics_port import MetricsPort
from cadenza.runtime.search_attributes import ensure_search_attributes
from cadenza.runtime.temporal_client import connect_temporal
from cadenza.runtime.temporal_sdk_runtime import temporal_runtime
from cadenza.runtime.tracing import traced
from cadenza.settings import Settings
from db.schema_check import refuse_old_schema
from db.session import Database
from mail.links import Links
from mail.smtp.server import SmtpServer
from services.dispatch.dispatcher import Dispatcher
from services.engine.effects import unpaired
from services.engine.performing import StepPerformer
from services.engine.tools import Tools
from services.inbound.inboxes.watcher import InboxWatcher
from services.inbound.inboxes.watchers import InboxWatches
from services.mailboxes.signers import Signers
from services.mailboxes.transports import MailServers, Transports
from services.secret_box import SecretBox
from services.webhooks.deliveries import WebhookDeliverer
from webhooks.client import WebhookClient
from workflows.contracts import mailboxes_queue
from workflows.enrollment import EnrollmentWorkflow
from workflows.gateway import Gateway
from workflows.mailbox import MailboxWorkflow
from workflows.maintenance import MaintainLogWorkflow, ProcessQueueWorkflow, RefreshAnalyticsWorkflow

log = logging.getLogger(__name__)

CONNECT_PAUSE_SECONDS = 2.0
# A lead sleeps for days. Keeping its workflow in memory only helps during the next few minutes.
CACHED_WORKFLOWS = 500
ACTIVITIES_AT_ONCE = 100
# Each task takes milliseconds of CPU, one after another, and Temporal gives it to another worker after ten seconds.
# A worker that takes a hundred at once but gets little CPU would finish none of them in time, again and again.
WORKFLOW_TASKS_AT_ONCE = 20
# Each is a connection that is idle nearly always.
INBOXES_AT_ONCE = 1000
# Shorter than the time after which the supervisor kills (`cadenza/runtime/process.py`).
DRAIN = timedelta(seconds=8)


def sandboxed() -> SandboxedWorkflowRunner:
    """Returns the workflow sandbox. `domain` and the names and policies of `workflows.contracts` are passed through;
    all other imports are checked.

    An import that is neither is an error, so that no module leaves the sandbox by accident.
    """
    restrictions = dataclasses.replace(
        SandboxRestrictions.default.with_passthrough_modules("domain", "workflows.contracts"),
        import_notification_policy=SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH,
    )
    return SandboxedWorkflowRunner(restrictions=restrictions)


@dataclasses.dataclass(frozen=True, slots=True)
class Parts:
    """The objects that a worker holds open."""

    database: Database
    transports: Transports
    signers: Signers
    inboxes: InboxWatcher
    dispatcher: Dispatcher
    gateway: Gateway
    webhooks: WebhookClient
    deliverer: WebhookDeliverer
    links: Links | None

    async def aclose(self) -> None:
        await self.dispatcher.aclose()
        await self.deliverer.aclose()
        await self.webhooks.aclose()
        await self.transports.aclose()
        await self.database.aclose()


def open_parts(
    client: Client,
    database: Database,
    smtp: SmtpServer | None,
    task_queue: str,
    *,
    secrets: SecretBox | None = None,
    mail_allow_private: bool = False,
    mail_tls: ssl.SSLContext | None = None,
    links: Links | None = None,
    webhooks: WebhookClient | None = None,
) -> Parts:
    """Creates the parts for servers that already run. Tests and benchmarks use it, too."""

    async def connected() -> Client:
        return client

    gateway = Gateway(connected, task_queue)
    webhooks = webhooks or WebhookClient()
    deliverer = WebhookDeliverer(database, webhooks)
    dispatcher = Dispatcher(database, gateway, deliverer)
    secrets = secrets or SecretBox()
    transports = Transports(smtp, secrets, allow_private=mail_allow_private, tls=mail_tls)
    servers = MailServers(secrets, allow_private=mail_allow_private, tls=mail_tls)
    inboxes = InboxWatcher(database, servers, dispatcher.kick)
    return Parts(database, transports, Signers(secrets), inboxes, dispatcher, gateway, webhooks, deliverer, links)


def make_performer(parts: Parts) -> StepPerformer:
    tools = Tools(parts.database, parts.transports, parts.signers, parts.dispatcher.kick, parts.webhooks, parts.links)
    return StepPerformer(parts.database, tools)


def make_worker(
    client: Client, parts: Parts, task_queue: str, *, build_id: str | None = None, log_retention_months: int = 0
) -> Worker:
    enrollment = EnrollmentActivities(parts.database, make_performer(parts))
    maintenance = MaintenanceActivities(parts.database, log_retention_months)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[EnrollmentWorkflow, ProcessQueueWorkflow, RefreshAnalyticsWorkflow, MaintainLogWorkflow],
        activities=[
            enrollment.perform,
            enrollment.record,
            QueueActivities(parts.dispatcher, InboxWatches(parts.database, parts.gateway)).process,
            maintenance.refresh_analytics,
            maintenance.decide_winners,
            maintenance.maintain_log,
        ],
        interceptors=[LogContextInterceptor()],
        workflow_runner=sandboxed(),
        deployment_config=worker_deployment(task_queue, build_id),
        max_cached_workflows=CACHED_WORKFLOWS,
        max_concurrent_workflow_tasks=WORKFLOW_TASKS_AT_ONCE,
        max_concurrent_activities=ACTIVITIES_AT_ONCE,
        graceful_shutdown_timeout=DRAIN,
    )


def make_mailbox_worker(client: Client, parts: Parts, task_queue: str, *, build_id: str | None = None) -> Worker:
    """Creates the worker that watches inboxes. It is separate, so that inboxes take no slots of steps."""
    return Worker(
        client,
        task_queue=mailboxes_queue(task_queue),
        workflows=[MailboxWorkflow],
        activities=[MailboxActivities(parts.inboxes).watch],
        interceptors=[LogContextInterceptor()],
        workflow_runner=sandboxed(),
        deployment_config=worker_deployment(task_queue, build_id),
        max_cached_workflows=CACHED_WORKFLOWS,
        max_concurrent_workflow_tasks=WORKFLOW_TASKS_AT_ONCE,
        max_concurrent_activities=INBOXES_AT_ONCE,
        graceful_shutdown_timeout=DRAIN,
    )


def refuse_unpaired_effects() -> None:
    """Raises `StartError` if a step type or an action has a config without an effect, or an effect without a config:
    such a step would fail for every lead that reaches it."""
    if problems := unpaired():
        raise StartError("; ".join(problems))


async def run(settings: Settings) -> None:
    """Runs until SIGTERM or Ctrl-C. Raises `StartError` for invalid settings."""
    refuse_unpaired_effects()
    settings.arm_fault_point()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    database = Database(settings.app_database_url())
    sdk_port = None if settings.metrics_port is None else free_port()
    runtime = temporal_runtime(settings, metrics_port=sdk_port)
    port = MetricsPort(database, sdk_port)
    with traced(settings) as interceptors:
        async with port.served(settings.metrics_host, settings.metrics_port):
            client = await _connect(settings, stopping, runtime, interceptors)
            if client is None:
                return
            port.client = client
            await _work(settings, client, database, port, stopping)


async def _work(
    settings: Settings, client: Client, database: Database, port: MetricsPort, stopping: asyncio.Event
) -> None:
    smtp = settings.smtp_server()
    if smtp is None:
        log.warning("CADENZA_SMTP_HOST is not set: only mailboxes with a server of their own can send")
    parts = open_parts(
        client,
        database,
        smtp,
        settings.task_queue,
        secrets=settings.secret_box(),
        mail_allow_private=settings.mail_allow_private,
        links=settings.links(),
        webhooks=WebhookClient(allow_private=settings.webhook_allow_private),
    )
    try:
        with database_problems_in_one_line():
            await database.refuse_unsafe_role()
            await refuse_old_schema(database)
        await ensure_search_attributes(client)
        await parts.gateway.ensure_schedules()
        queue, build_id = settings.task_queue, settings.build_id
        steps = make_worker(client, parts, queue, build_id=build_id, log_retention_months=settings.log_retention_months)
        watchers = make_mailbox_worker(client, parts, queue, build_id=build_id)
        async with steps, watchers:
            log.info("worker ready on task queue %s, build ID %s", queue, build_id or "not set")
            if warning := await Deployment(client, queue).passes_by(build_id):
                log.warning(warning)
            port.polling = lambda: steps.is_running and watchers.is_running and not stopping.is_set()
            tell_ready()
            watching = asyncio.create_task(parts.deliverer.watch())
            await stopping.wait()
            watching.cancel()
    finally:
        await parts.aclose()


async def _connect(
    settings: Settings, stopping: asyncio.Event, runtime: Runtime | None, interceptors: Sequence[Interceptor]
) -> Client | None:
    """Waits for Temporal without a limit, so a worker may start first. Returns None if told to stop."""
    while not stopping.is_set():
        try:
            return await connect_temporal(settings.payload_ring(), runtime=runtime, interceptors=interceptors)
        except (StartError, RPCError) as problem:
            log.warning("%s; trying again in %s s", problem, CONNECT_PAUSE_SECONDS)
            await asyncio.wait([asyncio.create_task(stopping.wait())], timeout=CONNECT_PAUSE_SECONDS)
    return None
