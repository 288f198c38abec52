from domain.sequences.conditions.condition import EventCondition
from domain.sequences.conditions.engagement import EngagementEvent


class Bounced(EventCondition):
    """An email came back, for good or for now."""

    name = "bounced"

    def happened(self, event: EngagementEvent) -> bool:
        return event.type == "bounce"
