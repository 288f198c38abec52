"""How an enrollment moves through its plan. Pure: the same plan, place and engagement give the same way.

A place in a plan is "step S, due at D". When D has come, S is performed: a delay has then been served, a
condition decides, an email or an action takes effect. What decides is instant, so it rides along until the next
effect, the next wait, or the end.

A step takes effect once on the way forward: only a branch that leads back (a loop) lets it do so again. So a step
that an edit has moved behind the lead, or ahead of it once more, is not performed twice.
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
    """Which way a step led, as the execution log tells it."""

    step: Step
    branch: str
    """`branches[0]`, `else`, `on_event`, ..."""
    outcome: Outcome
    back: bool = False
    """It led to an earlier step (or to itself): steps may take effect again."""
    heard_event_id: int = 0
    """Events up to this one are answered by it."""


@dataclass(frozen=True, slots=True)
class Perform:
    """An email or an action takes effect now."""

    step: Step


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing happens before `due_at` (UTC), unless the step hears what it listens for; then `step` is performed."""

    step: Step
    due_at: datetime


@dataclass(frozen=True, slots=True)
class End:
    status: EnrollmentStatus
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    landing: Perform | Wait | End
    decisions: tuple[Decision, ...] = ()


def enter(step: Step | None, now: datetime, zones: Zones) -> Wait | End:
    """Arrives before `step`, or at the end of the sequence."""
    if step is None:
        return End(EnrollmentStatus.COMPLETED)
    return Wait(step, step.due_at(now, zones))


def walk(plan: Plan, start: Step, engagement: Engagement, now: datetime) -> Walk:
    """From a step that is due to the next effect, wait or end, with every branch decided on the way.

    Terminates because an active plan has no cycle without a wait in it (`domain.sequences.graph`), and no event ends
    two.
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
        if isinstance(arrival, End) or not _at_once(arrival, plan, engagement, now):
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
    """What is known after a decision: a way back lets steps take effect again, events it went by are answered."""
    return replace(
        engagement,
        done=frozenset[str]() if decision.back else engagement.done,
        heard_event_id=max(engagement.heard_event_id, decision.heard_event_id),
    )


def _at_once(arrival: Wait, plan: Plan, engagement: Engagement, now: datetime) -> bool:
    """Whether the step is due already: without a wait, or since it has been heard what it listens for."""
    if arrival.due_at <= now:
        return True
    if arrival.step.config.listens_for is None:
        return False
    decided = arrival.step.config.decide(engagement, plan.step_ids)
    return decided is not None and decided.heard


def _zones(plan: Plan, engagement: Engagement) -> Zones:
    return plan.zones(str(engagement.lead.get("timezone") or ""))
