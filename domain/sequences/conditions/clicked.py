from domain.sequences.conditions.condition import EventCondition
from domain.sequences.conditions.engagement import EngagementEvent


class Clicked(EventCondition):
    """A person followed a link. A click by a scanner counts only with `include_machine`."""

    name = "clicked"
    negatable = True
    by_machines = True

    def happened(self, event: EngagementEvent) -> bool:
        return event.type == "click"
