"""When one mailbox may send a lead's email, day by day: the hours that are open, and how many each day takes. Pure.

Postgres finds the slot (`take_slot` in `0007_slots.sql`) and knows no zones: it is told the days that may come into
question, which are worked out here and remembered, since thousands of leads ask for the same ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.mailbox_limits import MailboxLimits
from domain.sending_hours import SendingHours
from domain.windows import Span, WindowNeverOpens, days_of

HORIZONS = (60, 400, 1600, 7300)
"""So many days ahead a slot is looked for: first in the near ones, and only when those are full in more."""
CALENDARS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class OpenDays:
    """Spans as columns, in order: `opens[i]` to `closes[i]` belongs to `days[i]`, which takes `caps[i]` emails."""

    days: list[date]
    caps: list[int | None]
    opens: list[datetime]
    closes: list[datetime]


@dataclass(frozen=True, slots=True)
class SendTimes:
    """`zone` is that of the mailbox's days."""

    hours: SendingHours
    limits: MailboxLimits
    zone: ZoneInfo

    def today(self, now: datetime) -> date | None:
        """The mailbox's day at this moment; None when the window or its working hours are closed.

        Raises WindowNeverOpens, as everything here does.
        """
        day, span = next(self._from(now))
        return day if now in span else None

    def open_days(self, now: datetime, horizon: int, beyond: int = 0) -> OpenDays:
        """What is open from `now` on, from `beyond` to `horizon` days ahead; the first span may have begun before."""
        first, last = now + timedelta(days=beyond), now + timedelta(days=horizon)
        columns = OpenDays([], [], [], [])
        for day, span in self._from(first):
            if span.start >= last and columns.days:
                break
            if beyond and span.start < first:
                continue  # begun before, and so among the nearer ones
            columns.days.append(day)
            columns.caps.append(self.limits.cap_on(day))
            columns.opens.append(span.start)
            columns.closes.append(span.end)
        return columns

    def _from(self, moment: datetime) -> Iterator[tuple[date, Span]]:
        midnight = datetime.combine(moment.astimezone(UTC).date(), time(), UTC)
        calendar = _calendar(self.hours, self.zone.key, midnight)
        return ((day, span) for day, span in calendar.days() if span.end > moment)


class _Calendar:
    """An endless list of spans, of which as many are worked out as somebody has asked for."""

    def __init__(self, source: Iterator[tuple[date, Span]]) -> None:
        self._source = source
        self._known: list[tuple[date, Span]] = []
        self._end: WindowNeverOpens | None = None

    def days(self) -> Iterator[tuple[date, Span]]:
        place = 0
        while True:
            if place == len(self._known):
                self._work_out_more()
            yield self._known[place]
            place += 1

    def _work_out_more(self) -> None:
        if self._end is None:
            try:
                self._known.append(next(self._source))
                return
            except WindowNeverOpens as end:
                self._end = end
        raise self._end


@lru_cache(maxsize=CALENDARS_KEPT)
def _calendar(hours: SendingHours, zone: str, since: datetime) -> _Calendar:
    return _Calendar(days_of(hours.spans(since), ZoneInfo(zone)))
