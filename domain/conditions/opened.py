from domain.conditions.condition import EventCondition
from domain.conditions.engagement import EngagementEvent


class Opened(EventCondition):
    """A person opened an email; a mail client's prefetch moves no branch."""

    name = "opened"
    negatable = True

    def happened(self, event: EngagementEvent) -> bool:
        return event.type == "open" and not event.machine
