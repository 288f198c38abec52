from collections.abc import Iterator
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from domain.sequences.steps.action import ActionConfig
from domain.sequences.steps.config import TemplateField


class NotifyUserConfig(ActionConfig):
    """Creates a notification for a user. `message` is a template, as in emails."""

    action: Literal["notify_user"]
    user_id: UUID
    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]

    def templates(self) -> Iterator[TemplateField]:
        yield TemplateField("message", self.message)
