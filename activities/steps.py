"""The activities of an enrollment. Thin: a service does the work; errors become failures that Temporal can judge."""

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
        except Exception as error:  # noqa: BLE001 (every error is told to Temporal, by type and without a name)
            if outage := outage_behind(error):
                raise attempts.lost_to(outage) from None
            failure = attempts.failure(error)
            # Postgres may go away now; then only Temporal knows why, until the next attempt.
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
    """Tells Temporal that this worker is alive, from the moment at which it might begin to wonder."""
    loop = asyncio.get_running_loop()
    kept = activity.info().heartbeat_details  # a heartbeat without them would wipe them

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
    """The workflow's clock at this attempt: a retry an hour later happens an hour later.

    Temporal dates the attempts by the workflow's own clock, so their distance holds when that clock was moved.
    """
    info = activity.info()
    return workflow_now + (info.current_attempt_scheduled_time - info.scheduled_time)
