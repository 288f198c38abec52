from domain.sequences.conditions.condition import EventCondition
from domain.sequences.conditions.engagement import EngagementEvent


class Unsubscribed(EventCondition):
    """The lead has unsubscribed."""

    name = "unsubscribed"

    def happened(self, event: EngagementEvent) -> bool:
        return event.type == "unsubscribe"
