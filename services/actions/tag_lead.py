from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from db.queries.lead_moves import tag_lead
from db.session import WriteSession
from domain.leads import Tag
from services.actions.action import Action
from services.steps.visit import Visit


class TagLead(Action):
    """Adds and removes tags; adding one that is there, or removing one that is not, changes nothing."""

    action: Literal["tag_lead"]
    add: list[Tag] = Field(default_factory=list[Tag], max_length=50)
    remove: list[Tag] = Field(default_factory=list[Tag], max_length=50)

    @model_validator(mode="after")
    def _does_something(self) -> "TagLead":
        if not self.add and not self.remove:
            raise ValueError("`tag_lead` needs something to `add` or to `remove`")
        return self

    async def act(self, session: WriteSession, visit: Visit) -> Mapping[str, Any] | None:
        await tag_lead(session, visit.lead_id, add=self.add, remove=self.remove)
        return None
