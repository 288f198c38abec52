"""Checks whether sent emails kept to a mailbox's limits. It counts on its own and shares no code with what decides
sends."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Rules:
    """`caps`: the limit of each day in `zone`. `window`: its opening and closing on the clocks of that zone, and the
    weekdays."""

    zone: str
    daily_cap: int | None = None
    ramp: tuple[date, int, int] | None = None
    hourly_cap: int | None = None
    min_gap_seconds: int = 0

    def cap(self, day: date) -> int | None:
        caps = [] if self.daily_cap is None else [self.daily_cap]
        if self.ramp is not None:
            began, start, increase = self.ramp
            caps.append(start + max(0, (day - began).days) * increase)
        return min(caps, default=None)


@dataclass(frozen=True)
class Hours:
    """Returns a window from about nine to five on these weekdays (0 is Monday). It crosses midnight if it ends before
    it begins."""

    zone: str
    days: frozenset[int]
    start: time
    end: time

    def has(self, moment: datetime) -> bool:
        local = moment.astimezone(ZoneInfo(self.zone))
        clock, yesterday = local.time(), (local.weekday() - 1) % 7
        if self.start < self.end:
            return local.weekday() in self.days and self.start <= clock < self.end
        return (local.weekday() in self.days and clock >= self.start) or (yesterday in self.days and clock < self.end)


def broken(moments: Sequence[datetime], rules: Rules) -> list[str]:
    """Returns the limits that the emails of one mailbox break, given when they were sent."""
    ordered, zone, found = sorted(moments), ZoneInfo(rules.zone), list[str]()
    for day, count in Counter(moment.astimezone(zone).date() for moment in ordered).items():
        cap = rules.cap(day)
        if cap is not None and count > cap:
            found.append(f"{count} emails on {day}, which takes {cap}")
    for earlier, later in pairwise(ordered):
        if later - earlier < timedelta(seconds=rules.min_gap_seconds):
            found.append(f"{later - earlier} between {earlier} and {later}")
    if rules.hourly_cap is not None:
        for first, beyond in zip(ordered, ordered[rules.hourly_cap :], strict=False):
            if beyond - first < timedelta(hours=1):
                found.append(f"more than {rules.hourly_cap} within an hour from {first} on")
    return found
