"""What steps may have done since a backup of the database was made. Pure.

A restored backup says where each enrollment stood when the backup was made. The installation went on until it stopped.
What it may have done in between is every email and action that can be reached in that time: on every branch, after the
shortest waits, without regard to send windows and limits of later emails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from domain.enrollments.status import EnrollmentStatus
from domain.sequences.sequence import Plan, Step
from domain.sequences.steps import CONTINUE, Zones

MAX_LAPS = 1_000
"""How often at most an enrollment may have gone back to an earlier step in that time."""
ON_TIMEOUT = "on_timeout"
"""The way out of a `wait_for` that is taken only when its time is over."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The time that the backup does not cover (UTC): from the moment at which it was begun to the last one at which the
    installation may have sent anything."""

    taken_at: datetime
    stopped_at: datetime


@dataclass(frozen=True, slots=True)
class BackedUpEnrollment:
    """An enrollment as the backup has it. Times are by the enrollment's own clock."""

    status: EnrollmentStatus
    step_id: UUID
    next_action_at: datetime | None
    """None while its mailbox is on hold."""
    hold_until: datetime | None = None
    clock_offset: timedelta = timedelta(0)
    visits: Mapping[str, int] = field(default_factory=dict[str, int])
    done: frozenset[str] = frozenset()
    lead_zone: str = ""


@dataclass(frozen=True, slots=True)
class PossibleEffect:
    """An email that may have been sent, or an action that may have been performed."""

    step: Step
    visit: int
    earliest_at: datetime
    """By the enrollment's clock."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """The earliest moments at which an enrollment may leave a step."""

    heard_at: datetime
    """When the event that the step listens for may happen; for other steps the same as `due_at`."""
    due_at: datetime

    def or_earlier(self, other: "_Arrival | None") -> "_Arrival":
        if other is None:
            return self
        return _Arrival(min(self.heard_at, other.heard_at), min(self.due_at, other.due_at))


def effects_in_gap(plan: Plan, standing: BackedUpEnrollment, gap: Gap) -> list[PossibleEffect]:
    """What the enrollment's steps may have done in the gap.

    On the way forward a step takes effect once. A way back begins a new lap, in which it may do so again. So a step may
    have as many visits as there are laps in which it can be reached.
    """
    since = gap.taken_at + standing.clock_offset
    if standing.hold_until is not None:
        since = max(since, standing.hold_until)
    until = gap.stopped_at + standing.clock_offset
    start = plan.step(standing.step_id)
    if start is None or gap.stopped_at <= gap.taken_at:
        return []  # no step to perform, or no time to perform it
    zones = plan.zones(standing.lead_zone)
    places = {step.id: place for place, step in enumerate(plan.steps)}
    found: list[PossibleEffect] = []
    visits = dict(standing.visits)
    lap, done = {places[start.id]: _at_start(start, standing, since)}, standing.done
    for _ in range(MAX_LAPS):
        next_lap: dict[int, _Arrival] = {}
        for place, step in enumerate(plan.steps):  # within a lap every way leads to a later step
            arrival = lap.get(place)
            if arrival is None or arrival.heard_at > until:
                continue
            if step.config.takes_effect and str(step.id) not in done:
                visits[str(step.id)] = visit = visits.get(str(step.id), 0) + 1
                found.append(PossibleEffect(step, visit, arrival.due_at))
            for target, moment in _ways(plan, step, arrival):
                book = next_lap if plan.leads_back(step, target) else lap
                there = places[target.id]
                book[there] = _arriving(target, moment, since, zones).or_earlier(book.get(there))
        if not next_lap:
            break
        lap, done = next_lap, frozenset[str]()
    return list(_earliest(found))[::-1]


def _earliest(found: list[PossibleEffect]) -> Iterator[PossibleEffect]:
    """The effects, each no later than the next visit to its step.

    An enrollment may pass a lap without the step. What is then its first visit happens in a later lap, which can come
    earlier: a lap that ends when an event happens may be shorter than one that waits for the timeout.
    """
    earliest: dict[UUID, datetime] = {}
    for one in reversed(found):
        at = earliest[one.step.id] = min(one.earliest_at, earliest.get(one.step.id, one.earliest_at))
        yield replace(one, earliest_at=at)


def _at_start(step: Step, standing: BackedUpEnrollment, since: datetime) -> _Arrival:
    """The earliest moments at which the step is performed.

    A paused enrollment may have been resumed at once, with its original due time. A failed one is then tried at once,
    and so is one that waits for its mailbox.
    """
    at_once = standing.next_action_at is None or standing.status is EnrollmentStatus.FAILED
    due_at = since if at_once else max(standing.next_action_at or since, since)
    return _Arrival(since if step.config.listens_for is not None else due_at, due_at)


def _arriving(step: Step, moment: datetime, since: datetime, zones: Zones) -> _Arrival:
    due_at = max(step.due_at(moment, zones), since)
    return _Arrival(moment if step.config.listens_for is not None else due_at, due_at)


def _ways(plan: Plan, step: Step, arrival: _Arrival) -> Iterator[tuple[Step, datetime]]:
    """Every step that may come next, and the earliest moment at which the enrollment comes to it."""
    outcomes = list(step.config.outcomes()) or [("", CONTINUE)]
    for name, outcome in outcomes:
        target = plan.by_key(outcome.goto) if outcome.goto is not None else None
        if outcome == CONTINUE:
            target = plan.after(step)
        if target is not None:
            yield target, arrival.due_at if name == ON_TIMEOUT else arrival.heard_at
