"""`wait_for`: waits until the lead does something, and goes on at once when it happens."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from domain.inbound.events import event_key, key_of_wait
from domain.sequences.conditions import Engagement, EngagementEvent
from domain.sequences.steps.config import Decided, StepConfig, Zones
from domain.sequences.steps.outcome import CONTINUE, Outcome


class WaitForConfig(StepConfig):
    """`event` is `opened`, `clicked`, `replied`, or the name of a custom event.

    An event counts if a person caused it after the last email was sent, and no earlier `wait_for` has used it. It may
    have happened before the lead reached this step. A reply that a step waits for leads to `on_event`, and does not
    stop the enrollment.
    """

    step_type: ClassVar[str] = "wait_for"

    event: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    timeout_days: float = Field(gt=0, le=3650)
    on_event: Outcome = CONTINUE
    on_timeout: Outcome = CONTINUE

    @property
    def waits(self) -> bool:
        return True

    def due_at(self, entered_at: datetime, zones: Zones) -> datetime:
        return entered_at + timedelta(days=self.timeout_days)

    @property
    def listens_for(self) -> str | None:
        return key_of_wait(self.event)

    def decide(self, engagement: Engagement, step_ids: Mapping[str, str]) -> Decided | None:
        heard = any(self._counts(event, engagement) for event in engagement.events)
        return Decided(self.on_event, "on_event", heard=True) if heard else Decided(self.on_timeout, "on_timeout")

    def _counts(self, event: EngagementEvent, engagement: Engagement) -> bool:
        # The SQL function `has_heard` has the same rule: see `domain.engine.walk.has_heard`.
        if event.machine or event.id <= engagement.heard_event_id:
            return False
        return event_key(event.type, event.name) == self.listens_for and event.occurred_at >= engagement.since

    def outcomes(self) -> Iterator[tuple[str, Outcome]]:
        yield "on_event", self.on_event
        yield "on_timeout", self.on_timeout
