"""Send windows: days and hours of a time zone, without holidays. Pure; moments are UTC in and out.

A window opens on each of its days at `start` and closes at `end`. Where `end` is not later than `start`, it closes on
the next day, and the whole span belongs to the day on which it opens. Times are those that the zone's clocks show:
09:00 stays 09:00 when the clocks change, and the weekday is that of the zone. A time that the clocks show twice is the
first of the two. A time that they skip is the moment after the gap (`domain.zones.first_showing`), so that a window
that lies inside a gap does not open.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from domain.errors import Conflict
from domain.mailboxes.holidays import HolidayCode, holiday_on
from domain.zones import Zones, find_zone, first_showing, is_skipped, known_zone, local_day

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Closed = Literal["weekday", "hours", "holiday"]

_DAY = timedelta(days=1)
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
SEARCH = timedelta(days=731)
"""A window that does not open for this long counts as one that never opens."""


class WindowNeverOpens(Conflict):
    """Every day of the window is a holiday, or it has no hour in common with the other window."""

    code = "window_never_opens"
    title = "The send window never opens"
    remedy = "Give the send window more days, or hours in common with the mailbox's working hours."
    retryable = False


def _weekday(value: object) -> object:
    if value not in WEEK:
        raise PydanticCustomError("invalid_day", "a day is one of {days}", {"days": ", ".join(WEEK)})
    return value


def _opening(value: str) -> str:
    if not re.fullmatch(_TIME, value):
        raise PydanticCustomError("invalid_time", "a window opens at a time from 00:00 to 23:59, such as 09:00")
    return value


def _closing(value: str) -> str:
    if not re.fullmatch(f"{_TIME}|24:00", value):
        raise PydanticCustomError("invalid_time", "a window closes at a time from 00:00 to 24:00, such as 17:30")
    return value


def _zone(name: str) -> str:
    return name if name in ("lead", "sequence", "mailbox") else known_zone(name)


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


class WorkingHours(BaseModel):
    """Days and hours in the mailbox's time zone. `end` is at most `24:00`. An `end` before `start` is on the next day;
    an `end` equal to `start` means 24 hours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Annotated[tuple[Annotated[Weekday, BeforeValidator(_weekday)], ...], Field(min_length=1, max_length=7)] = (
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
    )
    start: Annotated[str, AfterValidator(_opening), Field(json_schema_extra={"pattern": f"^{_TIME}$"})] = "09:00"
    end: Annotated[str, AfterValidator(_closing), Field(json_schema_extra={"pattern": f"^({_TIME}|24:00)$"})] = "17:00"

    @property
    def text(self) -> str:
        """Text for a person: `Mon, Tue 09:00 to 17:00`."""
        return f"{', '.join(day.capitalize() for day in WEEK if day in self.days)} {self.start} to {self.end}"

    def has_day(self, day: date) -> bool:
        return WEEK[day.weekday()] in self.days

    def is_open_on(self, day: date) -> bool:
        """Whether it opens at all on this day."""
        return self.has_day(day)

    def hours_of(self, day: date, zone: ZoneInfo) -> "Span":
        """The hours that begin on this day, whether or not it is one of `days`; empty if the zone skips them."""
        end = _minutes(self.end)
        closes_on = day if _minutes(self.start) < end else day + _DAY
        opens_at = first_showing(day, time.fromisoformat(self.start), zone)
        if end == 24 * 60:
            return Span(opens_at, first_showing(closes_on + _DAY, time(), zone))
        return Span(opens_at, first_showing(closes_on, time.fromisoformat(self.end), zone))


class SendWindow(WorkingHours):
    """When emails of a sequence may be sent.

    `timezone`: `lead`, `sequence`, `mailbox` (the one that sends), or an IANA name. If the zone of the lead or of the
    mailbox is not known, the sequence's counts. `holidays`: ISO 3166 codes of places on whose public holidays the
    window stays closed.
    """

    timezone: Annotated[str, AfterValidator(_zone), Field(max_length=100)] = "lead"
    holidays: Annotated[tuple[HolidayCode, ...], Field(max_length=50)] = ()

    def is_open_on(self, day: date) -> bool:
        return self.has_day(day) and holiday_on(day, self.holidays) is None


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` (inclusive) to `end` (exclusive); both UTC."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def open_days(window: WorkingHours, zone: ZoneInfo, since: date) -> Iterator[date]:
    """The days on which the window opens, from `since` on, endlessly. Raises WindowNeverOpens."""
    day = opened = since
    while day - opened <= SEARCH:
        if window.is_open_on(day) and not is_skipped(day, zone):
            opened = day
            yield day
        day += _DAY
    raise WindowNeverOpens("within two years there is no day for it that is not a holiday")


def spans(window: WorkingHours, zone: ZoneInfo, since: datetime) -> Iterator[Span]:
    """When the window is open, in order, endlessly. If it is open at `since`, the first span begins at `since`.

    Raises WindowNeverOpens.
    """
    for day in open_days(window, zone, local_day(since, zone) - _DAY):  # the hours that began yesterday may go on
        hours = window.hours_of(day, zone)
        if hours.start < hours.end and hours.end > since:
            yield Span(max(hours.start, since.astimezone(UTC)), hours.end)


def intersect(a: Iterator[Span], b: Iterator[Span]) -> Iterator[Span]:
    """When both are open, in order, until one of them ends.

    Raises WindowNeverOpens when two endless ones have no time in common.
    """
    one, other = next(a, None), next(b, None)
    met = max(one.start, other.start) if one and other else None
    while one is not None and other is not None and met is not None:
        start, end = max(one.start, other.start), min(one.end, other.end)
        if start < end:
            met = end
            yield Span(start, end)
        if start - met > SEARCH:
            raise WindowNeverOpens("the send window and the mailbox's working hours have no hour in common")
        if one.end <= other.end:
            one = next(a, None)
        else:
            other = next(b, None)


def days_of(of: Iterator[Span], zone: ZoneInfo) -> Iterator[tuple[date, Span]]:
    """The spans cut at the midnights of the zone, each piece with its day."""
    for span in of:
        start, day = span.start, local_day(span.start, zone)
        while start < span.end:
            midnight = first_showing(day + _DAY, time(), zone)
            if start < midnight:
                yield day, Span(start, min(midnight, span.end))
                start = midnight
            day += _DAY


def next_allowed_at(now: datetime, window: WorkingHours, zone: ZoneInfo) -> datetime:
    """`now` if the window is open; otherwise when it opens next. Raises WindowNeverOpens."""
    return next(spans(window, zone, now)).start


def why_closed(window: WorkingHours, zone: ZoneInfo, moment: datetime) -> Closed | None:
    """Why the window is closed at this moment; None while it is open.

    `weekday`: the day is not one of its days, at any hour. `holiday`: the day is a holiday. `hours`: only the hour is
    outside.
    """
    if next_allowed_at(moment, window, zone) == moment:
        return None
    day = day_meant(window, zone, moment)
    if not window.has_day(day):
        return "weekday"
    return "hours" if window.is_open_on(day) else "holiday"


def day_meant(window: WorkingHours, zone: ZoneInfo, moment: datetime) -> date:
    """The day to whose hours the moment belongs: today, or yesterday if its hours go on past midnight."""
    today = local_day(moment, zone)
    return next((day for day in (today, today - _DAY) if moment in window.hours_of(day, zone)), today)


def window_zone(window: SendWindow, zones: Zones) -> ZoneInfo:
    """The time zone of the window. `zone_fallback` says when it is not the one that the window asks for."""
    asked = {"lead": zones.lead, "sequence": zones.sequence, "mailbox": zones.mailbox}
    for name in (asked.get(window.timezone, window.timezone), zones.sequence):
        if zone := find_zone(name):
            return zone
    return ZoneInfo("UTC")


def zone_fallback(window: SendWindow, zones: Zones) -> str | None:
    """A sentence for a person, when the time zone that the window asks for is not known; otherwise None."""
    asked = {"lead": zones.lead, "mailbox": zones.mailbox}.get(window.timezone)
    if asked is None or find_zone(asked):
        return None
    unknown = f"{asked!r}, which is no time zone" if asked else "not known"
    return f"the {window.timezone}'s time zone is {unknown}: {window_zone(window, zones).key}, the sequence's, is used"
