"""Whether a sequence can run: checked when it is activated, each problem with the field that causes it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from domain.conditions import parse, scoped_steps
from domain.errors import FieldError
from domain.sequence import Step
from domain.steps import ConditionConfig, EmailConfig, Outcome
from domain.templates import check


def problems(steps: Sequence[Step]) -> list[FieldError]:
    """Everything that keeps the steps, in their order, from being activated. Empty when they may run."""
    if not steps:
        return [FieldError("steps", "no_steps", "a sequence needs at least one step")]
    return [
        *_duplicate_keys(steps),
        *_unknown_steps(steps),
        *_template_problems(steps),
        *_cycles_without_delay(steps),
    ]


def outcomes(index: int, step: Step) -> Iterator[tuple[str, Outcome]]:
    """The ways out of a condition, each with its field's name."""
    if isinstance(step.config, ConditionConfig):
        for number, branch in enumerate(step.config.branches):
            yield f"steps[{index}].config.branches[{number}].then", branch.then
        yield f"steps[{index}].config.else", step.config.else_


def _duplicate_keys(steps: Sequence[Step]) -> Iterator[FieldError]:
    seen: dict[str, int] = {}
    for index, step in enumerate(steps):
        if step.key in seen:
            detail = f"steps[{seen[step.key]}] has the key {step.key!r} too"
            yield FieldError(f"steps[{index}].key", "duplicate_step_key", detail)
        seen.setdefault(step.key, index)


def _unknown_steps(steps: Sequence[Step]) -> Iterator[FieldError]:
    keys = {step.key for step in steps}
    for index, step in enumerate(steps):
        for field, outcome in outcomes(index, step):
            if outcome.goto is not None and outcome.goto not in keys:
                yield FieldError(f"{field}.goto", "unknown_step", f"there is no step {outcome.goto!r}")
        if isinstance(step.config, ConditionConfig):
            for number, branch in enumerate(step.config.branches):
                for key in scoped_steps(parse(branch.if_)):
                    if key not in keys:
                        field = f"steps[{index}].config.branches[{number}].if"
                        yield FieldError(field, "unknown_step", f"there is no step {key!r}")


def _template_problems(steps: Sequence[Step]) -> Iterator[FieldError]:
    for index, step in enumerate(steps):
        if isinstance(step.config, EmailConfig):
            parts = {
                "subject": (step.config.subject, False),
                "body_text": (step.config.body_text, False),
                "body_html": (step.config.body_html, True),
            }
            for name, (source, html) in parts.items():
                for problem in check(source, html=html):
                    yield problem.at(f"steps[{index}].config.{name}")


def _successors(steps: Sequence[Step], index: int) -> Iterator[int]:
    step = steps[index]
    positions = {other.key: place for place, other in enumerate(steps)}
    ways = [outcome for _, outcome in outcomes(index, step)]
    goes_on = not ways or any(way.continue_ for way in ways)
    if goes_on and index + 1 < len(steps):
        yield index + 1
    for way in ways:
        if way.goto in positions:
            yield positions[way.goto]


def _cycles_without_delay(steps: Sequence[Step]) -> Iterator[FieldError]:
    """A cycle that never waits would run, and mail, without end.

    A step that waits before it runs breaks every cycle through it, so a depth-first search over the other
    steps finds what is left (grey nodes: Cormen et al., Introduction to Algorithms, 20.3).
    """
    instant = {index for index, step in enumerate(steps) if step.entry_delay == timedelta(0)}
    state: dict[int, str] = {}
    for start in sorted(instant):
        if start in state:
            continue
        state[start] = "open"
        stack = [(start, _successors(steps, start))]
        while stack:
            index, successors = stack[-1]
            following = next((s for s in successors if s in instant), None)
            if following is None:
                state[index] = "done"
                stack.pop()
            elif following not in state:
                state[following] = "open"
                stack.append((following, _successors(steps, following)))
            elif state[following] == "open":
                detail = f"{steps[index].key!r} leads back to {steps[following].key!r} without a delay on the way"
                yield FieldError(f"steps[{index}]", "cycle_without_delay", detail)
