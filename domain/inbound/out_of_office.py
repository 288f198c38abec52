"""How long an out-of-office reply delays the next step. Moments are UTC, in and out."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.zones import first_showing

MAX_HOLD = timedelta(days=366)
"""A return date further away than this is treated as an error or abuse."""


def hold_until_return(
    *, returns_on: date | None, hold_days: int, now: datetime, due_at: datetime | None, zone: ZoneInfo
) -> datetime:
    """When a lead that is out of office may be sent email again.

    On the named day, at the time of day at which the next step was due; without a plausible date, after `hold_days`
    days.
    """
    if returns_on is None or returns_on > (now + MAX_HOLD).date():
        return now + timedelta(days=hold_days)
    hour = (due_at or now).astimezone(zone).time().replace(microsecond=0)
    return first_showing(returns_on, hour, zone)
