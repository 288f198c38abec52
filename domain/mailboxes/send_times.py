"""When one mailbox may send a lead's email, day by day: the hours that are open, and how many each day takes. Pure.

Postgres finds the slot (`take_slot` in `db/sql/slots.sql`) and knows no zones: it is told the days that may come into
question, which are worked out here and remembered, since thousands of leads ask for the same ones.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.mailboxes.limits import LimitColumns, MailboxLimits
from domain.mailboxes.sending_hours import SendingHours
from domain.mailboxes.windows import Span, WindowNeverOpens, days_of
from domain.sequences.sequence import Plan
from domain.zones import zone_of

NEAR_DAYS, FAR_DAYS = 60, 7300
"""So many days ahead a slot is looked for: in the near ones first, and only when those are full in more."""
DEPTHS_KEPT = 10_000
CALENDARS_KEPT = 1000


class Horizons:
    """How many days to look at first, from how deep in the calendar of a mailbox the last slot was found.

    A guess that saves questions, and nothing more: every answer begins at the first day.
    """

    def __init__(self) -> None:
        self._depths: dict[UUID, int] = {}

    def of(self, mailbox_id: UUID) -> Iterator[tuple[int, int]]:
        """From where to where, in days from now."""
        beyond, horizon = 0, max(NEAR_DAYS, self._depths.get(mailbox_id, 0) * 11 // 10 + 14)
        while beyond < FAR_DAYS:
            yield beyond, horizon
            beyond, horizon = horizon, horizon * 4

    def found(self, mailbox_id: UUID, days_ahead: int) -> None:
        if len(self._depths) >= DEPTHS_KEPT:
            self._depths.clear()
        self._depths[mailbox_id] = days_ahead


class Columns(NamedTuple):
    """Spans as columns, in order: `opens[i]` to `closes[i]` (seconds since 1970) belongs to `days[i]`."""

    days: list[date]
    opens: list[int]
    closes: list[int]


@dataclass(frozen=True, slots=True)
class OpenDays:
    """The same, each day with the number of emails that it takes: `caps[i]`."""

    days: list[date]
    caps: list[int | None]
    opens: list[int]
    closes: list[int]


class MailboxColumns(LimitColumns, Protocol):
    """Of a mailbox, what its times depend on."""

    @property
    def timezone(self) -> str: ...
    @property
    def day_zone(self) -> str: ...
    @property
    def working_hours(self) -> dict[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class SendTimes:
    """`zone` is that of the mailbox's days."""

    hours: SendingHours
    limits: MailboxLimits
    zone: ZoneInfo

    @classmethod
    def of(cls, mailbox: MailboxColumns, plan: Plan, lead_zone: str) -> "SendTimes":
        """When emails of this plan may leave this mailbox, for a lead of that zone."""
        zones = plan.zones(lead_zone, mailbox.timezone)
        return cls(
            hours=SendingHours.of(plan.settings.send_window, mailbox.working_hours, zones),
            limits=MailboxLimits.of(mailbox),
            zone=zone_of(mailbox.timezone, mailbox.day_zone, plan.settings.timezone),
        )

    def today(self, now: datetime) -> date | None:
        """The mailbox's day at this moment; None when the window or its working hours are closed.

        Raises WindowNeverOpens, as everything here does.
        """
        moment = now.timestamp()
        known = self._calendar(now).past(moment)
        place = bisect_right(known.closes, moment)
        return known.days[place] if known.opens[place] <= moment else None

    def open_days(self, now: datetime, horizon: int, beyond: int = 0) -> OpenDays:
        """What is open from `now` on, from `beyond` to `horizon` days ahead; the first span may have begun before."""
        first, last = (now + timedelta(days=beyond)).timestamp(), (now + timedelta(days=horizon)).timestamp()
        known = self._calendar(now).up_to(last)
        # Further ahead, what has begun before is among the nearer ones.
        begin = bisect_left(known.opens, first) if beyond else bisect_right(known.closes, first)
        cut = slice(begin, max(bisect_left(known.opens, last), begin + 1))
        days = known.days[cut]
        return OpenDays(days, self.limits.caps_on(days), known.opens[cut], known.closes[cut])

    def days(self, now: datetime) -> Iterator[tuple[date, Span]]:
        """Every span that is open, with its day, from `now` on and without an end."""
        return ((day, span) for day, span in self._calendar(now).days_from_midnight() if span.end > now)

    def _calendar(self, moment: datetime) -> "_Calendar":
        midnight = datetime.combine(moment.astimezone(UTC).date(), time(), UTC)
        return _calendar(self.hours, self.zone.key, midnight)


class _Calendar:
    """An endless list of spans, of which as many are worked out as somebody has asked for."""

    def __init__(self, source: Iterator[tuple[date, Span]]) -> None:
        self._source = source
        self._columns = Columns([], [], [])
        self._end: WindowNeverOpens | None = None

    def days_from_midnight(self) -> Iterator[tuple[date, Span]]:
        place = 0
        while True:
            if place == len(self._columns.days):
                self._work_out_more()
            known = self._columns
            opens, closes = (datetime.fromtimestamp(column[place], UTC) for column in (known.opens, known.closes))
            yield known.days[place], Span(opens, closes)
            place += 1

    def up_to(self, moment: float) -> "Columns":
        """The spans, and one at least that opens at or after `moment` (seconds since 1970)."""
        columns = self._columns
        while not columns.opens or columns.opens[-1] < moment:
            self._work_out_more()
        return columns

    def past(self, moment: float) -> "Columns":
        """The spans, and one at least that closes after `moment`: no further, since it may be the last for long."""
        columns = self._columns
        while not columns.closes or columns.closes[-1] <= moment:
            self._work_out_more()
        return columns

    def _work_out_more(self) -> None:
        if self._end is None:
            try:
                day, span = next(self._source)
            except WindowNeverOpens as end:
                self._end = end
            else:
                self._columns.days.append(day)
                self._columns.opens.append(int(span.start.timestamp()))
                self._columns.closes.append(int(span.end.timestamp()))
                return
        raise self._end


@lru_cache(maxsize=CALENDARS_KEPT)
def _calendar(hours: SendingHours, zone: str, since: datetime) -> _Calendar:
    return _Calendar(days_of(hours.spans(since), ZoneInfo(zone)))
