from domain.sequences.conditions.condition import EventCondition
from domain.sequences.conditions.engagement import EngagementEvent


class Opened(EventCondition):
    """A person opened an email. A prefetch by a mail client counts only with `include_machine`."""

    name = "opened"
    negatable = True
    by_machines = True

    def happened(self, event: EngagementEvent) -> bool:
        return event.type == "open"
