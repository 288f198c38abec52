"""What a cause answers, and what is made of all the answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.enrollments.explain.situation import Situation


@dataclass(frozen=True, slots=True)
class Reason:
    """`binds` names what stands in the way, as JSON values; `until` is when it ends by itself (UTC), None when it
    does not, or when nobody can tell."""

    code: str
    detail: str
    binds: dict[str, Any] = field(default_factory=dict[str, Any])
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    reason: Reason
    next_eligible_at: datetime | None
    """The earliest moment at which something may happen; None while that is up to a person, or unknown."""
    also: list[Reason]


Cause = Callable[[Situation], Reason | None]


def json_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
