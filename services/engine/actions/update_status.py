from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from services.engine.actions.action import Action


class UpdateStatus(Action):
    """Sets the lead's status to any text."""

    action: Literal["update_status"]
    status: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]

    def changes(self) -> dict[str, Any]:
        return {"status": self.status}
