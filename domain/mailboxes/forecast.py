"""An estimate of when the last of many leads will be sent its first email. Pure.

The calendar is filled as the SQL functions `take_slot` and `plan_slots` fill it. A day takes as many emails as its cap,
minus those that it has taken already and those that are kept for later emails. The gap and the hourly cap limit the
pace within a day. It is an estimate: leads in other time zones have other hours, and leads will be enrolled, reply and
be stopped meanwhile.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from domain.mailboxes.limits import MailboxLimits
from domain.mailboxes.send_times import SendTimes
from domain.mailboxes.windows import Span

GRACE = timedelta(seconds=10)
"""How late a slot may be used. The SQL function `slot_grace` has the same value."""
MAX_DAYS = 7300


@dataclass(frozen=True, slots=True)
class MailboxForecast:
    """`leads`: how many have not been sent their first email. `last_at`: when the last of them will be; None when that
    is unknown (the mailbox is on hold, or full for twenty years). `per_day`: the mailbox's cap on the first day."""

    mailbox_id: UUID
    leads: int
    per_day: int | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Forecast:
    mailboxes: list[MailboxForecast]

    @property
    def first_email_by(self) -> datetime | None:
        """When every lead will have been sent its first email; None when that is unknown, or no lead is left."""
        moments = [mailbox.last_at for mailbox in self.mailboxes]
        known = [moment for moment in moments if moment is not None]
        return max(known) if known and len(known) == len(moments) else None


def last_first_email(
    times: SendTimes,
    leads: int,
    taken: Mapping[date, int],
    offsets: Sequence[int],
    now: datetime,
    used: Mapping[date, int],
) -> datetime | None:
    """When the last of this number of leads, which are all due at `now`, will be sent its first email.

    `taken`: how many slots of each day are used or kept. `used`: how many of those are in the past. `offsets`: days
    from a first email to each later one.
    """
    if not leads:
        return None
    counts, ahead = Counter(taken), _Days(times, now)
    for number in range(MAX_DAYS):
        day, spans = ahead.at(number)
        cap = times.limits.cap_on(day)
        room = leads if cap is None else min(leads, cap - counts[day])
        if room <= 0:
            continue
        before = max(0, counts[day] - used.get(day, 0))
        last, placed = None, 0
        for place, moment in enumerate(_moments(times.limits, spans, now)):
            if place >= before + room:
                break
            if place >= before:
                last, placed = moment, placed + 1
        counts[day] += placed
        leads -= placed
        if not leads:
            return last
        if cap is not None:
            _keep_room(counts, ahead, number, placed, offsets)
    return None


def _keep_room(counts: Counter[date], ahead: "_Days", number: int, leads: int, offsets: Sequence[int]) -> None:
    """Keep slots for the later emails of leads that were sent their first one on that day."""
    day = ahead.at(number)[0]
    for days_after in offsets:
        left, place = leads, number
        while left:
            place += 1
            later = ahead.at(place)[0]
            if later < day + timedelta(days=days_after):
                continue
            cap = ahead.cap(later)
            kept = left if cap is None else max(0, min(left, cap - counts[later]))
            counts[later] += kept
            left -= kept


def _moments(limits: MailboxLimits, spans: Sequence[Span], now: datetime) -> Iterator[datetime]:
    """The slots within a day, each as early as the gap and the hourly cap allow."""
    gap = timedelta(seconds=limits.min_gap_seconds + limits.gap_jitter_seconds / 2)
    within_hour = deque[datetime](maxlen=limits.hourly_cap or 1)
    last: datetime | None = None
    for span in spans:
        moment = max(span.start, now)
        while True:
            if last is not None and gap:
                moment = max(moment, last + gap + GRACE)
            if limits.hourly_cap is not None and len(within_hour) == limits.hourly_cap:
                moment = max(moment, within_hour[0] + timedelta(hours=1) + GRACE)
            if moment > span.end - GRACE:
                break
            yield moment
            last = moment
            within_hour.append(moment)


class _Days:
    """The open days by number, each with its spans, computed as far as somebody has asked."""

    def __init__(self, times: SendTimes, now: datetime) -> None:
        self._limits = times.limits
        self._source = groupby(times.days(now), key=lambda piece: piece[0])
        self._known: list[tuple[date, list[Span]]] = []

    def at(self, number: int) -> tuple[date, list[Span]]:
        while number >= len(self._known):
            day, pieces = next(self._source)
            self._known.append((day, [span for _, span in pieces]))
        return self._known[number]

    def cap(self, day: date) -> int | None:
        return self._limits.cap_on(day)
