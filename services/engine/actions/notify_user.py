from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from db.queries.notifications import notify
from db.session import ReadSession, WriteSession
from domain.engine.templates import render
from domain.errors import FieldError
from domain.sequences.actions.notify_user import NotifyUserConfig
from services.engine.actions.action import ActionEffect
from services.engine.actions.named_users import missing_user
from services.engine.visit import Visit


class NotifyUser(ActionEffect[NotifyUserConfig]):
    action: ClassVar[str] = "notify_user"
    wakes_outbox: ClassVar[bool] = True  # the tenant's webhook endpoints may ask for notifications

    async def missing(self, session: ReadSession) -> Sequence[FieldError]:
        return await missing_user(session, self.config.user_id)

    async def act(self, session: WriteSession, visit: Visit) -> Mapping[str, Any] | None:
        message = render(self.config.message, visit.merge_fields(visit.loaded.mailbox), html=False)
        # For a user who was deleted after activation, the notification goes to everybody (`notify`).
        await notify(
            session,
            kind="sequence",
            message=message,
            user_id=self.config.user_id,
            lead_id=visit.lead_id,
            enrollment_id=visit.queries.enrollment_id,
        )
        return None
