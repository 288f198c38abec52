"""A sequence rehearsed for one lead, from a start time, under assumptions about what the lead does. Pure.

It goes as the engine goes (`domain.engine.walk`), with a clock that jumps from one due time to the next. What is
assumed happens at its time: it moves branches and waits, and a reply, a bounce, an unsubscribe or a complaint ends it
all,
as it would. An email that is due outside sending hours leaves when they begin; branches on the way to it are not asked
again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from domain.engine.walk import Decision, End, Perform, Wait, enter, having_decided, walk
from domain.enrollments.status import EnrollmentStatus, StopReason
from domain.inbound.events import event_key
from domain.mailboxes.sending_hours import ClosedBy, SendingHours
from domain.sequences.conditions import Engagement, EngagementEvent
from domain.sequences.sequence import Plan, Step
from domain.zones import Zones

MAX_VISITS = 3
MAX_MOVES = 500
HORIZON = timedelta(days=36_525)
"""A sequence that goes on for a hundred years is cut."""

EVENT_TYPES = {
    "opened": "open",
    "clicked": "click",
    "replied": "reply",
    "bounced": "bounce",
    "unsubscribed": "unsubscribe",
    "complained": "complaint",
}
"""What an assumption calls them, and how they are recorded. Any other name is a custom event."""

_ENDS_WITH = {
    "reply": StopReason.REPLIED,
    "bounce": StopReason.BOUNCED,
    "unsubscribe": StopReason.UNSUBSCRIBED,
    "complaint": StopReason.COMPLAINED,
}


@dataclass(frozen=True, slots=True)
class Assumption:
    """`event` happens `after` the email of `step` has left; without a step, after the first email (a custom event:
    after the enrollment)."""

    event: str
    step: str | None
    after: timedelta

    @property
    def type(self) -> str:
        return EVENT_TYPES.get(self.event, "custom")


@dataclass(frozen=True, slots=True)
class Branched:
    """A decision, and the ways that were not taken: each with its branch."""

    at: datetime
    decision: Decision


@dataclass(frozen=True, slots=True)
class Happens:
    """A step that takes effect."""

    at: datetime
    step: Step
    visit: int
    due_at: datetime
    """Earlier where an email was `kept_back`."""
    kept_back: ClosedBy | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    at: datetime
    step: Step
    until: datetime
    """As it was reckoned when the wait began; what is waited for may come earlier."""
    kept_back: ClosedBy | None = None
    """What an email that is due waits for."""


@dataclass(frozen=True, slots=True)
class Does:
    """The lead does what was assumed."""

    at: datetime
    assumption: Assumption


@dataclass(frozen=True, slots=True)
class Ends:
    at: datetime
    end: End


@dataclass(frozen=True, slots=True)
class Cut:
    """A loop, or a wait, that would go on and on: the rehearsal stops here."""

    at: datetime
    step: Step


@dataclass(frozen=True, slots=True)
class Kept:
    """An email that is due outside sending hours."""

    step: Step
    due_at: datetime
    by: ClosedBy


AnyTime = SendingHours(None, None, Zones("", ""))

Moment = Branched | Happens | Waits | Does | Ends | Cut


@dataclass(slots=True)
class Rehearsal:
    """`emails` are the steps that write to the lead: what is assumed follows on those. `hours` tells when the last of
    some emails may leave, those before it having been sent; raises nothing."""

    plan: Plan
    lead: Mapping[str, Any]
    emails: frozenset[str]
    assumptions: Sequence[Assumption]
    hours: Callable[[Sequence[Step]], SendingHours] = lambda _: AnyTime
    moments: list[Moment] = field(default_factory=list[Moment])
    _visits: dict[str, int] = field(default_factory=dict[str, int])
    _coming: list[tuple[datetime, Assumption, str | None]] = field(
        default_factory=list[tuple[datetime, Assumption, str | None]]
    )
    _scheduled: set[int] = field(default_factory=set[int])
    _kept: Kept | None = None

    def run(self, start: datetime) -> list[Moment]:
        """Everything that happens, in order. The plan has no cycle without a wait in it."""
        engagement = Engagement(events=(), sent_at={}, enrolled_at=start, lead=self.lead)
        self._schedule(start, None)
        place = enter(self.plan.first, start, self._zones)
        now = start
        while len(self.moments) < MAX_MOVES:
            if isinstance(place, End):
                self.moments.append(Ends(now, place))
                return self.moments
            if place.due_at > now and not self._has_heard(place, engagement):
                self.moments.append(Waits(now, place.step, place.due_at, self._kept.by if self._kept else None))
            if place.due_at - start > HORIZON:
                break
            now, engagement, ended = self._wait(place, now, engagement)
            if ended is not None:
                self.moments.append(Ends(now, ended))
                return self.moments
            place, engagement = self._perform(place.step, now, engagement)
            if place is None:
                return self.moments
        self.moments.append(Cut(now, place.step if isinstance(place, Wait) else self.plan.first))
        return self.moments

    @property
    def unused(self) -> list[Assumption]:
        """Assumptions about emails that were never sent."""
        return [one for number, one in enumerate(self.assumptions) if number not in self._scheduled]

    @property
    def _zones(self) -> Any:
        return self.plan.zones(str(self.lead.get("timezone") or ""))

    def _wait(self, place: Wait, now: datetime, engagement: Engagement) -> tuple[datetime, Engagement, End | None]:
        """Lets time pass until the step is due, or what it listens for is heard, or the lead ends it."""
        if self._has_heard(place, engagement):
            return now, engagement, None
        for coming in sorted(self._coming, key=lambda one: one[0]):
            at, assumption, step_id = coming
            if at > max(place.due_at, now):
                break
            self._coming.remove(coming)
            now = max(now, at)
            self.moments.append(Does(at, assumption))
            event = self._event(assumption, at, step_id, len(engagement.events) + 1)
            engagement = replace(engagement, events=(*engagement.events, event))
            key = event_key(event.type, event.name)
            heard = place.due_at >= now and place.step.config.listens_for == key
            if event.type in _ENDS_WITH and not heard:
                return now, engagement, End(EnrollmentStatus.STOPPED, _ENDS_WITH[event.type].value)
            if heard:
                return now, engagement, None
        return max(now, place.due_at), engagement, None

    def _has_heard(self, place: Wait, engagement: Engagement) -> bool:
        """What the step listens for has happened before the lead came here."""
        if place.step.config.listens_for is None:
            return False
        decided = place.step.config.decide(engagement, self.plan.step_ids)
        return decided is not None and decided.heard

    def _perform(self, step: Step, now: datetime, engagement: Engagement) -> tuple[Wait | End | None, Engagement]:
        way = walk(self.plan, step, engagement, now)
        for decision in way.decisions:
            self.moments.append(Branched(now, decision))
            engagement = having_decided(decision, engagement)
            if self._visited(decision.step) > MAX_VISITS:
                self.moments.append(Cut(now, decision.step))
                return None, engagement
        if not isinstance(way.landing, Perform):
            return way.landing, engagement
        done = way.landing.step
        if (opens_at := self._opens_at(done, now)) > now:
            return Wait(done, opens_at), engagement
        kept, self._kept = self._kept, None
        visit = self._visited(done)
        if visit > MAX_VISITS:
            self.moments.append(Cut(now, done))
            return None, engagement
        self.moments.append(Happens(now, done, visit, kept.due_at if kept else now, kept.by if kept else None))
        engagement = replace(engagement, done=engagement.done | {str(done.id)})
        if str(done.id) in self.emails:
            engagement = replace(engagement, sent_at={**engagement.sent_at, str(done.id): now})
            self._schedule(now, done)
        return enter(self.plan.after(done), now, self._zones), engagement

    def _opens_at(self, step: Step, now: datetime) -> datetime:
        """When the step may take effect that is due; notes what keeps it back until then."""
        if str(step.id) not in self.emails:
            return now
        sent = [moment.step for moment in self.moments if isinstance(moment, Happens)]
        hours = self.hours([*(one for one in sent if str(one.id) in self.emails), step])
        by = hours.closed_by(now)
        if by is None:
            return now
        self._kept = Kept(step, now, by)
        return hours.opens_at(now)

    def _visited(self, step: Step) -> int:
        self._visits[step.key] = self._visits.get(step.key, 0) + 1
        return self._visits[step.key]

    def _schedule(self, now: datetime, sent: Step | None) -> None:
        """What follows on this email (or on the enrollment), each once."""
        for number, one in enumerate(self.assumptions):
            follows = one.step == sent.key if sent and one.step else (one.step is None and self._starts(one, sent))
            if follows and number not in self._scheduled:
                self._scheduled.add(number)
                self._coming.append((now + one.after, one, str(sent.id) if sent else None))

    @staticmethod
    def _starts(one: Assumption, sent: Step | None) -> bool:
        return sent is None if one.type == "custom" else sent is not None

    @staticmethod
    def _event(one: Assumption, at: datetime, step_id: str | None, number: int) -> EngagementEvent:
        name = one.event if one.type == "custom" else None
        return EngagementEvent(one.type, step_id, at, name=name, id=number)
