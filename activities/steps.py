"""The activities of an enrollment and of the queue. Services do the work; here errors become Temporal failures."""

import asyncio
import contextlib
from collections.abc import Generator
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from temporalio import activity

from activities.attempts import Attempts, outage_behind
from db.queries.engine.performing import EnrollmentQueries
from db.session import Database
from domain.engine.contracts import ERASED, Directive, PerformInput, QueueCounts, RecordInput
from domain.enrollments.status import EnrollmentStatus
from services.dispatch.dispatcher import Dispatcher
from services.engine.performing import StepPerformer
from services.inbound.inboxes.watchers import InboxWatches
from workflows.contracts import ActivityNames

HEARTBEAT_SECONDS = 5.0


class EnrollmentActivities:
    def __init__(self, database: Database, performer: StepPerformer) -> None:
        self._database = database
        self._performer = performer

    @activity.defn(name=ActivityNames.STEP_PERFORM)
    async def perform(self, task: PerformInput) -> Directive:
        attempts = Attempts.so_far()
        attempts.refuse_too_many()
        queries = EnrollmentQueries(self._database, task.tenant_id, task.enrollment_id)
        try:
            with heartbeats():
                now = _now(task.now)
                return await queries.heard(await self._performer.perform(task.tenant_id, task.enrollment_id, now))
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 (Temporal gets every error by its code, without addresses)
            if outage := outage_behind(error):
                raise attempts.lost_to(outage) from None
            failure = attempts.failure(error)
            # If Postgres goes away right now, only Temporal knows the reason, until the next attempt.
            with contextlib.suppress(DBAPIError, OSError):
                await queries.note_error(f"{failure.type}: {failure.message}")
            raise failure from None

    @activity.defn(name=ActivityNames.ENROLLMENT_RECORD)
    async def record(self, fact: RecordInput) -> Directive:
        queries = EnrollmentQueries(self._database, fact.tenant_id, fact.enrollment_id)
        if await queries.load() is None:
            return ERASED
        if fact.status is EnrollmentStatus.FAILED:
            return await queries.fail(fact.error or "", fact.now)
        return await queries.stop(fact.reason, fact.now)


class QueueActivities:
    def __init__(self, dispatcher: Dispatcher, watches: InboxWatches) -> None:
        self._dispatcher = dispatcher
        self._watches = watches

    @activity.defn(name=ActivityNames.QUEUE_PROCESS)
    async def process(self) -> QueueCounts:
        with heartbeats():
            await self._watches.start_missing()
            return await self._dispatcher.run_all()


@contextlib.contextmanager
def heartbeats() -> Generator[None, None, None]:
    """Sends heartbeats while the block runs, so that Temporal knows that this worker is alive."""
    loop = asyncio.get_running_loop()
    kept = activity.info().heartbeat_details  # a heartbeat without them would delete them

    def beat() -> None:
        nonlocal following
        activity.heartbeat(*kept)
        following = loop.call_later(HEARTBEAT_SECONDS, beat)

    following = loop.call_later(HEARTBEAT_SECONDS, beat)
    try:
        yield
    finally:
        following.cancel()


def _now(workflow_now: datetime) -> datetime:
    """Returns the workflow's time at this attempt: a retry one hour later has a time one hour later.

    Temporal timestamps attempts by the workflow's own clock, so the difference is right even if that clock was moved.
    """
    info = activity.info()
    return workflow_now + (info.current_attempt_scheduled_time - info.scheduled_time)
