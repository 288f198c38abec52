"""Which emails may have left since a copy was made: those of every way that a lead can have gone in that time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.engine.walk import End, Perform, Wait, enter, having_decided, walk
from domain.enrollments.after_restore import MAX_LAPS, BackedUpEnrollment, Gap, effects_in_gap
from domain.enrollments.status import EnrollmentStatus
from domain.sequences.conditions import Engagement, EngagementEvent
from domain.sequences.graph import problems
from domain.sequences.sequence import Plan
from tests.properties import examples
from tests.unit.engine.test_walk import condition, delay, email, listen, plan

TAKEN = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ACTIVE = EnrollmentStatus.ACTIVE


def gap(minutes: float) -> Gap:
    return Gap(TAKEN, TAKEN + minutes * MINUTE)


def standing(of: Plan, key: str, due_in: float | None = 0, **more: Any) -> BackedUpEnrollment:
    step = of.by_key(key)
    assert step is not None
    due_at = None if due_in is None else TAKEN + due_in * MINUTE
    return BackedUpEnrollment(**{"status": ACTIVE, "step_id": step.id, "next_action_at": due_at, **more})


def found(of: Plan, at: BackedUpEnrollment, minutes: float) -> list[tuple[str, int, float]]:
    """Key, visit, and how many minutes after the copy."""
    return [
        (one.step.key, one.visit, (one.earliest_at - at.clock_offset - TAKEN) / MINUTE)
        for one in effects_in_gap(of, at, gap(minutes))
    ]


STRAIGHT = plan(email("a"), delay("wait", minutes=5), email("b"), email("c"), delay("again", minutes=5), email("d"))


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (1, []),
        (2, [("a", 1, 2)]),
        (6.9, [("a", 1, 2)]),
        (7, [("a", 1, 2), ("b", 1, 7), ("c", 1, 7)]),
        (12, [("a", 1, 2), ("b", 1, 7), ("c", 1, 7), ("d", 1, 12)]),
    ],
)
def test_what_comes_due_by_the_end_of_the_gap(minutes: float, expected: list[tuple[str, int, float]]) -> None:
    assert found(STRAIGHT, standing(STRAIGHT, "a", 2), minutes) == expected


def test_what_was_overdue_was_sent_in_the_gap_and_not_before() -> None:
    assert found(STRAIGHT, standing(STRAIGHT, "a", -600), 4) == [("a", 1, 0)]


def test_an_installation_that_had_stopped_has_sent_nothing() -> None:
    assert found(STRAIGHT, standing(STRAIGHT, "a", -600), 0) == []


@pytest.mark.parametrize("status", [EnrollmentStatus.PAUSED, EnrollmentStatus.FAILED, EnrollmentStatus.PENDING])
def test_whoever_could_be_let_go_may_have_been(status: EnrollmentStatus) -> None:
    assert found(STRAIGHT, standing(STRAIGHT, "a", -1, status=status), 4) == [("a", 1, 0)]


def test_what_waits_without_a_time_may_have_been_let_go_at_once() -> None:
    assert found(STRAIGHT, standing(STRAIGHT, "a", None), 4) == [("a", 1, 0)]


def test_nobody_is_mailed_while_away() -> None:
    away = standing(STRAIGHT, "a", 0, hold_until=TAKEN + 3 * MINUTE)
    assert found(STRAIGHT, away, 2) == []
    assert found(STRAIGHT, away, 4) == [("a", 1, 3)]


def test_the_clock_is_the_enrollments_own() -> None:
    ahead = timedelta(days=30)
    at = replace(standing(STRAIGHT, "a", 2), clock_offset=ahead, next_action_at=TAKEN + ahead + 2 * MINUTE)
    assert found(STRAIGHT, at, 3) == [("a", 1, 2)]
    assert found(STRAIGHT, at, 1) == []


def test_every_branch_may_have_been_taken() -> None:
    of = plan(
        condition("if", "opened", {"goto": "b"}, {"goto": "c"}),
        email("a"),
        delay("no", days=1),
        email("b"),
        condition("end", "always", {"stop": True}, {"stop": True}),
        email("c"),
    )
    assert found(of, standing(of, "if"), 1) == [("b", 1, 0), ("c", 1, 0)]


def test_what_is_listened_for_may_have_come_at_once_but_its_time_is_not_over_sooner() -> None:
    of = plan(
        listen("hark", "opened", on_event={"goto": "yes"}, on_timeout={"goto": "no"}),
        email("no"),
        condition("end", "always", {"stop": True}, {"stop": True}),
        email("yes"),
    )
    at = standing(of, "hark", 3)
    assert found(of, at, 1) == [("yes", 1, 0)]
    assert found(of, at, 3) == [("no", 1, 3), ("yes", 1, 0)]


def test_what_has_been_done_is_done_again_only_after_a_way_back() -> None:
    of = plan(email("a"), delay("wait", minutes=5), email("b"), condition("back", "always", {"goto": "a"}))
    ids = of.step_ids
    at = standing(of, "wait", 0, done=frozenset({ids["a"], ids["b"]}), visits={ids["a"]: 1, ids["b"]: 1})
    assert found(of, at, 4) == [("a", 2, 0)]
    assert found(of, at, 5) == [("a", 2, 0), ("b", 2, 5), ("a", 3, 5)]


def test_a_loop_is_followed_so_far_and_no_further() -> None:
    of = plan(email("a"), delay("wait", minutes=1), condition("back", "always", {"goto": "a"}))
    assert found(of, standing(of, "a"), 3) == [("a", visit, visit - 1) for visit in range(1, 5)]
    assert len(found(of, standing(of, "a"), 10 * MAX_LAPS)) == MAX_LAPS


def test_a_step_that_is_not_in_the_plan_cannot_have_been_performed() -> None:
    at = replace(standing(STRAIGHT, "a"), step_id=standing(plan(email("z")), "z").step_id)
    assert found(STRAIGHT, at, 10) == []


# Against the walk that performs leads' steps, on plans and lives of every kind.

KEYS = [f"s{number}" for number in range(6)]
outcomes = st.one_of(
    st.just({"continue": True}), st.just({"stop": True}), st.sampled_from(KEYS).map(lambda key: {"goto": key})
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    steps: list[dict[str, Any]] = []
    for key in KEYS:
        match draw(st.sampled_from(["email", "email", "delay", "condition", "listen"])):
            case "email":
                steps.append({**email(key), "delay_seconds": draw(st.sampled_from([0, 60]))})
            case "delay":
                steps.append(delay(key, minutes=draw(st.integers(1, 3))))
            case "condition":
                steps.append(condition(key, "opened", draw(outcomes), draw(outcomes)))
            case _:
                days = draw(st.integers(1, 3)) / 1440
                step = listen(key, "clicked", on_event=draw(outcomes), on_timeout=draw(outcomes))
                steps.append({**step, "config": {**step["config"], "timeout_days": days}})
    of = plan(*steps)
    assume(not problems(of.steps))
    return of


def test_a_first_visit_may_come_in_a_later_lap() -> None:
    """The click of the first lap leads back at once; the timeout of the second comes before that of the first."""
    wait = listen("wait", "clicked", on_event={"goto": "wait"}, on_timeout={"continue": True})
    of = plan({**wait, "config": {**wait["config"], "timeout_days": 1 / 1440}}, email("a"))
    visits = [one for one in effects_in_gap(of, standing(of, "wait", 4), gap(9)) if one.visit <= 2]
    assert [(one.visit, one.earliest_at) for one in visits] == [(1, TAKEN + MINUTE), (2, TAKEN + MINUTE)]


@given(plans(), st.data())
@examples(300)
def test_no_lead_can_have_been_sent_what_is_not_marked(of: Plan, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(of.steps))
    done = {key for key in data.draw(st.sets(st.sampled_from(KEYS))) if key != start.key}
    at = BackedUpEnrollment(
        status=ACTIVE,
        step_id=start.id,
        next_action_at=TAKEN + data.draw(st.integers(-2, 4)) * MINUTE,
        clock_offset=data.draw(st.sampled_from([timedelta(0), timedelta(days=9)])),
        visits={of.step_ids[key]: data.draw(st.integers(1, 3)) for key in done},
        done=frozenset(of.step_ids[key] for key in done),
    )
    between = gap(data.draw(st.integers(1, 9)))
    marked = {(one.step.key, one.visit): one.earliest_at for one in effects_in_gap(of, at, between)}
    for key, visit, moment in lived(of, at, between, data):
        assert (key, visit) in marked
        assert marked[key, visit] <= moment


def lived(of: Plan, at: BackedUpEnrollment, between: Gap, data: st.DataObject) -> list[tuple[str, int, datetime]]:
    """The emails of one life in the gap: with opens and clicks, and workers that are late, as it comes."""
    begin, until = between.taken_at + at.clock_offset, between.stopped_at + at.clock_offset
    assert at.next_action_at is not None
    visits, sent = dict(at.visits), list[tuple[str, int, datetime]]()
    known = Engagement((), {}, begin, {}, 0, at.done)
    step, entered, due_at = of.step(at.step_id), begin, at.next_action_at
    while step is not None:
        now = max(entered, due_at) + data.draw(st.sampled_from([0, 0, 0, 0.5])) * MINUTE
        if step.config.listens_for is not None and data.draw(st.booleans()):
            now = min(now, entered + data.draw(st.integers(0, 2)) * MINUTE)
            known = heard(known, now)
        if data.draw(st.booleans()):
            known = replace(known, events=[*known.events, EngagementEvent("open", None, now, id=1)])
        if now > until:
            break
        way = walk(of, step, known, now)
        for decision in way.decisions:
            known = having_decided(decision, known)
        landing = way.landing
        if isinstance(landing, Perform):
            performed = landing.step
            if performed.type == "email":
                visits[str(performed.id)] = visits.get(str(performed.id), 0) + 1
                sent.append((performed.key, visits[str(performed.id)], now))
            known = replace(known, done=known.done | {str(performed.id)})
            landing = enter(of.after(performed), now, of.zones(""))
        if isinstance(landing, End):
            break
        assert isinstance(landing, Wait)
        step, entered, due_at = landing.step, now, landing.due_at
    return sent


def heard(known: Engagement, now: datetime) -> Engagement:
    """A click that nothing has answered yet."""
    event = EngagementEvent("click", None, now, id=known.heard_event_id + 1)
    return replace(known, events=[*known.events, event])
