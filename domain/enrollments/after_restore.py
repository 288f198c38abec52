"""What steps may have done since a copy of the database was made. Pure.

After a restore the copy says where each enrollment stood at one moment, and the installation went on until another.
What it may have done in between is every email and action that can be reached by then: on every branch, after the
shortest waits, whatever windows and limits would have said to an email further on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from domain.enrollments.status import EnrollmentStatus
from domain.sequences.sequence import Plan, Step
from domain.sequences.steps import CONTINUE, Zones

MAX_LAPS = 1_000
"""So often at most an enrollment may have gone back to an earlier step in the meantime."""
ON_TIMEOUT = "on_timeout"
"""The way out of a step that listens which opens only when its time is over."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What the copy does not know of (UTC): from the moment at which it was begun to the last at which the installation
    may have sent anything."""

    taken_at: datetime
    stopped_at: datetime


@dataclass(frozen=True, slots=True)
class BackedUpEnrollment:
    """Where an enrollment stands, as its mirror in the copy says; times are by its own clock."""

    status: EnrollmentStatus
    step_id: UUID
    next_action_at: datetime | None
    """None while its mailbox is held."""
    hold_until: datetime | None = None
    clock_offset: timedelta = timedelta(0)
    visits: Mapping[str, int] = field(default_factory=dict[str, int])
    done: frozenset[str] = frozenset()
    lead_zone: str = ""


@dataclass(frozen=True, slots=True)
class PossibleEffect:
    """An email that may have left, or an action that may have been performed."""

    step: Step
    visit: int
    earliest_at: datetime
    """By the enrollment's clock."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    heard_at: datetime
    """When it may hear what it listens for; for any other step the same as `due_at`."""
    due_at: datetime

    def or_earlier(self, other: "_Arrival | None") -> "_Arrival":
        if other is None:
            return self
        return _Arrival(min(self.heard_at, other.heard_at), min(self.due_at, other.due_at))


def effects_in_gap(plan: Plan, standing: BackedUpEnrollment, gap: Gap) -> list[PossibleEffect]:
    """What the enrollment's steps may have done in the gap.

    Steps that it passes forward take effect once; a way back begins a new lap, in which they may do so again. So of a
    step as many visits are possible as there are laps in which it can be reached.
    """
    since = gap.taken_at + standing.clock_offset
    if standing.hold_until is not None:
        since = max(since, standing.hold_until)
    until = gap.stopped_at + standing.clock_offset
    start = plan.step(standing.step_id)
    if start is None or gap.stopped_at <= gap.taken_at:
        return []  # nothing could have been performed there, or then
    zones = plan.zones(standing.lead_zone)
    places = {step.id: place for place, step in enumerate(plan.steps)}
    found: list[PossibleEffect] = []
    visits = dict(standing.visits)
    lap, done = {places[start.id]: _at_start(start, standing, since)}, standing.done
    for _ in range(MAX_LAPS):
        next_lap: dict[int, _Arrival] = {}
        for place, step in enumerate(plan.steps):  # within a lap every way leads on to a later one
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
    return found


def _at_start(step: Step, standing: BackedUpEnrollment, since: datetime) -> _Arrival:
    """The earliest moments at which it is performed. What is paused may have been resumed at once, in the mode that
    keeps its time; what has failed is then tried at once, and so is what waits for its mailbox."""
    at_once = standing.next_action_at is None or standing.status is EnrollmentStatus.FAILED
    due_at = since if at_once else max(standing.next_action_at or since, since)
    return _Arrival(since if step.config.listens_for is not None else due_at, due_at)


def _arriving(step: Step, moment: datetime, since: datetime, zones: Zones) -> _Arrival:
    due_at = max(step.due_at(moment, zones), since)
    return _Arrival(moment if step.config.listens_for is not None else due_at, due_at)


def _ways(plan: Plan, step: Step, arrival: _Arrival) -> Iterator[tuple[Step, datetime]]:
    """Every step that may come next, and the earliest moment at which it is entered."""
    outcomes = list(step.config.outcomes()) or [("", CONTINUE)]
    for name, outcome in outcomes:
        target = plan.by_key(outcome.goto) if outcome.goto is not None else None
        if outcome == CONTINUE:
            target = plan.after(step)
        if target is not None:
            yield target, arrival.due_at if name == ON_TIMEOUT else arrival.heard_at
