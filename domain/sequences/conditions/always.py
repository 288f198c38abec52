from domain.sequences.conditions.condition import Condition, Scope
from domain.sequences.conditions.engagement import Engagement


class Always(Condition):
    """Holds for every lead."""

    name = "always"

    def holds(self, engagement: Engagement, scope: Scope) -> bool:
        return True
