"""Conditions: the grammar of `if`, and its evaluation over what a lead did.

A test is a leaf (`"replied"`), a scoped leaf (`{"opened": {"step": "intro", "within_days": 3}}`), a lead-field
test (`{"field": "custom.plan", "op": "eq", "value": "pro"}`), or nests others (`any`, `all`, `not`). It is kept
as the JSON that was given, and read by `parse`. A new leaf is one entry in `FACTS`, a new operator one in `OPS`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, cast

from pydantic import AfterValidator, WithJsonSchema

MAX_DEPTH = 20
MAX_CHILDREN = 50


@dataclass(frozen=True, slots=True)
class EngagementEvent:
    """One thing that the lead (or a machine on its side) did. `occurred_at` is UTC."""

    type: str
    step_id: str | None
    occurred_at: datetime
    machine: bool = False


@dataclass(frozen=True, slots=True)
class Engagement:
    """Everything known of one enrollment's lead when a branch is decided."""

    events: Sequence[EngagementEvent]
    sent_at: Mapping[str, datetime]
    """When each step's email left, by step ID: `within_days` counts from there."""
    enrolled_at: datetime
    lead: Mapping[str, Any]
    """The lead's fields as templates see them: `status`, `company`, `custom`, ..."""


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str
    step: str | None = None
    within_days: float | None = None


@dataclass(frozen=True, slots=True)
class FieldTest:
    field: str
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class Group:
    """`any` or `all` of some tests, or `not` of one."""

    kind: str
    tests: tuple["Test", ...]


Test = Leaf | FieldTest | Group


def _by_a_person(event_type: str) -> Callable[[EngagementEvent], bool]:
    # Machine opens and scanner clicks are kept but move no branch (email.md).
    return lambda event: event.type == event_type and not event.machine


FACTS: dict[str, Callable[[EngagementEvent], bool]] = {
    "replied": _by_a_person("reply"),
    "opened": _by_a_person("open"),
    "clicked": _by_a_person("click"),
    "bounced": lambda event: event.type == "bounce",
    "unsubscribed": lambda event: event.type == "unsubscribe",
}
NEGATED = {f"not_{name}": name for name in ("replied", "opened", "clicked")}
LEAVES = frozenset([*FACTS, *NEGATED, "always"])


def _as_list(value: Any) -> list[Any]:
    return list(cast("list[Any]", value)) if isinstance(value, list | tuple) else [value]


def _same(left: Any, right: Any) -> bool:
    # An imported CSV knows only text, so "42" and 42 are the same number of employees.
    if left is None or right is None:
        return left is right
    if isinstance(left, str) or isinstance(right, str):
        return str(left).casefold() == str(right).casefold()
    return bool(left == right)


def _contains(actual: Any, wanted: Any) -> bool:
    if isinstance(actual, str):
        return str(wanted).casefold() in actual.casefold()
    return any(_same(item, wanted) for item in _as_list(actual)) if actual is not None else False


def _compared(holds: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def test(actual: Any, wanted: Any) -> bool:
        try:
            return holds(float(actual), float(wanted))
        except (TypeError, ValueError, OverflowError):
            return False

    return test


def _present(actual: Any, _wanted: Any) -> bool:
    return actual not in (None, "", [])


OPS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": _same,
    "ne": lambda actual, wanted: not _same(actual, wanted),
    "gt": _compared(lambda a, b: a > b),
    "gte": _compared(lambda a, b: a >= b),
    "lt": _compared(lambda a, b: a < b),
    "lte": _compared(lambda a, b: a <= b),
    "contains": _contains,
    "not_contains": lambda actual, wanted: not _contains(actual, wanted),
    "in": lambda actual, wanted: any(_same(actual, option) for option in _as_list(wanted)),
    "not_in": lambda actual, wanted: not any(_same(actual, option) for option in _as_list(wanted)),
    "exists": _present,
    "not_exists": lambda actual, wanted: not _present(actual, wanted),
}


def parse(raw: Any, depth: int = 1) -> Test:
    """Reads the JSON of a test. Raises ValueError with a sentence for its author."""
    if depth > MAX_DEPTH:
        raise ValueError(f"a condition nests at most {MAX_DEPTH} levels")
    if isinstance(raw, str):
        return Leaf(_leaf_name(raw))
    if not isinstance(raw, dict) or not raw:
        raise ValueError("a condition is a name, or an object with `any`, `all`, `not`, `field`, or a name")
    node = cast("dict[str, Any]", raw)
    if "field" in node:
        return _parse_field(node)
    if len(node) > 1:
        raise ValueError(f"one condition at a time, not {', '.join(sorted(node))}: join them with `any` or `all`")
    ((name, value),) = node.items()
    if name in ("any", "all"):
        return Group(name, tuple(parse(child, depth + 1) for child in _children(name, value)))
    if name == "not":
        return Group("not", (parse(value, depth + 1),))
    return _parse_scoped(name, value)


def _children(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"`{name}` takes a list of at least one condition")
    children = cast("list[Any]", value)
    if len(children) > MAX_CHILDREN:
        raise ValueError(f"`{name}` takes at most {MAX_CHILDREN} conditions")
    return children


def _leaf_name(name: str) -> str:
    leaf = name.removeprefix("if_")
    if leaf not in LEAVES:
        raise ValueError(f"unknown condition {name!r}; known are {', '.join(sorted(LEAVES))}")
    return leaf


def _parse_field(node: dict[str, Any]) -> FieldTest:
    unknown = node.keys() - {"field", "op", "value"}
    if unknown:
        raise ValueError(f"a field test has `field`, `op` and `value`, not {', '.join(sorted(unknown))}")
    field, op = node["field"], node.get("op")
    if not isinstance(field, str) or not field:
        raise ValueError("`field` names a field of the lead, such as `company` or `custom.plan`")
    if not isinstance(op, str) or op not in OPS:
        raise ValueError(f"unknown operator {op!r}; known are {', '.join(OPS)}")
    return FieldTest(field, op, node.get("value"))


def _parse_scoped(name: str, value: Any) -> Leaf:
    leaf = _leaf_name(name)
    if value is True or value is None:
        return Leaf(leaf)
    if not isinstance(value, dict):
        raise ValueError(f"`{name}` takes a scope: an object with `step` and `within_days`")
    scope = cast("dict[str, Any]", value)
    unknown = scope.keys() - {"step", "within_days"}
    if unknown:
        raise ValueError(f"a scope has `step` and `within_days`, not {', '.join(sorted(unknown))}")
    step, days = scope.get("step"), scope.get("within_days")
    if step is not None and not isinstance(step, str):
        raise ValueError("`step` is the key of a step")
    if days is not None and (isinstance(days, bool) or not isinstance(days, int | float) or not 0 < days <= 3650):
        raise ValueError("`within_days` is a number above 0 and at most 3650")
    return Leaf(leaf, step, days)


def _checked(raw: Any) -> Any:
    parse(raw)
    return raw


RawTest = Annotated[
    Any,
    AfterValidator(_checked),
    WithJsonSchema(
        {
            "title": "Condition",
            "description": "A name (`replied`), a scoped name, a lead-field test, or `any` / `all` / `not` of others.",
            "anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": True}],
        }
    ),
]
"""The JSON of a test, kept as given and known to parse."""


def scoped_steps(test: Test) -> Iterator[str]:
    """Keys of the steps that a test refers to, for validation of the graph."""
    if isinstance(test, Group):
        for child in test.tests:
            yield from scoped_steps(child)
    elif isinstance(test, Leaf) and test.step:
        yield test.step


def evaluate(test: Test, engagement: Engagement, step_ids: Mapping[str, str]) -> bool:
    """Whether the test holds. `step_ids` turns a step's key (in a scope) into its ID."""
    if isinstance(test, FieldTest):
        return OPS[test.op](_lookup(engagement.lead, test.field), test.value)
    if isinstance(test, Leaf):
        return _leaf_holds(test, engagement, step_ids)
    results = (evaluate(child, engagement, step_ids) for child in test.tests)
    if test.kind == "any":
        return any(results)
    return all(results) if test.kind == "all" else not next(results)


def _leaf_holds(leaf: Leaf, engagement: Engagement, step_ids: Mapping[str, str]) -> bool:
    if leaf.name == "always":
        return True
    if leaf.name in NEGATED:
        return not _leaf_holds(Leaf(NEGATED[leaf.name], leaf.step, leaf.within_days), engagement, step_ids)
    happened = FACTS[leaf.name]
    return any(happened(event) and _in_scope(event, leaf, engagement, step_ids) for event in engagement.events)


def _in_scope(event: EngagementEvent, leaf: Leaf, engagement: Engagement, step_ids: Mapping[str, str]) -> bool:
    step_id = step_ids.get(leaf.step) if leaf.step else None
    if leaf.step and event.step_id != step_id:
        return False
    if leaf.within_days is None:
        return True
    counted_from = engagement.sent_at.get(event.step_id or "", engagement.enrolled_at)
    return event.occurred_at <= counted_from + timedelta(days=leaf.within_days)


def _lookup(lead: Mapping[str, Any], path: str) -> Any:
    value: Any = lead
    for part in path.removeprefix("lead.").split("."):
        if not isinstance(value, Mapping):
            return None
        value = cast("Mapping[str, Any]", value).get(part)
    return value
