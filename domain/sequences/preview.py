"""A rehearsal of a sequence for one lead, from a start time, under assumptions about what the lead does. Pure.

It uses the engine's own walk (`domain.engine.walk`), with a clock that jumps from one due time to the next. Assumed
events happen at their time. They decide branches and end waits; a reply, a bounce, an unsubscribe or a complaint ends
the enrollment, as in the engine. An email that is due outside sending hours is sent when they begin. Branches on the
way to it are not decided a second time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from domain.engine.walk import Decision, End, Perform, Wait, enter, has_heard, having_decided, walk
from domain.enrollments.status import EnrollmentStatus, StopReason
from domain.inbound.events import event_key
from domain.mailboxes.sending_hours import ClosedBy, SendingHours
from domain.sequences.conditions import Engagement, EngagementEvent
from domain.sequences.sequence import Plan, Step
from domain.zones import Zones

MAX_VISITS = 3
MAX_MOVES = 500
HORIZON = timedelta(days=36_525)
"""The rehearsal ends after a hundred years."""

EVENT_TYPES = {
    "opened": "open",
    "clicked": "click",
    "replied": "reply",
    "bounced": "bounce",
    "unsubscribed": "unsubscribe",
    "complained": "complaint",
}
"""The names of events in an assumption, and their recorded types. Any other name is a custom event."""

_ENDS_WITH = {
    "reply": StopReason.REPLIED,
    "bounce": StopReason.BOUNCED,
    "unsubscribe": StopReason.UNSUBSCRIBED,
    "complaint": StopReason.COMPLAINED,
}


@dataclass(frozen=True, slots=True)
class Assumption:
    """`event` happens this long `after` the email of `step` was sent.

    Without a step: after the first email, or for a custom event, after the enrollment.
    """

    event: str
    step: str | None
    after: timedelta

    @property
    def type(self) -> str:
        return EVENT_TYPES.get(self.event, "custom")


@dataclass(frozen=True, slots=True)
class Branched:
    """A step has decided which way to go."""

    at: datetime
    decision: Decision


@dataclass(frozen=True, slots=True)
class Happens:
    """A step takes effect."""

    at: datetime
    step: Step
    visit: int
    due_at: datetime
    """Earlier than `at` for an email that was `kept_back`."""
    kept_back: ClosedBy | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """The lead waits before a step."""

    at: datetime
    step: Step
    until: datetime
    """The due time when the wait began. An event that the step listens for may come earlier."""
    kept_back: ClosedBy | None = None
    """Why an email that is due is not sent yet."""


@dataclass(frozen=True, slots=True)
class Does:
    """An assumed event happens."""

    at: datetime
    assumption: Assumption


@dataclass(frozen=True, slots=True)
class Ends:
    """The enrollment ends."""

    at: datetime
    end: End


@dataclass(frozen=True, slots=True)
class Cut:
    """The rehearsal stops here, in a loop or a wait without an end."""

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
    """`emails` are the IDs of the email steps, which assumptions refer to. `lead` is the lead's merge fields.

    `hours` answers, for a list of email steps in the order of sending, when the last of them may be sent. It raises
    nothing.
    """

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
        """Everything that happens, in order. Every cycle of the plan must contain a wait."""
        engagement = Engagement(events=(), sent_at={}, enrolled_at=start, lead=self.lead)
        self._schedule(start, None)
        place = enter(self.plan.first, start, self._zones)
        now = start
        while len(self.moments) < MAX_MOVES:
            if isinstance(place, End):
                self.moments.append(Ends(now, place))
                return self.moments
            if place.due_at > now and not has_heard(self.plan, place.step, engagement):
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
        """Let time pass until the step is due, its event happens, or another event ends the enrollment."""
        if has_heard(self.plan, place.step, engagement):
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
        """When a step that is due may take effect. Notes what keeps it back until then."""
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
        """Schedule the assumptions about this email, or about the enrollment. Each is scheduled once."""
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
