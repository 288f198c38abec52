"""The types of the answer: one reason for each cause that holds, and the explanation made of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.enrollments.explain.situation import Situation


@dataclass(frozen=True, slots=True)
class Reason:
    """`binds` has the facts behind `detail`, as JSON values. `until` (UTC) is when the cause ends by itself; None if it
    does not, or if that is not known."""

    code: str
    detail: str
    binds: dict[str, Any] = field(default_factory=dict[str, Any])
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    reason: Reason
    next_eligible_at: datetime | None
    """The earliest moment at which something may be sent; None while a person must act first, or if it is unknown."""
    also: list[Reason]


Cause = Callable[[Situation], Reason | None]


def json_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
