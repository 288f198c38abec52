"""How much a mailbox may send. Pure.

A day is a day of the mailbox's time zone, an hour is any sixty minutes, and the minimum gap lies between any two emails
of the mailbox, of whatever sequences. A NULL column is no limit.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID


class LimitColumns(Protocol):
    """The columns of a mailbox that hold its limits."""

    @property
    def daily_cap(self) -> int | None: ...
    @property
    def hourly_cap(self) -> int | None: ...
    @property
    def min_gap_seconds(self) -> int: ...
    @property
    def gap_jitter_seconds(self) -> int: ...
    @property
    def ramp_start(self) -> int | None: ...
    @property
    def ramp_increase(self) -> int | None: ...
    @property
    def ramp_started_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class MailboxLimits:
    """The limits of a mailbox. The SQL function `is_limited` answers whether there is any."""

    daily_cap: int | None = None
    hourly_cap: int | None = None
    min_gap_seconds: int = 0
    gap_jitter_seconds: int = 0
    ramp_start: int | None = None
    ramp_increase: int | None = None
    ramp_started_on: date | None = None

    @classmethod
    def of(cls, row: LimitColumns) -> "MailboxLimits":
        return cls(
            daily_cap=row.daily_cap,
            hourly_cap=row.hourly_cap,
            min_gap_seconds=row.min_gap_seconds,
            gap_jitter_seconds=row.gap_jitter_seconds,
            ramp_start=row.ramp_start,
            ramp_increase=row.ramp_increase,
            ramp_started_on=row.ramp_started_on,
        )

    @property
    def has_days(self) -> bool:
        """Whether the number of emails in a day is limited."""
        return self.daily_cap is not None or self.ramp_start is not None

    def cap_on(self, day: date) -> int | None:
        """How many emails the mailbox may send on this day of its time zone; None for any number.

        While it warms up: `ramp_start` on the first day, and `ramp_increase` more on each day after. Days before the
        first one, and all days while no first day is set, count as the first.
        """
        caps = [cap for cap in (self.daily_cap, self._ramped(day)) if cap is not None]
        return min(caps) if caps else None

    def caps_on(self, days: Sequence[date]) -> list[int | None]:
        """The same for each of these days."""
        return [self.daily_cap] * len(days) if self.ramp_start is None else [self.cap_on(day) for day in days]

    def _ramped(self, day: date) -> int | None:
        if self.ramp_start is None:
            return None
        days = max(0, (day - self.ramp_started_on).days) if self.ramp_started_on else 0
        return self.ramp_start + days * (self.ramp_increase or 0)

    def jitter(self, enrollment_id: UUID, step_id: UUID, visit: int) -> timedelta:
        """What is added to the minimum gap before this email: always the same for it, different for others."""
        if not self.gap_jitter_seconds:
            return timedelta(0)
        drawn = hashlib.blake2b(enrollment_id.bytes + step_id.bytes + visit.to_bytes(4, "big"), digest_size=8).digest()
        return timedelta(seconds=int.from_bytes(drawn, "big") % (self.gap_jitter_seconds + 1))
