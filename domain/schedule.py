"""When something may happen, in the zone of the person it happens to. Everything here is UTC in and out."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(*names: str) -> ZoneInfo:
    """The first of the names that is an IANA zone; UTC when none is."""
    for name in names:
        if name:
            try:
                return ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                continue
    return ZoneInfo("UTC")


def local_text(moment: datetime | None, *zones: str) -> str:
    """For a person: `Fri 27 Nov 2026 04:19 Europe/Berlin`; empty without a moment."""
    if moment is None:
        return ""
    zone = zone_of(*zones)
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}"


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
    return local.astimezone(ZoneInfo("UTC"))
