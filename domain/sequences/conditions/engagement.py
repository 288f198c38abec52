"""What is known of one enrollment's lead when a branch is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class EngagementEvent:
    """One thing that the lead (or a machine on its side) did. `occurred_at` is UTC; `id` grows as they are heard."""

    type: str
    step_id: str | None
    occurred_at: datetime
    machine: bool = False
    name: str | None = None
    """Of a custom event."""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Engagement:
    events: Sequence[EngagementEvent]
    sent_at: Mapping[str, datetime]
    """When each step's email left, by step ID, the latest last: `within_days` counts from there."""
    enrolled_at: datetime
    lead: Mapping[str, Any]
    """The lead's fields as templates see them: `status`, `company`, `custom`, ..."""
    heard_event_id: int = 0
    """Events up to this one have been answered by a `wait_for` already."""
    done: frozenset[str] = field(default_factory=frozenset[str])
    """Steps (their IDs) that have taken effect since the enrollment last went back to an earlier step."""

    @property
    def since(self) -> datetime:
        """From when on an event may answer a `wait_for`: the last email, else the enrollment."""
        return max([self.enrolled_at, *self.sent_at.values()])
