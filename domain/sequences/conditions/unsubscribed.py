from domain.sequences.conditions.condition import EventCondition
from domain.sequences.conditions.engagement import EngagementEvent


class Unsubscribed(EventCondition):
    """The lead asked to be left alone."""

    name = "unsubscribed"

    def happened(self, event: EngagementEvent) -> bool:
        return event.type == "unsubscribe"
