"""When each leaf of a condition holds, how leaves nest, and what a field test compares."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sequences.conditions import Engagement, EngagementEvent, evaluate, parse
from domain.sequences.conditions.condition import leaf_names

SENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
STEPS = {"intro": "1", "second": "2"}


def engagement(*events: EngagementEvent, **lead: Any) -> Engagement:
    return Engagement(events=events, sent_at={"1": SENT}, enrolled_at=SENT - timedelta(days=1), lead=lead)


def event(kind: str, *, days: float = 1, step: str = "1", machine: bool = False) -> EngagementEvent:
    return EngagementEvent(kind, step, SENT + timedelta(days=days), machine)


def holds(test: Any, *events: EngagementEvent, **lead: Any) -> bool:
    return evaluate(parse(test), engagement(*events, **lead), STEPS)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("replied", "reply"),
        ("opened", "open"),
        ("clicked", "click"),
        ("bounced", "bounce"),
        ("unsubscribed", "unsubscribe"),
    ],
)
def test_a_condition_holds_once_its_event_has_happened(name: str, kind: str) -> None:
    assert holds(name, event(kind))
    assert holds(f"if_{name}", event(kind))
    assert not holds(name, event("custom"))
    assert not holds(name)


@pytest.mark.parametrize(("name", "kind"), [("replied", "reply"), ("opened", "open"), ("clicked", "click")])
def test_machine_events_do_not_count_by_default(name: str, kind: str) -> None:
    assert not holds(name, event(kind, machine=True))
    assert holds(f"not_{name}", event(kind, machine=True))
    assert not holds(f"not_{name}", event(kind))


@pytest.mark.parametrize(("name", "kind"), [("opened", "open"), ("clicked", "click")])
def test_machine_events_count_if_the_author_includes_them(name: str, kind: str) -> None:
    assert holds({name: {"include_machine": True}}, event(kind, machine=True))
    assert not holds({f"not_{name}": {"include_machine": True, "step": "intro"}}, event(kind, machine=True))
    assert not holds({name: {"include_machine": False}}, event(kind, machine=True))
    assert not holds({name: {"include_machine": True, "step": "second"}}, event(kind, machine=True))


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ({"replied": {"include_machine": True}}, "not include_machine"),
        ({"opened": {"include_machine": "yes"}}, "true or false"),
        ({"opened": {"machine": True}}, "not machine"),
    ],
)
def test_machines_can_be_included_only_for_opens_and_clicks(test: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse(test)


def test_the_condition_always_holds() -> None:
    assert holds("always")


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"step": "intro"}, True),
        ({"step": "second"}, False),
        ({"within_days": 2}, True),
        ({"within_days": 0.5}, False),
        ({"step": "intro", "within_days": 1}, True),
        ({"step": "gone"}, False),
    ],
)
def test_a_scope_narrows_by_step_and_days_since_its_email(scope: dict[str, Any], expected: bool) -> None:
    assert holds({"opened": scope}, event("open")) is expected
    assert holds({"not_opened": scope}, event("open")) is not expected


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("eq", "PRO", True),
        ("ne", "free", True),
        ("contains", "r", True),
        ("not_contains", "x", True),
        ("in", ["free", "pro"], True),
        ("not_in", ["free"], True),
        ("exists", None, True),
        ("not_exists", None, False),
        ("gt", 10, False),
    ],
)
def test_a_field_test_compares(op: str, value: Any, expected: bool) -> None:
    assert holds({"field": "custom.plan", "op": op, "value": value}, custom={"plan": "pro"}) is expected


@pytest.mark.parametrize(("op", "value", "expected"), [("gt", 100, True), ("gte", 120, True), ("lt", "1e2", False)])
def test_numbers_compare_as_numbers_even_as_text(op: str, value: Any, expected: bool) -> None:
    assert holds({"field": "custom.size", "op": op, "value": value}, custom={"size": "120"}) is expected


def test_a_missing_field_equals_no_value() -> None:
    assert not holds({"field": "custom.plan", "op": "eq", "value": "pro"})
    assert holds({"field": "custom.plan", "op": "ne", "value": "pro"})
    assert not holds({"field": "custom.plan.deep", "op": "exists"}, custom={"plan": "pro"})


_leaves = st.sampled_from(leaf_names())
_tests = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.builds(lambda one: {"not": one}, inner),
        st.builds(lambda some: {"any": some}, st.lists(inner, min_size=1, max_size=4)),
        st.builds(lambda some: {"all": some}, st.lists(inner, min_size=1, max_size=4)),
    ),
    max_leaves=12,
)
_events = st.lists(st.builds(event, st.sampled_from(["reply", "open", "click", "bounce", "unsubscribe", "custom"])))


@given(_tests, _tests, _events)
def test_groups_follow_de_morgan(left: Any, right: Any, events: list[EngagementEvent]) -> None:
    assert holds({"not": {"any": [left, right]}}, *events) == holds({"all": [{"not": left}, {"not": right}]}, *events)
    assert holds({"not": {"not": left}}, *events) == holds(left, *events)
