from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from db.queries.enrollments.lead_moves import assign_lead
from db.session import ReadSession, WriteSession
from domain.errors import FieldError
from domain.sequences.actions.assign_to_user import AssignToUserConfig
from services.engine.actions.action import ActionEffect
from services.engine.actions.named_users import missing_user
from services.engine.visit import Visit


class AssignToUser(ActionEffect[AssignToUserConfig]):
    action: ClassVar[str] = "assign_to_user"

    async def missing(self, session: ReadSession) -> Sequence[FieldError]:
        return await missing_user(session, self.config.user_id)

    async def act(self, session: WriteSession, visit: Visit) -> Mapping[str, Any] | None:
        # A user who was deleted after activation owns nothing: the log records `assigned: false`, the lead goes on.
        return {"assigned": await assign_lead(session, visit.lead_id, self.config.user_id)}
