"""Reading a condition as its author wrote it, and evaluating it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

from pydantic import AfterValidator, WithJsonSchema

from domain.sequences.conditions.condition import leaf_by_machines, leaf_holds, leaf_names, scope_of
from domain.sequences.conditions.engagement import Engagement
from domain.sequences.conditions.fields import OPS, field_holds

MAX_DEPTH = 20
MAX_CHILDREN = 50


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str
    step: str | None = None
    within_days: float | None = None
    include_machine: bool = False


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
    known = leaf_names()
    if leaf not in known:
        raise ValueError(f"unknown condition {name!r}; known are {', '.join(known)}")
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
    allowed = {"step", "within_days", *(("include_machine",) if leaf_by_machines(leaf) else ())}
    unknown = scope.keys() - allowed
    if unknown:
        raise ValueError(f"a scope has `step` and `within_days`, not {', '.join(sorted(unknown))}")
    step, days, machine = scope.get("step"), scope.get("within_days"), scope.get("include_machine", False)
    if step is not None and not isinstance(step, str):
        raise ValueError("`step` is the key of a step")
    if days is not None and (isinstance(days, bool) or not isinstance(days, int | float) or not 0 < days <= 3650):
        raise ValueError("`within_days` is a number above 0 and at most 3650")
    if not isinstance(machine, bool):
        raise ValueError("`include_machine` is true or false")
    return Leaf(leaf, step, days, machine)


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
"""The JSON of a test, unchanged, after a check that `parse` reads it."""


def scoped_steps(test: Test) -> Iterator[str]:
    """The keys of the steps that a test refers to."""
    if isinstance(test, Group):
        for child in test.tests:
            yield from scoped_steps(child)
    elif isinstance(test, Leaf) and test.step:
        yield test.step


def evaluate(test: Test, engagement: Engagement, step_ids: Mapping[str, str]) -> bool:
    """Whether the test holds. `step_ids` turns a step's key (in a scope) into its ID."""
    if isinstance(test, FieldTest):
        return field_holds(engagement.lead, test.field, test.op, test.value)
    if isinstance(test, Leaf):
        scope = scope_of(test.step, test.within_days, step_ids, include_machine=test.include_machine)
        return leaf_holds(test.name, engagement, scope)
    results = (evaluate(child, engagement, step_ids) for child in test.tests)
    if test.kind == "any":
        return any(results)
    return all(results) if test.kind == "all" else not next(results)
