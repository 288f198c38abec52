"""When something may happen, in the zone of the person it happens to. Everything here is UTC in and out."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.mailboxes.windows import WEEK, SendWindow, WorkingHours, next_allowed_at, open_days
from domain.zones import find_zone, first_showing


def zone_of(*names: str) -> ZoneInfo:
    """The first of the names that is an IANA zone; UTC when none is."""
    return next((zone for name in names if (zone := find_zone(name))), ZoneInfo("UTC"))


def local_text(moment: datetime | None, *zones: str) -> str:
    """For a person: `Fri 27 Nov 2026 04:19 Europe/Berlin`; empty without a moment."""
    if moment is None:
        return ""
    zone = zone_of(*zones)
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}"


BUSINESS_HOURS = time(9), time(17)
_EVERY_DAY = WorkingHours(days=WEEK)


@lru_cache(maxsize=256)
def business_hours(holidays: tuple[str, ...] = ()) -> SendWindow:
    """Monday to Friday, 9 to 17, but for the holidays of these places."""
    opens, closes = BUSINESS_HOURS
    return SendWindow(start=f"{opens:%H:%M}", end=f"{closes:%H:%M}", holidays=holidays)


def add_business_days(moment: datetime, days: int, zone: ZoneInfo, holidays: tuple[str, ...] = ()) -> datetime:
    """The same time of day so many business days later. A weekend, or a holiday, counts as the eve of the next one."""
    local = moment.astimezone(zone)
    coming = open_days(business_hours(holidays), zone, local.date())
    day = next(coming)
    from_today = day == local.date()
    for _ in range(days if from_today else days - 1):
        day = next(coming)
    return moment if day == local.date() else first_showing(day, local.time(), zone)


def next_time_of_day(
    moment: datetime, at: time, zone: ZoneInfo, *, business_days: bool, holidays: tuple[str, ...] = ()
) -> datetime:
    """The first time at or after `moment` that the zone's clocks show `at` (on a business day, if asked).

    A time that the clocks skip (spring) is the moment just after; one that they show twice is the first.
    """
    week = business_hours(holidays) if business_days else _EVERY_DAY
    shown = (first_showing(day, at, zone) for day in open_days(week, zone, moment.astimezone(zone).date()))
    return next(time for time in shown if time >= moment)


def next_business_moment(moment: datetime, zone: ZoneInfo, holidays: tuple[str, ...] = ()) -> datetime:
    """The first moment at or after this one in business hours."""
    return next_allowed_at(moment, business_hours(holidays), zone)


MAX_HOLD = timedelta(days=366)
"""Nobody is out of office for longer; a date beyond it is a misreading, or mischief."""


def hold_until_return(
    *, returns_on: date | None, hold_days: int, now: datetime, due_at: datetime | None, zone: ZoneInfo
) -> datetime:
    """When a lead that is out of office may be written to again.

    On the day named, at the hour that the next step was due anyway (a return at midnight would be a machine's
    idea); without a date that can be meant, so many days from now.
    """
    if returns_on is None or returns_on > (now + MAX_HOLD).date():
        return now + timedelta(days=hold_days)
    hour = (due_at or now).astimezone(zone).time().replace(microsecond=0)
    return first_showing(returns_on, hour, zone)
