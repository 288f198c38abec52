"""How an enrollment moves through its plan. Pure: the same plan, place and engagement give the same way.

A place in a plan is "step S, due at D". When D has come, S is performed: a delay has then been served, a
condition decides, an email or an action takes effect. Conditions are instant, so they ride along until the
next effect, the next wait, or the end.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.conditions import Engagement, evaluate, parse
from domain.enrollment import EnrollmentStatus
from domain.sequence import Plan, Step
from domain.steps import CONTINUE, ConditionConfig, DelayConfig, Outcome

DEFAULT_STOP_REASON = "stopped_by_sequence"


@dataclass(frozen=True, slots=True)
class Decision:
    """Which way a condition went, as the execution log tells it."""

    step: Step
    branch: str
    """`branches[0]`, or `else`."""
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Perform:
    """An email or an action takes effect now."""

    step: Step


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing happens before `due_at` (UTC); then `step` is performed."""

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


def enter(step: Step | None, now: datetime) -> Wait | End:
    """Arrives before `step`, or at the end of the sequence."""
    if step is None:
        return End(EnrollmentStatus.COMPLETED)
    return Wait(step, now + step.entry_delay)


def walk(plan: Plan, start: Step, engagement: Engagement, now: datetime) -> Walk:
    """From a step that is due to the next effect, wait or end, with every branch decided on the way.

    Terminates because an active plan has no cycle without a delay in it (`domain.graph`).
    """
    decisions: list[Decision] = []
    step = start
    while True:
        if isinstance(step.config, ConditionConfig):
            decision = decide(step, step.config, plan, engagement)
            decisions.append(decision)
            arrival = _follow(plan, step, decision.outcome, now)
        elif isinstance(step.config, DelayConfig):
            arrival = enter(plan.after(step), now)
        else:
            return Walk(Perform(step), tuple(decisions))
        if isinstance(arrival, End) or arrival.step.entry_delay > timedelta(0):
            return Walk(arrival, tuple(decisions))
        step = arrival.step


def decide(step: Step, config: ConditionConfig, plan: Plan, engagement: Engagement) -> Decision:
    """The first branch whose test holds, else the `else`."""
    for number, branch in enumerate(config.branches):
        if evaluate(parse(branch.if_), engagement, plan.step_ids):
            return Decision(step, f"branches[{number}]", branch.then)
    return Decision(step, "else", config.else_)


def _follow(plan: Plan, step: Step, outcome: Outcome, now: datetime) -> Wait | End:
    if outcome == CONTINUE:
        return enter(plan.after(step), now)
    if outcome.goto is not None:
        return enter(plan.by_key(outcome.goto), now)
    return End(EnrollmentStatus.STOPPED, outcome.reason or DEFAULT_STOP_REASON)
