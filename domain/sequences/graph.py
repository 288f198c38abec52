"""Checks that a sequence can run, made when it is activated. Each problem names the field that causes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.engine.templates import check
from domain.errors import FieldError
from domain.sequences.conditions import parse, scoped_steps
from domain.sequences.sequence import Step


@dataclass(frozen=True, slots=True)
class UnreadStep:
    """A step with an invalid config. It keeps its place among the steps, and branches may lead to it."""

    key: str


def problems(steps: Sequence[Step | UnreadStep]) -> list[FieldError]:
    """Returns everything that prevents these steps, in their order, from being activated.

    Errors in the configs of unreadable steps are not included: `read_config` has reported those.
    """
    if not steps:
        return [FieldError("steps", "no_steps", "a sequence needs at least one step")]
    read = [step for step in steps if isinstance(step, Step)]
    return [
        *_duplicate_keys(steps),
        *_unknown_steps(steps),
        *_template_problems(steps),
        # A step that could not be read may be the wait that breaks a cycle.
        *(cycles_without_delay(read) if len(read) == len(steps) else ()),
    ]


def unreachable(steps: Sequence[Step]) -> list[Step]:
    """Returns steps that no branch or preceding step leads to. They are allowed, but rarely intended."""
    reached: set[int] = set()
    open_: list[int] = [0] if steps else []
    while open_:
        index = open_.pop()
        if index not in reached:
            reached.add(index)
            open_ += _successors(steps, index)
    return [step for index, step in enumerate(steps) if index not in reached]


def read_steps(steps: Sequence[Step | UnreadStep]) -> Iterator[tuple[int, Step]]:
    """Returns the readable steps, each with its index among all steps."""
    for index, step in enumerate(steps):
        if isinstance(step, Step):
            yield index, step


def _duplicate_keys(steps: Sequence[Step | UnreadStep]) -> Iterator[FieldError]:
    seen: dict[str, int] = {}
    for index, step in enumerate(steps):
        if step.key in seen:
            detail = f"steps[{seen[step.key]}] has the key {step.key!r} too"
            yield FieldError(f"steps[{index}].key", "duplicate_step_key", detail)
        seen.setdefault(step.key, index)


def _unknown_steps(steps: Sequence[Step | UnreadStep]) -> Iterator[FieldError]:
    keys = {step.key for step in steps}
    for index, step in read_steps(steps):
        named = [(f"{field}.goto", outcome.goto) for field, outcome in step.config.outcomes() if outcome.goto]
        named += [(field, key) for field, test in step.config.tests() for key in scoped_steps(parse(test))]
        for field, key in named:
            if key not in keys:
                yield FieldError(f"steps[{index}].config.{field}", "unknown_step", f"there is no step {key!r}")


def _template_problems(steps: Sequence[Step | UnreadStep]) -> Iterator[FieldError]:
    for index, step in read_steps(steps):
        for template in step.config.templates():
            for problem in check(template.source, html=template.html):
                yield problem.at(f"steps[{index}].config.{template.field}")


def _successors(steps: Sequence[Step], index: int) -> Iterator[int]:
    positions = {other.key: place for place, other in enumerate(steps)}
    ways = [outcome for _, outcome in steps[index].config.outcomes()]
    goes_on = not ways or any(way.continue_ for way in ways)
    if goes_on and index + 1 < len(steps):
        yield index + 1
    for way in ways:
        if way.goto in positions:
            yield positions[way.goto]


def cycles_without_delay(steps: Sequence[Step]) -> Iterator[FieldError]:
    """Returns the cycles without a wait: a sequence with such a cycle would send email without end.

    A step that waits breaks every cycle through it. A depth-first search over the other steps finds the remaining
    cycles (by grey nodes: Cormen et al., Introduction to Algorithms, 20.3).
    """
    instant = {index for index, step in enumerate(steps) if not step.waits}
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
