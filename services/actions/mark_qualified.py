from collections.abc import Mapping
from typing import Any, Literal

from db.queries.lead_moves import qualify_lead
from db.session import WriteSession
from services.actions.action import Action
from services.steps.visit import Visit


class MarkQualified(Action):
    """Sets the lead's status to `qualified`."""

    action: Literal["mark_qualified"]

    async def act(self, session: WriteSession, visit: Visit) -> Mapping[str, Any] | None:
        await qualify_lead(session, visit.lead_id)
        return None
