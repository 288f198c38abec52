"""Tells Temporal what Postgres has decided, and repairs what the two disagree on.

Every delivery is idempotent (a start uses the workflow's ID once for all time, a signal carries the mirror's
revision), so any number of dispatchers may run, and one that dies in the middle does no harm.
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
from services.batches.running import CHUNK
from services.dispatch.batch_driver import BatchDriver
from services.dispatch.fair_slots import FairSlots
from services.dispatch.first_step_backlog import KEEPING_UP_SECONDS, Line
from services.dispatch.recent_signals import Reminded
from services.dispatch.start_rate import Pace
from services.fault_points import FaultPoint, passing
from services.observability import metrics
from services.tenant_tasks import Kicked
from services.webhooks.deliveries import WebhookDeliverer
from workflows.gateway import EnrollmentToStart, Gateway, RunState, unreachable

log = logging.getLogger(__name__)

BATCH = 200
FEW, FEWER = 8, 2
"""So many leads at least are started at a time whose first step is due at once (see `Line`); fewer, in company."""
IN_COMPANY = 20
"""The line is so many times shorter while other tenants start leads, or leads on their way are told something: a
reply is heard of in Temporal only as fast as the workflow tasks before it are done."""
COMPANY_SECONDS = 10.0
PATIENCE_SECONDS = 2.0
"""How long the next ones wait for those: with no worker there, leads are started all the same, slowly."""
AT_ONCE_LEAST, AT_ONCE_MOST = 3, 50
"""Deliveries of this process at a time, shared by the tenants in turns: as many as Temporal is the faster for."""
SIGNALS_AT_ONCE = 10
"""Deliveries of signals at a time, beside those: a reply does not wait for a slot behind forty starts."""
LEASE = timedelta(seconds=60)
# A step takes seconds; a mirror that has not moved for two minutes is asked about.
OVERDUE_AFTER = timedelta(minutes=2)
OVERDUE_LIMIT = 200
REMIND_AGAIN_SECONDS = 3600.0
TELL_SECONDS = 5.0
PASS_SECONDS = 240.0
POLL_SECONDS, PATIENT_POLL_SECONDS = 0.02, 0.06


class Dispatcher:
    def __init__(
        self, database: Database, gateway: Gateway, webhooks: WebhookDeliverer | None = None, *, chunk: int = CHUNK
    ) -> None:
        """What `webhooks` has to tell is told beside the outbox, in the background: receivers may be slow.
        `chunk`: so many leads of a batch are treated at a time."""
        self._database = database
        self._webhooks = webhooks
        self._outbox = Outbox(database)
        self._gateway = gateway
        self._pace = Pace(AT_ONCE_LEAST, AT_ONCE_MOST)
        self._slots = FairSlots(self._pace.limit)
        self._signal_slots = FairSlots(SIGNALS_AT_ONCE)
        # When each tenant was last dispatched for, and when a lead on its way was last told anything.
        self._seen: dict[UUID, float] = {}
        self._signalled = -math.inf
        self._line = Line(FEW, BATCH)
        self._reminded = Reminded(REMIND_AGAIN_SECONDS)
        self._signals = Kicked("signals", self._signal_all)
        self._deliveries = Kicked("dispatch", self._dispatch_all)
        self._driver = BatchDriver(database, self._deliveries.kick, chunk=chunk)
        self._drives = Kicked("batches", self._drive_all)

    def kick(self, tenant_id: UUID) -> None:
        """Dispatches the tenant's outbox, carries its batches forward and tells its webhook endpoints in the
        background, at once. Call it after the commit."""
        passing(FaultPoint.BETWEEN_COMMIT_AND_DISPATCH)
        self._signals.kick(tenant_id)
        self._deliveries.kick(tenant_id)
        self._drives.kick(tenant_id)
        self._kick_webhooks(tenant_id)

    async def run(
        self, tenant_id: UUID, *, within_seconds: float = PASS_SECONDS, few: int | None = None
    ) -> QueueCounts:
        """One pass over one tenant: its batches, the outbox until it is empty or the time is up, then the overdue."""
        self._kick_webhooks(tenant_id)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        await self._driver.drive(tenant_id, within_seconds=within_seconds)
        counts = await self.dispatch(tenant_id, within_seconds=deadline - loop.time(), few=few)
        return counts if counts.failed else counts + await self._repair_overdue(tenant_id)

    async def run_all(self) -> QueueCounts:
        """One pass over every tenant that has work; the tenants take turns, so that none waits for a large one."""
        if self._webhooks is not None:
            await self._webhooks.kick_all()
        tenants = await self._outbox.tenants_with_work(OVERDUE_AFTER)
        # Most likely somebody is at it already, and this is only to make sure.
        counts = await asyncio.gather(*(self.run(tenant_id, few=FEWER) for tenant_id in tenants))
        return sum(counts, QueueCounts())

    async def dispatch(
        self, tenant_id: UUID, *, within_seconds: float = PASS_SECONDS, few: int | None = None
    ) -> QueueCounts:
        """Delivers what waits in the outbox until nothing more can be claimed, Temporal does not answer, or the
        time is up: what is left is the next pass's."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        self._seen[tenant_id] = loop.time()
        counts = await self._deliver_signals(tenant_id)
        while not counts.failed and loop.time() < deadline:
            at_a_time = few or self._few(tenant_id)
            claimed = await self._claim_starts(tenant_id, at_a_time)
            counts += await self._deliver_all(tenant_id, claimed) + await self._deliver_signals(tenant_id)
            if not claimed:
                break
            if len(claimed) < at_a_time or counts.failed:
                continue
            if due := _due_at_once(claimed):
                await self._until_performed(tenant_id, due)
            else:
                counts += await self._deliver_in_lanes(tenant_id, deadline)
        return counts

    async def tell(
        self, tenant_id: UUID, enrollment_ids: Sequence[UUID], *, within_seconds: float = TELL_SECONDS
    ) -> None:
        """Returns when Temporal was told all that waits of these enrollments, or does not answer in time.

        Another dispatcher may have an earlier word in its hands (the start of an enrollment made a moment ago),
        which must arrive first.
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
        """Ends what is under way. What is left stays in Postgres for the next dispatcher."""
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

    def _few(self, tenant_id: UUID) -> int:
        """How many leads of the tenant may stand in line for their first step."""
        lately = asyncio.get_running_loop().time() - COMPANY_SECONDS
        self._seen = {one: at for one, at in self._seen.items() if at > lately}
        if self._seen.keys() - {tenant_id} or self._signalled > lately:
            return max(FEWER, self._line.length // IN_COMPANY)
        return self._line.length

    async def _claim_starts(self, tenant_id: UUID, limit: int) -> list[Claimed]:
        return await self._outbox.claim(tenant_id, starts=True, limit=limit, lease=LEASE)

    async def _deliver_signals(self, tenant_id: UUID) -> QueueCounts:
        """What is told to leads on their way: at once, whatever else there is to start."""
        counts = QueueCounts()
        while not counts.failed and (
            claimed := await self._outbox.claim(tenant_id, starts=False, limit=BATCH, lease=LEASE)
        ):
            self._signalled = asyncio.get_running_loop().time()
            counts += await self._deliver_all(tenant_id, claimed)
        return counts

    async def _deliver_in_lanes(self, tenant_id: UUID, deadline: float) -> QueueCounts:
        """Many at a time, while nothing is due at once: one lane asks Postgres, the other keeps Temporal busy."""
        # Not one without the other: a lane that fails leaves the other nothing that it could not finish.
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
        """Waits until the workers have performed most of what is due at once, but not for ever.

        Leads that were started faster would only stand in line for their first step, and everybody else's step
        behind them.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() < began + PATIENCE_SECONDS:
            if await self._outbox.count_due(tenant_id, enrollment_ids) <= len(enrollment_ids) // 2:
                break
            # Once they do not keep up, the moment at which they are done says nothing more to the line.
            keep_up = loop.time() < began + KEEPING_UP_SECONDS
            await asyncio.sleep(POLL_SECONDS if keep_up else PATIENT_POLL_SECONDS)
        self._line.took(loop.time() - began)

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
                    if not unreachable(error):
                        log.exception("outbox row %s of tenant %s was refused", one.id, tenant_id)
                    refused[one.id] = f"{type(error).__name__}: {error}"[:500]

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
            return  # ended before it was ever started: there is nothing to run
        if one.command != START:
            await self._tell(tenant_id, one)
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._gateway.start(_to_start(tenant_id, one))
        self._pace.took(loop.time() - began)
        self._slots.limit = self._pace.limit

    async def _tell(self, tenant_id: UUID, one: Claimed) -> None:
        told = await self._gateway.tell(tenant_id, one.enrollment_id, one.signal, one.directive)
        if told is RunState.MISSING and not one.directive.ends:
            # Temporal has lost it (or is only just starting, and will refuse this too): it goes on from the mirror.
            await self._gateway.start(_to_start(tenant_id, one))

    async def _repair_overdue(self, tenant_id: UUID) -> QueueCounts:
        counts = QueueCounts()
        for one in await self._outbox.overdue(tenant_id, OVERDUE_AFTER, OVERDUE_LIMIT):
            counts += await self._repair(tenant_id, one)
        return counts

    async def _repair(self, tenant_id: UUID, one: Claimed) -> QueueCounts:
        """Compares one overdue enrollment with its workflow."""
        if self._reminded.lately(one.enrollment_id, one.directive.revision):
            told = await self._gateway.run_state(tenant_id, one.enrollment_id)
        else:
            told = await self._gateway.tell(tenant_id, one.enrollment_id, Command.PLAN_CHANGED, one.directive)
        if told is RunState.RUNNING:
            # Its step is being tried, or no worker is there, or Postgres' clock is ahead of Temporal's; it has now been
            # told where the mirror stands.
            self._reminded.add(one.enrollment_id, one.directive.revision)
            return QueueCounts(overdue=1)
        if told is RunState.MISSING:
            # Temporal has lost it, or never had it (restored from a backup): it goes on from the mirror.
            await self._gateway.start(_to_start(tenant_id, one))
            return QueueCounts(repaired=1)
        # Closed in Temporal (terminated by hand) and alive here: it will never run again, and that must be seen.
        queries = EnrollmentQueries(self._database, tenant_id, one.enrollment_id)
        await queries.stop(StopReason.MANUAL, None)
        return QueueCounts(repaired=1)


def _due_at_once(claimed: Sequence[Claimed]) -> list[UUID]:
    """The enrollments whose first step comes right after their start."""
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
