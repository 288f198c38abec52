"""When an email of a sequence may leave a mailbox: the sequence's send window and the mailbox's working hours. Pure."""

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
    """Either may be None: then it never keeps anything back. Working hours are on the clocks of the mailbox's zone,
    or of the sequence's where it has none."""

    window: SendWindow | None
    working_hours: WorkingHours | None
    zones: Zones

    @classmethod
    def of(cls, window: SendWindow | None, working_hours: Mapping[str, Any] | None, zones: Zones) -> "SendingHours":
        """With working hours as the mailbox's row has them."""
        return cls(window, WorkingHours.model_validate(working_hours) if working_hours else None, zones)

    @property
    def mailbox_zone(self) -> ZoneInfo:
        """Whose clocks the working hours are on."""
        return zone_of(self.zones.mailbox, self.zones.sequence)

    def spans(self, since: datetime) -> Iterator[Span]:
        """When both are open from `since` on, in order, without an end. Raises WindowNeverOpens."""
        if self.window is None:
            return spans(self.working_hours or _ALWAYS, self.mailbox_zone, since)
        of_window = spans(self.window, window_zone(self.window, self.zones), since)
        if self.working_hours is None:
            return of_window
        return intersect(of_window, spans(self.working_hours, self.mailbox_zone, since))

    def opens_at(self, moment: datetime) -> datetime:
        """The moment itself while both are open. Raises WindowNeverOpens."""
        return next(self.spans(moment)).start

    def closed_by(self, moment: datetime) -> ClosedBy | None:
        """What keeps an email back at this moment."""
        if self.window is not None:
            why = why_closed(self.window, window_zone(self.window, self.zones), moment)
            if why is not None:
                return "holiday" if why == "holiday" else "window"
        hours = self.working_hours
        return "working_hours" if hours is not None and why_closed(hours, self.mailbox_zone, moment) else None

    def deferral(self, moment: datetime) -> dict[str, str] | None:
        """Why an email cannot leave at this moment, as its enrollment and the execution log keep it: `cause` (see
        `closed_by`), the `timezone` whose clocks count, `zone_unknown` (`lead`, `mailbox`) where that had to be the
        sequence's, `place` and `holiday`."""
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
        """A sentence where the zone that the window asks for is not known."""
        return zone_fallback(self.window, self.zones) if self.window else None
