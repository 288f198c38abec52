"""Lead-field tests: `{"field": "custom.plan", "op": "eq", "value": "pro"}`."""

from collections.abc import Callable, Mapping
from typing import Any, cast


def _as_list(value: Any) -> list[Any]:
    return list(cast("list[Any]", value)) if isinstance(value, list | tuple) else [value]


def _same(left: Any, right: Any) -> bool:
    # Values from an imported CSV are text, so "42" and 42 are the same number.
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


def field_holds(lead: Mapping[str, Any], field: str, op: str, value: Any) -> bool:
    return OPS[op](_lookup(lead, field), value)


def _lookup(lead: Mapping[str, Any], path: str) -> Any:
    value: Any = lead
    for part in path.removeprefix("lead.").split("."):
        if not isinstance(value, Mapping):
            return None
        value = cast("Mapping[str, Any]", value).get(part)
    return value
