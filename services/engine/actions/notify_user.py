from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import StringConstraints

from db.queries.notifications import notify
from db.session import ReadSession, WriteSession
from domain.engine.templates import render
from domain.errors import FieldError
from domain.sequences.steps.config import TemplateField
from services.engine.actions.action import Action
from services.engine.actions.named_users import missing_user
from services.engine.steps.visit import Visit


class NotifyUser(Action):
    """Leaves a notification for a user. `message` is a template, as in emails."""

    action: Literal["notify_user"]
    user_id: UUID
    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]

    wakes_outbox: ClassVar[bool] = True  # endpoints that ask for notifications

    def templates(self) -> Iterator[TemplateField]:
        yield TemplateField("message", self.message)

    async def missing(self, session: ReadSession) -> Sequence[FieldError]:
        return await missing_user(session, self.user_id)

    async def act(self, session: WriteSession, visit: Visit) -> Mapping[str, Any] | None:
        message = render(self.message, visit.merge_fields(visit.loaded.mailbox), html=False)
        # A user who was deleted since: somebody should still see it.
        await notify(
            session,
            kind="sequence",
            message=message,
            user_id=self.user_id,
            lead_id=visit.lead_id,
            enrollment_id=visit.queries.enrollment_id,
        )
        return None
