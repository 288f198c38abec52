"""How an enrollment moves through its plan. Pure: the same plan, place and engagement always give the same result.

An enrollment is at a step, which is due at some time. When it is due, the step is performed: a delay ends, a condition
decides, an email or an action takes effect. Steps that only decide take no time, so one walk passes all of them until
the next effect, the next wait, or the end.

A step takes effect once on the way forward. Only a branch that leads back (a loop) allows it to do so again. So a step
that an edit has moved, whether behind the enrollment or ahead of it, is not performed twice.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.enrollments.status import EnrollmentStatus
from domain.sequences.conditions import Engagement
from domain.sequences.sequence import Plan, Step
from domain.sequences.steps import CONTINUE, Outcome, Zones

DEFAULT_STOP_REASON = "stopped_by_sequence"


@dataclass(frozen=True, slots=True)
class Decision:
    """Which way out a step took, as the execution log records it."""

    step: Step
    branch: str
    """`branches[0]`, `else`, `on_event`, ..."""
    outcome: Outcome
    back: bool = False
    """It led to an earlier step, or to the same one. Steps may then take effect again."""
    heard_event_id: int = 0
    """The newest event that the decision used; 0 if no event decided."""


@dataclass(frozen=True, slots=True)
class Perform:
    """An email or an action takes effect now."""

    step: Step


@dataclass(frozen=True, slots=True)
class Wait:
    """`step` is performed at `due_at` (UTC), or as soon as the event happens that it listens for."""

    step: Step
    due_at: datetime


@dataclass(frozen=True, slots=True)
class End:
    """The enrollment ends. `reason` is the stop reason."""

    status: EnrollmentStatus
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """The end of a walk, and the decisions that were made on the way."""

    landing: Perform | Wait | End
    decisions: tuple[Decision, ...] = ()


def enter(step: Step | None, now: datetime, zones: Zones) -> Wait | End:
    """The wait before `step`; the end of the sequence when there is no step."""
    if step is None:
        return End(EnrollmentStatus.COMPLETED)
    return Wait(step, step.due_at(now, zones))


def walk(plan: Plan, start: Step, engagement: Engagement, now: datetime) -> Walk:
    """From a due step to the next effect, wait or end; every branch on the way is decided.

    It terminates: every cycle of an active plan contains a wait (`domain.sequences.graph`), and an event ends only one
    wait.
    """
    decisions: list[Decision] = []
    step = start
    while True:
        if step.config.takes_effect:
            if str(step.id) not in engagement.done:
                return Walk(Perform(step), tuple(decisions))
            arrival = enter(plan.after(step), now, _zones(plan, engagement))
        else:
            arrival, decision = _decide(plan, step, engagement, now)
            if decision is not None:
                decisions.append(decision)
                engagement = having_decided(decision, engagement)
        if isinstance(arrival, End):
            return Walk(arrival, tuple(decisions))
        if arrival.due_at > now and not has_heard(plan, arrival.step, engagement):
            return Walk(arrival, tuple(decisions))
        step = arrival.step


def _decide(plan: Plan, step: Step, engagement: Engagement, now: datetime) -> tuple[Wait | End, Decision | None]:
    decided = step.config.decide(engagement, plan.step_ids)
    assert decided is not None, "a step that takes no effect decides"
    outcome = decided.outcome
    target = _target(plan, step, outcome)
    arrival = _ending(outcome) or enter(target, now, _zones(plan, engagement))
    if decided.branch is None:
        return arrival, None
    back = target is not None and plan.leads_back(step, target)
    heard = max((event.id for event in engagement.events), default=0) if decided.heard else 0
    return arrival, Decision(step, decided.branch, outcome, back, heard)


def _target(plan: Plan, step: Step, outcome: Outcome) -> Step | None:
    if outcome == CONTINUE:
        return plan.after(step)
    return plan.by_key(outcome.goto) if outcome.goto is not None else None


def _ending(outcome: Outcome) -> End | None:
    return End(EnrollmentStatus.STOPPED, outcome.reason or DEFAULT_STOP_REASON) if outcome.stop else None


def having_decided(decision: Decision, engagement: Engagement) -> Engagement:
    """Returns the engagement after a decision. A branch that leads back lets steps take effect again. Events that were
    used stay used.

    The SQL functions `done_after` and `heard_after` apply the same rule to the stored enrollment, under its lock. A
    test compares them: tests/integration/database/test_shared_rules.py.
    """
    return replace(
        engagement,
        done=frozenset[str]() if decision.back else engagement.done,
        heard_event_id=max(engagement.heard_event_id, decision.heard_event_id),
    )


def has_heard(plan: Plan, step: Step, engagement: Engagement) -> bool:
    """Whether the event that the step waits for has already happened, and no earlier step has used it.

    The SQL function `has_heard` applies the same rule to the stored events. A test compares them:
    tests/integration/database/test_shared_rules.py.
    """
    if step.config.listens_for is None:
        return False
    decided = step.config.decide(engagement, plan.step_ids)
    return decided is not None and decided.heard


def _zones(plan: Plan, engagement: Engagement) -> Zones:
    return plan.zones(str(engagement.lead.get("timezone") or ""))
