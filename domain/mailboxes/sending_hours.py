"""When a mailbox may send an email of a sequence: in its working hours and in the sequence's send window. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from domain.mailboxes.holidays import holiday_name, holiday_on
from domain.mailboxes.windows import (
    WEEK,
    SendWindow,
    Span,
    WorkingHours,
    day_meant,
    intersect,
    spans,
    why_closed,
    window_zone,
    zone_fallback,
)
from domain.zones import Zones, zone_of

ClosedBy = Literal["window", "holiday", "working_hours"]

_ALWAYS = WorkingHours(days=WEEK, start="00:00", end="24:00")


@dataclass(frozen=True, slots=True)
class SendingHours:
    """A `window` or `working_hours` of None is always open. Working hours are in the mailbox's time zone, or in the
    sequence's if the mailbox has none."""

    window: SendWindow | None
    working_hours: WorkingHours | None
    zones: Zones

    @classmethod
    def of(cls, window: SendWindow | None, working_hours: Mapping[str, Any] | None, zones: Zones) -> "SendingHours":
        """`working_hours` are those of the mailbox's row."""
        return cls(window, WorkingHours.model_validate(working_hours) if working_hours else None, zones)

    @property
    def mailbox_zone(self) -> ZoneInfo:
        """The time zone of the working hours."""
        return zone_of(self.zones.mailbox, self.zones.sequence)

    def spans(self, since: datetime) -> Iterator[Span]:
        """When both are open from `since` on, in order, endlessly. Raises WindowNeverOpens."""
        if self.window is None:
            return spans(self.working_hours or _ALWAYS, self.mailbox_zone, since)
        of_window = spans(self.window, window_zone(self.window, self.zones), since)
        if self.working_hours is None:
            return of_window
        return intersect(of_window, spans(self.working_hours, self.mailbox_zone, since))

    def opens_at(self, moment: datetime) -> datetime:
        """The first moment from this one on at which both are open. Raises WindowNeverOpens."""
        return next(self.spans(moment)).start

    def closed_by(self, moment: datetime) -> ClosedBy | None:
        """Which of the two keeps an email from being sent at this moment; None while both are open."""
        if self.window is not None:
            why = why_closed(self.window, window_zone(self.window, self.zones), moment)
            if why is not None:
                return "holiday" if why == "holiday" else "window"
        hours = self.working_hours
        return "working_hours" if hours is not None and why_closed(hours, self.mailbox_zone, moment) else None

    def deferral(self, moment: datetime) -> dict[str, str] | None:
        """Why an email cannot be sent at this moment, as it is stored with the enrollment and in the execution log.

        `cause` (see `closed_by`); the `timezone` that counts; `zone_unknown` (`lead` or `mailbox`) if that is the
        sequence's because the other is not known; `place` and `holiday`.
        """
        cause = self.closed_by(moment)
        if cause is None:
            return None
        if self.window is None or cause == "working_hours":
            return {"cause": cause, "timezone": self.mailbox_zone.key}
        zone = window_zone(self.window, self.zones)
        told = {"cause": cause, "timezone": zone.key}
        if self.zone_fallback:
            told["zone_unknown"] = self.window.timezone
        day = day_meant(self.window, zone, moment)
        if cause == "holiday" and (place := holiday_on(day, self.window.holidays)):
            told |= {"place": place, "holiday": holiday_name(day, place)}
        return told

    @property
    def zone_fallback(self) -> str | None:
        """A sentence for a person, when the time zone that the window asks for is not known."""
        return zone_fallback(self.window, self.zones) if self.window else None
