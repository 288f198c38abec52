from domain.conditions.condition import Condition, Scope
from domain.conditions.engagement import Engagement


class Always(Condition):
    """Holds for every lead."""

    name = "always"

    def holds(self, engagement: Engagement, scope: Scope) -> bool:
        return True
