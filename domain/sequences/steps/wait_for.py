"""`wait_for`: waits for something that the lead does, and goes on the moment that it happens."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from domain.inbound.events import event_key, key_of_wait
from domain.sequences.conditions import Engagement, EngagementEvent
from domain.sequences.steps.config import Decided, StepConfig, Zones
from domain.sequences.steps.outcome import CONTINUE, Outcome


class WaitFor(StepConfig):
    """`event` is `opened`, `clicked`, `replied`, or the name of a custom event.

    What counts has happened since the last email left, and was not what an earlier `wait_for` went on by; it may
    have happened before the lead came here. A reply that is waited for is answered by `on_event` instead of
    stopping this enrollment.
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
        if event.machine or event.id <= engagement.heard_event_id:
            return False
        return event_key(event.type, event.name) == self.listens_for and event.occurred_at >= engagement.since

    def outcomes(self) -> Iterator[tuple[str, Outcome]]:
        yield "on_event", self.on_event
        yield "on_timeout", self.on_timeout
