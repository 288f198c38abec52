from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import StringConstraints

from db.queries.lead_moves import set_lead_status
from db.session import WriteSession
from services.actions.action import Action
from services.steps.visit import Visit


class UpdateStatus(Action):
    """Sets the lead's status to any text."""

    action: Literal["update_status"]
    status: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]

    async def act(self, session: WriteSession, visit: Visit) -> Mapping[str, Any] | None:
        await set_lead_status(session, visit.lead_id, self.status)
        return None
