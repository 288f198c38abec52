"""When something may happen, in the zone of the person it happens to. Everything here is UTC in and out."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.zones import find_zone


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
SATURDAY = 5


def add_business_days(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time of day so many working days (Monday to Friday) later; a weekend counts as its Monday's eve."""
    day = moment.astimezone(zone)
    for _ in range(days):
        day = _next_working_day(day)
    if day.weekday() >= SATURDAY:
        day = _next_working_day(day)
    return day.astimezone(UTC)


def next_time_of_day(moment: datetime, at: time, zone: ZoneInfo, *, business_days: bool) -> datetime:
    """The first time at or after `moment` that the zone's clocks show `at` (on a working day, if asked).

    A time that the clocks skip (spring) is the moment just after; one that they show twice is the first.
    """
    day = moment.astimezone(zone).replace(hour=at.hour, minute=at.minute, second=0, microsecond=0, fold=0)
    while day.astimezone(UTC) < moment or (business_days and day.weekday() >= SATURDAY):
        day += timedelta(days=1)
    return day.astimezone(UTC)


def next_business_moment(moment: datetime, zone: ZoneInfo) -> datetime:
    """The first moment at or after this one that falls on Monday to Friday, 9 to 17."""
    local = moment.astimezone(zone)
    opens, closes = BUSINESS_HOURS
    if local.weekday() < SATURDAY and opens <= local.time() < closes:
        return moment
    return next_time_of_day(moment, opens, zone, business_days=True)


def _next_working_day(day: datetime) -> datetime:
    day += timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day


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
    hour_of = (due_at or now).astimezone(zone)
    local = datetime.combine(returns_on, time(hour_of.hour, hour_of.minute, hour_of.second), tzinfo=zone)
    return local.astimezone(UTC)
