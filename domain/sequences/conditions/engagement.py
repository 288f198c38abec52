"""What is known about the lead of an enrollment at the time of a decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class EngagementEvent:
    """One event that the lead, or a machine on its side, caused. `occurred_at` is UTC. A later event has a higher
    `id`."""

    type: str
    step_id: str | None
    occurred_at: datetime
    machine: bool = False
    name: str | None = None
    """The name of a custom event."""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Engagement:
    """What the lead did, what it was sent, and its fields."""

    events: Sequence[EngagementEvent]
    sent_at: Mapping[str, datetime]
    """When each step's email was last sent, by step ID. `within_days` counts from that moment."""
    enrolled_at: datetime
    lead: Mapping[str, Any]
    """The lead's fields as templates see them: `status`, `company`, `custom`, ..."""
    heard_event_id: int = 0
    """Events up to this ID were already used by a `wait_for`."""
    done: frozenset[str] = field(default_factory=frozenset[str])
    """Steps (their IDs) that have taken effect since the enrollment last went back to an earlier step."""

    @property
    def since(self) -> datetime:
        """An event before this moment does not count for a `wait_for`: the time of the last email, or else of
        enrolling."""
        return max([self.enrolled_at, *self.sent_at.values()])
