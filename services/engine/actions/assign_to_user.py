from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from db.queries.enrollments.lead_moves import assign_lead
from db.session import ReadSession, WriteSession
from domain.errors import FieldError
from services.engine.actions.action import Action
from services.engine.actions.named_users import missing_user
from services.engine.steps.visit import Visit


class AssignToUser(Action):
    """Makes a user the lead's owner."""

    action: Literal["assign_to_user"]
    user_id: UUID

    async def missing(self, session: ReadSession) -> Sequence[FieldError]:
        return await missing_user(session, self.user_id)

    async def act(self, session: WriteSession, visit: Visit) -> Mapping[str, Any] | None:
        # Nobody, where the user was deleted since: the log says so, and the lead goes on.
        return {"assigned": await assign_lead(session, visit.lead_id, self.user_id)}
