"""Performing the step that is due: load, walk the branches, let the step take effect, move the mirror.

Postgres is asked first how the enrollment stands: the workflow may be behind (a pause on its way), or this may
be a second attempt after a crash, which goes on from wherever the first one got to.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from uuid import UUID

from db.queries.engine.performing import EnrollmentQueries, LoadedEnrollment, Place
from db.queries.engine.sent import give_up_sending
from db.session import Database
from domain.engine.contracts import ERASED, Directive
from domain.engine.walk import Decision, End, Perform, Wait, walk
from domain.errors import Conflict
from domain.leads.lead import template_fields
from domain.sequences.conditions import Engagement, EngagementEvent
from domain.sequences.sequence import Plan, Step
from services.engine.plans import read_plan
from services.engine.steps.effect import Effect, Tools
from services.engine.steps.visit import Visit, arrival_row, decision_row, with_step

PLANS_KEPT = 200
TIMER_GRAIN = timedelta(milliseconds=10)


class StepMissing(Conflict):
    """The mirror stands at a step that its version does not have: nothing that another attempt could mend."""

    code = "step_missing"
    title = "The enrollment stands at a step that is not there"


class StepPerformer:
    """Performs steps of any tenant."""

    def __init__(self, database: Database, tools: Tools) -> None:
        self._database = database
        self._tools = tools
        self._plans: OrderedDict[UUID, Plan] = OrderedDict()

    async def perform(self, tenant_id: UUID, enrollment_id: UUID, now: datetime) -> Directive:
        """Performs what is due for the enrollment at `now` (its own clock, UTC) and says what comes next.

        Raises whatever a handler raises.
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
        # Timers count in milliseconds: one that fires a moment early has fired, and it is then.
        now = max(now, loaded.directive.due_at or now)
        way = walk(plan, step, _engagement(loaded), now)
        if isinstance(way.landing, Perform):
            visit = Visit(queries, loaded, plan, step.id, way.landing.step, way.decisions, now)
            assert isinstance(visit.step.config, Effect), "a step that the walk lands on takes effect"
            return await visit.step.config.perform(visit, self._tools)
        return await _move(queries, loaded, plan, step, way.landing, way.decisions, now)

    async def _settle(self, tenant_id: UUID, enrollment_id: UUID, now: datetime) -> None:
        """It was stopped while a step was under way, which may have died with a message on its way: nobody else will
        ask after that."""
        async with self._database.write(tenant_id) as session:
            await give_up_sending(session, enrollment_id, now)

    async def _plan(self, queries: EnrollmentQueries, version_id: UUID) -> Plan:
        """A published version never changes, so the most recent ones are kept."""
        if version_id in self._plans:
            self._plans.move_to_end(version_id)
            return self._plans[version_id]
        plan = read_plan(await queries.plan(version_id))
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
    """Branches have led to a wait or to the end, and nothing else took effect."""
    directive = await queries.advance(
        Place(step.id, loaded.version_id),
        now=now,
        decisions=[decision_row(decision) for decision in decisions],
        effect=None,
        following=arrival_row(arrival),
    )
    return with_step(directive, plan, loaded.lead)


def _due_step(loaded: LoadedEnrollment, plan: Plan, now: datetime) -> Step | None:
    """The step to perform, or None when the mirror says that nothing is due (paused, ended, held until later)."""
    directive = loaded.directive
    if directive.ends or directive.held or directive.step_id is None:
        return None
    # Without a time it waits until somebody lets it go: its mailbox is held.
    if directive.due_at is None or directive.due_at > now + TIMER_GRAIN:
        return None
    step = plan.step(directive.step_id)
    if step is None:
        raise StepMissing(f"the sequence's version has no step {directive.step_id}")
    return step


def _engagement(loaded: LoadedEnrollment) -> Engagement:
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
