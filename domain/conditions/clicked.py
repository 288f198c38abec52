from domain.conditions.condition import EventCondition
from domain.conditions.engagement import EngagementEvent


class Clicked(EventCondition):
    """A person followed a link; a scanner that follows every link moves no branch."""

    name = "clicked"
    negatable = True

    def happened(self, event: EngagementEvent) -> bool:
        return event.type == "click" and not event.machine
