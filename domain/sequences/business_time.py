"""Business days and times of day, as a person's clock shows them. Moments are UTC, in and out."""

from datetime import datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.mailboxes.windows import WEEK, SendWindow, WorkingHours, next_allowed_at, open_days
from domain.zones import first_showing

BUSINESS_HOURS = time(9), time(17)
_EVERY_DAY = WorkingHours(days=WEEK)


@lru_cache(maxsize=256)
def business_hours(holidays: tuple[str, ...] = ()) -> SendWindow:
    """Monday to Friday, 9 to 17, except on the holidays of these places."""
    opens, closes = BUSINESS_HOURS
    return SendWindow(start=f"{opens:%H:%M}", end=f"{closes:%H:%M}", holidays=holidays)


def add_business_days(moment: datetime, days: int, zone: ZoneInfo, holidays: tuple[str, ...] = ()) -> datetime:
    """The same time of day, this many business days later. From a weekend or a holiday, the next business day is the
    first one that counts; with `days` = 0 it is the answer."""
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
    """The first moment at or after `moment` at which the zone's clocks show `at`; with `business_days`, on such a day.

    For a time that the clocks skip (in spring) it is the moment after the gap. For a time that they show twice (in
    autumn) it is the first of the two.
    """
    week = business_hours(holidays) if business_days else _EVERY_DAY
    shown = (first_showing(day, at, zone) for day in open_days(week, zone, moment.astimezone(zone).date()))
    return next(time for time in shown if time >= moment)


def next_business_moment(moment: datetime, zone: ZoneInfo, holidays: tuple[str, ...] = ()) -> datetime:
    """The first moment at or after this one in business hours."""
    return next_allowed_at(moment, business_hours(holidays), zone)
