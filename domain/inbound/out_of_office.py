"""How long an out-of-office answer holds the next step. Moments are UTC, in and out."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.zones import first_showing

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
