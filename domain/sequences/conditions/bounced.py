from domain.sequences.conditions.condition import EventCondition
from domain.sequences.conditions.engagement import EngagementEvent


class Bounced(EventCondition):
    """An email bounced: a hard or a soft bounce."""

    name = "bounced"

    def happened(self, event: EngagementEvent) -> bool:
        return event.type == "bounce"
