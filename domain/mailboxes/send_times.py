"""When one mailbox may send email to a lead: the open hours of each day, and how many emails a day takes. Pure.

Postgres finds the send slot (`take_slot` in `db/sql/slots.sql`), but does no calculations with time zones: it is given
the open hours of the coming days. They are computed here and cached, since thousands of leads ask for the same ones.
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
"""How many days ahead a slot is looked for: first in the near days, and in all of them only when those are full."""
DEPTHS_KEPT = 10_000
CALENDARS_KEPT = 1000


class Horizons:
    """How many days to look at first, guessed from where the last slot of the mailbox was found.

    A wrong guess costs another query, and never changes which slot is found.
    """

    def __init__(self) -> None:
        self._depths: dict[UUID, int] = {}

    def of(self, mailbox_id: UUID) -> Iterator[tuple[int, int]]:
        """The ranges of days to look at, one after another, in days from now."""
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
    """The same, with the number of emails that each day takes: `caps[i]`; None for any number."""

    days: list[date]
    caps: list[int | None]
    opens: list[int]
    closes: list[int]


class MailboxColumns(LimitColumns, Protocol):
    """The columns of a mailbox that its times depend on."""

    @property
    def timezone(self) -> str: ...
    @property
    def day_zone(self) -> str: ...
    @property
    def working_hours(self) -> dict[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class SendTimes:
    """When a mailbox may send to a lead. `zone` is the time zone of the mailbox's days."""

    hours: SendingHours
    limits: MailboxLimits
    zone: ZoneInfo

    @classmethod
    def of(cls, mailbox: MailboxColumns, plan: Plan, lead_zone: str) -> "SendTimes":
        """When this mailbox may send emails of this plan, to a lead in that time zone."""
        zones = plan.zones(lead_zone, mailbox.timezone)
        return cls(
            hours=SendingHours.of(plan.settings.send_window, mailbox.working_hours, zones),
            limits=MailboxLimits.of(mailbox),
            zone=zone_of(mailbox.timezone, mailbox.day_zone, plan.settings.timezone),
        )

    def today(self, now: datetime) -> date | None:
        """The mailbox's day at this moment; None while the window or the working hours are closed.

        Raises WindowNeverOpens, as all methods here do.
        """
        moment = now.timestamp()
        known = self._calendar(now).past(moment)
        place = bisect_right(known.closes, moment)
        return known.days[place] if known.opens[place] <= moment else None

    def open_days(self, now: datetime, horizon: int, beyond: int = 0) -> OpenDays:
        """The open hours from `beyond` to `horizon` days after `now`. The first span may have begun before."""
        first, last = (now + timedelta(days=beyond)).timestamp(), (now + timedelta(days=horizon)).timestamp()
        known = self._calendar(now).up_to(last)
        # With `beyond`, a span that began before belongs to the range before.
        begin = bisect_left(known.opens, first) if beyond else bisect_right(known.closes, first)
        cut = slice(begin, max(bisect_left(known.opens, last), begin + 1))
        days = known.days[cut]
        return OpenDays(days, self.limits.caps_on(days), known.opens[cut], known.closes[cut])

    def days(self, now: datetime) -> Iterator[tuple[date, Span]]:
        """Every open span with its day, from `now` on, endlessly."""
        return ((day, span) for day, span in self._calendar(now).days_from_midnight() if span.end > now)

    def _calendar(self, moment: datetime) -> "_Calendar":
        midnight = datetime.combine(moment.astimezone(UTC).date(), time(), UTC)
        return _calendar(self.hours, self.zone.key, midnight)


class _Calendar:
    """An endless list of spans, computed as far as somebody has asked for."""

    def __init__(self, source: Iterator[tuple[date, Span]]) -> None:
        self._source = source
        self._columns = Columns([], [], [])
        self._end: WindowNeverOpens | None = None

    def days_from_midnight(self) -> Iterator[tuple[date, Span]]:
        place = 0
        while True:
            if place == len(self._columns.days):
                self._compute_next()
            known = self._columns
            opens, closes = (datetime.fromtimestamp(column[place], UTC) for column in (known.opens, known.closes))
            yield known.days[place], Span(opens, closes)
            place += 1

    def up_to(self, moment: float) -> "Columns":
        """The spans, up to one that opens at or after `moment` (seconds since 1970) at least."""
        columns = self._columns
        while not columns.opens or columns.opens[-1] < moment:
            self._compute_next()
        return columns

    def past(self, moment: float) -> "Columns":
        """The spans, up to one that closes after `moment`. Not further: the next one may be years away."""
        columns = self._columns
        while not columns.closes or columns.closes[-1] <= moment:
            self._compute_next()
        return columns

    def _compute_next(self) -> None:
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
