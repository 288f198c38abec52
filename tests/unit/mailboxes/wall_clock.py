"""A wall clock that is read minute by minute: an independent check for windows, without offsets, folds and gaps."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo, available_timezones

from domain.mailboxes.windows import WorkingHours

ZONES = sorted(available_timezones())
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class WallClock:
    """The latest local time that the zone's clocks have shown, for every minute of a period. While a clock that was set
    back repeats an hour, that time stays. The period begins two days early, because the clocks may just have been set
    back."""

    def __init__(self, zone: ZoneInfo, since: datetime, until: datetime) -> None:
        self.start = since - 2 * DAY
        minutes = int((until - self.start) / MINUTE) + 1
        shown = ((self.start + number * MINUTE).astimezone(zone).replace(tzinfo=None) for number in range(minutes))
        self.latest = list(accumulate(shown, max))
        self.days = {moment.date() for moment in self.latest}

    def at(self, moment: datetime) -> datetime:
        return self.latest[int((moment - self.start) / MINUTE)]

    def is_open(self, window: WorkingHours, holidays: Sequence[date], moment: datetime) -> bool:
        shown = f"{self.at(moment):%H:%M}"
        today = self.at(moment).date()
        of_today, of_yesterday = shown >= window.start, False
        if window.start < window.end:
            of_today = window.start <= shown < window.end
        else:
            of_yesterday = shown < window.end
        # A day that the clocks skipped (Saturday, 21 August 1993 in Kwajalein) opens no window, not even one that ends
        # on the next day.
        return any(
            hours and day in self.days and _NAMES[day.weekday()] in window.days and day not in holidays
            for hours, day in ((of_today, today), (of_yesterday, today - DAY))
        )


@lru_cache(maxsize=1024)
def changes(name: str) -> list[datetime]:
    """Returns the minutes at which the zone's clocks changed or will change between 1970 and 2037. For a zone without
    changes it returns the start of 1970."""
    zone, found = ZoneInfo(name), list[datetime]()
    before = datetime(1970, 1, 1, tzinfo=UTC)
    while before.year < 2038:
        after = before + timedelta(days=14)
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            found.append(_change(zone, before, after))
        before = after
    return found or [datetime(1970, 1, 1, tzinfo=UTC)]


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    offset = before.astimezone(zone).utcoffset()
    while after - before > MINUTE:
        middle = before + ((after - before) // 2) // MINUTE * MINUTE
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == offset else (before, middle)
    return after
