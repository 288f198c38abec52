"""Delivers the outbox to Temporal, and repairs enrollments on which Postgres and Temporal disagree.

Every delivery is idempotent (a workflow ID is used once for all time, a signal carries the enrollment's revision), so
any number of dispatchers may run, and one that dies in the middle does no harm.
"""

import asyncio
import logging
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from db.queries.dispatch.outbox import START, Claimed, Outbox, is_waiting
from db.queries.engine.performing import EnrollmentQueries
from db.session import Database
from domain.engine.contracts import Command, QueueCounts
from domain.enrollments.status import StopReason
from domain.failures import Failure, TemporalUnavailable, described
from services.batches.running import CHUNK
from services.dispatch.batch_driver import BatchDriver
from services.dispatch.concurrency_limit import ConcurrencyLimit
from services.dispatch.fair_slots import FairSlots
from services.dispatch.first_step_backlog import KEEPING_UP_SECONDS, FirstStepBacklog
from services.dispatch.recent_signals import RecentSignals
from services.fault_points import FaultPoint, passing
from services.observability import metrics
from services.tenant_tasks import TenantTasks
from services.webhooks.deliveries import WebhookDeliverer
from workflows.gateway import EnrollmentToStart, Gateway, RunState, unreachable

log = logging.getLogger(__name__)

BATCH = 200
BACKLOG_LEAST, BACKLOG_LEAST_SHARED = 8, 2
"""The smallest backlog of leads whose first step is due at once (see `FirstStepBacklog`); the second while others are
active, too."""
SHARED_DIVISOR = 20
"""The backlog is this many times smaller while other tenants start leads or signals are delivered. A reply reaches its
workflow only after the workflow tasks before it."""
SHARED_SECONDS = 10.0
"""How long another tenant, or a signal, counts as active."""
BACKLOG_WAIT_SECONDS = 2.0
"""How long the next starts wait for the backlog at most. Without any worker, leads are still started, but slowly."""
AT_ONCE_LEAST, AT_ONCE_MOST = 3, 50
"""Bounds of the deliveries of this process under way at the same time (see `ConcurrencyLimit`). Tenants take turns."""
SIGNALS_AT_ONCE = 10
"""Signals have slots of their own, so that a reply does not wait behind forty starts."""
LEASE = timedelta(seconds=60)
# A step takes seconds. An enrollment that is two minutes overdue is compared with its workflow.
OVERDUE_AFTER = timedelta(minutes=2)
OVERDUE_LIMIT = 200
SIGNAL_AGAIN_SECONDS = 3600.0
TELL_SECONDS = 5.0
PASS_SECONDS = 240.0
POLL_SECONDS, SLOW_POLL_SECONDS = 0.02, 0.06


class Dispatcher:
    def __init__(
        self, database: Database, gateway: Gateway, webhooks: WebhookDeliverer | None = None, *, chunk: int = CHUNK
    ) -> None:
        """`webhooks` delivers in the background, beside the outbox, because receivers may be slow.
        `chunk`: how many leads of a batch one transaction handles."""
        self._database = database
        self._webhooks = webhooks
        self._outbox = Outbox(database)
        self._gateway = gateway
        self._starts_at_once = ConcurrencyLimit(AT_ONCE_LEAST, AT_ONCE_MOST)
        self._slots = FairSlots(self._starts_at_once.limit)
        self._signal_slots = FairSlots(SIGNALS_AT_ONCE)
        # The loop's time of each tenant's last dispatch, and of the last signal.
        self._seen: dict[UUID, float] = {}
        self._signalled = -math.inf
        self._backlog = FirstStepBacklog(BACKLOG_LEAST, BATCH)
        self._recent_signals = RecentSignals(SIGNAL_AGAIN_SECONDS)
        self._signals = TenantTasks("signals", self._signal_all)
        self._deliveries = TenantTasks("dispatch", self._dispatch_all)
        self._driver = BatchDriver(database, self._deliveries.kick, chunk=chunk)
        self._drives = TenantTasks("batches", self._drive_all)

    def kick(self, tenant_id: UUID) -> None:
        """Starts the tenant's background work now: outbox, batches, webhook deliveries. Call it after the commit."""
        passing(FaultPoint.BETWEEN_COMMIT_AND_DISPATCH)
        self._signals.kick(tenant_id)
        self._deliveries.kick(tenant_id)
        self._drives.kick(tenant_id)
        self._kick_webhooks(tenant_id)

    async def run(
        self, tenant_id: UUID, *, within_seconds: float = PASS_SECONDS, backlog: int | None = None
    ) -> QueueCounts:
        """One pass over one tenant: its batches, its outbox until it is empty or the time is up, then the overdue
        enrollments."""
        self._kick_webhooks(tenant_id)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        await self._driver.drive(tenant_id, within_seconds=within_seconds)
        counts = await self.dispatch(tenant_id, within_seconds=deadline - loop.time(), backlog=backlog)
        return counts if counts.failed else counts + await self._repair_overdue(tenant_id)

    async def run_all(self) -> QueueCounts:
        """One pass over every tenant that has work. Tenants run side by side, so that none waits for a large one."""
        if self._webhooks is not None:
            await self._webhooks.kick_all()
        tenants = await self._outbox.tenants_with_work(OVERDUE_AFTER)
        # Most likely another process delivers already; a small backlog is enough.
        counts = await asyncio.gather(*(self.run(tenant_id, backlog=BACKLOG_LEAST_SHARED) for tenant_id in tenants))
        return sum(counts, QueueCounts())

    async def dispatch(
        self, tenant_id: UUID, *, within_seconds: float = PASS_SECONDS, backlog: int | None = None
    ) -> QueueCounts:
        """Delivers the outbox until no row can be claimed, Temporal does not answer, or the time is up. The next pass
        delivers the rest."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        self._seen[tenant_id] = loop.time()
        counts = await self._deliver_signals(tenant_id)
        while not counts.failed and loop.time() < deadline:
            at_a_time = backlog or self._allowed_backlog(tenant_id)
            claimed = await self._claim_starts(tenant_id, at_a_time)
            counts += await self._deliver_all(tenant_id, claimed) + await self._deliver_signals(tenant_id)
            if not claimed:
                break
            if len(claimed) < at_a_time or counts.failed:
                continue
            if due := _due_at_once(claimed):
                await self._until_performed(tenant_id, due)
            else:
                counts += await self._deliver_in_two_lanes(tenant_id, deadline)
        return counts

    async def tell(
        self, tenant_id: UUID, enrollment_ids: Sequence[UUID], *, within_seconds: float = TELL_SECONDS
    ) -> None:
        """Returns when every outbox row of these enrollments is delivered, or the time is up.

        Another dispatcher may hold an earlier row (the start of an enrollment made a moment ago), which must be
        delivered first.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        while enrollment_ids and loop.time() < deadline:
            if (await self.dispatch(tenant_id)).failed:
                return
            async with self._database.read(tenant_id) as session:
                if not await is_waiting(session, enrollment_ids):
                    return
            await asyncio.sleep(POLL_SECONDS)

    def _kick_webhooks(self, tenant_id: UUID) -> None:
        if self._webhooks is not None:
            self._webhooks.kick(tenant_id)

    async def aclose(self) -> None:
        """Cancels the background work. Undelivered rows stay in Postgres for the next dispatcher."""
        await self._drives.aclose()
        await self._deliveries.aclose()
        await self._signals.aclose()

    async def _dispatch_all(self, tenant_id: UUID) -> bool:
        return not (await self.dispatch(tenant_id, within_seconds=math.inf)).failed

    async def _signal_all(self, tenant_id: UUID) -> bool:
        return not (await self._deliver_signals(tenant_id)).failed

    async def _drive_all(self, tenant_id: UUID) -> bool:
        await self._driver.drive(tenant_id, within_seconds=math.inf)
        return True

    def _allowed_backlog(self, tenant_id: UUID) -> int:
        """How many started leads of the tenant may wait for their first step."""
        since = asyncio.get_running_loop().time() - SHARED_SECONDS
        self._seen = {one: at for one, at in self._seen.items() if at > since}
        if self._seen.keys() - {tenant_id} or self._signalled > since:
            return max(BACKLOG_LEAST_SHARED, self._backlog.limit // SHARED_DIVISOR)
        return self._backlog.limit

    async def _claim_starts(self, tenant_id: UUID, limit: int) -> list[Claimed]:
        return await self._outbox.claim(tenant_id, starts=True, limit=limit, lease=LEASE)

    async def _deliver_signals(self, tenant_id: UUID) -> QueueCounts:
        """Delivers every waiting signal, before any further start."""
        counts = QueueCounts()
        while not counts.failed and (
            claimed := await self._outbox.claim(tenant_id, starts=False, limit=BATCH, lease=LEASE)
        ):
            self._signalled = asyncio.get_running_loop().time()
            counts += await self._deliver_all(tenant_id, claimed)
        return counts

    async def _deliver_in_two_lanes(self, tenant_id: UUID, deadline: float) -> QueueCounts:
        """Starts many leads whose first step is due later: one lane reads Postgres while the other fills Temporal."""
        # Both lanes always end before an error is raised: what a lane has claimed, it delivers.
        lanes = (self._deliver_lane(tenant_id, deadline) for _ in range(2))
        ended = await asyncio.gather(*lanes, return_exceptions=True)
        counts = QueueCounts()
        for one in ended:
            if isinstance(one, BaseException):
                raise one
            counts += one
        return counts

    async def _deliver_lane(self, tenant_id: UUID, deadline: float) -> QueueCounts:
        counts = QueueCounts()
        loop = asyncio.get_running_loop()
        while loop.time() < deadline and (claimed := await self._claim_starts(tenant_id, BATCH)):
            counts += await self._deliver_all(tenant_id, claimed)
            if counts.failed or _due_at_once(claimed):
                break
        return counts

    async def _until_performed(self, tenant_id: UUID, enrollment_ids: Sequence[UUID]) -> None:
        """Waits until the workers have performed half of these first steps, at most `BACKLOG_WAIT_SECONDS`.

        Leads that were started faster would only wait in Temporal's queue, and the steps of others behind them.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() < began + BACKLOG_WAIT_SECONDS:
            if await self._outbox.count_due(tenant_id, enrollment_ids) <= len(enrollment_ids) // 2:
                break
            # When they do not keep up, the exact moment no longer matters: ask Postgres less often.
            keep_up = loop.time() < began + KEEPING_UP_SECONDS
            await asyncio.sleep(POLL_SECONDS if keep_up else SLOW_POLL_SECONDS)
        self._backlog.took(loop.time() - began)

    async def _deliver_all(self, tenant_id: UUID, claimed: Sequence[Claimed]) -> QueueCounts:
        delivered: list[int] = []
        refused: dict[int, str] = {}

        async def deliver(one: Claimed) -> None:
            assert one.id is not None, "what is claimed is a row"
            async with (self._slots if one.command == START else self._signal_slots).slot(tenant_id):
                try:
                    await self._deliver(tenant_id, one)
                    delivered.append(one.id)
                except Exception as error:
                    is_away = unreachable(error)
                    if not is_away:
                        log.exception("outbox row %s of tenant %s was refused", one.id, tenant_id)
                    failure = Failure.of(TemporalUnavailable(described(error)) if is_away else error)
                    refused[one.id] = str(failure)[:500]

        if claimed:
            passing(FaultPoint.BETWEEN_CLAIM_AND_DELIVERY)
        await asyncio.gather(*(deliver(one) for one in claimed))
        if delivered:
            passing(FaultPoint.BETWEEN_DISPATCH_AND_SETTLE)
            await self._outbox.settle(tenant_id, delivered)
            metrics.OUTBOX_DELIVERED.labels("delivered").inc(len(delivered))
        if refused:
            metrics.OUTBOX_DELIVERED.labels("failed").inc(len(refused))
            await self._outbox.postpone(tenant_id, list(refused), next(iter(refused.values())))
        return QueueCounts(dispatched=len(delivered), failed=len(refused))

    async def _deliver(self, tenant_id: UUID, one: Claimed) -> None:
        if one.directive.ends and one.command == START:
            return  # it ended before it was started: there is nothing to run
        if one.command != START:
            await self._tell(tenant_id, one)
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._gateway.start(_to_start(tenant_id, one))
        self._starts_at_once.took(loop.time() - began)
        self._slots.limit = self._starts_at_once.limit

    async def _tell(self, tenant_id: UUID, one: Claimed) -> None:
        told = await self._gateway.tell(tenant_id, one.enrollment_id, one.signal, one.directive)
        if told is RunState.MISSING and not one.directive.ends:
            # Temporal has lost the workflow (or is only just starting, and will refuse this too): start it again from
            # where Postgres says that the enrollment stands.
            await self._gateway.start(_to_start(tenant_id, one))

    async def _repair_overdue(self, tenant_id: UUID) -> QueueCounts:
        counts = QueueCounts()
        for one in await self._outbox.overdue(tenant_id, OVERDUE_AFTER, OVERDUE_LIMIT):
            counts += await self._repair(tenant_id, one)
        return counts

    async def _repair(self, tenant_id: UUID, one: Claimed) -> QueueCounts:
        """Compares one overdue enrollment with its workflow."""
        if self._recent_signals.has(one.enrollment_id, one.directive.revision):
            told = await self._gateway.run_state(tenant_id, one.enrollment_id)
        else:
            told = await self._gateway.tell(tenant_id, one.enrollment_id, Command.PLAN_CHANGED, one.directive)
        if told is RunState.RUNNING:
            # Its step is being tried, no worker runs, or Postgres' clock is ahead of Temporal's. It has now been told
            # where the enrollment stands.
            self._recent_signals.add(one.enrollment_id, one.directive.revision)
            return QueueCounts(overdue=1)
        if told is RunState.MISSING:
            # Temporal has lost the workflow, or never had it (after a restore): start it from what Postgres says.
            await self._gateway.start(_to_start(tenant_id, one))
            return QueueCounts(repaired=1)
        # Closed in Temporal (terminated by hand) but live in Postgres: it never runs again, and people must see that.
        queries = EnrollmentQueries(self._database, tenant_id, one.enrollment_id)
        await queries.stop(StopReason.MANUAL, None)
        return QueueCounts(repaired=1)


def _due_at_once(claimed: Sequence[Claimed]) -> list[UUID]:
    """The enrollments whose first step is due as soon as they start."""
    now = datetime.now(UTC)
    return [
        one.enrollment_id
        for one in claimed
        if one.command == START and one.directive.due_at is not None and one.directive.due_at <= now
    ]


def _to_start(tenant_id: UUID, one: Claimed) -> EnrollmentToStart:
    return EnrollmentToStart(
        tenant_id=tenant_id,
        enrollment_id=one.enrollment_id,
        sequence_id=one.sequence_id,
        lead_id=one.lead_id,
        campaign_id=one.campaign_id,
        sequence_name=one.sequence_name,
        first=one.directive,
    )
