"""Performing the step that is due: load the enrollment, walk the branches, let the step take effect, move on.

The enrollment is read from Postgres first. The workflow may not know yet of a change (a pause), and this may be a
second attempt after a crash, which goes on from where the first one stopped.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from uuid import UUID

from db.queries.engine.performing import EnrollmentQueries, LoadedEnrollment, Place
from db.queries.engine.sent import give_up_sending
from db.session import Database
from domain.engine.contracts import ERASED, Directive
from domain.engine.walk import Decision, End, Perform, Wait, walk
from domain.errors import StepMissing
from domain.leads.lead import template_fields
from domain.sequences.conditions import Engagement, EngagementEvent
from domain.sequences.sequence import Plan, Step
from services.engine.effects import effect_of
from services.engine.tools import Tools
from services.engine.visit import Visit, arrival_row, decision_row, with_step

PLANS_KEPT = 200
TIMER_GRAIN = timedelta(milliseconds=10)


class StepPerformer:
    """Performs steps of any tenant."""

    def __init__(self, database: Database, tools: Tools) -> None:
        self._database = database
        self._tools = tools
        self._plans: OrderedDict[UUID, Plan] = OrderedDict()

    async def perform(self, tenant_id: UUID, enrollment_id: UUID, now: datetime) -> Directive:
        """Perform what is due for the enrollment at `now` (its own clock, UTC), and say what comes next.

        Raises what the step's effect raises.
        """
        queries = EnrollmentQueries(self._database, tenant_id, enrollment_id)
        loaded = await queries.load()
        if loaded is None:
            return ERASED
        plan = await self._plan(queries, loaded.version_id)
        step = _due_step(loaded, plan, now)
        if step is None:
            if loaded.directive.ends:
                await self._settle(tenant_id, enrollment_id, now)
            return with_step(loaded.directive, plan, loaded.lead)
        # Timers have milliseconds, due times microseconds: a timer may fire a moment before the due time.
        now = max(now, loaded.directive.due_at or now)
        way = walk(plan, step, engagement_of(loaded), now)
        if isinstance(way.landing, Perform):
            visit = Visit(queries, loaded, plan, step.id, way.landing.step, way.decisions, now)
            return await effect_of(visit.step.config).perform(visit, self._tools)
        return await _move(queries, loaded, plan, step, way.landing, way.decisions, now)

    async def _settle(self, tenant_id: UUID, enrollment_id: UUID, now: datetime) -> None:
        """Settle a message of an enrollment that has ended.

        An attempt may have crashed while it sent the message, before the enrollment was stopped. No later attempt would
        look at that message.
        """
        async with self._database.write(tenant_id) as session:
            await give_up_sending(session, enrollment_id, now)

    async def _plan(self, queries: EnrollmentQueries, version_id: UUID) -> Plan:
        """The plan of a version. A published version never changes, so the latest PLANS_KEPT are kept in memory."""
        if version_id in self._plans:
            self._plans.move_to_end(version_id)
            return self._plans[version_id]
        plan = Plan.model_validate(await queries.plan(version_id))
        self._plans[version_id] = plan
        while len(self._plans) > PLANS_KEPT:
            self._plans.popitem(last=False)
        return plan


async def _move(
    queries: EnrollmentQueries,
    loaded: LoadedEnrollment,
    plan: Plan,
    step: Step,
    arrival: Wait | End,
    decisions: tuple[Decision, ...],
    now: datetime,
) -> Directive:
    """The walk has led to a wait or to the end. No step takes effect now."""
    directive = await queries.advance(
        Place(step.id, loaded.version_id),
        now=now,
        decisions=[decision_row(decision) for decision in decisions],
        effect=None,
        following=arrival_row(arrival),
    )
    return with_step(directive, plan, loaded.lead)


def _due_step(loaded: LoadedEnrollment, plan: Plan, now: datetime) -> Step | None:
    """The step to perform; None when nothing is due (the enrollment has ended, is paused, or waits)."""
    directive = loaded.directive
    if directive.ends or directive.held or directive.step_id is None:
        return None
    # Without a due time it waits until its mailbox, which is on hold, is released.
    if directive.due_at is None or directive.due_at > now + TIMER_GRAIN:
        return None
    step = plan.step(directive.step_id)
    if step is None:
        raise StepMissing(f"the sequence's version has no step {directive.step_id}")
    return step


def engagement_of(loaded: LoadedEnrollment) -> Engagement:
    """What the lead did, as conditions and waits see it."""
    return Engagement(
        events=[
            EngagementEvent(event.type, event.step_id, event.occurred_at, event.machine, event.name, event.id)
            for event in loaded.events
        ],
        sent_at={message.step_id: message.sent_at for message in loaded.messages if message.status == "sent"},
        enrolled_at=loaded.enrolled_at,
        lead=template_fields(loaded.lead),
        heard_event_id=loaded.heard_event_id,
        done=loaded.done,
    )
