"""How a lead moves through a plan, without a server: the same plan and engagement give the same steps."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from domain.engine.walk import End, Perform, Wait, walk
from domain.enrollments.status import EnrollmentStatus
from domain.mailboxes.windows import WEEK, SendWindow
from domain.sequences.conditions import Engagement, EngagementEvent
from domain.sequences.graph import problems
from domain.sequences.relocation import PlaceInVersion, VersionChange, relocate
from domain.sequences.sequence import Plan, SequenceSettings

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAMESPACE = UUID(int=1)


def plan(*steps: dict[str, Any], **settings: Any) -> Plan:
    rows = [{"id": str(uuid5(NAMESPACE, step["key"])), **step} for step in steps]
    return Plan.model_validate({"name": "Test", "settings": settings, "steps": rows})


def email(key: str) -> dict[str, Any]:
    return {"key": key, "type": "email", "config": {"subject": key, "body_text": "Hello"}}


def delay(key: str, **config: Any) -> dict[str, Any]:
    return {"key": key, "type": "delay", "config": config}


def condition(key: str, test: Any, then: dict[str, Any], otherwise: dict[str, Any] | None = None) -> dict[str, Any]:
    config = {"branches": [{"if": test, "then": then}], "else": otherwise or {"continue": True}}
    return {"key": key, "type": "condition", "config": config}


def listen(key: str, event: str, **outcomes: Any) -> dict[str, Any]:
    return {"key": key, "type": "wait_for", "config": {"event": event, "timeout_days": 2, **outcomes}}


def engagement(*events: EngagementEvent, done: tuple[str, ...] = (), heard: int = 0) -> Engagement:
    ids = frozenset(str(uuid5(NAMESPACE, key)) for key in done)
    return Engagement(events, {}, NOW - timedelta(days=1), {"timezone": "Europe/Berlin"}, heard, ids)


def go(of: Plan, start: str, having: Engagement | None = None) -> Any:
    step = of.by_key(start)
    assert step is not None
    return walk(of, step, having or engagement(), NOW)


def opened(number: int) -> EngagementEvent:
    return EngagementEvent("open", None, NOW, id=number)


def test_a_finished_delay_leads_to_the_next_step() -> None:
    way = go(plan(delay("wait", days=3), email("a")), "wait")
    assert isinstance(way.landing, Perform)
    assert (way.landing.step.key, way.decisions) == ("a", ())


def test_conditions_are_passed_without_a_wait() -> None:
    of = plan(
        condition("first", "always", {"goto": "second"}),
        condition("second", "opened", {"stop": True}),
        delay("wait", hours=5),
        email("a"),
    )
    way = go(of, "first")
    assert isinstance(way.landing, Wait)
    assert (way.landing.step.key, way.landing.due_at) == ("wait", NOW + timedelta(hours=5))
    assert [(one.step.key, one.branch, one.back) for one in way.decisions] == [
        ("first", "branches[0]", False),
        ("second", "else", False),
    ]


def test_a_stop_has_its_reason() -> None:
    way = go(plan(condition("if", "always", {"stop": True, "reason": "enough"}), email("a")), "if")
    assert way.landing == End(EnrollmentStatus.STOPPED, "enough")


def test_the_last_step_completes_the_enrollment() -> None:
    assert go(plan(condition("if", "always", {"continue": True})), "if").landing == End(EnrollmentStatus.COMPLETED)


def test_a_performed_step_is_skipped_unless_a_branch_leads_back() -> None:
    of = plan(email("a"), email("b"), delay("wait", days=1), condition("again", "always", {"goto": "a"}))
    forward = go(of, "a", engagement(done=("a",)))
    assert isinstance(forward.landing, Perform)
    assert forward.landing.step.key == "b"
    back = go(of, "again", engagement(done=("a", "b")))
    assert isinstance(back.landing, Perform)
    assert (back.landing.step.key, back.decisions[0].back) == ("a", True)


def test_an_event_ends_one_wait_only() -> None:
    of = plan(listen("first", "opened"), listen("second", "opened"), email("a"))
    way = go(of, "first", engagement(opened(7)))
    assert isinstance(way.landing, Wait)
    assert way.landing.step.key == "second"
    assert [(one.branch, one.heard_event_id) for one in way.decisions] == [("on_event", 7)]
    assert go(of, "second", engagement(opened(7), heard=7)).decisions[0].branch == "on_timeout"


def test_an_earlier_event_ends_a_wait() -> None:
    of = plan(delay("wait", days=1), listen("listen", "opened", on_event={"goto": "b"}), email("a"), email("b"))
    way = go(of, "wait", engagement(opened(1)))
    assert isinstance(way.landing, Perform)
    assert way.landing.step.key == "b"


def test_a_loop_around_an_event_waits_for_another_one() -> None:
    of = plan(listen("listen", "opened", on_event={"goto": "listen"}), email("a"))
    assert problems(of.steps) == []
    way = go(of, "listen", engagement(opened(1), opened(2)))
    assert isinstance(way.landing, Wait)
    assert [one.branch for one in way.decisions] == ["on_event"]


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([email("a"), condition("back", "always", {"goto": "a"})], "cycle_without_delay"),
        (
            [email("a"), delay("at", send_time="09:30"), condition("back", "always", {"goto": "a"})],
            "cycle_without_delay",
        ),
        ([listen("listen", "opened", on_event={"goto": "nowhere"})], "unknown_step"),
        ([condition("if", {"opened": {"step": "nowhere"}}, {"stop": True})], "unknown_step"),
    ],
)
def test_a_graph_that_cannot_run_is_refused(steps: list[dict[str, Any]], code: str) -> None:
    assert [problem.code for problem in problems(plan(*steps).steps)] == [code]


def place_in(of: Plan, key: str, *, entered: datetime, **more: Any) -> PlaceInVersion:
    step = of.by_key(key)
    assert step is not None
    values = {"hold_until": None, "paused_at": None, "zone": "Europe/Berlin", "now": NOW, **more}
    due_at = step.due_at(entered, of.zones("Europe/Berlin"))
    return PlaceInVersion(step.id, entered, values.pop("due_at", due_at), **values)


OLD = plan(email("a"), delay("wait", days=3), email("b"), email("c"))


@pytest.mark.parametrize(
    ("new", "effect", "key", "due_in"),
    [
        (plan(email("a"), delay("wait", days=3), email("b")), VersionChange.UNCHANGED, "wait", timedelta(days=2)),
        (plan(delay("wait", days=2), email("b")), VersionChange.WAIT_LESS, "wait", timedelta(days=1)),
        (plan(delay("wait", days=9), email("b")), VersionChange.WAIT_MORE, "wait", timedelta(days=8)),
        (plan(email("a"), email("b")), VersionChange.MOVED, "b", timedelta(0)),
        (plan(email("a"), email("c")), VersionChange.MOVED, "c", timedelta(0)),
        (plan(email("a"), delay("new", days=1), email("b")), VersionChange.MOVED, "b", timedelta(0)),
    ],
)
def test_a_lead_gets_its_place_in_a_new_version(new: Plan, effect: VersionChange, key: str, due_in: timedelta) -> None:
    to = relocate(OLD, new, place_in(OLD, "wait", entered=NOW - timedelta(days=1)))
    assert to.step is not None
    assert (to.change, to.step.key, to.due_at) == (effect, key, NOW + due_in)


def test_a_lead_without_remaining_steps_completes() -> None:
    to = relocate(OLD, plan(email("a")), place_in(OLD, "wait", entered=NOW))
    assert (to.change, to.step, to.due_at) == (VersionChange.COMPLETED, None, None)


def test_a_lead_of_a_held_mailbox_keeps_waiting_in_a_new_version() -> None:
    where = place_in(OLD, "b", entered=NOW - timedelta(days=1), due_at=None, put_off_by="mailbox_held")
    to = relocate(OLD, plan(email("a"), email("b"), email("d")), where)
    assert (to.change, to.due_at) == (VersionChange.UNCHANGED, None)
    assert relocate(OLD, plan(email("a"), email("c")), where).change is VersionChange.MOVED


@pytest.mark.parametrize(
    ("window", "put_off_by", "effect", "due_at"),
    [
        (None, "window", VersionChange.WAIT_LESS, NOW),
        (SendWindow(days=WEEK, start="00:00", end="24:00"), "holiday", VersionChange.WAIT_LESS, NOW),
        (SendWindow(days=("mon",)), "window", VersionChange.UNCHANGED, NOW + timedelta(days=4)),
        (SendWindow(days=("mon",), end="23:00"), "daily_cap", VersionChange.UNCHANGED, NOW + timedelta(days=4)),
    ],
)
def test_a_lead_that_waits_for_a_window_asks_again_after_an_edit(
    window: SendWindow | None, put_off_by: str, effect: VersionChange, due_at: datetime
) -> None:
    old, new = windowed(OLD, SendWindow(days=("mon",))), windowed(OLD, window)
    where = place_in(old, "b", entered=NOW - timedelta(days=1), due_at=NOW + timedelta(days=4), put_off_by=put_off_by)
    to = relocate(old, new, where)
    assert (to.change, to.due_at) == (effect, due_at)


def test_a_narrower_window_delays_the_email() -> None:
    old, new = windowed(OLD, SendWindow(days=("mon",))), windowed(OLD, SendWindow(days=("wed",), timezone="UTC"))
    where = place_in(old, "b", entered=NOW - timedelta(days=1), due_at=NOW + timedelta(days=1), put_off_by="window")
    to = relocate(old, new, where)
    assert to.due_at is not None
    assert (to.change, f"{to.due_at:%a %H:%M}") == (VersionChange.WAIT_MORE, "Wed 09:00")


def windowed(of: Plan, window: SendWindow | None) -> Plan:
    return of.model_copy(update={"settings": SequenceSettings(send_window=window)})


def test_a_hold_is_not_shortened_by_an_edit() -> None:
    held = NOW + timedelta(days=20)
    where = place_in(OLD, "wait", entered=NOW, hold_until=held, due_at=held)
    assert relocate(OLD, plan(delay("wait", days=1)), where).due_at == held
    assert relocate(OLD, plan(email("b")), where).due_at == held


def test_an_edit_does_not_defer_a_due_step() -> None:
    where = place_in(OLD, "wait", entered=NOW - timedelta(days=1), due_at=NOW)
    assert relocate(OLD, plan(delay("wait", days=9)), where).change is VersionChange.UNCHANGED
