from domain.sequences.conditions.condition import EventCondition
from domain.sequences.conditions.engagement import EngagementEvent


class Replied(EventCondition):
    """A person replied. An auto-reply is another event."""

    name = "replied"
    negatable = True

    def happened(self, event: EngagementEvent) -> bool:
        return event.type == "reply"
