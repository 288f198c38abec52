from typing import Any, Literal

from services.engine.actions.action import Action


class MarkQualified(Action):
    """Sets the lead's status to `qualified`."""

    action: Literal["mark_qualified"]

    def changes(self) -> dict[str, Any]:
        return {"qualifies": True}
