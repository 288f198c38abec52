from domain.sequences.conditions.condition import EventCondition
from domain.sequences.conditions.engagement import EngagementEvent


class Opened(EventCondition):
    """A person opened an email; a mail client's prefetch moves no branch, unless its author includes machines."""

    name = "opened"
    negatable = True
    by_machines = True

    def happened(self, event: EngagementEvent) -> bool:
        return event.type == "open"
